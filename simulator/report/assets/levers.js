/* Figures of policies, limits on exports, projects and essential products; drawn only where a run has them. */
Object.assign(FIGURES, {
  policies() {
    let most = null;
    const isWorld = state.region === "World";
    const panels = union("policy_names").flatMap((name) => {
      const series = lines((run) => {
        const p = (run.policy_names || []).indexOf(name), { r } = at(run);
        return p < 0 || r < 0 || !isAbout(run.policy_materials[p]) ? null : { x: run.years, y: run.policies[r][p] };
      });
      for (const s of series) { const v = sum(s.y); if (!most || v > most.v) most = { v, name, run: s.name, from: s.x[0], to: last(s.x) }; }
      const unit = scale("USD", series.map((l) => l.y));
      return series.some((s) => isWorld || sum(s.y) > 0) ? [{ title: words(name), unit: `${unit.name} a year`, by: unit.by, series, zero: true }] : [];
    });
    const title = !most ? `No scenario shown has a policy${covering()}${inRegion()}`
      : most.v <= 0 ? `No policy${covering()} costs anything${inRegion()}`
        : `${words(most.name)} costs ${amount(most.v, scale("USD", [[most.v]]))}${inRegion()} from ${most.from} to ${most.to}${panels.length > 1 ? `, the most of all policies${covering()}` : ""}${ofRun(most.run)}`;
    return { panels, title };
  },

  exports() {
    let held = null;
    const isWorld = state.region === "World", from = `${ofMaterial()}${fromRegion()}`;
    const panels = union("restriction_names").flatMap((name) => {
      let unit = "";
      const series = visible().flatMap(({ run, i }) => {
        const k = (run.restriction_names || []).indexOf(name), { r } = at(run);
        if (k < 0 || r < 0 || !isAbout(run.restriction_materials[k])) return [];
        const [allowed, left, kept, evaded] = ["limit", "left", "held_back", "evaded"].map((n) => ((run.exports[`export_${n}`] || [])[r] || [])[k] || []);
        const back = sum(kept), gone = sum(left) + sum(evaded);
        if (!isWorld && !(sum(allowed) + back + gone > 0)) return [];
        unit = run.restriction_units[k];
        if (!held || back > held.v) held = { v: back, share: back / Math.max(back + gone, 1e-12), name, run: run.title, unit };
        return [
          { name: `left, ${run.title}`, run: i, x: run.months, y: left },
          { name: `allowed, ${run.title}`, run: i, thin: true, x: run.months, y: allowed.map((v) => (v > 0 || back > 0 ? v : null)) },
        ];
      });
      const s = scale(unit, series.map((l) => l.y));
      return series.length ? [{ title: words(name), unit: `${s.name} a month`, by: s.by, series, zero: true }] : [];
    });
    const title = !held ? `No scenario shown limits exports${from}`
      : held.v <= 0 ? `No limit on exports${from} holds anything back`
        : `${words(held.name)} holds back ${amount(held.v, scale(held.unit, [[held.v]]))}, ${percent(held.share)} of what would have left${isWorld ? "" : ` ${placeName(state.region)}`}${ofRun(held.run)}`;
    return { panels, title, bands: events(), xIsMonth: true };
  },

  evaded() {
    let most = null;
    const from = fromRegion();
    const panels = union("evaded_goods").flatMap((good) => {
      let unit = "";
      const series = visible().flatMap(({ run, i }) => {
        const k = (run.evaded_goods || []).indexOf(good), { r } = at(run);
        if (k < 0 || r < 0 || !isAbout(run.evaded_materials[k])) return [];
        const own = run.evaded.illicit[r][k], all = run.evaded.crossed[r][k], v = sum(own), share = v / sum(all);
        if (!(v > 0)) return [];
        unit = run.evaded_units[k];
        if (!most || share > most.share) most = { v, share, good, unit, run: run.title, x: run.months };
        return [{ name: `undeclared, ${run.title}`, run: i, x: run.months, y: own }, { name: `all, ${run.title}`, run: i, thin: true, x: run.months, y: all }];
      });
      const s = scale(unit, series.map((l) => l.y));
      return series.length ? [{ title: words(good), unit: `${s.name} a month`, by: s.by, series, zero: true }] : [];
    });
    const title = !most ? `${state.every ? "Nothing" : `Nothing with ${state.material} that is`} exported${from} evades limits and duties`
      : `${amount(most.v, scale(most.unit, [[most.v]]))} of ${most.good}, ${percent(most.share)} of what is exported${from}, evades limits and duties from ${most.x[0].slice(0, 4)} to ${last(most.x).slice(0, 4)}${ofRun(most.run)}`;
    return { panels, title, bands: events(), xIsMonth: true, peak: true };
  },

  pipeline() {
    const all = visible().filter(({ run }) => run.pipeline), found = all.flatMap(({ run, i }) => { const parts = quantities(run); return parts ? [{ run, i, parts }] : []; });
    const s = scale("t", found.map((f) => total(f.parts)));
    const panels = found.map(({ run, i, parts }) => ({
      title: run.title, run: i, unit: s.name, by: s.by, bars: true,
      series: D.unfc.map(([, name], c) => ({ name, x: run.years, y: parts[c], part: c })).filter((l) => l.y.some((v) => v > 0)),
    }));
    let title = all.length ? `No project or mine${inRegion()} holds a known quantity of ${state.material}` : "No scenario shown has projects";
    if (found.length) {
      const { run, parts } = found[0], on = D.unfc.findIndex(([k]) => k === "on_production"), whole = sum(parts.map((p) => p[0])) || 1;
      title = `Of the ${state.material} in projects and mines${inRegion()}, ${percent(parts[on][0] / whole, 0)} is on production in ${run.years[0]} and ${percent(last(parts[on]) / whole, 0)} in ${last(run.years)}${ofRun(run.title)}`;
    }
    return { panels, title, shareY: true };
  },

  essential() {
    let worst = null;
    const series = lines((run) => {
      const r = run.regions.indexOf(state.region);
      const m = state.every ? 0 : 1 + run.materials.indexOf(state.material);
      return r < 0 || !run.essential || (!state.every && !m) ? null : { x: run.years, y: run.essential[r][m] };
    });
    for (const s of series) { const i = lowest(s.y); if (i >= 0 && (!worst || s.y[i] < worst.v)) worst = { v: s.y[i], x: s.x[i], run: s.name }; }
    if (series.length && !worst) return { panels: [], title: `Nobody asks for essential products${withMaterial()}${inRegion()}`, share: true };
    const title = !worst ? "No scenario shown has essential products"
      : worst.v >= 0.9995 ? `Demand for essential products${withMaterial()} is met in every year${inRegion()}`
        : `${percent(worst.v)} of demand for essential products${byContent()} is met in ${worst.x}${inRegion()}, the worst year${ofRun(worst.run)}`;
    return { panels: [{ title: `Essential products${withMaterial()}`, series }], title, share: true };
  },
});
/* What the filter of materials leaves of things that hold several, and how a sentence says it. */
const isAbout = (materials) => state.every || materials.includes(state.material);
const covering = (verb = "covers") => (state.every ? "" : ` that ${verb} ${state.material}`);
const ofMaterial = () => (state.every ? "" : ` of ${state.material}`), withMaterial = () => (state.every ? "" : ` with ${state.material}`), byContent = () => (state.every ? "" : `, by content of ${state.material},`);
/* Where exports leave, inside a sentence. */
const fromRegion = () => (state.region === "World" ? "" : ` from ${placeName(state.region)}`);
/* Quantities [class][year] of the material in the place chosen, sums of its regions; null where none is known. */
function quantities(run) {
  const m = run.materials.indexOf(state.material), held = placeRows(run).map((r) => (run.pipeline[r] || [])[m] || []).filter((parts) => parts.length);
  return held.length ? D.unfc.map((_, c) => yearSums(run, held.map((parts) => parts[c]))) : null;
}
Object.assign(LEADS, {
  policies: (where) => `Cost of each policy${covering()}, ${where}, first to last year. `,
  exports: (where) => `Exports that left and that were allowed${ofMaterial()}, ${where}, first to last month. `,
  evaded: (where) => `Exports undeclared and in all${ofMaterial()}, ${where}, first to last month. `,
  pipeline: (where) => `Quantity of ${state.material} by class, ${where}, first to last year. `,
  essential: (where) => `Met of demand for essential products${withMaterial()}, ${where}, first to last year. `,
});
