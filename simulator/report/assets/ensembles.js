/* Figures of members: ranges over time, how likely an outcome is, differences member by member, whether members are enough. */
const hasMembers = () => RUNS.some((run) => run.members);
const drawnOutcome = (key) => D.drawn_outcomes.find((o) => o.key === key);
const membersOf = (run) => `${run.members.n}${NB}members`;
/* How many there are of those that scenarios ask for, of the scenarios shown. */
function countShown() {
  const of = ({ members: { n, wanted } }) => (n < wanted ? `${n} of ${wanted}` : `all ${n}`);
  return [...new Set(visible().filter(({ run }) => run.members).map(({ run }) => of(run)))].join(" or ");
}
/* A figure that shows members where there are some, and what it shows else otherwise. */
function withMembers(id, drawn) {
  const plainly = FIGURES[id];
  FIGURES[id] = () => { const figure = drawn(); return figure ? { ...figure, ofMany: true } : plainly(); };
}
/* What is said of a chart that knows nothing of members, on a page that has some. */
const centralNote = (id) => (hasMembers() && !shownFigures[id].ofMany ? " · run with central values" : "");
/* Lines of a run: median with its bands and, thin, central values; central values alone where there are no members. */
function fanLines({ run, i }, x, central, quantiles) {
  if (!quantiles) return [{ name: run.title, run: i, x, y: central }];
  const [low, lower, middle, upper, high] = quantiles;
  return [{ name: run.title, run: i, x, y: middle, fan: [[low, high], [lower, upper]] }, { name: `${run.title}, central values`, run: i, x, y: central, thin: true, isCentral: true }];
}
const middles = (panel) => panel.series.filter((s) => !s.isCentral);
function fanPanels(pick) {
  return shownMaterials().map((material) => ({
    title: capital(material),
    series: visible().flatMap((shown) => {
      const m = shown.run.materials.indexOf(material), r = shown.run.regions.indexOf(state.region);
      const got = m < 0 || r < 0 ? null : pick(shown.run, m, r);
      return got ? fanLines(shown, got.x, got.central, got.quantiles) : [];
    }),
  }));
}
/* What each material's line says, with its range where there is one. */
function fanSummary(panels, lead, place, show) {
  const of = (s) => { const i = place(s.y); return i < 0 ? "none" : `${show(s.y[i])}${s.fan ? ` (${show(s.fan[0][0][i])} to ${show(s.fan[0][1][i])})` : ""} in ${moment(s.x[i])}`; };
  return `${lead} ${panels.map((p) => `${p.title}: ${grouped(middles(p).map((s) => ({ name: s.name, text: of(s) })), " ", "; ")}`).join(". ")}.`;
}

withMembers("availability", () => {
  const isWorld = state.region === "World", name = state.measure, of = (run) => run.fans && (isWorld ? run.fans[name] : run.fans_by_place[name]);
  if (state.fan !== "members" || !visible().some(({ run }) => of(run))) return null;
  const panels = fanPanels((run, m, r) => ({
    x: isWorld ? run.months : run.years,
    central: isWorld ? run.availability[name][r][m] : run.availability_by_year[r][m],
    quantiles: of(run) && (isWorld ? of(run)[m] : of(run)[r][m]),
  }));
  let worst = null;
  for (const p of panels) for (const s of middles(p)) {
    const i = lowest(s.y);
    if (i >= 0 && (!worst || s.y[i] < worst.v)) worst = { v: s.y[i], i, s, material: p.title };
  }
  const range = worst && worst.s.fan ? `, ${percent(worst.s.fan[0][0][worst.i])} to ${percent(worst.s.fan[0][1][worst.i])} in 90${NB}% of ${membersOf(RUNS[worst.s.run])}` : "";
  const name1 = worst && worst.material.charAt(0).toLowerCase() + worst.material.slice(1);
  const title = !worst ? "No scenario is shown"
    : worst.v >= D.shortage ? `In the middle of its range ${state.every ? "no material falls" : `${state.material} does not fall`} below ${percent(D.shortage, 0)}${inRegion()} (${countShown()} members)`
      : `Supply of ${name1} falls to ${percent(worst.v)}${inRegion()} in ${moment(worst.s.x[worst.i])}${range}${ofRun(worst.s.name)}`;
  const label = D.measures.find(([k]) => k === name)[1];
  const summary = fanSummary(panels, `${capital(label)}; ${regionName(state.region)}${isWorld ? "" : ", by year"}. Lowest median, and 5 to 95 % of members (${countShown()}).`, lowest, (v) => percent(v));
  return { panels, title, summary, yLabel: label, share: true, mark: D.shortage, bands: isWorld ? events() : [], xIsMonth: isWorld };
});

