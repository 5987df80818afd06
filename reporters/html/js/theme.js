// Light, dark, or what the system says. Nothing is stored.

const theme = {
  root: document.documentElement,
  listeners: [],

  /** The value of a CSS custom property, for canvases. */
  color(name) {
    return getComputedStyle(this.root).getPropertyValue(name).trim();
  },

  isDark() {
    const set = this.root.dataset.theme;
    return set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  },

  set(name) {
    if (name) this.root.dataset.theme = name;
    else delete this.root.dataset.theme;
    this.listeners.forEach((f) => f());
  },

  /** Paper is light: canvases are drawn again for it, and back afterwards. */
  watch() {
    let before = "";
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.listeners.forEach((f) => f()));
    addEventListener("beforeprint", () => { before = this.root.dataset.theme || ""; this.set("light"); });
    addEventListener("afterprint", () => this.set(before));
  },

  button() {
    const label = () => (this.isDark() ? "Light theme" : "Dark theme");
    const button = el("button", { type: "button", on: { click: () => this.set(this.isDark() ? "light" : "dark") } }, label());
    this.listeners.push(() => { button.textContent = label(); });
    return button;
  },
};
