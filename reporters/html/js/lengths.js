// How many tokens the prompts and the answers of a cell had.

const tokenLengths = {
  start(section) {
    this.host = el("div", { class: "plots" });
    section.append(el("p", { class: "quiet" }, "Completed requests of the measured window."), this.host);
  },

  draw(cell) {
    this.host.replaceChildren();
    const there = [["Prompts", cell.input], ["Answers", cell.output]].filter(([, d]) => d);
    if (!there.length) this.host.append(el("p", {}, "The numbers of tokens are not known."));
    const hosts = there.map(([name, d]) => {
      const draw = el("div", { class: "draw" });
      this.host.append(el("figure", {}, el("figcaption", {}, name, el("span", { class: "quiet" }, ` · mean ${digits(d.mean)} tokens`)), draw,
        numbersTable(["tokens", "requests"], () => d.bars.map((n, i) => [this.range(d, i), count(n)]))));
      return draw;
    });
    there.forEach(([name, d], i) => this.bars(hosts[i], name, d)); // once both have their place, and so their width
  },

  range(d, i) {
    const from = d.from + i * d.width;
    return d.width === 1 ? count(from) : `${count(from)} to ${count(from + d.width - 1)}`;
  },

  bars(host, name, d) {
    const middle = d.width === 1 ? 0.5 : 0; // a bar of one length stands around it
    const end = d.from + d.bars.length * d.width - middle;
    const room = Math.max(d.width, (end - d.from) * 0.04, d.bars.length < 4 ? d.width * 3 : 0);
    const plot = frame(host, {
      height: 220,
      x: { low: Math.max(0, d.from - room), high: end + room, label: "tokens", format: (v) => (Number.isInteger(v) ? count(v) : "") },
      y: { low: 0, high: Math.max(...d.bars) * 1.08, label: "requests" },
      label: `${name}: distribution of the number of tokens, mean ${digits(d.mean)}`,
    });
    d.bars.forEach((n, i) => {
      if (!n) return;
      const left = plot.X(d.from + i * d.width - middle);
      const width = Math.max(1, plot.X(d.from + (i + 1) * d.width - middle) - left - 0.5);
      plot.svg.append(svgEl("rect", { class: "bars", x: left, width, y: plot.Y(n), height: plot.box.bottom - plot.Y(n) },
        svgEl("title", {}, `${this.range(d, i)} tokens: ${plural(n, "request")}`)));
    });
    const mean = plot.X(d.mean);
    plot.svg.append(svgEl("line", { class: "mean", x1: mean, x2: mean, y1: plot.box.top, y2: plot.box.bottom }, svgEl("title", {}, "mean")));
  },
};