withMembers("prices", () => {
  const isWorld = state.region === "World", of = (run) => run.fans && (isWorld ? run.fans : run.fans_by_place).price;
  if (state.fan_prices !== "members" || !visible().some(({ run }) => of(run))) return null;
  const panels = fanPanels((run, m, r) => (run.prices ? { x: isWorld ? run.months : run.years, central: isWorld ? run.prices.world[m] : run.prices.regions[r - 1][m], quantiles: of(run) && (isWorld ? of(run)[m] : of(run)[r][m]) } : null));
  for (const p of panels) {
    const run = visible().map((v) => v.run).find((one) => one.prices), m = run ? run.materials.indexOf(p.title.toLowerCase()) : -1, base = m < 0 ? null : run.prices.base[run.regions.indexOf(state.region)][m][0];
    if (base) p.unit = `1 = ${figures.format(base)} ${run.price_units[m]}`;
  }
  let worst = null;
  for (const p of panels) for (const s of middles(p)) {
    const i = farthest(s.y), v = s.y[i];
    if (i >= 0 && (!worst || Math.abs(Math.log(v)) > Math.abs(Math.log(worst.v)))) worst = { v, i, s, material: p.title.toLowerCase() };
  }
  const range = worst && worst.s.fan ? `, ${figures.format(worst.s.fan[0][0][worst.i])} to ${times(worst.s.fan[0][1][worst.i])} in 90${NB}% of ${membersOf(RUNS[worst.s.run])}` : "";
  const title = !worst ? "No price is known for the scenarios shown"
    : Math.abs(worst.v - 1) < 0.005 ? `In the middle of their ranges prices of refined materials${inRegion()} stay where they are in the base year`
      : `The price of ${worst.material}${inRegion()} ${worst.v > 1 ? "rises" : "falls"} to ${times(worst.v)} that of the base year in ${moment(worst.s.x[worst.i])}${range}${ofRun(worst.s.name)}`;
  const summary = fanSummary(panels, `Price index, ${regionName(state.region)}${isWorld ? "" : ", by year"}. Widest move of the median, and 5 to 95 % of members (${countShown()}).`, farthest, (v) => figures.format(v));
  return { panels, title, summary, mark: 1, peak: true, bands: isWorld ? events() : [], xIsMonth: isWorld };
});

/* Months of a yearly rate as years. */
const asYears = (run, y) => run.years.map((year) => sum(run.months.map((month, i) => (+month.slice(0, 4) === year ? y[i] / 12 : 0))));
withMembers("mines", () => {
  const of = (run) => run.fans_by_place && run.fans_by_place.mined;
  if (state.fan_mines !== "members" || !visible().some(({ run }) => of(run))) return null;
  const series = visible().flatMap((shown) => {
    const { run } = shown, { m, r } = at(run);
    return m < 0 || r < 0 ? [] : fanLines(shown, run.years, r ? run.mines.regions[m][r - 1] : asYears(run, run.mines.world[m]), of(run) && of(run)[r][m]);
  });
  const s = scale("t", series.map((l) => l.y)), panel = { title: "", unit: `${s.name} a year`, by: s.by, series, zero: true }, lines = middles(panel);
  const end = (l) => `${amount(last(l.y), s)}${l.fan ? ` (${amount(last(l.fan[0][0]), s)} to ${amount(last(l.fan[0][1]), s)} in 90${NB}% of ${membersOf(RUNS[l.run])})` : ""}`;
  const title = !lines.length ? "No scenario is shown" : Math.max(...lines[0].y) <= 0 ? `No ${state.material} is mined${inRegion()}`
    : `Mines put out ${end(lines[0])} of ${state.material} a year${inRegion()} at the end${ofRun(lines[0].name)}`;
  const summary = `${capital(state.material)} in ore, ${regionName(state.region)}, by year; median, and 5 to 95 % of members (${countShown()}), in ${last(YEARS)}. ${capital(grouped(lines.map((l) => ({ name: l.name, text: end(l) })), ": ", "; "))}.`;
  return { panels: [panel], title, summary, tall: true };
});

