"use strict";
/* What each chart shows: series of numbers with a title that states the finding. Nothing here touches the page. */
const D = JSON.parse(document.getElementById("data").textContent);
const RUNS = D.runs;
/* Series come packed: ten to the exponent, steps (behind ";": how steps change) in base-64 digits of five bits, how often the last one comes again; those side by side each behind a space, without the exponent where it is that of the one before, and behind their names where they have some. */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
function unpack(text) {
  const isBent = text.includes(";"), [exponent, body] = text.split(isBent ? ";" : ":"), [steps, again] = body.split("*"), e = +exponent, found = [];
  let whole = 0, usual = 0, part = 0, place = 0;
  for (const mark of steps) {
    if (mark === ".") { found.push(null); continue; }
    const digit = DIGITS.indexOf(mark);
    part += (digit & 31) * 2 ** place; place += 5;
    if (digit & 32) continue;
    const step = usual + (part % 2 ? -1 : 1) * Math.floor(part / 2);
    whole += step; usual = isBent ? step : 0; part = place = 0;
    found.push(e < 0 ? whole / 10 ** -e : whole * 10 ** e);
  }
  for (let i = +(again || 0); i > 0; i--) found.push(last(found));
  return found;
}
function unpackAll(text) {
  const [head, ...rows] = text.split(" ");
  if (head) return unpack(head);
  let exponent = "";
  const found = rows.map((row) => {
    const [body, name] = row.split("=").reverse(), cut = body.search(/[:;]/);
    exponent = body.slice(0, cut) || exponent;
    return [name, unpack(exponent + body.slice(cut))];
  });
  return found.length && found[0][0] !== undefined ? Object.fromEntries(found) : found.map(([, series]) => series);
}
const opened = (tree) => (typeof tree === "string" ? unpackAll(tree) : Array.isArray(tree) ? tree.map(opened) : Object.fromEntries(Object.entries(tree).map(([k, v]) => [k, opened(v)])));
const last = (ys) => ys[ys.length - 1];
const known = (ys) => ys.filter((y) => y !== null && y !== undefined);
for (const run of RUNS) Object.assign(run, opened(run.series), { series: null });
const union = (key) => [...new Set(RUNS.flatMap((r) => r[key] || []))];
const MATERIALS = union("materials"), PRODUCTS = union("products");
/* The world, groups of regions, regions: as they are offered. Groups stand last among the places of a run. */
const isGroup = (code) => RUNS.some((run) => run.groups[code]);
const REGIONS = ((all) => [all[0], ...all.filter(isGroup), ...all.slice(1).filter((code) => !isGroup(code))])(union("regions"));
const ownRegions = (run) => run.regions.slice(1).filter((code) => !run.groups[code]);
/* Regions of a place: all of the world, those of a group, the one itself. */
const within = (run, code) => (code === "World" ? ownRegions(run) : run.groups[code] || [code]);
const YEARS = [...new Set(RUNS.flatMap((r) => r.years))].sort();
/* Material that runs shortest in the scenarios: what a chart of one material shows as long as none is chosen. */
const FOCUS = RUNS.flatMap((run) => run.materials.map((name, m) => ({ name, v: Math.min(...known(run.availability.availability_final[0][m])) }))).reduce((a, b) => (b.v < a.v ? b : a)).name;
const state = {
  every: true, material: FOCUS, region: REGIONS[0], detail: 0, hidden: new Set(), measure: D.measures[0][0],
  product: PRODUCTS[0], year: YEARS[Math.floor(YEARS.length * 0.65)], rate: D.rates[0][0], count: "n_firms", stage: 0,
};
/* Materials of the charts that show each in a place of its own. */
const shownMaterials = () => (state.every ? MATERIALS : [state.material]);
const visible = () => RUNS.map((run, i) => ({ run, i })).filter(({ i }) => !state.hidden.has(i));
const capital = (s) => s.charAt(0).toUpperCase() + s.slice(1);
/* Name of a scenario inside a sentence. */
const quoted = (name) => `“${name}”`;
const words = (s) => capital(s.replaceAll("_", " ")).replace(/\b(ev|pv|eu)\b/gi, (name) => name.toUpperCase());
const regionName = (code) => RUNS.map((r) => r.region_names[code]).find(Boolean) || code;
/* Name of a region where there is little room: without what stands in brackets, and no more parts than fit. */
function regionShort(code, most) {
  const parts = regionName(code).split(" (")[0].split(", ");
  while (parts.length > 1 && parts.join(", ").length > most) parts.pop();
  return short(parts.join(", "), most);
}
/* Name of a place inside a sentence. */
const placeName = (code) => (code === "World" ? "the world" : regionName(code).replace(/^(?=UNECE|European Union|United|Middle East)/, "the ").replace(/^Other /, "other "));
const inRegion = () => (state.region === "World" ? "" : ` in ${placeName(state.region)}`);
const figures = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 3 });
const NB = "\u00a0";
function percent(v, digits = 1) {
  if (v === null || v === undefined) return "–";
  let text = (100 * v).toFixed(digits);
  if (v < 1 - 1e-6 && text === (100).toFixed(digits)) text = (100 - 10 ** -digits).toFixed(digits);
  return `${text}${NB}%`;
}
const MONTHS = "January February March April May June July August September October November December".split(" ");
const moment = (x) => (String(x).length > 4 ? `${MONTHS[+x.slice(5, 7) - 1]} ${x.slice(0, 4)}` : String(x));
const lowest = (ys) => ys.reduce((best, y, i) => (y !== null && (best < 0 || y < ys[best]) ? i : best), -1);
const total = (lists) => lists[0].map((_, i) => lists.reduce((sum, l) => sum + (l[i] || 0), 0));

