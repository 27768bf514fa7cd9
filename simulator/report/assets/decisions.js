/* Figures of choices: which uncertain numbers matter, and which policy is safe whatever they are. */
/* Places of an uncertain number: the words before the first dot say where it stands. */
const factorName = (name) => words(name.replace(/^assumptions\./, "")).replaceAll(".", ": ");
const choiceName = (name) => D.regret.titles[name] || words(name.replace("__", ", "));
/* Unit in which numbers of an outcome read well: shares in percent, what lies between two of them in points. */
function outcomeScale(key, o, values, unit) {
  if (/^(availability|recycled_content|eol_)/.test(key)) return { by: 0.01, name: unit, show: (v) => `${figures.format(100 * v)}${NB}${unit}` };
  if (o.unit === "1") return { by: 1, name: "", show: (v) => figures.format(v) };
  const s = scale(o.unit, [values]);
  return { ...s, show: (v) => amount(v, s) };
}
Object.assign(FIGURES, {
  tornado() {
    const run = RUNS[state.swing_run], of = run && run.tornado && run.tornado[state.swing_of];
    if (!of) return { panels: [], ofMany: true, rows: [], title: `This outcome was not asked about for ${run ? run.title : "this scenario"}`, summary: "", table: { head: ["factor"], rows: [] }, draw: drawTornado };
    const rows = of.rows.filter((r) => r.swing > 0), s = outcomeScale(state.swing_of, of, rows.flatMap((r) => [r.at_low, r.at_high]), "%");
    const top = rows[0];
    const title = top ? `${capital(of.text)}: from ${s.show(top.at_low)} to ${s.show(top.at_high)} with ${factorName(top.factor).toLowerCase()}, the uncertain number that matters most${ofRun(run.title)}` : `No uncertain number moves this: ${of.text}${ofRun(run.title)}`;
    const summary = rows.length ? `${capital(of.text)}; ${s.show(rows[0].central)} with central values. ${rows.slice(0, 5).map((r) => `${factorName(r.factor)} ${s.show(r.at_low)} to ${s.show(r.at_high)}`).join("; ")}.` : "Nothing moves it.";
    const table = { head: ["factor", "low value", "high value", `${of.text} [${of.unit}] at low`, "central", "at high", "swing"], rows: of.rows.map((r) => [r.factor, r.low, r.high, r.at_low, r.central, r.at_high, r.swing]) };
    return { panels: [], ofMany: true, rows, by: s.by, unit: s.name, title, summary, table, draw: drawTornado };
  },
  regret() {
    const of = D.regret.by_outcome[state.regret_of], rows = of.rows, s = outcomeScale(state.regret_of, of, rows.map((r) => r.regret_max), "points");
    const safe = rows[0], n = D.regret.n_futures[state.regret_of];
    const title = safe.regret_max > 0 ? `${choiceName(safe.policy)} is the safest of ${rows.length} choices: it never leaves more than ${s.show(safe.regret_max)} on the table in ${n} futures` : `${choiceName(safe.policy)} is the best of ${rows.length} choices in all of ${n} futures`;
    const summary = `${capital(of.text)}. Largest regret: ${rows.map((r) => `${choiceName(r.policy)} ${s.show(r.regret_max)}, best in ${percent(r.share_best, 0)} of futures`).join("; ")}.`;
    const table = { head: ["choice", "mean", "worst", "best", "largest regret", "in", "mean regret", "share of futures in which it is best", "share that is good enough"], rows: rows.map((r) => [choiceName(r.policy), r.mean, r.worst, r.best, r.regret_max, r.regret_max_future, r.regret_mean, r.share_best, r.satisfied]) };
    return { panels: [], ofMany: true, rows, by: s.by, unit: s.name, title, summary, table, draw: drawRegret };
  },
});
/* A place for bars that lie, with names beside them. */
function lying(node, names, unit, rowHeight) {
  const t = theme(), width = widthOf(node), layout = base(width, 92 + rowHeight * Math.max(1, names.length)), longest = Math.max(6, ...names.map((name) => name.length));
  layout.hovermode = "closest"; layout.margin.l = Math.min(width * 0.45, 16 + 6.6 * longest); layout.margin.b = 52; layout.bargap = 0.3;
  layout.xaxis = { gridcolor: t.grid, zeroline: false, linecolor: t.muted, tickfont: { color: t.muted }, fixedrange: true, nticks: 6, tickformat: "~g", title: { text: plain(unit), font: { color: t.muted, size: 12 } } };
  layout.yaxis = { type: "category", autorange: "reversed", fixedrange: true, tickfont: { color: t.ink, size: 12 }, ticks: "", dtick: 1 };
  layout.legend = { orientation: "h", y: 1, yref: "container", yanchor: "top", x: 0, xanchor: "left", font: { color: t.ink, size: 12 }, itemclick: false, itemdoubleclick: false };
  layout.showlegend = true;
  return { t, layout, most: Math.floor((layout.margin.l - 16) / 6.6) };
}
function drawTornado(node, { rows, by = 1, unit = "" }) {
  const names = rows.map((r) => factorName(r.factor)), { t, layout, most } = lying(node, names, unit, 25), label = (name) => plain(short(name, most));
  const central = rows.length ? rows[0].central / by : 0;
  layout.barmode = "overlay";
  layout.shapes.push({ type: "line", yref: "paper", y0: 0, y1: 1, x0: central, x1: central, line: { color: t.ink, width: 1.4 } });
  const side = (key, name, color, shape) => ({
    type: "bar", orientation: "h", name, y: names.map(label), base: central, x: rows.map((r) => r[key] / by - central), customdata: rows.map((r) => [r[key] / by, r[key === "at_low" ? "low" : "high"]]),
    hovertemplate: "%{customdata[0]:,.4~g} at %{customdata[1]:,.4~g}<extra></extra>", marker: { color, pattern: { shape, fillmode: "overlay", size: 6, solidity: 0.22, fgcolor: t.paper, fgopacity: 0.75 } },
  });
  Plotly.react(node, rows.length ? [side("at_low", "at 5 % of its range", t.parts[0], ""), side("at_high", "at 95 %", t.runs[2], "/")] : [], layout, { displayModeBar: false, responsive: false });
}
function drawRegret(node, { rows, by, unit }) {
  const names = rows.map((r) => choiceName(r.policy)), { t, layout, most } = lying(node, names, unit, 46), y = names.map((name) => plain(short(name, most)));
  layout.barmode = "group"; layout.xaxis.rangemode = "tozero";
  const bar = (key, name, color, shape) => ({ type: "bar", orientation: "h", name, y, x: rows.map((r) => r[key] / by), hovertemplate: `%{x:,.4~g}<extra>${name}</extra>`, marker: { color, pattern: { shape, fillmode: "overlay", size: 6, solidity: 0.22, fgcolor: t.paper, fgopacity: 0.75 } } });
  Plotly.react(node, [bar("regret_max", "largest regret", t.runs[2], "/"), bar("regret_mean", "mean regret", t.parts[0], "")], layout, { displayModeBar: false, responsive: false });
}
{
  const asked = [...new Map(RUNS.flatMap((run) => Object.entries(run.tornado || {}))).entries()].map(([key, o]) => [key, capital(o.text)]);
  const judged = D.regret ? Object.entries(D.regret.by_outcome).map(([key, o]) => [key, capital(o.text)]) : [], with_ = RUNS.flatMap((run, i) => (run.tornado ? [[i, run.title]] : []));
  if (asked.length) CHOICES.push({ id: "swing_of", list: asked, value: asked[0][0], chart: "tornado" }, { id: "swing_run", list: with_, value: with_[0][0], chart: "tornado" });
  if (judged.length) CHOICES.push({ id: "regret_of", list: judged, value: judged[0][0], chart: "regret" });
}
