// The table of cells: sorting, filtering, choosing the cell of the charts.

const cellTable = {
  rows: [],

  start(choose) {
    const table = byId("cell-table");
    if (!table) return;
    this.body = table.tBodies[0];
    this.rows = [...this.body.rows];
    if (this.rows.length > 1) {
      this.sortable([...table.tHead.rows[0].cells]);
      this.filterable(byId("cell-tools"));
    }
    this.rows.forEach((row, i) => {
      const first = row.cells[0];
      first.replaceChildren(el("button", { type: "button", title: "Show this cell in the charts: " + row.dataset.title, on: { click: () => choose(i, true) } }, first.textContent));
    });
  },

  sortable(heads) {
    heads.forEach((head, column) => {
      const sort = () => this.sort(heads, head, column);
      head.replaceChildren(el("button", { type: "button", on: { click: sort } }, head.textContent));
    });
  },

  sort(heads, head, column) {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((h) => h.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.cells[column].dataset.key;
    const numbers = this.rows.every((r) => key(r) === "" || !Number.isNaN(Number(key(r))));
    const compare = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === ""); // absent ones last, either way
      const order = numbers ? Number(x) - Number(y) || 0 : x.localeCompare(y, undefined, { numeric: true });
      return down ? -order : order;
    };
    this.body.append(...[...this.rows].sort(compare));
  },

  filterable(tools) {
    const shown = el("output", { class: "quiet" });
    const text = el("input", { type: "search", placeholder: "for example: 8 short", on: { input: () => apply() } });
    const trouble = el("input", { type: "checkbox", on: { change: () => apply() } });
    const apply = () => {
      const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
      let n = 0;
      for (const row of this.rows) {
        const all = [row.dataset.title, ...[...row.querySelectorAll(".good, .warn, .bad")].map((c) => c.textContent)].join(" ").toLowerCase();
        row.hidden = !words.every((w) => all.includes(w)) || (trouble.checked && !row.querySelector(".bad, .warn"));
        n += row.hidden ? 0 : 1;
      }
      shown.textContent = n === this.rows.length ? "" : `${n} of ${this.rows.length} cells`;
    };
    tools.append(el("label", {}, "Filter", text), el("label", {}, trouble, "only with trouble"), shown);
  },

  mark(cell) {
    this.rows.forEach((row, i) => (i === cell ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current")));
  },
};