const STEPS = {
  t: [[1e6, "Mt"], [1e3, "kt"], [1, "t"]],
  USD: [[1e12, "trillion USD"], [1e9, "billion USD"], [1e6, "million USD"], [1e3, "thousand USD"], [1, "USD"]],
  kWh: [[1e9, "TWh"], [1e6, "GWh"], [1e3, "MWh"], [1, "kWh"]],
};
/* Unit in which the largest value reads well. */
function scale(unit, lists) {
  const top = Math.max(0, ...lists.flatMap((l) => known(l).map(Math.abs)));
  const steps = STEPS[unit] || [[1e6, `million ${unit}s`], [1e3, `thousand ${unit}s`], [1, `${unit}s`]];
  const [by, name] = steps.find(([s]) => top >= s) || last(steps);
  return { by, name };
}
const amount = (v, s) => `${figures.format(v / s.by)}${NB}${s.name}`;

function events() {
  const seen = new Map();
  for (const { run } of visible()) for (const e of run.events) seen.set(`${e.name}|${e.start}|${e.end}`, e);
  return [...seen.values()].sort((a, b) => (a.start < b.start ? -1 : 1));
}
/* Lines of the scenarios shown; pick(run) gives {x, y} or nothing where a run has no such label. */
function lines(pick) {
  return visible().flatMap(({ run, i }) => {
    const got = pick(run);
    return got ? [{ name: run.title, run: i, x: got.x, y: got.y }] : [];
  });
}
const at = (run) => ({ m: run.materials.indexOf(state.material), r: run.regions.indexOf(state.region), p: run.products.indexOf(state.product) });

