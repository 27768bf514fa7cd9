/* Benchmarks of the EU, supply risk over the years, and what the loop keeps. */
const area = (run) => (run.areas || []).indexOf(state.region);
Object.assign(FIGURES, {
  crma() {
    const found = visible().flatMap(({ run }) => (run.crma ? run.materials.filter((name) => shownMaterials().includes(name)).map((material) => ({ run, material, m: run.materials.indexOf(material) })) : []));
    const runs = [...new Set(found.map((f) => f.run))], benchmarks = runs.length ? runs[0].benchmarks : [];
    const at0 = (run, b, m, year) => { const y = run.years.indexOf(year); return y < 0 ? null : run.crma.value[b][m][y]; };
    const cell = ({ run, m }, b) => {
      const [, , due] = benchmarks[b], then = at0(run, b, m, due), end = last(run.years), from = run.crma.year_met[b][m];
      const isMet = run.crma.in_time[b][m];
      if (at0(run, b, m, end) === null) return { text: "uses none", tone: "" };
      const verdict = isMet === null ? "" : isMet ? "met" : "missed", later = from === null ? "" : `, kept from ${from}`;
      return { text: `${then === null ? "" : `${percent(then, 0)} in ${due}, ${verdict}\n`}${end === due ? "" : `${percent(at0(run, b, m, end), 0)} in ${end}`}${later}`, tone: verdict === "met" ? "good" : verdict ? "short" : "" };
    };
    const tally = (run) => {
      const of = found.filter((f) => f.run === run).flatMap(({ m }) => benchmarks.map((_, b) => run.crma.in_time[b][m])).filter((v) => v !== null);
      return { met: of.filter(Boolean).length, all: of.length };
    };
    const other = runs.slice(1).filter((r) => tally(r).met !== tally(runs[0]).met);
    const title = !runs.length ? "No scenario shown has a region of the EU"
      : !tally(runs[0]).all ? `The period ends before ${benchmarks[0][2]}, when the benchmarks are due`
        : `The EU meets ${tally(runs[0]).met} of ${tally(runs[0]).all} benchmarks ${state.every ? "" : `for ${state.material} `}in ${benchmarks[0][2]}${runs.length > 1 && !other.length ? ", in every scenario shown" : ofRun(runs[0].title)}` + (other.length ? `; ${other.map((r) => `${tally(r).met} in ${r.title}`).join(", ")}` : "");
    const names = benchmarks.map(([key, target]) => `${capital(D.benchmark_names[key].replace(" in the EU over its consumption", ""))} ${percent(target, 0)}`);
    const rows = found.map((f) => [f.run.title, capital(f.material), ...benchmarks.map((_, b) => cell(f, b).text)]);
    const tones = found.map((f) => ["", "", ...benchmarks.map((_, b) => cell(f, b).tone)]);
    const table = { head: ["scenario", "benchmark", "material", "target [1]", "due", "met in the year due", "met to the end from", ...YEARS],
      rows: found.flatMap(({ run, material, m }) => benchmarks.map(([key, target, due], b) => [run.title, D.benchmark_names[key], material, target, due, [null, "no", "yes"][run.crma.in_time[b][m] === null ? 0 : 1 + run.crma.in_time[b][m]], run.crma.year_met[b][m], ...YEARS.map((y) => at0(run, b, m, y))])) };
    const summary = runs.map((run) => `${run.title}: ${benchmarks.map(([key], b) => `${D.benchmark_names[key].split(" over")[0].split(" of one")[0]} met for ${found.filter((f) => f.run === run && run.crma.in_time[b][f.m]).map((f) => f.material).join(", ") || "no material"}`).join("; ")}`).join(". ") + ".";
    return { title, summary: runs.length ? summary : title, panels: [], table, draw: (node) => drawTable(node, { head: ["Scenario", "Material", ...names], rows, tones }) };
  },

  supply_risk() {
    const [, label] = D.risks.find(([k]) => k === state.risk), k = +state.risk_stage, isShare = !["supply_risk", "geopolrisk"].includes(state.risk);
    const isWorld = isRiskOfWorld(), of = isWorld ? "World" : state.region, a = (run) => (run.areas || []).indexOf(of);
    let worst = null;
    const panels = shownMaterials().map((material) => {
      const series = lines((run) => {
        const m = run.materials.indexOf(material);
        if (m < 0 || !run.risks || (!isWorld && a(run) < 0)) return null;
        return { x: run.years, y: isWorld ? run.risks[state.risk][k][m] : run.risks[state.risk][a(run)][k][m] };
      });
      for (const s of series) { const v = last(s.y); if (v !== null && (!worst || v > worst.v)) worst = { v, x: last(s.x), from: s.y[0], x0: s.x[0], material, run: s.name }; }
      return { title: capital(material), series, zero: true };
    });
    const [told, unknown] = withNumbers(panels), show = (v) => (isShare && state.risk !== "hhi" ? percent(v, 0) : v === null ? "unknown" : v.toFixed(2));
    const where = of === "World" ? "" : ` of ${placeName(of)}`, stage = D.risk_stages[k][1];
    const title = !worst ? `${capital(label)} is not known for ${placeName(of)} at ${stage}`
      : worst.v === 0 ? `${capital(label)}${where}, ${stage}: none in ${worst.x}${state.every ? " for any material" : ` for ${state.material}`}${of === "World" ? "; the world as a whole imports nothing, a region may" : ""}`
      : `${capital(label)}${where}, ${stage}: ${panels.length > 1 ? "highest for " : ""}${worst.material}, ${show(worst.v)} in ${worst.x}${worst.x0 === worst.x ? "" : show(worst.v) === show(worst.from) ? ` as in ${worst.x0}` : ` after ${show(worst.from)} in ${worst.x0}`}${ofRun(worst.run)}${unknown.length ? `; not known for ${unknown.join(", ").toLowerCase()}` : ""}`;
    return { panels: told, title, share: isShare && state.risk !== "hhi", fromZero: isShare, free: true, yLabel: label, where: isWorld && state.region !== "World" ? "World: it is a measure of all producers" : "" };
  },

  kept() {
    const pick = (f) => lines((run) => { const { m } = at(run); return m < 0 || !run.kept ? null : { x: run.years, y: f(run.kept, m, area(run)) }; }).filter((l) => l.y);
    const inArea = (name) => pick((kept, m, r) => (r < 0 ? null : kept[name][r][m]));
    const mine = inArea("urban_mine"), avoided = inArea("primary_avoided"), lost = state.region === "World" ? pick((kept, m) => kept.landfilled[m]) : [];
    const panel = (title, series, per) => { const s = scale("t", series.map((l) => l.y)); return { title, unit: `${s.name}${per}`, by: s.by, series, zero: true }; };
    const panels = [panel("Urban mine: in use or kept", mine, ""), panel("Mine output that old scrap replaces", avoided, " a year"), ...(lost.length ? [panel("To landfills", lost, " a year")] : [])];
    let title = "No scenario is shown";
    if (mine.length) {
      const end = last(mine[0].x), held = last(mine[0].y), saved = sum(avoided[0].y);
      title = `${amount(held, scale("t", [[held]]))} of ${state.material} stand in the urban mine${inRegion()} at the end of ${end}; old scrap replaces ${amount(saved, scale("t", [[saved]]))} of mine output up to then${ofRun(mine[0].name)}`;
      const rest = avoided.slice(1).map((l) => ({ name: l.name, v: sum(l.y) })).sort((p, q) => Math.abs(q.v - saved) - Math.abs(p.v - saved))[0];
      if (rest && Math.abs(rest.v - saved) > 0.005 * saved) title += `, ${amount(rest.v, scale("t", [[rest.v]]))} in ${quoted(rest.name)}`;
    }
    return { panels, title };
  },
});
/* Whether the chosen measure is one of the world's producers, whatever region is chosen. */
const isRiskOfWorld = () => ["hhi", "largest_share", "largest_firm_share"].includes(state.risk);
CHOICES.push(
  { id: "risk", list: D.risks.map(([k, name]) => [k, capital(name)]), value: D.risks[0][0], chart: "supply_risk" },
  { id: "risk_stage", list: D.risk_stages.map(([, name], k) => [k, capital(name)]), value: 1, chart: "supply_risk" },
);
Object.assign(LEADS, {
  supply_risk: (where) => `${capital(D.risks.find(([k]) => k === state.risk)[1])}, ${D.risk_stages[+state.risk_stage][1]}; ${isRiskOfWorld() ? "World" : where}, first to last year. `,
});
