// Building the page. Texts come from servers and strangers: they are only ever
// set as text nodes or attributes without meaning, never parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Sets attributes; a value of null or false is left out. */
function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false || value === undefined) continue;
    if (name === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  return node;
}

/** Makes an HTML element; children are nodes or texts. */
function el(tag, attributes = {}, ...children) {
  const node = setAttributes(document.createElement(tag), attributes);
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

/** Makes an SVG element. */
function svgEl(tag, attributes = {}, ...children) {
  const node = setAttributes(document.createElementNS(SVG, tag), attributes);
  node.append(...children);
  return node;
}

const byId = (id) => document.getElementById(id);

/** A labelled select; options are [value, text] pairs. */
function select(label, options, value, changed) {
  const input = el("select", { on: { change: () => changed(input.value) } },
    ...options.map(([v, text]) => el("option", { value: v, selected: String(v) === String(value) }, text)));
  return el("label", {}, label, input);
}

/** A list of colours and what they stand for. */
function legend(entries) {
  return el("ul", { class: "legend" }, ...entries.map(([cls, text]) => el("li", {}, el("i", { class: cls, "aria-hidden": "true" }), text)));
}

/** The numbers of a chart as a table, made when it is opened. */
function numbersTable(heads, rows) {
  const details = el("details", { class: "numbers" }, el("summary", {}, "The numbers"));
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    details.append(el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "The numbers of the chart" },
      el("table", {},
        el("thead", {}, el("tr", {}, ...heads.map((h) => el("th", { scope: "col", class: "n" }, h)))),
        el("tbody", {}, ...rows().map((row) => el("tr", {}, ...row.map((v) => el("td", { class: "n" }, v))))))));
  });
  return details;
}