/* Controls of single charts: {id, list of [value, text], value at the start, chart}. */
const CHOICES = [];
const FIGURES = {
  availability() {
    const label = D.measures.find(([k]) => k === state.measure)[1];
    const panels = shownMaterials().map((material) => ({
      title: capital(material),
      series: lines((run) => {
        const m = run.materials.indexOf(material), r = run.regions.indexOf(state.region);
        return m < 0 || r < 0 ? null : { x: run.months, y: run.availability[state.measure][r][m] };
      }),
    }));
    let worst = null;
    for (const p of panels) for (const s of p.series) {
      const i = lowest(s.y);
      if (i >= 0 && (!worst || s.y[i] < worst.v)) worst = { v: s.y[i], x: s.x[i], material: p.title, run: s.name };
    }
    let title = "No scenario is shown";
    if (worst && worst.v >= D.shortage) title = `${state.every ? "No material falls" : `${capital(state.material)} does not fall`} below ${percent(D.shortage, 0)}${inRegion()}`;
    else if (worst) title = `Supply of ${worst.material.charAt(0).toLowerCase() + worst.material.slice(1)} falls to ${percent(worst.v)}${inRegion()} in ${moment(worst.x)}` + (RUNS.length > 1 ? ` (${worst.run})` : "");
    return { panels, title, yLabel: label, share: true, mark: D.shortage, bands: events(), xIsMonth: true };
  },

  regions() {
    const panels = visible().flatMap(({ run, i }) => {
      const { m } = at(run);
      const rows = run.regions.map((code, r) => ({ code, r })).filter(({ code }) => within(run, state.region).includes(code));
      return m < 0 || !rows.length ? [] : [{ title: run.title, run: i, x: run.years, rows: rows.map(({ code }) => code), z: rows.map(({ r }) => run.availability_by_year[r][m]) }];
    });
    let worst = null;
    for (const p of panels) p.z.forEach((row, r) => {
      const y = lowest(row);
      if (y >= 0 && (!worst || row[y] < worst.v)) worst = { v: row[y], year: p.x[y], region: p.rows[r], run: p.title };
    });
    const isOne = state.region !== "World" && !isGroup(state.region);
    let title = panels.length ? `Nobody asks for ${state.material}${inRegion()}` : "No scenario is shown";
    if (!worst) return { panels: [], title };
    if (worst.v >= D.shortage) title = `${isOne ? `In no year${inRegion()} does` : `In no region${isGroup(state.region) ? ` of ${placeName(state.region)}` : ""} and year does`} delivery, by content of ${state.material}, fall below ${percent(D.shortage, 0)}`;
    else title = `${capital(state.material)}: ${regionName(worst.region)} ${isOne ? "has" : `is hit hardest${isGroup(state.region) ? inRegion() : ""}, with`} ${percent(worst.v)} delivered in ${worst.year}` + (RUNS.length > 1 ? ` (${worst.run})` : "");
    return { panels, title, heat: true, yLabel: "availability" };
  },

  products() {
    const unit = RUNS.map((r) => r.product_units[r.products.indexOf(state.product)]).find(Boolean);
    const isWorld = state.region === "World", what = `${state.every ? "" : `${state.material} in `}${words(state.product)}`;
    const pick = (name) => (run) => {
      const { p, r } = at(run);
      if (p < 0 || r < 0) return null;
      return isWorld ? { x: run.months, y: run.demand[name].world[p] } : { x: run.years, y: run.demand[name].regions[r - 1][p] };
    };
    const delivered = lines(pick("delivered")), asked = lines(pick("demand")), unmet = lines(pick("unmet"));
    const same = asked.every((s) => s.y.length === asked[0].y.length && s.y.every((v, i) => Math.abs(v - asked[0].y[i]) <= 1e-6 * Math.abs(v)));
    const shown = same ? asked.slice(0, 1).map((s) => ({ ...s, name: "demand at base prices", run: -1 })) : asked.map((s) => ({ ...s, name: `demand at base prices, ${s.name}`, thin: true }));
    const s = scale(unit, [...delivered, ...shown].map((l) => l.y));
    const u = scale(unit, unmet.map((l) => l.y));
    const panels = [
      { title: "Demand and deliveries", unit: `${s.name} a year`, by: s.by, series: [...shown, ...delivered], zero: true },
      { title: "Asked for and given up", unit: `${u.name} a year`, by: u.by, series: unmet, zero: true },
    ];
    const isAsked = asked.some((l) => l.y.some((v) => v > 0)), missed = delivered.map((d, i) => 1 - sum(d.y) / (sum(asked[i].y) || sum(d.y) || 1));
    const worst = missed.indexOf(Math.max(...missed));
    if (asked.length && !isAsked) return { panels: [], title: `${words(state.product)}: nobody${inRegion()} asks for any`, what, xIsMonth: isWorld };
    let title = "No scenario is shown";
    if (worst >= 0) title = missed[worst] < 0.0005
      ? `${words(state.product)}: all that final users would ask for at base prices is delivered${inRegion()}`
      : `${words(state.product)}: ${percent(missed[worst])} of demand at base prices${inRegion()} is not delivered` + (RUNS.length > 1 ? ` in ${quoted(delivered[worst].name)}` + others(missed, delivered, worst) : "");
    return { panels, title, what, bands: isWorld ? events() : [], xIsMonth: isWorld };
  },

  origin() {
    const found = visible().flatMap(({ run, i }) => {
      const { m, r } = at(run);
      return m < 0 || r < 0 ? [] : [{ run, i, parts: run.origin[r][m] }];
    });
    const s = scale("t", found.map((f) => total(f.parts)));
    const panels = found.map(({ run, i, parts }) => ({
      title: run.title, run: i, unit: `${s.name} a year`, by: s.by, bars: true,
      series: D.origins.map(([, name], k) => ({ name, x: run.years, y: parts[k], part: k })),
    }));
    if (found.length && !found.some((f) => total(f.parts).some((v) => v > 0))) return { panels: [], title: `No refined ${state.material} is bought${inRegion()}` };
    let title = "No scenario is shown";
    if (found.length) {
      const share = (f, k) => { const all = f.parts.reduce((a, p) => a + p[k], 0); return all ? 1 - f.parts[0][k] / all : 0; };
      const ends = (f) => `${percent(share(f, 0))} in ${f.run.years[0]} to ${percent(share(f, f.run.years.length - 1))} in ${last(f.run.years)}`;
      title = `The recycled share in the supply of ${state.material}${inRegion()} goes from ${ends(found[0])}${ofRun(found[0].run.title)}`;
      const rest = found.slice(1).map((f) => ({ name: f.run.title, v: share(f, f.run.years.length - 1) }));
      const far = rest.sort((a, b) => Math.abs(b.v - share(found[0], last(found[0].run.years) - found[0].run.years[0])) - Math.abs(a.v - share(found[0], last(found[0].run.years) - found[0].run.years[0])))[0];
      if (far) title += `; ${percent(far.v)} in ${quoted(far.name)}`;
    }
    return { panels, title, shareY: true };
  },

  mines() {
    const isWorld = state.region === "World";
    const series = lines((run) => {
      const { m, r } = at(run);
      if (m < 0 || r < 0) return null;
      return isWorld ? { x: run.months, y: run.mines.world[m] } : { x: run.years, y: run.mines.regions[m][r - 1] };
    });
    const s = scale("t", series.map((l) => l.y));
    let title = "No scenario is shown";
    if (series.length) {
      const one = series[0], top = Math.max(...one.y);
      title = top <= 0 ? `No ${state.material} is mined${inRegion()}`
        : `Mines put out ${amount(one.y[0], s)} of ${state.material} a year${inRegion()} at the start and ${amount(last(one.y), s)} at the end` + (RUNS.length > 1 ? ` in ${quoted(one.name)}` : "");
      const ends = series.slice(1).filter((l) => Math.abs(last(l.y) / last(one.y) - 1) > 0.005);
      if (top > 0 && ends.length) title += `; ${amount(last(ends[0].y), s)} in ${quoted(ends[0].name)}`;
    }
    return { panels: [{ title: "", unit: `${s.name} a year`, by: s.by, series, zero: true }], title, bands: isWorld ? events() : [], xIsMonth: isWorld, tall: true };
  },

  stocks() {
    const pick = (f) => lines((run) => { const { m, r } = at(run); return m < 0 || r < 0 ? null : { x: run.years, y: f(run, m, r) }; });
    const inUse = pick((run, m, r) => total(Object.values(run.in_use[state.material] || {}).map((p) => p[r])) || run.years.map(() => 0));
    const flows = ["generated", "collected", "recovered"].map((k) => pick((run, m, r) => run.end_of_life[k][r][m]));
    const s = scale("t", inUse.map((l) => l.y)), u = scale("t", flows.flat().map((l) => l.y));
    let first = { title: "In products in use", unit: s.name, by: s.by, series: inUse, zero: true };
    const shown = visible();
    if (shown.length === 1 && inUse.length) {
      const run = shown[0].run, { r } = at(run);
      first = { ...first, bars: true, series: Object.entries(run.in_use[state.material]).map(([p, y], k) => ({ name: words(p), x: run.years, y: y[r], part: k, many: true })) };
    }
    const names = ["Came to its end of life", "Collected", "Recovered from it"];
    const panels = [first, ...flows.map((series, k) => ({ title: names[k], unit: `${u.name} a year`, by: u.by, series, zero: true, group: "eol" }))];
    let title = "No scenario is shown";
    if (inUse.length) {
      const all = last(flows[0][0].y), end = last(inUse[0].x);
      title = `At the end of ${end}, ${amount(last(inUse[0].y), s)} of ${state.material} is in use${inRegion()}`
        + (all > 0 ? `; of ${amount(all, scale("t", [[all]]))} that came to its end of life that year, ${percent(last(flows[1][0].y) / all, 0)} was collected` : "")
        + (RUNS.length > 1 ? ` (${inUse[0].name})` : "");
    }
    return { panels, title };
  },

  rates() {
    const label = D.rates.find(([k]) => k === state.rate)[1];
    const panels = shownMaterials().map((material) => ({
      title: capital(material), zero: true,
      series: lines((run) => { const y = ratesOf(run, material); return y && { x: run.years, y }; }).concat(targetsOf(material)),
    }));
    const ends = panels.filter((p) => p.series.some((s) => !s.target)).map((p) => ({ name: p.title.toLowerCase(), a: p.series[0].y[0], b: last(p.series[0].y), run: p.series[0].name, end: last(p.series[0].x) })).sort((a, b) => b.b - a.b);
    let title = state.region !== "World" && RUNS.every((run) => !run.rates_by_area[state.rate]) ? "These results have no rates by region" : "No scenario is shown";
    if (ends.length) {
      const low = percent(last(ends).b), high = percent(ends[0].b);
      title = `${capital(label)}${inRegion()} in ${ends[0].end}: ${low === high ? `${low} for ${ends.length > 1 ? "every material" : ends[0].name}` : `from ${low} (${last(ends).name}) to ${high} (${ends[0].name})`}` + (RUNS.length > 1 ? ` in ${quoted(ends[0].run)}` : "");
    }
    return { panels, title, yLabel: label, share: true, fromZero: true };
  },

  firms() {
    const k = +state.stage, what = state.count, shares = what === "share", source = shares ? "sales" : what, silent = untold(k);
    if (silent) return silent;
    const ofChosen = (run) => inYears(run, handled(run, source, k).map((ys) => (source === "n_firms" ? ys.slice(1) : ys)), D.sizes.length);
    const found = visible().flatMap(({ run, i }) => { const { r } = at(run); return r < 0 || !run.firms[source] || !tells(run) ? [] : [{ run, i, parts: state.every ? run.firms[source][r][k] : ofChosen(run) }]; });
    const s = scale({ n_firms: "enterprise", jobs: "person", sales: "USD" }[source], found.map((f) => total(f.parts)));
    const panels = found.map(({ run, i, parts }) => {
      const whole = total(parts);
      return {
        title: run.title, run: i, unit: shares ? "" : what === "sales" ? `${s.name} a year` : s.name, by: shares ? undefined : s.by, bars: true, share: shares,
        series: D.sizes.map(([key, name], j) => ({ name: `${key} (${name})`, x: run.years, y: shares ? parts[j].map((v, t) => (whole[t] > 0 ? v / whole[t] : null)) : parts[j], part: j })),
      };
    });
    let title = "No scenario is shown";
    if (found.length) {
      const f = found[0], all = last(total(f.parts)), small = f.parts.slice(0, 3).reduce((a, p) => a + last(p), 0), end = last(f.run.years);
      const who = k ? D.stages[k - 1][1] : "the loop", share = percent(small / all, 0), where = state.every ? ` in ${who}` : `${handling()}${inStage(k)}`;
      title = !all ? `No ${{ n_firms: "enterprises", jobs: state.every ? "jobs" : "jobs in firms", sales: state.every ? "sales" : "sales of firms" }[source]}${handling()}${inStage(k)}${inRegion()}`
        : what === "jobs" ? `${amount(all, s)} work in ${!state.every ? `firms${where}` : k ? who : "the loop's firms"}${inRegion()} in ${end}, ${share} of them in micro, small and medium enterprises`
          : shares ? `Micro, small and medium enterprises${where}${inRegion()} make ${share} of what is sold in ${end}`
            : what === "sales" ? `Firms${where}${inRegion()} sell goods for ${amount(all, s)} in ${end}; micro, small and medium enterprises make ${share} of it`
              : all < 1 && !state.every ? `Less than one enterprise handles ${state.material}${inStage(k)}${inRegion()} in ${end}`
                : `${amount(all, s)} ${state.every ? `run ${who}` : `handle ${state.material}${inStage(k)}`}${inRegion()} in ${end}; ${share} of them are micro, small or medium`;
      if (RUNS.length > 1) title += ` (${f.run.title})`;
    }
    return { panels: isEmpty(found) ? [] : panels, title, shareY: true, about: chosenMaterial() };
  },
};
/* What the law asks for: a step from each year it is due. */
/* Yearly values of the chosen rate in the place shown; null where a result has none. */
function ratesOf(run, material) {
  const m = run.materials.indexOf(material), isWorld = state.region === "World", area = isWorld ? -1 : (run.areas || []).indexOf(state.region);
  const of = isWorld ? run.rates[state.rate] : (run.rates_by_area[state.rate] || [])[area];
  return m < 0 || !of ? null : of[m];
}
function targetsOf(material) {
  const due = D.targets.filter((t) => t.rate === state.rate && t.material === material && t.year <= last(YEARS));
  if (!due.length) return [];
  const xs = YEARS.filter((y) => y >= due[0].year), of = (y) => last(due.filter((t) => t.year <= y)).value;
  return [{ name: due[0].name, run: -1, target: true, x: xs, y: xs.map(of) }];
}
function others(missed, series, worst) {
  const rest = missed.map((v, i) => ({ v, name: series[i].name })).filter((_, i) => i !== worst).sort((a, b) => a.v - b.v)[0];
  return rest && missed[worst] - rest.v > 0.0005 ? `; ${percent(rest.v)} in ${quoted(rest.name)}` : "";
}
/* Whether a panel shows shares: as its figure says, unless it says otherwise itself. */
const isShare = (figure, panel) => (panel.share === undefined ? Boolean(figure.share) : panel.share);
/* Text for those who do not see the chart, and for those who want the numbers of its ends. */
function summarise(id, figure) {
  const where = regionName(state.region);
  if (!figure.panels.length && !figure.links && !(figure.table && figure.table.rows.length)) return `${figure.title}.`;
  if (figure.summary !== undefined) return figure.summary;
  if (id === "regions") return `Lowest year of each region, ${state.material}. ${grouped(figure.panels.map((p) => {
    const bad = p.rows.map((code, r) => ({ code, v: Math.min(...known(p.z[r])) })).filter((o) => o.v < D.shortage).sort((a, b) => a.v - b.v).slice(0, 4);
    return { name: p.title, text: bad.length ? bad.map((o) => `${regionName(o.code)} ${percent(o.v, 0)}`).join(", ") : `every region at ${percent(D.shortage, 0)} or more` };
  }), ": ", ". ")}.`;
  const say = (p, s) => {
    const show = (v) => (isShare(figure, p) ? percent(v) : figures.format(Math.abs(v / (p.by || 1)) < 1e-6 ? 0 : v / (p.by || 1)));
    const i = lowest(s.y);
    if (i < 0) return "none";
    if (figure.share && !figure.fromZero && !figure.free) return s.y[i] >= D.shortage ? `${percent(D.shortage, 0)} or more throughout` : `lowest ${show(s.y[i])} (${moment(s.x[i])})`;
    const ys = known(s.y), top = s.y.indexOf(Math.max(...ys));
    const peak = (figure.peak || ["products", "exports"].includes(id)) && show(s.y[top]) !== "0" && s.y[top] > 1.005 * Math.max(ys[0], last(ys)) ? `, highest ${show(s.y[top])} (${moment(s.x[top])})` : "";
    return `${show(ys[0])} to ${show(last(ys))}${peak}`;
  };
  const lead = { availability: `${capital(figure.yLabel || "")}; ${where}. `, rates: `${capital(figure.yLabel || "")}; ${where}, first to last year. `, products: `${words(state.product)}, ${where}, first to last. `, firms: `${where}${andMaterial()}, first to last year. ` }[id] || (LEADS[id] && LEADS[id](where)) || `${capital(state.material)}, ${where}, first to last. `;
  const units = new Set(figure.panels.map((p) => p.unit)), isOne = units.size === 1 && figure.panels[0].unit;
  const parts = figure.panels.map((p) => ({ name: isOne ? p.title : [p.title, p.unit].filter(Boolean).join(", "), text: grouped(p.series.map((s) => ({ name: s.name, text: say(p, s) })), " ", "; ") }));
  return `${isOne ? lead.replace(/\. $/, `, ${figure.panels[0].unit}. `) : lead}${capital(grouped(parts, parts.some((p) => p.name) ? ": " : "", ". ", true))}.`;
}
/* Names that say the same are put together. */
function grouped(parts, colon, between, each = false) {
  const byText = new Map();
  for (const { name, text } of parts) byText.set(text, [...(byText.get(text) || []), name]);
  const all = visible().length;
  return [...byText].map(([text, names]) => {
    if (!each && all > 1 && names.length === all && byText.size === 1) return `all scenarios${colon}${text}`;
    return `${names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${last(names)}` : names[0]}${colon}${text}`;
  }).join(between);
}
const nodeName = (n) => D.nodes[n] || words(n).toLowerCase();
