// Numbers as texts: three significant digits, thousands apart, "-" for none.

function digits(x) {
  if (x === null || x === undefined || Number.isNaN(x)) return "-";
  const size = Math.abs(x);
  if (size === 0) return "0";
  if (size >= 999.5) return Math.round(x).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  if (size < 1e-4) return x.toExponential(2);
  return Number(x.toPrecision(3)).toString();
}

/** Milliseconds, as seconds from ten seconds on. */
function milliseconds(ms) {
  if (ms === null || ms === undefined) return "-";
  return Math.abs(ms) >= 1e4 ? digits(ms / 1000) + " s" : digits(ms) + " ms";
}

const count = (n) => Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, ",");

/** "1 request", "3 requests". */
const plural = (n, noun) => count(n) + " " + noun + (n === 1 ? "" : "s");
