/* The world's regions, coloured by how short they are or on whom they depend. */
const share = (part, whole) => (whole > 0 ? part / whole : null);
/* Each measure of a region: its number, higher being worse, and what stands beside it. */
const MAPPED = {
  shortage: { name: "Shortage: not delivered of what users ask for", of: (run, m, r, y) => { const v = run.availability_by_year[r][m][y]; return { v: v === null ? null : Math.max(0, 1 - v) }; },
    say: (o) => `${regionName(o.code)} is hit hardest: ${percent(o.v)} of demand, by content of ${state.material}, is not delivered in ${o.year}`,
    own: (o) => (o.v < 5e-5 ? `${placeName(o.code)} is not short of ${state.material}` : `${percent(o.v)} of demand in ${placeName(o.code)}, by content of ${state.material}, is not delivered in ${o.year}`) },
  supplier: { name: "Dependence: share of the largest supplier abroad", needs: "received", of: (run, m, r, y) => {
    const got = run.received[r][m].map((s) => s[y]), whole = sum(got);
    const best = got.reduce((a, v, k) => (k !== r - 1 && (a < 0 || v > got[a]) ? k : a), -1);
    return { v: share(got[best], whole), from: whole > 0 && got[best] > 0 ? run.regions[best + 1] : "" };
  }, say: (o) => `${regionName(o.code)} depends most on one supplier abroad: ${percent(o.v, 0)} of its refined ${state.material} comes from ${placeName(o.from)} in ${o.year}`,
    own: (o) => (o.from ? `${percent(o.v, 0)} of the refined ${state.material} bought in ${placeName(o.code)} comes from ${placeName(o.from)} in ${o.year}` : `${placeName(o.code)} buys no ${state.material} abroad`) },
  imports: { name: "Import reliance: share that comes from other regions", needs: "received", of: (run, m, r, y) => { const got = run.received[r][m].map((s) => s[y]), whole = sum(got); return { v: share(whole - got[r - 1], whole) }; },
    say: (o) => `${regionName(o.code)} imports ${percent(o.v, 0)} of its refined ${state.material} in ${o.year}, more than any other region`, own: (o) => `${placeName(o.code)} imports ${percent(o.v, 0)} of its refined ${state.material} in ${o.year}` },
  supply: { name: "Concentration: share in the world's refined supply", needs: "received", of: (run, m, r, y) => ({ v: share(run.received[0][m][r - 1][y], sum(run.received[0][m].map((s) => s[y]))) }),
    say: (o) => `${regionName(o.code)} delivers ${percent(o.v, 0)} of the world's refined ${state.material} in ${o.year}`, own: (o) => MAPPED.supply.say(o) },
};
function mapped(run, code) {
  const measure = MAPPED[state.map_measure], { m } = at(run), r = run.regions.indexOf(code);
  if (m < 0 || (measure.needs && !run[measure.needs])) return { code, v: null };
  const years = state.map_year === "worst" ? run.years : [+state.map_year];
  return years.reduce((best, year) => {
    const y = run.years.indexOf(year), o = y < 0 ? { v: null } : measure.of(run, m, r, y);
    return o.v !== null && (best.v === null || o.v > best.v) ? { ...o, code, year } : best;
  }, { code, v: null });
}
/* Colour between the stops of a scale; 0 is its dark end. */
function between(stops, at0) {
  const k = Math.max(1, stops.findIndex(([s]) => s >= at0)), [a, from] = stops[k - 1], [b, to] = stops[k];
  const part = (at0 - a) / (b - a), hex = (c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16));
  return `rgb(${hex(from).map((v, i) => Math.round(v + part * (hex(to)[i] - v))).join(",")})`;
}
Object.assign(FIGURES, {
  map() {
    const measure = MAPPED[state.map_measure];
    const panels = visible().map(({ run }) => ({ run, title: run.title, found: ownRegions(run).map((code) => mapped(run, code)) }));
    const all = panels.flatMap((p) => p.found.filter((o) => o.v !== null).map((o) => ({ ...o, run: p.title, isIn: within(p.run, state.region).includes(o.code) })));
    const isAll = state.region === "World", own = isAll ? all : all.filter((o) => o.isIn);
    const worst = own.reduce((a, b) => (a && a.v >= b.v ? a : b), null);
    const title = !panels.length ? "No scenario is shown" : !worst ? `${isAll ? "No region buys" : `${regionName(state.region)} buys no`} ${state.material} here`
      : !isAll && !isGroup(state.region) ? `${capital(measure.own(worst))}${ofRun(worst.run)}`
      : worst.v < 5e-5 ? `No region${isAll ? "" : ` of ${placeName(state.region)}`} is short of ${state.material}` : `${capital(isAll ? measure.say(worst) : `in ${placeName(state.region)}, ${measure.say(worst)}`)}${ofRun(worst.run)}`;
    const hidden = [...new Set(panels.flatMap((p) => ownRegions(p.run).filter((c) => !(p.run.countries[c] || []).some((iso) => D.world.paths[iso]))))];
    const summary = `${measure.name}, ${state.material}, ${regionName(state.region)}, ${state.map_year === "worst" ? "highest year of each region" : state.map_year}. ${capital(grouped(panels.map((p) => ({ name: p.title, text: p.found.filter((o) => o.v > 5e-5 && within(p.run, state.region).includes(o.code)).sort((a, b) => b.v - a.v).slice(0, 4).map((o) => `${regionName(o.code)} ${percent(o.v, 0)}`).join(", ") || "none" })), ": ", ". "))}.${hidden.length ? ` Too small for the map: ${hidden.map(regionName).join(", ")}.` : ""}`;
    const table = { head: ["scenario", "region", "year", `${measure.name}, ${state.material} [1]`, "largest supplier abroad"],
      rows: panels.flatMap((p) => p.found.map((o) => [p.title, regionName(o.code), o.year ?? null, o.v, o.from ? regionName(o.from) : null])) };
    return { panels, title, summary, table, top: Math.max(state.map_measure === "shortage" ? 0.2 : 1, ...all.map((o) => o.v)), draw: drawMap };
  },
});
CHOICES.push(
  { id: "map_measure", list: Object.entries(MAPPED).filter(([, m]) => !m.needs || RUNS.some((r) => r[m.needs])).map(([k, m]) => [k, m.name]), value: "shortage", chart: "map" },
  { id: "map_year", list: [["worst", "Highest year of each region"], ...YEARS.map((y) => [y, y])], value: "worst", chart: "map" },
);
function svgNode(name, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
function drawMap(node, figure) {
  const t = theme(), { box, paths } = D.world, all = Object.keys(paths), maps = document.createElement("div");
  const color = (v) => (v === null ? t.grid : between(t.heat, 1 - v / figure.top));
  maps.className = "maps";
  for (const panel of figure.panels) {
    const frame = document.createElement("figure"), name = document.createElement("figcaption"), svg = svgNode("svg", { viewBox: box.join(" "), "aria-hidden": "true", class: "map" });
    name.textContent = panel.title;
    const owned = new Set(Object.values(panel.run.countries).flat());
    svg.append(svgNode("path", { d: all.filter((iso) => !owned.has(iso)).map((iso) => paths[iso]).join(""), fill: "none", stroke: t.muted, "stroke-width": 0.6 }));
    const isChosen = (o) => state.region !== "World" && within(panel.run, state.region).includes(o.code);
    for (const o of [...panel.found].sort((a, b) => isChosen(a) - isChosen(b))) {
      const land = svgNode("path", { d: (panel.run.countries[o.code] || []).map((iso) => paths[iso] || "").join(""), fill: color(o.v), stroke: isChosen(o) ? t.ink : t.muted, "stroke-width": isChosen(o) ? 6 : 2, "paint-order": "stroke", "data-region": o.code });
      const tip = svgNode("title");
      tip.textContent = `${regionName(o.code)}: ${o.v === null ? "buys none" : `${percent(o.v)}${o.from ? `, from ${regionName(o.from)}` : ""} (${o.year})`}`;
      land.append(tip);
      svg.append(land);
    }
    frame.append(name, svg);
    maps.append(frame);
  }
  const key = document.createElement("p");
  key.className = "map-key";
  const bar = document.createElement("span");
  bar.style.background = `linear-gradient(to right, ${[0, 0.2, 0.4, 0.6, 0.8, 1].map((v) => color(v * figure.top)).join(",")})`;
  key.append("0", bar, percent(figure.top, 0), ...(figure.panels.some((p) => p.found.some((o) => o.v === null)) ? [Object.assign(document.createElement("i"), { style: `background:${t.grid}` }), "buys none"] : []));
  node.replaceChildren(maps, key);
}
