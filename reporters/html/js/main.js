// Puts the parts together.

const page = {
  chosen: 0,

  start() {
    theme.root.dataset.scripts = "";
    theme.watch();
    byId("tools").append(theme.button(), " ", el("button", { type: "button", on: { click: () => print() } }, "Print"));
    const choose = (index, scroll) => this.choose(index, scroll);
    cellTable.start(choose);
    curve.start(byId("curve"), choose);
    percentiles.start(byId("percentiles"));
    this.ofCell = byId("of-cell");
    if (!data.cells.length && this.ofCell) {
      this.ofCell.remove();
      this.ofCell = null;
    }
    if (this.ofCell) this.startCell(choose);
    this.choose(this.firstShown(), false);
    theme.listeners.push(() => this.repaint());
    this.watchSize();
    theme.root.dataset.drawn = "";
  },

  /** The first cell in which a rule failed, else the first. */
  firstShown() {
    return Math.max(0, data.cells.findIndex((c) => c.failed));
  },

  startCell(choose) {
    this.pickers = ["time", "requests", "lengths"].map((id) => {
      const picker = select("Cell", data.cells.map((c, i) => [i, c.title]), 0, (v) => choose(Number(v), false));
      const section = byId(id);
      if (data.cells.length > 1) section.append(el("div", { class: "bar" }, picker));
      return picker.querySelector("select");
    });
    timeCharts.start(byId("time"));
    waterfall.start(byId("requests"));
    tokenLengths.start(byId("lengths"));
  },

  choose(index, scroll) {
    if (!data.cells.length) return;
    this.chosen = curve.chosen = percentiles.chosen = index;
    const cell = data.cells[index];
    cellTable.mark(index);
    curve.draw();
    percentiles.draw();
    if (!this.ofCell) return;
    this.pickers.forEach((p) => { p.value = String(index); });
    timeCharts.draw(cell);
    waterfall.load(cell);
    tokenLengths.draw(cell);
    if (scroll) byId("time").scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  },

  /** Draws again what lives on canvases, after a change of colours. */
  repaint() {
    if (!this.ofCell || !data.cells.length) return;
    timeCharts.draw(data.cells[this.chosen]);
    waterfall.paint();
  },

  watchSize() {
    let width = innerWidth;
    addEventListener("resize", () => {
      if (innerWidth === width || !data.cells.length) return;
      width = innerWidth;
      curve.draw();
      percentiles.draw();
      if (!this.ofCell) return;
      timeCharts.resize();
      waterfall.draw();
      tokenLengths.draw(data.cells[this.chosen]);
    });
  },
};

page.start();