/* Values of an outcome that members reach or pass in the place shown, rising, each with the share of members that do. */
function curve(run, key, material) {
  const r = run.regions.indexOf(state.region), m = run.materials.indexOf(material), of = run.members && run.exceeded[key];
  if (r < 0 || m < 0 || !of) return null;
  const values = known(of[r][m]).reverse(), n = values.length, at = run.members.at[r ? 1 : 0];
  return n ? { x: values, share: values.map((_, k) => (at ? at[n - 1 - k] : (n - k) / n)), isLine: Boolean(at && r) } : null;
}
/* Materials shown of which a scenario shown has members in this place. */
const drawnMaterials = () => shownMaterials().filter((material) => visible().some(({ run }) => run.members && run.regions.includes(state.region) && run.materials.includes(material)));
/* Curves of the scenarios shown by material, and the materials of which there is nothing in this place. */
function curvesOf(o) {
  const all = drawnMaterials().map((material) => ({ material, curves: visible().flatMap(({ run, i }) => { const c = curve(run, o.key, material); return c ? [{ run, i, ...c }] : []; }) }));
  const isSome = ({ curves }) => curves.some((c) => o.unit !== "t" || last(c.x) > 0);
  return { found: all.filter(isSome), none: all.filter((f) => !isSome(f)).map((f) => f.material) };
}
const NOTHING = {
  worst_availability: (what) => `No ${what} is asked for`, mean_availability: (what) => `No ${what} is asked for`, missed: (what) => `Final users miss no ${what}`,
  recycled_content: (what) => `No refined ${what} is received in the last year`, mined: (what) => `No ${what} is mined`, recovered: (what) => `No ${what} is recovered from old scrap`,
  price: (what) => `No price of refined ${what} is known`, price_peak: (what) => `No price of refined ${what} is known`,
};
const oneOf = (names) => (names.length > 1 ? `${names.slice(0, -1).join(", ")} or ${last(names)}` : names[0]);
/* The sentence for what a place has nothing of. */
const nothingOf = (o, none) => `${NOTHING[o.key](oneOf(none))}${inRegion()} in any of the members (${countShown()})`;
const nobody = (words) => (drawnMaterials().length ? "" : `No scenario shown has members${words}${inRegion()}`);
/* Quantile as statistics have it: between the two members beside it. */
function quantile({ x, share }, p) {
  if (share.length && share[0] < 1) { const k = share.findIndex((s) => s <= 1 - p + 1e-9); return x[k < 0 ? x.length - 1 : k]; }
  const place = p * (x.length - 1), k = Math.floor(place);
  return k + 1 < x.length ? x[k] + (place - k) * (x[k + 1] - x[k]) : x[k];
}
/* Share of members under a value: counted, or read off the line between the points told. */
function under({ x, share, isLine }, value) {
  const k = x.findIndex((v) => v >= value);
  if (k < 0) return 1;
  return 1 - (isLine && k ? share[k] + ((x[k] - value) / (x[k] - x[k - 1])) * (share[k - 1] - share[k]) : share[k]);
}
/* What is said of each scenario, material by material. */
function byMaterial(parts) {
  return [...new Set(parts.map((p) => p.material))].map((material) => `${capital(material)}: ${grouped(parts.filter((p) => p.material === material), " ", "; ")}`).join(". ");
}
const showOutcome = (o, v) => (v === null || v === undefined ? "–" : o.unit === "1" ? percent(v) : o.unit === "t" ? amount(v, scale("t", [[v]])) : figures.format(v));

