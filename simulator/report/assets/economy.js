/* Figures of prices, enterprises, investment, alliance and programmes; drawn only where a run has them. */
/* Price of a base year: 9,140, 30.9 million. */
const priced = (v) => (v >= 1e6 ? `${figures.format(v / 1e6)} million` : figures.format(v));
const times = (v) => `${figures.format(v)}${NB}times`;
const ofRun = (run) => (RUNS.length > 1 ? ` (${run})` : "");
const sizeName = (k) => `${D.sizes[k][0]} (${D.sizes[k][1]})`;
const stageName = (k) => (k ? D.stages[k - 1][1] : "all stages");
const inStage = (k) => (k ? ` in ${stageName(k)}` : "");
const sum = (list) => list.reduce((a, b) => a + (b || 0), 0);
/* Sum over size classes, or one of them; parts as [size][part][year]. */
const bySize = (parts, k) => (k ? parts[k - 1] : parts[0].map((_, c) => total(parts.map((p) => p[c]))));
/* Of what is told by region alone: rows of the regions of the place shown, and sums of series; nothing stands where nothing happens. */
const placeRows = (run) => within(run, state.region).map((code) => ownRegions(run).indexOf(code)).filter((r) => r >= 0);
const yearSums = (run, series) => run.years.map((_, y) => sum(series.map((ys) => (ys || [])[y])));
/* Of firms that handle the material chosen, as nested lists in which an empty one is nothing: their sum, and what a run tells of the place shown, by stage of the world alone. */
function added(trees) {
  const full = trees.filter((t) => t && t.length);
  return !full.length ? [] : typeof full[0][0] === "number" ? total(full) : full[0].map((_, i) => added(full.map((t) => t[i])));
}
function handled(run, name, stage) {
  const m = run.materials.indexOf(state.material), { world, regions } = run.by_material;
  if (state.region !== "World") return added(placeRows(run).map((r) => (regions[name][r] || [])[m]));
  const own = world[name][m] || [];
  return stage ? own[stage - 1] || [] : added(own);
}
const isEmpty = (found) => !found.some(({ parts }) => total(parts).some((v) => v > 0));
const ofSize = (sizes, k) => (k ? sizes[k - 1] || [] : added(sizes));
const inYears = (run, parts, n) => Array.from({ length: n }, (_, c) => yearSums(run, [parts[c]]));
const handledParts = (run, name, stage, k, n) => inYears(run, state.region === "World" ? ofSize(handled(run, name, stage), k) : handled(run, name), n);
const handledAtStart = (run, stage, k) => sum((k ? [handled(run, "n_firms", stage)[k - 1] || []] : handled(run, "n_firms", stage)).map(([start]) => start));
const tells = (run) => state.every || Boolean(run.by_material && run.materials.includes(state.material));
const handling = () => (state.every ? "" : ` that handle ${state.material}`);
const chosenMaterial = () => (state.every ? "" : state.material), andMaterial = () => (state.every ? "" : `, ${state.material}`);
/* A figure that says what is not told of the material chosen; nothing where all is. */
function untold(stage, size = 0) {
  const isTold = state.every || !visible().length || visible().some(({ run }) => tells(run)), isWorld = state.region === "World";
  const parts = [[stage, "stage"], [size, "size"]].filter(([chosen]) => chosen && !state.every && !isWorld).map(([, name]) => name);
  if (isTold && !parts.length) return null;
  return { panels: [], title: !isTold ? `These results do not tell which firms handle ${state.material}` : `Firms${handling()} are told by ${parts.join(" and by ")} for the world alone: ${placeName(state.region)} has numbers of all ${parts.map((name) => `${name}s`).join(" and ")} together` };
}
/* Panels that have a number to show, and the names of the others, so that a sentence stands where an axis would be empty. */
function withNumbers(panels) {
  const has = (p) => p.series.some((s) => known(s.y).length);
  return [panels.filter(has), panels.filter((p) => !has(p)).map((p) => p.title)];
}
/* Place of the number that lies farthest from one, up or down. */
const farthest = (ys) => ys.reduce((best, y, i) => (y > 0 && (best < 0 || Math.abs(Math.log(y)) > Math.abs(Math.log(ys[best]))) ? i : best), -1);

