// Percentile curves of all cells. Along the axis each further nine takes the
// same room, so that the tail can be seen.

const percentiles = {
  metric: "ttft",
  place: { p1: 0.01, p10: 0.1, p25: 0.25, p50: 0.5, p75: 0.75, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 },

  start(section) {
    const there = metricsThere();
    if (!there.length) {
      section.append(el("p", {}, "No cell has latencies to draw."));
      return;
    }
    this.metric = there[0];
    this.host = el("div", { class: "draw" });
    this.foot = el("div");
    section.append(
      el("div", { class: "bar" }, select("Latency", there.map((m) => [m, metricNames[m]]), this.metric, (m) => { this.metric = m; this.draw(); })),
      this.host, this.foot);
  },

  nines: (q) => -Math.log10(1 - q),

  draw() {
    if (!this.host) return;
    const cells = data.cells.map((cell, index) => ({ cell, index, values: cell.dists[this.metric] })).filter((c) => c.values);
    const all = cells.flatMap((c) => c.values).filter((v) => v !== null && v > 0);
    if (!all.length) {
      this.host.replaceChildren(el("p", {}, "No cell has it."));
      this.foot.replaceChildren();
      return;
    }
    const [least, most] = [Math.min(...all), Math.max(...all)];
    const log = most / least > 20;
    const narrow = this.host.clientWidth < 500;
    const plot = frame(this.host, {
      height: narrow ? 280 : 340,
      x: { low: 0, high: this.nines(0.999), label: "percentile", ticks: data.percentiles.map((p) => [this.nines(this.place[p]), p === "p999" ? "p99.9" : p]) },
      y: { low: log ? least / 1.2 : 0, high: most * (log ? 1.2 : 1.08), log, label: `${this.metric}, ms${log ? " (logarithmic)" : ""}` },
      label: `Percentiles of ${metricNames[this.metric]} of ${plural(cells.length, "cell")}`,
    });
    const few = cells.length <= 8;
    const drawLine = (c, i) => {
      const at = data.percentiles.map((p, k) => [this.nines(this.place[p]), c.values[k]]).filter(([, v]) => v !== null && v > 0);
      const emphasis = c.index === this.chosen ? "near" : few ? "" : "far";
      plot.svg.append(svgEl("polyline", { class: `series s${i % 8} ${emphasis}`, points: points(at.map(([x, y]) => [plot.X(x), plot.Y(y)])) }, svgEl("title", {}, c.cell.title)));
    };
    cells.forEach((c, i) => c.index !== this.chosen && drawLine(c, i));
    cells.forEach((c, i) => c.index === this.chosen && drawLine(c, i)); // on top of the others
    this.under(cells, few);
  },

  under(cells, few) {
    const entries = cells.map((c, i) => [`b${i % 8}`, c.cell.title, c.index]).filter(([, , index]) => few || index === this.chosen);
    this.foot.replaceChildren(
      legend(entries.map(([cls, text, index]) => [cls, text + (index === this.chosen && cells.length > 1 ? " (chosen, thick)" : "")])),
      few ? "" : el("p", { class: "quiet" }, `${cells.length} cells; choose one in the table to bring its curve out.`),
      numbersTable(["cell", ...data.percentiles], () => cells.map((c) => [c.cell.title, ...c.values.map(digits)])));
  },
};
