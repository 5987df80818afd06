// Shows the newest state that the server has sent. Every text goes through
// textContent: what a server under test says stays text.
"use strict";

const at = (id) => document.getElementById(id);
const say = (id, text) => { at(id).textContent = text; };

// brief is a number with about three digits, a dash where there is none.
function brief(x) {
  if (x === null || !Number.isFinite(x)) return "–";
  const size = Math.abs(x);
  return x.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

function duration(seconds) {
  const s = Math.round(seconds), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
  return (h ? h + " h " : "") + (h || m ? m + " min " : "") + (s % 60) + " s";
}

function run(s) {
  const parts = [], done = s.ended ? s.cell : s.cell - 1;
  if (s.cells > 0 && (s.ended || !s.measured)) {
    at("cells-bar").value = done / s.cells;
    parts.push(`${done} of ${s.cells} cells done`);
    if (!s.ended && s.cells > s.cell) parts.push(`${s.cells - s.cell} to come`);
    if (!s.ended && s.remaining !== null) parts.push(duration(s.remaining) + " left");
  }
  say("cells", parts.join(" · ") || s.phase);
}

function cell(s) {
  if (s.cells === 0 || s.ended) return; // what was shown last stays
  at("title").firstElementChild.textContent = s.title || `cell ${s.cell}`;
  at("cell-bar").value = s.share;
  const parts = [`cell ${s.cell}`];
  if (s.repeats > 1) parts.push(`repeat ${s.repeat} of ${s.repeats}`);
  if (s.phase && !s.measured) parts.push(s.phase);
  parts.push(duration(s.elapsed));
  say("where", parts.join(" · "));
  say("done", s.planned > 0 ? `${s.done} / ${s.planned}` : `${s.done}`);
  say("failed", `${s.failed}`);
  at("failed").className = s.failed > 0 ? "bad" : "";
  say("inflight", `${s.in_flight}`);
  say("rate", brief(s.rate));
  say("ttft50", brief(s.ttft[0]));
  say("ttft99", brief(s.ttft[1]));
  say("itl50", brief(s.itl[0]));
  say("itl99", brief(s.itl[1]));
}

function trend(values, now) {
  if (values.length < 2) return;
  const top = Math.max(...values, 1e-9), step = 600 / (values.length - 1);
  const points = values.map((v, i) => `${(i * step).toFixed(1)},${(118 - 112 * v / top).toFixed(1)}`).join(" ");
  at("curve").setAttribute("points", points);
  at("area").setAttribute("points", `0,120 ${points} 600,120`);
  say("trend-says", `${brief(now)} of late, ${brief(Math.max(now, ...values))} at most in the last ${values.length} s`);
}

let told = "";
function notes(lines) {
  if (told === lines.join("\n")) return;
  told = lines.join("\n");
  at("notes").replaceChildren(...lines.toReversed().map((line) => {
    const item = document.createElement("li"), text = document.createElement("bdi");
    text.textContent = line;
    item.append(text);
    return item;
  }));
}

function link(text, kind) {
  say("link", text);
  at("link").className = kind;
}

function end(s) {
  const box = at("verdict");
  box.hidden = false;
  box.textContent = s.verdict || "the run has ended";
  box.className = s.tone;
  link("the run has ended", "");
  say("h-cell", "Last cell");
}

const source = new EventSource("events");
source.onmessage = (event) => {
  const s = JSON.parse(event.data);
  say("name", s.name);
  document.title = (s.ended ? "ended" : s.cells > 0 ? `${s.cell}/${s.cells}` : s.phase) + " · " + s.name;
  link("live", "live");
  run(s);
  cell(s);
  trend(s.trend, s.chunk_rate);
  notes(s.notes);
  if (s.ended) {
    source.close();
    end(s);
  }
};
source.onerror = () => link("no connection: the run was stopped, or the browser was too slow; trying again", "lost");