Object.assign(FIGURES, {
  prices() {
    const isWorld = state.region === "World";
    let worst = null;
    const panels = shownMaterials().map((material) => {
      let base = null;
      const series = lines((run) => {
        const m = run.materials.indexOf(material), r = run.regions.indexOf(state.region);
        if (m < 0 || r < 0 || !run.prices) return null;
        base = base || (run.prices.base[r][m][0] ? `1 = ${priced(run.prices.base[r][m][0])} ${run.price_units[m]}` : null);
        return isWorld ? { x: run.months, y: run.prices.world[m] } : { x: run.years, y: run.prices.regions[r - 1][m] };
      });
      for (const s of series) {
        const i = farthest(s.y), v = s.y[i];
        if (i >= 0 && (!worst || Math.abs(Math.log(v)) > Math.abs(Math.log(worst.v)))) worst = { v, x: s.x[i], material, run: s.name };
      }
      return { title: capital(material), unit: base || "", series };
    });
    const [told, unknown] = withNumbers(panels);
    let title = `No price is known for the scenarios shown${inRegion()}`;
    if (worst && Math.abs(worst.v - 1) < 0.005) title = `Prices of refined materials stay where they are in the base year${inRegion()}`;
    else if (worst) title = `The price of ${worst.material}${inRegion()} ${worst.v > 1 ? "rises" : "falls"} to ${times(worst.v)} that of the base year in ${moment(worst.x)}${state.every ? ", the widest move of all" : ""}${ofRun(worst.run)}`;
    if (worst && unknown.length) title += `; no price is known of ${unknown.join(", ").toLowerCase()}`;
    return { panels: told, title, mark: 1, peak: true, bands: isWorld ? events() : [], xIsMonth: isWorld };
  },

  alive() {
    const k = +state.alive_stage, isMonthly = state.region === "World" && state.every, silent = untold(k);
    if (silent) return silent;
    let worst = null;
    const panels = D.sizes.map((_, j) => {
      const series = lines((run) => {
        const r = run.regions.indexOf(state.region);
        if (r < 0 || !run.alive || !tells(run)) return null;
        const [start, ...y] = !state.every ? handled(run, "n_firms", k)[j] || [0] : [run.at_start[r][k][j][0], ...(isMonthly ? run.alive[k][j] : run.firms.n_firms[r][k][j])];
        return start ? { x: isMonthly ? run.months : run.years, y: y.map((v) => v / start) } : null;
      });
      for (const s of series) {
        const i = lowest(s.y);
        if (!worst || s.y[i] < worst.v) worst = { v: s.y[i], x: s.x[i], size: D.sizes[j][0], run: s.name };
      }
      return { title: capital(sizeName(j)), series };
    });
    const [told, none] = withNumbers(panels);
    let title = visible().some(({ run }) => run.alive) ? `There are no enterprises${handling()}${inStage(k)}${inRegion()}` : "No scenario shown lets enterprises fail";
    if (worst && worst.v >= 0.9995) title = `In no size class does the number of enterprises${handling()} fall${inStage(k)}${inRegion()}`;
    else if (worst) title = `${capital(worst.size)} enterprises${handling()}${inStage(k)}${inRegion()} fall to ${percent(worst.v)} of their number at the start in ${moment(worst.x)}${ofRun(worst.run)}`;
    if (worst && none.length) title += `; none there are ${none.map((name) => name.split(" (")[0].toLowerCase()).join(" or ")}`;
    return { panels: told, title, share: true, free: true, shareY: true, about: chosenMaterial(), bands: isMonthly ? events() : [], xIsMonth: isMonthly };
  },

  failures() {
    const k = +state.failed_stage, j = +state.failed_size, silent = untold(k, j);
    if (silent) return silent;
    const found = visible().flatMap(({ run, i }) => {
      const r = run.regions.indexOf(state.region);
      if (r < 0 || !run.failures || !tells(run)) return [];
      if (!state.every) return [{ run, i, parts: handledParts(run, "failures", k, j, D.causes.length), start: handledAtStart(run, k, j) }];
      return [{ run, i, parts: bySize(run.failures[r][k], j), start: sum((j ? [run.at_start[r][k][j - 1]] : run.at_start[r][k]).flat()) }];
    });
    const panels = found.map(({ run, i, parts }) => ({
      title: run.title, run: i, unit: "enterprises a year", bars: true,
      series: D.causes.map(([, name], c) => ({ name, x: run.years, y: parts[c], part: c })),
    }));
    let title = "No scenario shown lets enterprises fail";
    if (found.length) {
      const shock = (f) => sum(f.parts.slice(0, 2).map(sum)), all = (f) => sum(f.parts.map(sum));
      const who = `${j ? `${D.sizes[j - 1][0]} ` : ""}enterprises${handling()}${inStage(k)}${inRegion()}`;
      const f = found.reduce((a, b) => (shock(b) > shock(a) ? b : a));
      const years = `${f.run.years[0]} to ${last(f.run.years)}`;
      title = all(f) < 0.5 ? `No ${who} fail`
        : shock(f) < 0.5 ? `${capital(who)} fail by the usual turnover alone`
          : `${figures.format(shock(f))} ${who} fail for want of cash or of a price that covers their cost, ${years}: ${percent(shock(f) / f.start)} of those at the start${ofRun(f.run.title)}`;
    }
    return { panels: isEmpty(found) ? [] : panels, title, shareY: true, about: chosenMaterial() };
  },

  investments() {
    const k = +state.invest_stage, j = +state.invest_size, who = `${j ? `${D.sizes[j - 1][0]} ` : ""}firms${handling()}${inStage(k)}${inRegion()}`, silent = untold(k, j);
    if (silent) return silent;
    const one = (list, n) => (n ? list.slice(n - 1, n) : list);
    const all = visible().flatMap(({ run, i }) => {
      const rows = run.investments && tells(run) ? placeRows(run) : [];
      if (!rows.length) return [];
      const cells = state.every && rows.flatMap((r) => one(run.investments[r] || [], k)).flatMap((sizes) => one(sizes, j)), n = 1 + D.reasons.length;
      const parts = cells ? Array.from({ length: n }, (_, c) => yearSums(run, cells.map((cell) => cell[c]))) : handledParts(run, "investments", k, j, n);
      return [{ run, i, parts, wanted: sum(parts.map(sum)) }];
    });
    const found = all.some((f) => f.wanted > 0) ? all : [];
    const s = scale("USD", found.map((f) => total(f.parts)));
    const panels = found.map(({ run, i, parts }) => ({
      title: run.title, run: i, unit: `${s.name} a year`, by: s.by, bars: true,
      series: [["made", "made"], ...D.reasons].map(([, name], c) => ({ name, x: run.years, y: parts[c], part: c })),
    }));
    let title = all.length ? `No ${who} want to invest` : "No scenario shown has investment of firms";
    if (found.length) {
      const f = found.find(({ wanted }) => wanted > 0), made = sum(f.parts[0]);
      const why = D.reasons.map(([, name], c) => ({ name, v: sum(f.parts[c + 1]) })).sort((a, b) => b.v - a.v)[0];
      title = `${capital(who)} want to invest ${amount(f.wanted, scale("USD", [[f.wanted]]))} from ${f.run.years[0]} to ${last(f.run.years)} and invest ${percent(made / f.wanted, 0)} of it`
        + (why.v > 0.005 * f.wanted ? `; the first reason against it: ${why.name} (${percent(why.v / f.wanted, 0)})` : "") + ofRun(f.run.title);
    }
    return { panels, title, shareY: true, about: chosenMaterial() };
  },

  allies() {
    const isWorld = state.region === "World";
    const all = visible().flatMap(({ run, i }) => {
      const r = run.allies ? run.regions.indexOf(state.region) : -1;
      if (r < 0) return [];
      const { most, usual, world, regions } = run.allies, own = [0, 1].filter((g) => most[r][g][0] > 0);
      return [{ run, i, groups: own.length ? own : [2].filter((g) => most[r][g][0] > 0), most: (g) => most[r][g][0], usual: (g) => usual[r][g][0], of: (name, g) => (isWorld ? world[name][g] : regions[name][r - 1][g]) }];
    });
    const found = all.filter((f) => f.groups.length), isHeld = (f) => f.groups.includes(1);
    const running = (ys) => { let whole = 0; return ys.map((v) => (v === null ? null : (whole += v))); };
    const per = (ys, by) => ys.map((v) => (v === null || !by ? null : v / by));
    const both = (y) => found.flatMap((f) => f.groups.map((g) => ({ name: `${D.groups[g][1]}, ${f.run.title}`, run: f.i, thin: g === 1, x: isWorld ? f.run.months : f.run.years, y: y(f, g) })));
    const failed = (f, g) => per(running(f.of("ally_failures", g)), f.most(g));
    const panels = found.length ? [
      { title: "Alive, of the most there were", series: both((f, g) => per(f.of("ally_firms", g), f.most(g))) },
      { title: "Failed so far, of the most there were", series: both(failed), zero: true },
      { title: "Sales, first year = 100 %", series: both((f, g) => per(f.of("ally_sales", g), f.usual(g))) },
      { title: "Wanted output that was made", series: both((f, g) => f.of("ally_fill", g)) },
    ] : [];
    const funds = all.filter(({ run }) => run.allies.fund && run.allies.fund.some((y) => y.some((v) => v > 0)));
    if (funds.length && isWorld) {
      const s = scale("USD", funds.flatMap(({ run }) => run.allies.fund));
      panels.push({ title: "Guarantee fund", unit: s.name, by: s.by, share: false, zero: true, series: funds.flatMap(({ run, i }) => D.entries.map(([, name], e) => ({ name: `${name}, ${run.title}`, run: i, thin: e < 2, dash: ["dot", "dash"][e], x: run.months, y: run.allies.fund[e] }))) });
    }
    let title = all.length ? `The alliance has no members${inRegion()}` : "No scenario shown has an alliance";
    if (found.length) {
      const f = found.find(isHeld) || found[0], [ally, match] = [f.groups[0], 1].map((g) => (f.groups.includes(g) ? last(failed(f, g)) : 0));
      const end = `fail up to ${moment(last(isWorld ? f.run.months : f.run.years))}`;
      title = !isHeld(f) ? `${percent(ally)} of the alliance's members${inRegion()} ${end}; no firm outside is like them, so there is nobody to compare them with`
        : Math.abs(ally - match) < 0.0005 ? `Members of the alliance${inRegion()} fail as often as similar firms outside`
          : `${percent(ally)} of the alliance's members${inRegion()} ${end}, against ${percent(match)} of similar firms outside`;
      title += ofRun(f.run.title);
    }
    return { panels, title, share: true, free: true, bands: isWorld ? events() : [], xIsMonth: isWorld, note: funds.length && !isWorld ? "the guarantee fund is one for all members and shown for the world" : "" };
  },

  programmes() {
    const found = visible().filter(({ run }) => run.programmes && placeRows(run).length).map(({ run, i }) => {
      const of = (rows) => run.programme_names.map((_, p) => yearSums(run, placeRows(run).map((r) => (rows[r] || [])[p])));
      return { run, i, cost: of(run.programmes.programme_cost), reach: of(run.programmes.programme_reach) };
    });
    const chosen = union("programme_names").filter((name) => found.some(({ run }) => isAbout(run.programme_materials[run.programme_names.indexOf(name)] || [])));
    const panels = chosen.flatMap((name) => {
      const own = found.filter(({ run }) => run.programme_names.includes(name));
      const pick = (what) => own.map((f) => ({ name: f.run.title, run: f.i, x: f.run.years, y: f[what][f.run.programme_names.indexOf(name)] }));
      const cost = pick("cost"), reach = pick("reach"), s = scale("USD", cost.map((l) => l.y));
      return [...cost, ...reach].some(({ y }) => y.some((v) => v > 0)) ? [
        { title: `${words(name)}: cost`, unit: `${s.name} a year`, by: s.by, series: cost, zero: true },
        { title: `${words(name)}: reach`, unit: "enterprises", series: reach, zero: true },
      ] : [];
    });
    let title = found.length ? `No programme${covering()} reaches an enterprise${inRegion()}` : "No scenario shown has a programme";
    if (panels.length) {
      const rows = (f, what) => what.filter((_, p) => chosen.includes(f.run.programme_names[p])), spent = (f) => sum(rows(f, f.cost).map(sum));
      const f = found.reduce((a, b) => (spent(b) > spent(a) ? b : a)), most = Math.max(...total(rows(f, f.reach)));
      title = `Programmes${covering("cover")}${inRegion()} cost ${amount(spent(f), scale("USD", [[spent(f)]]))} from ${f.run.years[0]} to ${last(f.run.years)} and reach up to ${figures.format(most)} enterprises at once${ofRun(f.run.title)}`;
    }
    return { panels, title };
  },

  models() {
    let best = null;
    const isOffered = (run, p) => p >= 0 && isAbout(run.model_materials[p]) && run.regions.includes(state.region) && (run.model_regions[p] === "*" || within(run, state.region).includes(run.model_regions[p]));
    const panels = union("model_names").flatMap((name) => {
      const series = lines((run) => {
        const p = (run.model_names || []).indexOf(name);
        return isOffered(run, p) ? { x: run.years, y: run.models[p] } : null;
      });
      if (!series.length) return [];
      for (const s of series) if (!best || last(s.y) > best.v) best = { v: last(s.y), x: last(s.x), name, run: s.name };
      return [{ title: words(name), series, zero: true }];
    });
    const title = best ? `${words(best.name)} reaches ${percent(best.v)} of its potential${inRegion()} by ${best.x}${ofRun(best.run)}`
      : visible().some(({ run }) => run.models) ? `No business model${state.every ? "" : ` for products with ${state.material}`} is offered${inRegion()}` : "No scenario shown has a business model";
    return { panels, title, share: true, fromZero: true, note: best && state.region !== "World" ? "the share is the same in every region where the model is offered" : "" };
  },
});

