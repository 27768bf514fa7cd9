/* Figures that set all materials, suppliers and scenarios side by side. */
const fullName = (name, run) => `${name}${ofRun(run)}`;
/* Largest first; what is beyond the number of patterns becomes one part. */
function largest(parts, most = 7) {
  const order = parts.map((p) => ({ ...p, v: sum(p.sums) })).filter((p) => p.v > 0).sort((a, b) => b.v - a.v);
  return { top: order.slice(0, most), rest: order.slice(most) };
}
const changeOf = (o, now, before) => (now === null || before === null ? null : o.unit === "1" ? now - before : before ? now / before - 1 : null);
/* A loss of availability that is none: it prints as nothing. */
const LEAST_LOSS = 5e-4;
const outcomeOf = (key) => D.outcomes.find((o) => o.key === key);
const minus = (text) => text.replace("-", "−");
/* A difference with its sign in words: "+2.1 points, more delivered". */
function told(o, v) {
  if (v === null) return "not known";
  if (Math.abs(v) < 5e-5) return "no difference";
  const digits = Math.abs(v) < 0.0095 ? 2 : 1, size = minus(`${v > 0 ? "+" : ""}${(100 * v).toFixed(digits)}`);
  return `${size}${NB}${o.unit === "1" ? "points" : "%"}, ${v > 0 ? o.more : o.less}`;
}

/* Materials shown, in words, and the series of each. */
const rowsOf = (run, of) => { const rows = run.materials.filter((name) => shownMaterials().includes(name)); return { rows: rows.map(capital), z: rows.map((name) => of[run.materials.indexOf(name)]) }; };

