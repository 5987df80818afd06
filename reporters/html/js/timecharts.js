// What happened over a cell's time: latencies, arrivals, requests in flight.
// The charts share their cursor and their zoom.

const timeCharts = {
  charts: [],
  planned: [],

  start(section) {
    this.host = el("div", { class: "plots" });
    this.note = el("p", { class: "quiet" });
    section.append(
      el("div", { class: "bar" },
        ...[["Whole", "the whole time", () => this.zoom(0)], ["+", "zoom in", () => this.zoom(0.5)], ["−", "zoom out", () => this.zoom(2)],
          ["←", "earlier", () => this.pan(-0.25)], ["→", "later", () => this.pan(0.25)]]
          .map(([text, label, click]) => el("button", { type: "button", "aria-label": label, title: label, on: { click } }, text)),
        el("span", { class: "quiet" }, "or drag across a chart; double click for the whole")),
      this.host, this.note);
  },

  draw(cell) {
    this.charts.forEach((c) => c.destroy());
    this.charts = [];
    this.planned = []; // drawn once all have their place, and so their width
    this.host.replaceChildren();
    const t = cell.time;
    if (!t) {
      this.note.textContent = "No request of this cell is stored.";
      return;
    }
    const x = t.sent.map((_, i) => t.from + (i + 0.5) * t.width);
    this.whole = [t.from, t.from + t.sent.length * t.width];
    const of = (metric, values) => [
      { label: "p50", color: "--s0", values: values[0] }, { label: "p95", color: "--s1", values: values[1] },
      { label: "max", color: "--s7", values: values[2], dash: [2, 3] },
    ].map((s) => ({ ...s, unit: "ms" }));
    this.add(cell, x, "Time to first token", "ms, by when the request was due", of("ttft", t.ttft), "ttft");
    this.add(cell, x, "Inter-token latency", "ms, by when the token came", of("itl", t.itl), "itl");
    this.add(cell, x, "Arrivals and ends", "requests per second", [
      { label: "due", color: "--s7", values: t.due, dash: [4, 3], steps: true }, { label: "sent", color: "--s0", values: t.sent, steps: true },
      { label: "completed", color: "--s2", values: t.completed, steps: true }, { label: "failed", color: "--bad", values: t.failed, steps: true },
    ]);
    this.add(cell, x, "In flight", "requests under way", [{ label: "in flight", color: "--s0", values: t.in_flight, fill: true }]);
    this.charts = this.planned.map((draw) => draw());
    this.note.textContent = `One point is ${milliseconds(t.width * 1000)}. ` + (t.warmup.length ? "Shaded: warm-up, which is in no metric." : "Without a warm-up.") +
      (cell.load ? ` Load: ${cell.load}.` : "");
  },

  add(cell, x, title, unit, series, metric) {
    const there = series.filter((s) => s.values.some((v) => v !== null));
    if (!there.length) return;
    const host = el("div", { class: "draw", role: "img", "aria-label": `${title} over time, ${unit}` });
    const limits = metric ? distinctLimits(limitsOf(cell, metric)) : [];
    this.host.append(el("figure", {}, el("figcaption", {}, title, el("span", { class: "quiet" }, ` · ${unit}`)), host,
      numbersTable(["s", ...there.map((s) => s.label)], () => x.map((at, i) => [digits(at), ...there.map((s) => digits(s.values[i]))]))));
    this.planned.push(() => new uPlot(this.options(host, cell, there, limits), [x, ...there.map((s) => s.values)], host));
  },

  options(host, cell, series, limits) {
    const ink = theme.color("--quiet");
    const axis = { stroke: ink, grid: { stroke: theme.color("--line"), width: 1 }, ticks: { stroke: theme.color("--line"), width: 1 }, font: "12px system-ui, sans-serif" };
    const highest = Math.max(...series.flatMap((s) => s.values.filter((v) => v !== null)));
    const shown = limits.filter((l) => l.want <= 2 * highest);
    return {
      width: host.clientWidth, height: 230,
      padding: [12, 20, 0, 0],
      cursor: { sync: { key: "time" }, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { range: (u, low, high) => [0, 1.08 * Math.max(high || 0, ...shown.map((l) => l.want)) || 1] } },
      axes: [
        { ...axis, values: (u, ticks) => ticks.map((v) => digits(v) + " s"), space: 60 },
        { ...axis, values: (u, ticks) => ticks.map(digits), size: (u, values) => 18 + 7 * Math.max(2, ...(values || []).map((v) => v.length)) },
      ],
      series: [{ label: "at", value: (u, v) => (v === null ? "-" : digits(v) + " s") }, ...series.map((s) => this.line(s))],
      hooks: { drawClear: [(u) => this.shade(u, cell.time.warmup)], draw: [(u) => this.limits(u, shown)] },
    };
  },

  line(s) {
    const color = theme.color(s.color);
    const few = s.values.filter((v) => v !== null).length < 60;
    return {
      label: s.label, stroke: color, width: 1.5, dash: s.dash, spanGaps: true,
      fill: s.fill ? color + "33" : undefined, paths: s.steps ? uPlot.paths.stepped({ align: 0 }) : undefined,
      points: { show: few && !s.steps, size: 5, stroke: color, fill: color },
      value: (u, v) => (v === null ? "-" : digits(v) + (s.unit ? " " + s.unit : "")),
    };
  },

  shade(u, stretches) {
    const { left, width, top, height } = u.bbox;
    u.ctx.save();
    u.ctx.fillStyle = theme.color("--warm");
    for (const [from, to] of stretches) {
      const a = Math.max(left, u.valToPos(from, "x", true));
      const b = Math.min(left + width, u.valToPos(to, "x", true));
      if (b > a) u.ctx.fillRect(a, top, b - a, height);
    }
    u.ctx.restore();
  },

  limits(u, limits) {
    const { left, width } = u.bbox;
    const dpr = devicePixelRatio || 1;
    u.ctx.save();
    u.ctx.strokeStyle = u.ctx.fillStyle = theme.color("--bad");
    u.ctx.lineWidth = 1.5 * dpr;
    u.ctx.setLineDash([6 * dpr, 4 * dpr]);
    u.ctx.font = `${12 * dpr}px system-ui, sans-serif`;
    u.ctx.textAlign = "left";
    for (const limit of limits) {
      const y = u.valToPos(limit.want, "y", true);
      u.ctx.beginPath();
      u.ctx.moveTo(left, y);
      u.ctx.lineTo(left + width, y);
      u.ctx.stroke();
      u.ctx.fillText(limit.text, left + 4 * dpr, y - 5 * dpr);
    }
    u.ctx.restore();
  },

  zoom(factor) {
    if (!this.charts.length) return;
    const { min, max } = this.charts[0].scales.x;
    const middle = (min + max) / 2;
    const half = factor === 0 ? Infinity : ((max - min) / 2) * factor;
    this.show(middle - half, middle + half);
  },

  pan(part) {
    if (!this.charts.length) return;
    const { min, max } = this.charts[0].scales.x;
    const by = Math.max(this.whole[0] - min, Math.min(this.whole[1] - max, part * (max - min)));
    this.show(min + by, max + by);
  },

  show(min, max) {
    const range = { min: Math.max(this.whole[0], min), max: Math.min(this.whole[1], max) };
    this.charts.forEach((c) => c.setScale("x", range));
  },

  resize() {
    this.charts.forEach((c) => {
      const width = c.root.parentElement.clientWidth;
      if (width && width !== c.width) c.setSize({ width, height: c.height });
    });
  },
};