/* How the summary of a chart begins. */
const LEADS = {
  prices: (where) => `Price index of refined materials, base year 1; ${where}, first to last. `,
  alive: (where) => `Enterprises alive${andMaterial()}, ${stageName(+state.alive_stage)}, ${where}; of those at the start, first to last. `,
  failures: (where) => `Enterprises that fail${andMaterial()}, ${stageName(+state.failed_stage)}, ${where}, first to last year. `,
  investments: (where) => `${capital(stageName(+state.invest_stage))}${andMaterial()}, ${where}, first to last year. `,
  allies: (where) => `${capital(where)}, first to last. `,
  programmes: (where) => `${capital(where)}, first to last year. `,
  models: (where) => `Share of the potential that has adopted; ${where}, first to last year. `,
};
function startEconomy() {
  const stages = [[0, "All stages"], ...D.stages.map(([, n], i) => [i + 1, capital(n)])];
  const sizes = [[0, "All sizes"], ...D.sizes.map((_, i) => [i + 1, capital(sizeName(i))])];
  for (const [id, list, chart] of [["alive_stage", stages, "alive"], ["failed_stage", stages, "failures"], ["failed_size", sizes, "failures"], ["invest_stage", stages, "investments"], ["invest_size", sizes, "investments"]]) {
    control(id, list, 0, [chart]);
  }
}
