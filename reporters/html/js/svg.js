// A frame with axes for charts in SVG. Colours are classes, so that a theme or
// a printer changes them without a new drawing.

/** Round numbers between low and high, about so many. */
function niceTicks(low, high, about) {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, about);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((m) => m * power >= rough * 0.999) * power;
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-9); i++) ticks.push(i * step);
  return ticks;
}

/** 1, 2 and 5 times the powers of ten between low and high, the powers alone over many decades. */
function logTicks(low, high) {
  const ticks = [];
  const factors = Math.log10(high / low) > 2.5 ? [1] : [1, 2, 5];
  for (let p = Math.floor(Math.log10(low)); p <= Math.log10(high); p++) {
    for (const f of factors) if (f * 10 ** p >= low * 0.999 && f * 10 ** p <= high * 1.001) ticks.push(f * 10 ** p);
  }
  return ticks;
}

function scale(axis, from, to) {
  const f = axis.log ? Math.log10 : (v) => v;
  const [a, b] = [f(axis.low), f(axis.high)];
  return (v) => from + ((f(v) - a) / (b - a || 1)) * (to - from);
}

/**
 * Draws a frame into host. An axis is {low, high, log, label, ticks, format};
 * ticks are [value, text] pairs if given. Returns the svg, both scales and the
 * plot's bounds.
 */
function frame(host, { height, x, y, label }) {
  const width = Math.max(240, host.clientWidth);
  const yTicks = (y.log ? logTicks(y.low, y.high) : niceTicks(y.low, y.high, height / 55)).map((v) => [v, (y.format || digits)(v)]);
  const left = 14 + 7 * Math.max(...yTicks.map(([, text]) => text.length), 2);
  const box = { left, right: width - 14, top: 26, bottom: height - 42 };
  const X = scale(x, box.left, box.right);
  const Y = scale(y, box.bottom, box.top);
  const svg = svgEl("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
  for (const [value, text] of yTicks) {
    svg.append(svgEl("line", { class: "grid", x1: box.left, x2: box.right, y1: Y(value), y2: Y(value) }),
      svgEl("text", { x: box.left - 6, y: Y(value) + 4, "text-anchor": "end" }, text));
  }
  const xTicks = x.ticks || niceTicks(x.low, x.high, width / 110).map((v) => [v, (x.format || digits)(v)]);
  let free = -Infinity;
  for (const [value, text] of xTicks) {
    const half = text.length * 3.5;
    const at = Math.min(X(value), width - half - 1);
    svg.append(svgEl("line", { class: "axis", x1: X(value), x2: X(value), y1: box.bottom, y2: box.bottom + 4 }));
    if (at - half < free) continue;
    svg.append(svgEl("text", { x: at, y: box.bottom + 17, "text-anchor": "middle" }, text));
    free = at + half + 6;
  }
  svg.append(svgEl("line", { class: "axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
    svgEl("text", { x: (box.left + box.right) / 2, y: height - 6, "text-anchor": "middle" }, x.label),
    svgEl("text", { x: 2, y: 14 }, y.label));
  host.replaceChildren(svg);
  return { svg, X, Y, box };
}

const points = (list) => list.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

/** Draws the limits of rules as lines, and returns the texts of those above the chart. */
function limitLines(plot, limits, high) {
  const above = [];
  const taken = [];
  for (const limit of limits) {
    if (limit.want > high) {
      above.push(limit.text);
      continue;
    }
    const y = plot.Y(limit.want);
    plot.svg.append(svgEl("line", { class: "limit", x1: plot.box.left, x2: plot.box.right, y1: y, y2: y }));
    let at = y - 5;
    while (taken.some((t) => Math.abs(t - at) < 14)) at += 14;
    taken.push(at);
    plot.svg.append(svgEl("text", { class: "limit-text", x: plot.box.left + 4, y: at }, limit.text));
  }
  return above;
}

/** The limits without those that say the same. */
function distinctLimits(limits) {
  const seen = new Set();
  return limits.filter((l) => !seen.has(l.text) && seen.add(l.text));
}
