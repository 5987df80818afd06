// Latency against throughput: one curve for the cells that differ only in their
// load, one dot a cell, the limits of the rules as lines.

const curve = {
  metric: "ttft", stat: "p95", across: "output_throughput",
  names: { output_throughput: "output tokens/s", request_throughput: "requests/s", total_throughput: "tokens/s, input and output" },

  start(section, choose) {
    this.choose = choose;
    this.host = el("div", { class: "draw" });
    const there = metricsThere();
    if (!there.length) {
      section.append(el("p", {}, "No cell has latencies to draw."));
      return;
    }
    const limit = data.limits.find((l) => there.includes(l.metric) && data.percentiles.includes(l.stat));
    this.metric = limit ? limit.metric : there[0];
    this.stat = limit ? limit.stat : "p95";
    const stats = ["p50", "p90", "p95", "p99", "p999"];
    if (!stats.includes(this.stat)) stats.unshift(this.stat);
    const set = (key) => (value) => { this[key] = value; this.draw(); };
    this.foot = el("div");
    section.append(
      el("div", { class: "bar" },
        select("Latency", there.map((m) => [m, metricNames[m]]), this.metric, set("metric")),
        select("statistic", stats.map((s) => [s, s]), this.stat, set("stat")),
        select("against", Object.entries(this.names), this.across, set("across"))),
      this.host, this.foot);
  },

  dots() {
    return data.cells
      .map((cell, index) => ({ cell, index, x: cell.values[this.across] ?? null, y: statOf(cell, this.metric, this.stat) }))
      .filter((d) => d.x !== null && d.y !== null);
  },

  draw() {
    if (!this.foot) return;
    const dots = this.dots();
    const limits = distinctLimits(data.cells.flatMap((c) => limitsOf(c, this.metric, this.stat)));
    if (!dots.length) {
      this.host.replaceChildren(el("p", {}, "No cell has both."));
      this.foot.replaceChildren();
      return;
    }
    const highest = Math.max(...dots.map((d) => d.y));
    const near = limits.filter((l) => l.want <= 3 * highest).map((l) => l.want);
    const high = 1.12 * Math.max(highest, ...near);
    const plot = frame(this.host, {
      height: this.host.clientWidth < 500 ? 300 : 380,
      x: { low: 0, high: 1.06 * Math.max(...dots.map((d) => d.x)) || 1, label: this.names[this.across] },
      y: { low: 0, high: high || 1, label: `${this.metric} ${this.stat}, ms` },
      label: `${metricNames[this.metric]} ${this.stat} against ${this.names[this.across]}, ${plural(dots.length, "cell")}`,
    });
    const above = limitLines(plot, limits, high);
    this.lines(plot, dots);
    this.under(dots, above);
  },

  lines(plot, dots) {
    const labels = [];
    groupsOf(data.cells).forEach((group, i) => {
      const own = dots.filter((d) => d.cell.group === group).sort((a, b) => a.cell.order - b.cell.order);
      const at = (d) => [plot.X(d.x), plot.Y(d.y)];
      plot.svg.append(svgEl("polyline", { class: `series s${i % 8}`, points: points(own.map(at)), "stroke-dasharray": i >= 8 ? "5 3" : null }));
      for (const d of own) {
        const [x, y] = at(d);
        if (d.index === this.chosen) plot.svg.append(svgEl("circle", { class: "ring", cx: x, cy: y, r: 10 }));
        const title = `${d.cell.title}: ${digits(d.y)} ms at ${digits(d.x)} ${this.names[this.across]}` + (d.cell.failed ? ", a rule failed" : "") + (d.cell.validity === "invalid" ? ", INVALID" : "");
        plot.svg.append(svgEl("circle", { class: `dot f${i % 8}${d.cell.failed ? " failed" : ""}`, cx: x, cy: y, r: 5.5, on: { click: () => this.choose(d.index, false) } }, svgEl("title", {}, title)));
        if (d.cell.order === null || labels.some(([a, b]) => Math.abs(a - x) < 24 && Math.abs(b - y) < 13)) continue;
        labels.push([x, y]);
        plot.svg.append(svgEl("text", { x, y: y - (d.index === this.chosen ? 15 : 11), "text-anchor": "middle" }, digits(d.cell.order)));
      }
    });
  },

  under(dots, above) {
    const groups = groupsOf(data.cells);
    const notes = ["The number at a dot is its concurrency or rate."];
    if (dots.some((d) => d.cell.failed)) notes.push("A dot with a red ring: a rule failed there.");
    if (above.length) notes.push(`Above the chart: ${above.join("; ")}.`);
    this.foot.replaceChildren(
      groups.length > 1 ? legend(groups.map((g, i) => [`b${i % 8}`, g || "others"])) : "",
      el("p", { class: "quiet" }, notes.join(" ")),
      numbersTable(["cell", this.names[this.across], `${this.metric} ${this.stat}, ms`], () => dots.map((d) => [d.cell.title, digits(d.x), digits(d.y)])));
  },
};
