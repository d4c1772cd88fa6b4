// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

namespace damo::detail::html {

// The page of graph/html.hpp, in front of and behind the data.
inline constexpr std::string_view page_head = R"page(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>graph</title>
<style>
html, body { margin: 0; height: 100%; font: 13px system-ui, sans-serif; color: #1d2330; background: #f7f8fa; }
body { display: grid; grid-template: 44px 1fr / 1fr 340px; }
header { grid-column: 1 / 3; display: flex; align-items: center; gap: 14px; padding: 0 14px; background: #fff; border-bottom: 1px solid #d9dde5; }
header b { font-size: 15px; }
header input { width: 220px; padding: 4px 8px; border: 1px solid #c3c9d5; border-radius: 5px; }
header button { padding: 4px 10px; border: 1px solid #c3c9d5; border-radius: 5px; background: #fff; }
#found { color: #667; }
svg { width: 100%; height: 100%; cursor: grab; display: block; }
main { overflow: hidden; }
aside { overflow: auto; padding: 12px 14px; background: #fff; border-left: 1px solid #d9dde5; }
aside h2 { font-size: 12px; margin: 14px 0 4px; color: #667; font-weight: 600; }
aside pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: 12px ui-monospace, monospace; }
aside td { padding: 1px 8px 1px 0; vertical-align: top; overflow-wrap: anywhere; }
aside td:first-child { color: #667; }
g.node rect { stroke: #8a93a5; rx: 6; }
g.node.leaf rect { rx: 14; stroke-dasharray: 4 3; }
g.node.stored rect { stroke: #1d2330; stroke-width: 2; }
g.node.chosen rect { stroke: #d6336c; stroke-width: 3; }
g.node.dim { opacity: .18; }
g.node text { font: 12px ui-monospace, monospace; pointer-events: none; }
g.node text.type { font-size: 10px; fill: #566; }
path { fill: none; stroke: #9aa3b5; }
path.body { stroke-dasharray: 5 4; }
path.lit { stroke: #d6336c; stroke-width: 2; }
</style></head><body>
<header><b id="title"></b><input id="search" placeholder="search op, name, type, file" autofocus><span id="found"></span>
<button id="fit">fit</button><button id="unfold">unfold all</button></header>
<main><svg id="svg"><defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" style="fill:#9aa3b5;stroke:none"/></marker></defs><g id="world"></g></svg></main>
<aside><div id="about"></div><h2>formula</h2><pre id="formula"></pre><h2>plan</h2><pre id="plan"></pre>
<h2 id="memory-head">memory of a call</h2><pre id="memory"></pre>
<h2>signs</h2><pre>thick border: lies in memory
one colour: one step of the plan
dashed: input, number; result of a loop's body
drag, wheel: move, zoom
double click: fold, unfold</pre></aside>
<script id="data" type="application/json">)page";

inline constexpr std::string_view page_tail = R"page(</script>
<script>
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const nodes = new Map(data.nodes.map(n => [n.id, n]));
const at = id => document.getElementById(id);
const svg = at("svg"), world = at("world"), NS = "http://www.w3.org/2000/svg";
const folded = new Set();
let chosen = null, view = { x: 0, y: 0, k: 1 };
document.title = data.title;
for (const id of ["title", "formula", "plan", "memory"]) at(id).textContent = data[id];
at("memory-head").hidden = !data.memory;
const parents = n => n.from.concat(n.body).filter(i => nodes.has(i));
const longest = Math.max(1, ...data.nodes.map(n => n.ns || 0));

function shown() { // what the outputs need, without what is folded away
  const seen = new Set(), left = data.outputs.slice();
  while (left.length) {
    const i = left.pop();
    if (seen.has(i)) continue;
    seen.add(i);
    if (!folded.has(i)) left.push(...parents(nodes.get(i)));
  }
  return data.nodes.filter(n => seen.has(n.id));
}
function place(list) { // layers by depth, each in the order of the mean of its operands; nodes stand in order of age
  const layers = [], inside = new Set(list.map(n => n.id));
  for (const n of list) {
    const from = folded.has(n.id) ? [] : parents(n).filter(i => inside.has(i)).map(i => nodes.get(i));
    n.depth = from.reduce((d, p) => Math.max(d, p.depth + 1), 0);
    (layers[n.depth] = layers[n.depth] || []).push(n);
  }
  // a leaf stands just above its first user
  const users = new Map();
  for (const n of list) if (!folded.has(n.id)) for (const i of parents(n)) users.set(i, Math.min(users.get(i) ?? 1e9, n.depth));
  for (const n of layers[0] || []) if (n.leaf && users.has(n.id) && users.get(n.id) < 1e9) n.depth = users.get(n.id) - 1;
  layers.length = 0;
  for (const n of list) (layers[n.depth] = layers[n.depth] || []).push(n);
  for (const n of list) n.w = Math.max(90, 7.6 * Math.max(cut(n.label).length, below(n).length * .85) + 20);
  layers.forEach((layer, d) => {
    for (const n of layer) {
      const p = folded.has(n.id) ? [] : parents(n).filter(i => inside.has(i)).map(i => nodes.get(i)).filter(q => q.depth < d && q.x !== undefined);
      n.want = p.length ? p.reduce((s, q) => s + q.x, 0) / p.length : 0;
    }
    layer.sort((a, b) => a.want - b.want || a.id - b.id);
    const width = layer.reduce((s, n) => s + n.w + 26, -26);
    const middle = layer.reduce((s, n) => s + n.want, 0) / layer.length;
    let x = middle - width / 2;
    for (const n of layer) { n.x = x + n.w / 2; n.y = d * 92; x += n.w + 26; }
  });
}
const below = n => n.type + (n.ns ? `  ${time(n.ns)}` : "");
const cut = s => s.length > 38 ? s.slice(0, 36) + "\u2026" : s;
function make(tag, attributes, parent) {
  const e = document.createElementNS(NS, tag);
  for (const k in attributes) e.setAttribute(k, attributes[k]);
  parent.appendChild(e);
  return e;
}
const colour = n => n.leaf ? "#ffffff" : n.step < 0 ? "#eef1f6" : `hsl(${n.step * 137.5 % 360} 65% 88%)`;
function draw() {
  const list = shown();
  for (const n of data.nodes) n.x = undefined;
  place(list);
  world.replaceChildren();
  const inside = new Set(list.map(n => n.id));
  for (const n of list) if (!folded.has(n.id)) for (const [ids, kind] of [[n.from, "edge"], [n.body, "body"]]) for (const i of ids) {
    if (!inside.has(i)) continue;
    const p = nodes.get(i), y0 = p.y + 42, y1 = n.y, dy = Math.max(24, (y1 - y0) / 2);
    const e = make("path", { d: `M${p.x} ${y0}C${p.x} ${y0 + dy} ${n.x} ${y1 - dy} ${n.x} ${y1}`, class: kind, "marker-end": "url(#tip)" }, world);
    if (chosen === n.id || chosen === i) e.classList.add("lit");
  }
  const asked = at("search").value.trim().toLowerCase();
  let hits = 0;
  for (const n of list) {
    const g = make("g", { class: "node", transform: `translate(${n.x - n.w / 2} ${n.y})` }, world);
    if (n.leaf) g.classList.add("leaf");
    if (n.stored) g.classList.add("stored");
    if (n.id === chosen) g.classList.add("chosen");
    const hit = !asked || `${n.label} ${n.type} ${n.place} [${n.id}]`.toLowerCase().includes(asked);
    hits += hit;
    if (!hit) g.classList.add("dim");
    make("rect", { width: n.w, height: 42, fill: colour(n) }, g);
    if (n.ns) make("rect", { y: 38, width: Math.max(2, n.w * n.ns / longest), height: 4, fill: "#e8590c", style: "stroke:none;rx:2" }, g);
    make("text", { x: 10, y: 18 }, g).textContent = (folded.has(n.id) ? "\u25b6 " : "") + cut(n.label);
    make("text", { x: 10, y: 33, class: "type" }, g).textContent = below(n);
    g.addEventListener("click", () => { if (!moved) { chosen = n.id; about(n); draw(); } });
    g.addEventListener("dblclick", () => { folded.has(n.id) ? folded.delete(n.id) : folded.add(n.id); draw(); });
  }
  data.outputs.forEach((i, k) => { const n = nodes.get(i); make("text", { x: n.x - n.w / 2 + 6, y: n.y + 58, style: "font:600 12px system-ui;fill:#d6336c" }, world).textContent = "output " + k; });
  at("found").textContent = `${hits} of ${data.nodes.length} nodes`;
  return list;
}
const time = ns => ns < 1e3 ? ns + " ns" : ns < 1e6 ? (ns / 1e3).toFixed(1) + " \u00b5s" : (ns / 1e6).toFixed(1) + " ms";
const cost = s => data.groups[s] === undefined ? "" : time(data.groups[s].ns) + (data.groups[s].code ? ", compiled" : ", by kernels");
// the lines of the plan with what each step took
at("plan").textContent = data.plan.replace(/^( *)(\d+): /gm, (all, space, s) => cost(s) === "" ? all : `${all}(${cost(s)}) `);
function about(n) {
  const rows = [["node", n.id], ["op", n.label], ["type", n.type], ["made at", n.place], ["operands", n.from.join(", ")], ["body gives", n.body.join(", ")],
    ["step of the plan", n.step < 0 ? "" : n.step], ["time of the step", cost(n.step)], ["lies in memory", n.stored ? "yes" : ""], ["time", n.ns === undefined ? "" : time(n.ns)], ["memory", n.bytes === undefined ? "" : n.bytes + " bytes"]];
  const table = document.createElement("table");
  for (const [k, v] of rows) if (v !== "") { const r = table.insertRow(); r.insertCell().textContent = k; r.insertCell().textContent = v; }
  at("about").replaceChildren(table);
}
function apply() { world.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.k})`); }
function fit() {
  const list = shown(), r = svg.getBoundingClientRect();
  const x0 = Math.min(...list.map(n => n.x - n.w / 2)) - 20, x1 = Math.max(...list.map(n => n.x + n.w / 2)) + 80;
  const y0 = -20, y1 = Math.max(...list.map(n => n.y)) + 70;
  view.k = Math.min(1.4, r.width / (x1 - x0), r.height / (y1 - y0));
  view.x = (r.width - (x0 + x1) * view.k) / 2;
  view.y = (r.height - (y0 + y1) * view.k) / 2;
  apply();
}
let drag = null, moved = false;
svg.addEventListener("pointerdown", e => { drag = { x: e.clientX - view.x, y: e.clientY - view.y, x0: e.clientX, y0: e.clientY }; moved = false; });
addEventListener("pointermove", e => {
  if (!drag) return;
  moved = moved || Math.abs(e.clientX - drag.x0) + Math.abs(e.clientY - drag.y0) > 4;
  view.x = e.clientX - drag.x; view.y = e.clientY - drag.y; apply();
});
addEventListener("pointerup", () => { drag = null; });
svg.addEventListener("wheel", e => {
  e.preventDefault();
  const r = svg.getBoundingClientRect(), f = Math.exp(-e.deltaY / 500), px = e.clientX - r.left, py = e.clientY - r.top;
  view.x = px - (px - view.x) * f; view.y = py - (py - view.y) * f; view.k *= f; apply();
}, { passive: false });
at("search").addEventListener("input", draw);
at("fit").addEventListener("click", fit);
at("unfold").addEventListener("click", () => { folded.clear(); draw(); fit(); });
draw(); fit();
</script></body></html>
)page";

} // namespace damo::detail::html