/* Part of the axis on which an outcome lies, with room beside it also where all members say the same. */
function spanOf(o, lists, by) {
  const all = lists.flat(), low = Math.min(...all), high = Math.max(...all), room = Math.max(0.04 * (high - low), o.unit === "1" ? 0.01 : 0.02 * Math.max(Math.abs(high), by));
  return [Math.max(0, low - room) / by, (high + room) / by];
}
Object.assign(FIGURES, {
  exceedance() {
    const o = drawnOutcome(state.chance), isShort = o.key === "worst_availability", { found, none } = curvesOf(o);
    const s = o.unit === "t" ? scale("t", found.flatMap((f) => f.curves.map((c) => c.x))) : { by: 1, name: "" };
    const panels = found.map(({ material, curves }) => ({
      title: capital(material), unit: s.name, zero: true, span: spanOf(o, curves.map((c) => c.x), s.by),
      series: curves.map((c) => ({ name: c.run.title, run: c.i, step: c.isLine ? "linear" : "vh", x: [...c.x, last(c.x)].map((v) => v / s.by), y: [...c.share, 0] })),
    }));
    const all = found.flatMap(({ material, curves }) => curves.map((c) => ({ material, c, low: quantile(c, 0.05), middle: quantile(c, 0.5), high: quantile(c, 0.95), short: under(c, D.shortage) })));
    const wide = all.reduce((a, b) => (a && (isShort ? a.short > b.short || (a.short === b.short && a.middle <= b.middle) : a.high - a.low >= b.high - b.low) ? a : b), null);
    const often = wide && `${wide.c.isLine && wide.short > 0 && wide.short < 1 ? "about " : ""}${percent(wide.short, 0)}`;
    const title = !wide ? nobody("") || nothingOf(o, none)
      : isShort ? `Supply of ${wide.material}${inRegion()} runs short (under ${percent(D.shortage, 0)}) in ${often} of ${membersOf(wide.c.run)}; its worst month delivers ${percent(wide.low)} to ${percent(wide.high)} in 90${NB}% of them${ofRun(wide.c.run.title)}`
        : all.every(({ c }) => c.x[0] === last(c.x)) ? `${capital(o.name)}${inRegion()} is the same in all members (${countShown()})`
          : `${capital(o.name)}${inRegion()}: widest for ${wide.material}, ${showOutcome(o, wide.low)} to ${showOutcome(o, wide.high)} in 90${NB}% of ${membersOf(wide.c.run)}${ofRun(wide.c.run.title)}`;
    const summary = wide ? `${capital(o.name)}, ${regionName(state.region)}: median, and 5 to 95 % of members (${countShown()}). ${byMaterial(all.map((a) => ({ material: a.material, name: a.c.run.title, text: `${showOutcome(o, a.middle)} (${showOutcome(o, a.low)} to ${showOutcome(o, a.high)})` })))}.${none.length ? ` ${nothingOf(o, none)}.` : ""}` : `${title}.`;
    const table = { head: ["scenario", "place", "material", `${o.name} [${o.unit}]`, "share of members that reach or pass it"], rows: found.flatMap(({ material, curves }) => curves.flatMap((c) => c.x.map((v, k) => [c.run.title, regionName(state.region), material, v, c.share[k]]))) };
    return { panels, title, summary, table, ofMany: true, share: true, free: true, fromZero: true, xFormat: o.unit === "1" ? "~%" : "~g" };
  },

  settling() {
    const o = drawnOutcome(state.settled), what = state.settled_of, isShare = o.unit === "1", { found: some, none } = curvesOf(o);
    const found = some.map(({ material }) => ({ material, series: visible().filter(({ i }) => what === "own" || i > 0).flatMap(({ run, i }) => {
      const m = run.materials.indexOf(material), r = run.regions.indexOf(state.region), { at, of } = (run.settling && run.settling[what]) || {};
      const y = m < 0 || r < 0 || !of || !of[o.key] ? [] : of[o.key][r][m];
      return known(y).length ? [{ name: run.title, run: i, markers: true, x: at, y }] : [];
    }) })).filter((f) => f.series.length);
    const s = o.unit === "t" ? scale("t", found.flatMap((f) => f.series.map((l) => l.y))) : isShare ? { by: 0.01, name: "points" } : { by: 1, name: "base year 1" };
    const panels = found.map(({ material, series }) => ({ title: capital(material), unit: s.name, by: s.by, zero: true, series }));
    const ends = found.flatMap(({ material, series }) => series.map((l) => ({ material, l, v: last(l.y), n: last(l.x) }))).filter((e) => e.v !== null);
    const wide = ends.reduce((a, b) => (a && a.v >= b.v ? a : b), null), half = (v) => (isShare ? `${figures.format(100 * v)}${NB}points` : o.unit === "t" ? amount(v, scale("t", [[v]])) : figures.format(v));
    const of = `${what === "own" ? "The mean of" : "The difference in"} ${o.name}${inRegion()}`;
    const title = wide ? `${of} is known to ±${NB}${half(wide.v)} or better with ${wide.n} members (widest: ${wide.material}${ofRun(wide.l.name)})`
      : nobody(what === "own" ? "" : " in pairs with the baseline") || (some.length ? `No scenario shown has ${what === "own" ? "enough members" : "members in pairs with the baseline"}${inRegion()}` : nothingOf(o, none));
    const summary = wide ? `Half width of the ${Math.round(100 * D.level)} % interval with all members: ${what === "own" ? "mean of" : "difference in"} ${o.name}, ${regionName(state.region)}. ${byMaterial(ends.map((e) => ({ material: e.material, name: e.l.name, text: `±${NB}${half(e.v)} (${e.n})` })))}.${none.length ? ` ${nothingOf(o, none)}.` : ""}` : `${title}.`;
    const table = { head: ["scenario", "place", "material", "members", `half width of the interval, ${what === "own" ? "mean of" : "difference in"} ${o.name} [${o.unit}]`], rows: found.flatMap(({ material, series }) => series.flatMap((l) => l.x.map((n, k) => [l.name, regionName(state.region), material, n, l.y[k]]))) };
    return { panels, title, summary, table, ofMany: true, xWord: "members", shareY: true };
  },
});

