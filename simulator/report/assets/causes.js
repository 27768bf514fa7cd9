/* Where shortages began: what is missing each year, by root cause. */
const BEGAN = { root: "Cause and place", kind: "Kind of cause", stage: "Stage", region: "Region", material: "Material" };
const kindName = (kind) => (D.root_kinds.find(([k]) => k === kind) || [kind, kind.replaceAll("_", " ")])[1];
const placeStage = (stage) => (D.stages.find(([k]) => k === stage) || [stage, stage.replaceAll("_", " ")])[1];
/* Key and words of a root in the chosen view. */
function began([kind, stage, region, material]) {
  const of = material === "several" ? "" : `${material} `;
  return {
    root: [[kind, stage, region, material].join(), `${regionShort(region, innerWidth < 620 ? 15 : 26)}: ${of}${placeStage(stage)}, ${kind.replaceAll("_", " ")}`],
    kind: [kind, kindName(kind)], stage: [stage, placeStage(stage)], region: [region, regionName(region)], material: [material, material === "several" ? "several materials" : material],
  }[state.cause_by];
}
/* A root at length, for sentences. */
const beganAt = ([kind, stage, region, material]) => `${material === "several" ? "" : `${material} `}${placeStage(stage)} in ${placeName(region)}, ${kindName(kind)}`;
const inText = (product) => words(product).replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase());
/* What is told of: a product or the need for a material; of all materials, the product of the deepest shortage. */
const causeOf = () => (state.cause_of !== "deepest" ? state.cause_of : state.every && withGaps.includes(D.deepest) ? D.deepest : "need");
function missing(run) {
  const { m, r } = at(run), isNeed = causeOf() === "need", thing = isNeed ? m : run.products.indexOf(causeOf());
  const list = run.causes && run.causes[isNeed ? "needs" : "products"];
  return r < 0 || thing < 0 || !list ? [] : Object.entries(list[r][thing]).map(([key, y]) => ({ root: key === "rest" ? null : run.roots[+key], y, v: sum(y) }));
}
Object.assign(FIGURES, {
  causes() {
    const of = causeOf(), isNeed = of === "need", unit = isNeed ? "t" : RUNS.map((r) => r.product_units[r.products.indexOf(of)]).find(Boolean);
    const found = visible().filter(({ run }) => run.causes).map(({ run, i }) => ({ run, i, roots: missing(run) }));
    const sums = new Map();
    for (const f of found) {
      f.parts = new Map();
      for (const { root, y } of f.roots.filter((o) => o.root)) {
        const [key, name] = began(root), part = f.parts.get(key);
        f.parts.set(key, part ? total([part, y]) : y);
        sums.set(key, { name, v: (sums.get(key) ? sums.get(key).v : 0) + sum(y) });
      }
      f.whole = sum(f.roots.map((o) => o.v));
    }
    const order = [...sums].sort((a, b) => b[1].v - a[1].v), top = order.slice(0, 7).filter(([, o]) => o.v > 0);
    const s = scale(unit, found.map((f) => (f.roots.length ? total(f.roots.map((o) => o.y)) : [0])));
    const none = (run) => run.years.map(() => 0);
    const panels = found.map(({ run, i, roots, parts }) => {
      const rest = total([none(run), ...roots.filter((o) => !o.root).map((o) => o.y), ...order.slice(7).map(([key]) => parts.get(key) || none(run))]);
      return { title: run.title, run: i, unit: `${s.name} a year`, by: s.by, bars: true,
        series: [...top.map(([key, o], k) => ({ name: capital(short(o.name, innerWidth < 620 ? 42 : 64)), x: run.years, y: parts.get(key) || none(run), part: k, many: true })),
          ...(sum(rest) > 0 ? [{ name: "Other causes", x: run.years, y: rest, part: 7, many: true }] : [])] };
    });
    const what = isNeed ? `${capital(state.material)} for industry` : words(of);
    const most = found.reduce((a, b) => (a && a.whole >= b.whole ? a : b), null);
    let title = "No scenario shown tells causes", summary = "";
    if (most && !(most.whole > 0)) title = `${isNeed ? `No need for ${state.material} stays unmet` : `No demand for ${inText(of)} is given up`}${inRegion()}`;
    else if (most) {
      const first = most.roots.filter((o) => o.root).sort((a, b) => b.v - a.v)[0];
      title = `${what}: ${percent(first.v / most.whole, 0)} of what is missing${inRegion()}, ${most.run.years[0]} to ${last(most.run.years)}, began with ${beganAt(first.root)}${ofRun(most.run.title)}`;
      summary = `Largest causes, ${regionName(state.region)}. ${found.map((f) => `${f.run.title}, ${amount(f.whole, scale(unit, [[f.whole]]))} missing${f.whole > 0 ? `: ${f.roots.filter((o) => o.root).sort((a, b) => b.v - a.v).slice(0, 3).map((o) => `${percent(o.v / f.whole, 0)} ${beganAt(o.root)}`).join("; ")}` : ""}`).join(". ")}.`;
    }
    const table = { head: ["scenario", "kind", "stage", "region", "material", ...YEARS.map((y) => `${y} [${unit}]`)],
      rows: found.flatMap((f) => f.roots.sort((a, b) => b.v - a.v).map(({ root, y }) => [f.run.title, ...(root ? [kindName(root[0]), placeStage(root[1]), regionName(root[2]), root[3]] : ["smaller causes", null, null, null]), ...YEARS.map((year) => y[f.run.years.indexOf(year)] ?? null)])) };
    return { panels, title, what: isNeed ? "" : words(of), summary: summary || title, table, shareY: true };
  },
});
const withGaps = PRODUCTS.filter((p) => RUNS.some((r) => r.causes && Object.keys((r.causes.products[0] || [])[r.products.indexOf(p)] || {}).length));
CHOICES.push(
  { id: "cause_of", list: [["deepest", "Deepest shortage, or need for the material chosen"], ["need", "Industry's need for the material"], ...withGaps.map((p) => [p, `Final demand: ${words(p)}`])], value: "deepest", chart: "causes" },
  { id: "cause_by", list: Object.entries(BEGAN), value: "root", chart: "causes" },
);
