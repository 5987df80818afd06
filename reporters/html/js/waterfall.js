// Every request as a line: waiting in the client, waiting for the first token,
// streaming. Only what can be seen is drawn, so that ten thousand stay smooth.

const waterfall = {
  height: 420,
  ends: { c: "completed", f: "failed", a: "blocked by the audit", x: "cancelled" },

  start(section) {
    this.canvas = el("canvas", { class: "rows", tabindex: "0", role: "application" });
    this.readout = el("p", { class: "readout", "aria-live": "polite" });
    this.note = el("p", { class: "quiet" });
    const button = ([text, label, click]) => el("button", { type: "button", "aria-label": label, title: label, on: { click } }, text);
    section.append(
      el("div", { class: "bar" }, ...[
        ["First", "the first requests", () => this.first()], ["All", "all requests", () => this.reset()], ["+", "zoom in", () => this.zoom(0.5)], ["−", "zoom out", () => this.zoom(2)],
        ["↑", "earlier requests", () => this.leaf(-0.5)], ["↓", "later requests", () => this.leaf(0.5)],
        ["←", "earlier in time", () => this.move(-0.3, 0)], ["→", "later in time", () => this.move(0.3, 0)],
      ].map(button)),
      legend([["b-queue", "waits in the client"], ["b-wait", "waits for the first token"], ["b-stream", "streams"], ["b-bad", "did not complete"], ["b-warm", "warm-up"]]),
      el("div", { class: "draw" }, this.canvas), this.readout, this.note);
    this.listen();
  },

  load(cell) {
    const r = cell.rows;
    this.rows = r ? this.decode(r) : [];
    this.warmup = cell.time ? cell.time.warmup : [];
    this.chosen = -1;
    this.note.textContent = !r ? "No request of this cell is stored."
      : (this.rows.length < r.of ? `${count(this.rows.length)} of ${plural(r.of, "request")}, evenly chosen. ` : `${plural(r.of, "request")}. `) +
        "Drag to move, Ctrl and the wheel to zoom. Keys: arrows choose and move, + and − zoom, 0 shows all.";
    this.canvas.setAttribute("aria-label", `Timeline of ${plural(this.rows.length, "request")}. Up and down choose a request, left and right move in time, plus and minus zoom, 0 shows all.`);
    this.whole = [Math.min(0, ...this.rows.slice(0, 1).map((q) => q.at)), this.rows.reduce((m, q) => Math.max(m, q.end), 1e-3)];
    this.first();
  },

  /** Rows with their moments in seconds. */
  decode(r) {
    const sched = sums(r.sched);
    const index = sums(r.index);
    return sched.map((at, i) => {
      const start = at + r.queued[i];
      const after = (d) => (d < 0 ? null : (start + d) / 1e6);
      const state = r.state[i];
      return {
        at: at / 1e6, start: start / 1e6, first: after(r.first[i]), last: after(r.last[i]), end: (start + r.done[i]) / 1e6,
        index: index[i], input: r.input[i], output: r.output[i], state: state.toLowerCase(), warm: state !== state.toLowerCase(),
        error: r.class[i] < 0 ? "" : r.classes[r.class[i]],
      };
    });
  },

  reset() {
    this.view = { from: this.whole[0], to: this.whole[1] + (this.whole[1] - this.whole[0]) * 0.02, top: 0, shown: Math.max(this.rows.length, 12) };
    this.readout.textContent = "";
    this.chosen = -1;
    this.draw();
  },

  /** Shows as many of the first requests as can be told apart. */
  first() {
    this.reset();
    const some = this.rows.slice(0, 100);
    if (some.length === this.rows.length) return;
    this.view.shown = some.length;
    this.view.from = some[0].at;
    this.view.to = some.reduce((m, q) => Math.max(m, q.end), this.view.from + 1e-3);
    this.draw();
  },

  /** Goes on by a part of the requests in view, with the time in which they were. */
  leaf(part) {
    this.move(0, part);
    const top = this.rows[Math.ceil(this.view.top)];
    if (top) this.move((top.at - this.view.from) / (this.view.to - this.view.from) - 0.02, 0);
  },

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.paint(); });
  },

  paint() {
    const width = this.canvas.clientWidth;
    if (!width || !this.view) return;
    const dpr = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * dpr)) {
      this.canvas.width = Math.round(width * dpr);
      this.canvas.height = Math.round(this.height * dpr);
    }
    const ctx = this.canvas.getContext("2d");
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    ctx.clearRect(0, 0, width, this.height);
    this.area = { width, height: this.height - 22 };
    this.grid(ctx);
    this.lines(ctx);
  },

  X(t) { return ((t - this.view.from) / (this.view.to - this.view.from)) * this.area.width; },

  grid(ctx) {
    ctx.fillStyle = theme.color("--warm");
    for (const [from, to] of this.warmup) ctx.fillRect(this.X(from), 0, this.X(to) - this.X(from), this.area.height);
    ctx.strokeStyle = theme.color("--line");
    ctx.fillStyle = theme.color("--quiet");
    ctx.font = "12px system-ui, sans-serif";
    for (const tick of niceTicks(this.view.from, this.view.to, this.area.width / 110)) {
      const x = Math.round(this.X(tick)) + 0.5;
      ctx.beginPath();
      ctx.moveTo(x, 0);
      ctx.lineTo(x, this.area.height);
      ctx.stroke();
      const text = digits(Number(tick.toPrecision(6))) + " s";
      const half = ctx.measureText(text).width / 2;
      ctx.fillText(text, Math.max(0, Math.min(x - half, this.area.width - 2 * half)), this.height - 6);
    }
  },

  /**
   * One pass a colour over the rows in view. Bars lie on whole pixels, and those
   * of several rows that meet on one line of pixels are drawn as one: of ten
   * thousand rows no more is drawn than can be seen.
   */
  lines(ctx) {
    const row = this.area.height / this.view.shown;
    const first = Math.max(0, Math.floor(this.view.top));
    const last = Math.min(this.rows.length, Math.ceil(this.view.top + this.view.shown));
    const thick = Math.max(1, Math.round(Math.min(row * 0.8, 14)));
    let open = null;
    const flush = () => {
      if (open) ctx.fillRect(open.a, open.y, Math.max(1, open.b - open.a), thick);
      open = null;
    };
    const bar = (i, from, to) => {
      const a = Math.round(Math.max(0, this.X(from)));
      const b = Math.round(Math.min(this.area.width, this.X(to)));
      if (b < 0 || a > this.area.width) return;
      const y = Math.round((i - this.view.top) * row + (row - thick) / 2);
      if (open && open.y === y && a <= open.b + 1 && b >= open.a - 1) {
        open.a = Math.min(open.a, a);
        open.b = Math.max(open.b, b);
        return;
      }
      flush();
      open = { y, a, b };
    };
    const pass = (color, each) => {
      ctx.fillStyle = theme.color(color);
      for (let i = first; i < last; i++) each(this.rows[i], i);
      flush();
    };
    pass("--queue", (q, i) => q.start > q.at && bar(i, q.at, q.start));
    pass("--wait", (q, i) => bar(i, q.start, q.first ?? q.end));
    pass("--stream", (q, i) => q.state === "c" && q.first !== null && bar(i, q.first, q.last ?? q.end));
    pass("--bad", (q, i) => q.state !== "c" && bar(i, q.first ?? Math.max(q.start, q.end - (this.view.to - this.view.from) * 0.004), q.end));
    if (this.chosen < 0) return;
    ctx.strokeStyle = theme.color("--text");
    ctx.strokeRect(0.5, (this.chosen - this.view.top) * row - 0.5, this.area.width - 1, Math.max(row, 3) + 1);
  },

  listen() {
    const rowAt = (event) => Math.floor(this.view.top + (event.offsetY / this.area.height) * this.view.shown);
    let held = null;
    this.canvas.addEventListener("pointerdown", (e) => { held = { x: e.offsetX, y: e.offsetY }; this.choose(rowAt(e)); });
    addEventListener("pointerup", () => { held = null; });
    this.canvas.addEventListener("pointermove", (e) => {
      if (!held) return this.choose(rowAt(e));
      this.move((held.x - e.offsetX) / this.area.width, (held.y - e.offsetY) / this.area.height);
      held = { x: e.offsetX, y: e.offsetY };
    });
    this.canvas.addEventListener("wheel", (e) => {
      if (!e.ctrlKey && !e.metaKey) return;
      e.preventDefault();
      this.zoom(e.deltaY > 0 ? 1.25 : 0.8, e.offsetX / this.area.width, e.offsetY / this.area.height);
    }, { passive: false });
    this.canvas.addEventListener("keydown", (e) => this.key(e));
  },

  key(e) {
    const page = Math.max(1, Math.floor(this.view.shown * 0.9));
    const to = (row) => this.choose(Math.max(0, Math.min(this.rows.length - 1, row)), true);
    const keys = {
      ArrowDown: () => to(this.chosen + 1), ArrowUp: () => to(this.chosen - 1), PageDown: () => to(this.chosen + page), PageUp: () => to(this.chosen - page),
      Home: () => to(0), End: () => to(this.rows.length - 1), ArrowLeft: () => this.move(-0.1, 0), ArrowRight: () => this.move(0.1, 0),
      "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), 0: () => this.reset(),
    };
    if (!keys[e.key] || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    keys[e.key]();
  },

  /** Zooms around a point, given as parts of the width and height; around the chosen row without one. */
  zoom(factor, px = 0.5, py = null) {
    const v = this.view;
    const fixed = py === null && this.chosen >= 0 ? this.chosen + 0.5 : v.top + (py ?? 0.5) * v.shown;
    const before = (fixed - v.top) / v.shown;
    const t = v.from + px * (v.to - v.from);
    const span = Math.min((v.to - v.from) * factor, (this.whole[1] - this.whole[0]) * 1.02);
    v.from = t - px * span;
    v.to = v.from + span;
    v.shown = Math.max(12, Math.min(Math.max(this.rows.length, 12), v.shown * factor));
    v.top = fixed - before * v.shown;
    this.move(0, 0);
  },

  /** Moves the view by parts of its width and height, within bounds. */
  move(dx, dy) {
    const v = this.view;
    const span = v.to - v.from;
    v.from = Math.max(this.whole[0], Math.min(this.whole[1] * 1.02 - span, v.from + dx * span));
    v.to = v.from + span;
    v.top = Math.max(0, Math.min(this.rows.length - v.shown, v.top + dy * v.shown));
    this.draw();
  },

  choose(row, follow) {
    if (row === this.chosen || !this.rows[row]) return;
    this.chosen = row;
    const v = this.view;
    const q = this.rows[row];
    if (follow) {
      if (row < v.top) v.top = row;
      if (row >= v.top + v.shown) v.top = row - v.shown + 1;
      const span = v.to - v.from;
      if (q.end < v.from || q.at > v.to) { v.from = Math.max(this.whole[0], q.at - span * 0.1); v.to = v.from + span; }
    }
    this.readout.textContent = this.describe(q);
    this.draw();
  },

  describe(q) {
    const ms = (a, b) => milliseconds((b - a) * 1000);
    const parts = [`Request ${q.index}${q.warm ? " (warm-up)" : ""}: ${this.ends[q.state]}${q.error ? ", " + q.error : ""}, due at ${digits(q.at)} s`];
    if (q.start > q.at) parts.push(`waited ${ms(q.at, q.start)} in the client`);
    if (q.first !== null) parts.push(`first token after ${ms(q.start, q.first)}`);
    if (q.first !== null && q.last !== null) parts.push(`streamed for ${ms(q.first, q.last)}`);
    parts.push(`ended after ${ms(q.start, q.end)}`);
    if (q.input >= 0) parts.push(plural(q.input, "prompt token"));
    if (q.output >= 0) parts.push(plural(q.output, "output token"));
    return parts.join(" · ");
  },
};