/* Mean difference over pairs of members in the place shown, with its interval, in the terms of the chart: points, or parts of the baseline's mean. */
function pairOf(run, o, material) {
  const m = run.materials.indexOf(material), r = run.regions.indexOf(state.region), of = run.paired && run.paired[o.key];
  if (m < 0 || r < 0 || !of) return null;
  const [verdict, v, low, high, from, to, higher, lower] = of.of[r][m];
  return v === null ? null : { n: of.n[r][m], needed: of.needed[r][m], v, ends: [low, high], range: [from, to], higher, lower, isFew: verdict === null, isNone: verdict === 0 };
}
function signed(v) {
  const text = (100 * v).toFixed(Math.abs(v) < 0.0095 ? 2 : 1);
  return +text === 0 ? "0" : minus(`${v > 0 ? "+" : ""}${text}`);
}
const endsOf = (ends) => `${signed(ends[0])} to ${signed(ends[1])}`;
function toldPair(o, p, isBrief) {
  if (p.isFew) return `${D.too_few} to tell (${p.n})`;
  if (p.isNone) {
    if (isBrief || Math.max(...p.ends.map(Math.abs)) < 5e-5) return D.no_change;
    const needs = p.needed && Math.abs(p.v) >= 5e-4 ? `; ${signed(p.v)} could be told from none with some ${figures.format(p.needed)} members` : "";
    return `${D.no_change} (${endsOf(p.ends)}${needs})`;
  }
  const unit = o.unit === "1" ? "points" : "%";
  /* told apart from zero by its sign in all members, but nothing that anybody would notice */
  if (signed(p.v) === "0") return `${p.v < 0 ? "lower" : "higher"} by less than 0.01${NB}${unit}`;
  return `${isBrief ? `${signed(p.v)}${NB}${unit}` : told(o, p.v)} (${endsOf(p.ends)})`;
}
withMembers("differences", () => {
  const o = outcomeOf(state.outcome), base = RUNS[0];
  if (!base.members) return null;
  const panels = visible().filter(({ i }) => i > 0).flatMap(({ run, i }) => {
    const both = run.materials.filter((material) => shownMaterials().includes(material) && pairOf(run, o, material)), pairs = both.map((material) => pairOf(run, o, material));
    return both.length ? [{ title: run.title, run: i, rows: both, pairs, v: pairs.map((p) => p.v), range: pairs.map((p) => p.ends), texts: pairs.map((p) => toldPair(o, p, true)) }] : [];
  });
  /* A scenario without members would be left out: then all are told as they are without. */
  if (!panels.length || panels.length < visible().filter(({ i }) => i > 0).length) return null;
  const all = panels.flatMap((p) => p.pairs.map((pair, m) => ({ pair, material: p.rows[m], run: p.title }))).filter(({ pair }) => !pair.isNone && !pair.isFew);
  const far = all.reduce((a, b) => (a && Math.abs(a.pair.v) >= Math.abs(b.pair.v) ? a : b), null), n = Math.min(...panels.flatMap((p) => p.pairs.map((pair) => pair.n)));
  const title = far ? `${quoted(far.run)} against ${quoted(base.title)}: ${far.material}${inRegion()} ${toldPair(o, far.pair)}, the largest difference in ${o.name} over ${n} pairs of members`
    : `No detectable change in ${o.name}${inRegion()} against ${quoted(base.title)} over ${n} pairs of members`;
  const summary = `${capital(o.name)}, ${regionName(state.region)}, against ${base.title}; mean and ${Math.round(100 * D.level)} % interval over ${n} pairs of members. ${capital(grouped(panels.map((p) => ({ name: p.title, text: p.rows.map((m, k) => `${m} ${toldPair(o, p.pairs[k])}`).join("; ") })), ": ", ". "))}.`;
  const kind = o.unit === "1" ? "difference" : "relative difference";
  const table = {
    head: ["scenario", "material", "pairs of members", `mean ${kind} in ${o.name}`, "interval from", "to", "90 % of pairs from", "to ", "share higher", "share lower", "in words"],
    rows: panels.flatMap((p) => p.rows.map((m, k) => { const q = p.pairs[k]; return [p.title, m, q.n, q.v, ...q.ends, ...q.range, q.higher, q.lower, toldPair(o, q)]; })),
  };
  return { panels, title, summary, table, outcome: o, draw: drawDifferences };
});
if (hasMembers()) {
  const drawn = D.drawn_outcomes.map((o) => [o.key, capital(o.name)]), kinds = [["members", "Members: median, 25 to 75 %, 5 to 95 %"], ["central", "Central values alone"]];
  CHOICES.push(
    { id: "fan", list: kinds, value: "members", chart: "availability" }, { id: "fan_prices", list: kinds, value: "members", chart: "prices" }, { id: "fan_mines", list: kinds, value: "members", chart: "mines" },
    { id: "chance", list: drawn, value: drawn[0][0], chart: "exceedance" },
    { id: "settled", list: drawn, value: drawn[0][0], chart: "settling" },
    { id: "settled_of", list: [["own", "Mean of each scenario"], ["apart", "Difference to the baseline"]].slice(0, RUNS.some((run, i) => i > 0 && run.settling && run.settling.apart.at) ? 2 : 1), value: "own", chart: "settling" },
  );
}
