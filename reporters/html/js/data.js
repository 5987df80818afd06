// The data of the charts: see the types drawn… in the reporter.

const data = JSON.parse(byId("data").textContent);

/** The value of each row from its difference to the row before. */
function sums(differences) {
  let total = 0;
  return differences.map((d) => (total += d));
}

/** The limits that rules set for a cell on a metric; on one statistic of it, if asked. */
function limitsOf(cell, metric, stat = null) {
  return cell.limits.map((i) => data.limits[i]).filter((l) => l.metric === metric && (stat === null || l.stat === stat));
}

/** The names of curves in the order of their cells. */
function groupsOf(cells) {
  return [...new Set(cells.map((c) => c.group))];
}

const metricNames = { ttft: "Time to first token", itl: "Inter-token latency", tpot: "Time per output token", e2el: "End-to-end latency" };

/** The metrics that at least one cell has. */
const metricsThere = () => Object.keys(metricNames).filter((m) => data.cells.some((c) => c.dists[m]));

/** A statistic of a cell, null where there is none. */
function statOf(cell, metric, stat) {
  const values = cell.dists[metric];
  return values ? values[data.percentiles.indexOf(stat)] : null;
}
