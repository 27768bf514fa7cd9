/* Figures of choices: which uncertain numbers matter, and which policy is safe whatever they are. */
const choiceName = (name) => D.regret.titles[name] || words(name.replace("__", ", "));
/* Unit in which numbers of an outcome read well: shares in percent, what lies between two of them in points. */
function outcomeScale(key, o, values, unit) {
  if (/^(availability|recycled_content|eol_)/.test(key)) return { by: 0.01, name: unit, show: (v) => `${figures.format(100 * v)}${NB}${unit}` };
  if (o.unit === "1") return { by: 1, name: "", show: (v) => figures.format(v) };
  const s = scale(o.unit, [values]);
  return { ...s, show: (v) => amount(v, s) };
}
/* An outcome of the material chosen in place of one of another, where materials have it; and what it is of, in words. */
function outcomeAsked(key) {
  const [variable, material, statistic] = key.split(".");
  if (statistic === undefined) return { key, what: "all materials together" };
  const own = state.every ? material : state.material.replaceAll(" ", "_");
  return { key: `${variable}.${own}.${statistic}`, what: own === "all" ? "all materials together" : words(own).toLowerCase() };
}
const unasked = (what, who) => ({ panels: [], ofMany: true, rows: [], what, title: `This outcome was not asked about${state.every ? "" : ` for ${state.material}`}${who}`, summary: "", table: { head: ["factor"], rows: [] }, draw: drawTornado });
Object.assign(FIGURES, {
  tornado() {
    const { key, what } = outcomeAsked(state.swing_of), run = RUNS[state.swing_run], of = run && run.tornado && run.tornado[key];
    if (!of) return unasked(what, run ? ofRun(run.title) : "");
    const rows = of.rows.filter((r) => r.swing > 0), s = outcomeScale(key, of, rows.flatMap((r) => [r.at_low, r.at_high]), "%");
    const top = rows[0];
    const title = top ? `${capital(of.text)}: from ${s.show(top.at_low)} to ${s.show(top.at_high)} with ${top.name.toLowerCase()}, the uncertain number that matters most${ofRun(run.title)}` : `No uncertain number moves this: ${of.text}${ofRun(run.title)}`;
    const summary = rows.length ? `${capital(of.text)}; ${s.show(rows[0].central)} with central values. ${rows.slice(0, 5).map((r) => `${r.name} ${s.show(r.at_low)} to ${s.show(r.at_high)}`).join("; ")}.` : "Nothing moves it.";
    const table = { head: ["factor", "low value", "high value", `${of.text} [${of.unit}] at low`, "central", "at high", "swing"], rows: of.rows.map((r) => [r.factor, r.low, r.high, r.at_low, r.central, r.at_high, r.swing]) };
    return { panels: [], ofMany: true, rows, what, by: s.by, unit: s.name, title, summary, table, draw: drawTornado };
  },
  regret() {
    const { key, what } = outcomeAsked(state.regret_of), of = D.regret.by_outcome[key];
    if (!of) return unasked(what, "");
    const rows = of.rows.map((r) => ({ ...r, name: choiceName(r.policy) })), s = outcomeScale(key, of, rows.map((r) => r.regret_max), "points");
    const safe = rows[0], n = D.regret.n_futures[key];
    const title = safe.regret_max > 0 ? `${choiceName(safe.policy)} is the safest of ${rows.length} choices: it never leaves more than ${s.show(safe.regret_max)} on the table in ${n} futures` : `${choiceName(safe.policy)} is the best of ${rows.length} choices in all of ${n} futures`;
    const summary = `${capital(of.text)}. Largest regret: ${rows.map((r) => `${choiceName(r.policy)} ${s.show(r.regret_max)}, best in ${percent(r.share_best, 0)} of futures`).join("; ")}.`;
    const table = { head: ["choice", "mean", "worst", "best", "largest regret", "in", "mean regret", "share of futures in which it is best", "share that is good enough"], rows: rows.map((r) => [choiceName(r.policy), r.mean, r.worst, r.best, r.regret_max, r.regret_max_future, r.regret_mean, r.share_best, r.satisfied]) };
    return { panels: [], ofMany: true, rows, what, by: s.by, unit: s.name, bars: [{ key: "regret_max", name: "largest regret" }, { key: "regret_mean", name: "mean regret" }], title, summary, table, draw: drawPairs };
  },
});
{
  const asked = [...new Map(RUNS.flatMap((run) => Object.entries(run.tornado || {}))).entries()].map(([key, o]) => [key, capital(o.text)]);
  const judged = D.regret ? Object.entries(D.regret.by_outcome).map(([key, o]) => [key, capital(o.text)]) : [], with_ = RUNS.flatMap((run, i) => (run.tornado ? [[i, run.title]] : []));
  if (asked.length) CHOICES.push({ id: "swing_of", list: asked, value: asked[0][0], chart: "tornado" }, { id: "swing_run", list: with_, value: with_[0][0], chart: "tornado" });
  if (judged.length) CHOICES.push({ id: "regret_of", list: judged, value: judged[0][0], chart: "regret" });
}