Object.assign(FIGURES, {
  heat() {
    let worst = null;
    const panels = visible().flatMap(({ run, i }) => {
      const { r } = at(run);
      return r < 0 ? [] : [{ title: run.title, run: i, x: run.years, ...rowsOf(run, run.availability_by_year[r]) }];
    });
    for (const p of panels) p.z.forEach((row, m) => {
      const y = lowest(row);
      if (y >= 0 && (!worst || row[y] < worst.v)) worst = { v: row[y], year: p.x[y], material: p.rows[m], run: p.title };
    });
    const short = (p) => p.rows.filter((_, m) => known(p.z[m]).some((v) => v < D.shortage)).length;
    const most = panels.reduce((a, b) => (a && short(a) >= short(b) ? a : b), null);
    const title = !worst ? (panels.length ? `Nobody asks for ${state.every ? "any of the materials" : state.material}${inRegion()}` : "No scenario is shown")
      : worst.v >= D.shortage ? `${state.every ? "Every material" : capital(state.material)} reaches ${percent(D.shortage, 0)} or more of demand in every year${inRegion()}`
        : panels[0].rows.length === 1 ? fullName(`${worst.material} is short${inRegion()}: ${percent(worst.v)} delivered in ${worst.year}`, worst.run)
          : `${short(most)} of ${most.rows.length} materials ${short(most) === 1 ? "runs" : "run"} short in some year${inRegion()}${ofRun(most.title)}; deepest is ${worst.material.toLowerCase()} in ${worst.year}, ${percent(worst.v)} delivered${worst.run === most.title ? "" : ofRun(worst.run)}`;
    const summary = `Lowest year of each material, ${regionName(state.region)}. ${capital(grouped(panels.map((p) => {
      const low = p.rows.map((name, m) => ({ name, y: lowest(p.z[m]), row: p.z[m] })).filter((o) => o.y >= 0 && o.row[o.y] < D.shortage).sort((a, b) => a.row[a.y] - b.row[b.y]);
      return { name: p.title, text: low.length ? low.map((o) => `${o.name.toLowerCase()} ${percent(o.row[o.y])} (${p.x[o.y]})`).join(", ") : `all at ${percent(D.shortage, 0)} or more` };
    }), ": ", ". "))}.`;
    if (!worst) return { panels: [], title };
    return { panels, title, summary, heat: true, high: 44 + 24 * Math.max(1, ...panels.map((p) => p.rows.length)), rowWord: "material", yLabel: "availability" };
  },

  suppliers() {
    const isMined = state.supplied === "mined", good = isMined ? `${state.material} in ore` : `refined ${state.material}`;
    const found = visible().flatMap(({ run, i }) => {
      const { m, r } = at(run), codes = ownRegions(run);
      if (m < 0 || r < 0 || (!isMined && !run.received)) return [];
      const parts = codes.map((code, k) => [code, isMined ? run.mines.regions[m][k] : run.received[r][m][k]]);
      return [{ run, i, parts: new Map(isMined ? parts.filter(([code]) => within(run, state.region).includes(code)) : parts) }];
    });
    const { top, rest } = largest([...new Set(RUNS.flatMap(ownRegions))].map((code) => ({ code, sums: found.map((f) => sum(f.parts.get(code) || [])) })));
    const s = scale("t", found.map((f) => total([...f.parts.values()])));
    const of = ({ run, parts }, code) => parts.get(code) || run.years.map(() => 0);
    const panels = found.map((f) => ({
      title: f.run.title, run: f.i, unit: `${s.name} a year`, by: s.by, bars: true,
      series: [...top.map(({ code }, k) => ({ name: code === state.region ? `${regionShort(code, 26)} itself` : regionShort(code, 32), x: f.run.years, y: of(f, code), part: k, many: true })),
        ...(rest.length ? [{ name: "Other regions", x: f.run.years, y: total(rest.map(({ code }) => of(f, code))), part: 7, many: true }] : [])],
    }));
    let title = "No scenario is shown";
    if (found.length) {
      const f = found[0], end = f.run.years.length - 1, whole = sum([...f.parts.values()].map((y) => y[end])), year = last(f.run.years);
      const first = [...f.parts].map(([code, y]) => ({ code, v: y[end] })).sort((p, q) => q.v - p.v)[0];
      title = fullName(!(whole > 0) ? `No ${good} is ${isMined ? "mined" : "bought"}${inRegion()} in ${year}`
        : isMined ? (state.region === "World" ? `${regionName(first.code)} mines ${percent(first.v / whole, 0)} of the world's ${state.material} in ${year}` : `${amount(whole, s)} of ${state.material} is mined${inRegion()} in ${year}`)
          : `${first.code === state.region ? `Suppliers within ${regionName(first.code)} deliver` : `${regionName(first.code)} delivers`} ${percent(first.v / whole, 0)} of the ${good} bought${inRegion() || " in the world"} in ${year}`, f.run.title);
    }
    return { panels, title, shareY: true };
  },

  differences() {
    const o = outcomeOf(state.outcome), base = RUNS[0], r0 = base.regions.indexOf(state.region);
    const panels = visible().filter(({ i }) => i > 0).flatMap(({ run, i }) => {
      const r = run.regions.indexOf(state.region);
      if (r < 0 || r0 < 0 || !run.outcomes[o.key] || !base.outcomes[o.key]) return [];
      const both = run.materials.filter((material) => base.materials.includes(material) && shownMaterials().includes(material));
      const pick = (from, region, material) => from.outcomes[o.key][region][from.materials.indexOf(material)][0];
      const interval = run.intervals && run.intervals[o.key];
      return [{ title: run.title, run: i, rows: both, v: both.map((material) => changeOf(o, pick(run, r, material), pick(base, r0, material))),
        now: both.map((material) => pick(run, r, material)), before: both.map((material) => pick(base, r0, material)),
        range: interval && interval[r] && both.map((material) => interval[r][run.materials.indexOf(material)]) }];
    });
    let far = null;
    for (const p of panels) p.v.forEach((v, m) => { if (v !== null && Math.abs(v) >= 5e-5 && (!far || Math.abs(v) > Math.abs(far.v))) far = { v, material: p.rows[m], run: p.title }; });
    const title = !panels.length ? `No scenario shown beside ${base.title}`
      : far ? `${quoted(far.run)} against ${quoted(base.title)}: ${far.material}${inRegion()} ${told(o, far.v)}, the largest difference in ${o.name}`
        : `No difference in ${o.name}${inRegion()} against ${quoted(base.title)}`;
    const summary = `${capital(o.name)}, ${regionName(state.region)}, against ${base.title}. ${capital(grouped(panels.map((p) => ({ name: p.title, text: p.rows.map((m, k) => `${m} ${told(o, p.v[k])}`).join("; ") })), ": ", ". "))}.`;
    const table = { head: ["scenario", "material", `${o.name}, ${base.title} [${o.unit}]`, "scenario's", o.unit === "1" ? "difference" : "relative difference", "in words"],
      rows: panels.flatMap((p) => p.rows.map((m, k) => [p.title, m, p.before[k], p.now[k], p.v[k], told(o, p.v[k])])) };
    return { panels, title, summary, table, outcome: o, draw: drawDifferences };
  },

  resilience() {
    const against = state.reference, isBase = against === "baseline";
    const found = visible().filter(({ i }) => !isBase || i > 0).flatMap(({ run }) => {
      const r = run.regions.indexOf(state.region), part = r < 0 ? null : run.resilience[against];
      return !part ? [] : run.materials.map((material, m) => ({ material, m })).filter((o) => shownMaterials().includes(o.material)).map(({ material, m }) => ({ run, material, depth: part.depth[r][m], area: part.area[r][m], back: part.recovery[r][m], month: run.months[part.worst[r][m]] }));
    });
    const deep = found.reduce((a, b) => (a && a.depth >= b.depth ? a : b), null);
    const back = (o) => (o.depth < LEAST_LOSS ? "–" : o.back === null ? "not by the end" : o.back < 0.5 ? "never under 95\u00a0%" : `${figures.format(o.back / 30.4375)} months`);
    const title = !found.length ? "No scenario is shown"
      : deep.depth < LEAST_LOSS ? `Nothing worth telling is lost${inRegion()}${isBase ? ` against ${RUNS[0].title}` : ""}`
        : fullName(`${isBase ? `Availability of ${deep.material}${inRegion()} falls ${(100 * deep.depth).toFixed(1)} points below ${quoted(RUNS[0].title)} in` : `${percent(deep.depth)} of demand for ${deep.material}${inRegion()} is not delivered in`} ${moment(deep.month)}, the deepest loss, ${deep.back === null ? "not made good by the end" : deep.back < 0.5 ? "never under 95\u00a0%" : `back at 95${NB}% after ${back(deep)}`}`, deep.run.title);
    const rows = found.map((o) => [o.run.title, capital(o.material), o.depth, o.depth < LEAST_LOSS ? "–" : moment(o.month).replace(/^(...)[a-z]*/, "$1"), o.area, back(o)]);
    const head = ["Scenario", "Material", "Deepest loss", "Worst month", "Area, days", "Back at 95 %"];
    const summary = deep && deep.depth >= LEAST_LOSS ? `Losses of more than one percent, ${regionName(state.region)}: ${found.filter((o) => o.depth > 0.01).map((o) => `${o.material}${ofRun(o.run.title)} ${percent(o.depth)}`).join("; ") || "none"}.` : `No loss of ${percent(2 * LEAST_LOSS)} or more.`;
    return { title, summary, panels: [], table: { head, rows }, draw: (node) => drawTable(node, { head, rows: rows.map((row) => row.map((v, i) => (i === 4 ? figures.format(v) : v))), shares: [2] }) };
  },
});
CHOICES.push(
  { id: "supplied", list: [["refined", "Refined material bought, by region of the supplier"], ["mined", "Metal in mine production, by region of the mine"]], value: "refined", chart: "suppliers" },
  { id: "outcome", list: D.outcomes.filter((o) => RUNS.some((r) => r.outcomes[o.key])).map((o) => [o.key, capital(o.name)]), value: D.outcomes[0].key, chart: "differences" },
  { id: "reference", list: [["full", "Against full delivery"], ["baseline", "Against the baseline"]].slice(0, RUNS.length > 1 ? 2 : 1), value: RUNS.length > 1 ? "baseline" : "full", chart: "resilience" },
);

/* Ticks of a difference between shares: points, not percent. */
function inPoints(most) {
  const step = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((s) => most / s < 3) || 1;
  const tickvals = [-2, -1, 0, 1, 2].map((k) => k * step);
  return { tickmode: "array", tickvals, ticktext: tickvals.map((v) => minus(`${v > 0 ? "+" : ""}${figures.format(100 * v)}`)) };
}
/* Bars to either side of nothing; what each says stands on the other side. */
function drawDifferences(node, figure) {
  const t = theme(), width = widthOf(node), n = figure.panels.length, o = figure.outcome, data = [];
  const g = grid(n, width, 56 + 27 * Math.max(1, ...figure.panels.map((p) => p.rows.length))), layout = base(width, g.height);
  const most = 1.08 * Math.max(1e-4, ...figure.panels.flatMap((p) => [...p.v, ...(p.range ? p.range.flat() : [])].map(Math.abs)));
  const longest = Math.max(6, ...figure.panels.flatMap((p) => p.rows.map((m) => m.length)));
  const narrow = (text) => (width / g.cols < 470 ? text.split(/, | \(/)[0] : text);
  layout.hovermode = false; layout.margin.l = 14 + 6.8 * longest; layout.bargap = 0.3; layout.barmode = "overlay";
  figure.panels.forEach((panel, i) => {
    const cell = g.cells[i], isWorse = (v) => v * o.good < 0;
    if (g.cols > 1) cell.x = i % 2 ? [0.57, 1] : [0, 0.43];
    axes(layout, cell, { share: true }, { share: true }, width / 2);
    Object.assign(layout[`xaxis${cell.key}`], { range: [-most, most], tickformat: "~%", ...(o.unit === "1" ? inPoints(most) : {}), zeroline: true, zerolinecolor: t.ink, nticks: 5 });
    Object.assign(layout[`yaxis${cell.key}`], { type: "category", autorange: "reversed", tickformat: "", showgrid: false, ticks: "", nticks: 0, dtick: 1, tickfont: { color: t.ink, size: 12 } });
    layout.annotations.push(titleOf(panel.title, o.unit === "1" ? "points" : "%", cell.key, ((width - layout.margin.l) / g.cols) * (g.cols > 1 ? 0.86 : 1) + 60));
    for (const worse of [false, true]) {
      const v = panel.v.map((d) => (isWorse(d) === worse ? d : null));
      data.push({ type: "bar", orientation: "h", y: panel.rows.map((m) => plain(capital(m))), x: v, xaxis: `x${cell.key}`, yaxis: `y${cell.key}`, hoverinfo: "skip", name: `${plain(panel.title)}${worse ? ", for the worse" : ""}`,
        error_x: panel.range ? { type: "data", symmetric: false, array: panel.range.map(([, high], k) => high - v[k]), arrayminus: panel.range.map(([low], k) => v[k] - low), color: t.ink, thickness: 1.2 } : undefined,
        marker: { color: worse ? t.runs[2] : o.good ? t.parts[1] : t.parts[0], pattern: { shape: worse ? "/" : "", fillmode: "overlay", size: 6, solidity: 0.22, fgcolor: t.paper, fgopacity: 0.75 } } });
    }
    panel.v.forEach((v, k) => layout.annotations.push({ text: plain(narrow(panel.texts ? panel.texts[k] : told(o, v))), x: panel.range ? (v > 0 ? Math.min(0, panel.range[k][0]) : Math.max(0, panel.range[k][1])) : 0, y: k, xref: `x${cell.key}`, yref: `y${cell.key}`, xanchor: v > 0 ? "right" : "left", xshift: v > 0 ? -5 : 5, showarrow: false, font: { size: 11, color: t.ink } }));
  });
  Plotly.react(node, data, layout, { displayModeBar: false, responsive: false });
}
/* A table as the chart itself: a line of its own for what rows share in their first column, shares with a bar behind them, tones of cells. */
function drawTable(node, { head, rows, shares = [], tones }) {
  const table = tableNode(head.slice(1), rows.map((row) => row.slice(1).map((v, i) => (shares.includes(i + 1) && typeof v === "number" ? percent(v) : v))));
  table.className = `glance flat${tones ? " told" : ""}`;
  [...table.tBodies[0].rows].forEach((tr, k) => {
    if (tones) [...tr.cells].forEach((cell, i) => { if (tones[k][i + 1]) cell.className = tones[k][i + 1]; });
    for (const i of shares) if (typeof rows[k][i] === "number") { tr.cells[i - 1].classList.add("barred"); tr.cells[i - 1].style.setProperty("--part", `${Math.min(100, 100 * rows[k][i]).toFixed(1)}%`); }
    if (k && rows[k][0] === rows[k - 1][0]) return;
    const top = document.createElement("tr"), name = Object.assign(document.createElement("th"), { scope: "rowgroup", colSpan: head.length - 1, textContent: rows[k][0] });
    top.append(name);
    top.className = "next";
    tr.before(top);
  });
  node.replaceChildren(table);
}
