/* The loop in one year: what every link carries in the world, or in a place with what comes in and goes out. */
const ACROSS = { inside: "inside", imports: "imported", exports: "exported" };
const ABROAD = { imports: "from elsewhere", exports: "to elsewhere" };
/* Bands of a year: those of the world, or of a place by what stays inside, comes in, goes out. */
function bandsOf(run, m, y) {
  const bands = (of, kind) => run.links.map(([source, target], k) => ({ source, target, kind, t: of(k) })).filter((l) => l.t > 0);
  if (state.region === "World") return bands((k) => run.flow[m][k][y], "");
  const own = run.flow_by_region[state.region];
  return own && Object.keys(ACROSS).flatMap((kind, j) => bands((k) => (own[j][m][k] || [])[y] || 0, kind));
}
const across = (l) => `${nodeName(l.source)} to ${nodeName(l.target)}${ABROAD[l.kind] ? `, ${ACROSS[l.kind]}` : ""}`;
const isLost = (l) => D.sinks.includes(l.target);
function loopTitle(links, s) {
  const say = (chosen) => amount(links.filter(chosen).reduce((a, l) => a + l.t, 0), s), mined = say((l) => l.source === "lithosphere"), lost = say(isLost);
  const back = say((l) => l.source === "recycling" && !isLost(l) && l.kind !== "imports");
  if (state.region === "World") return `In ${state.year}, ${mined} of ${state.material} leaves the ground, ${back} comes back from recycling and ${lost} is lost`;
  return `In ${state.year}, ${mined} of ${state.material} leaves the ground${inRegion()}, ${say((l) => l.kind === "imports")} comes in from elsewhere, ${say((l) => l.kind === "exports")} goes out, ${back} comes back from recycling and ${lost} is lost`;
}
FIGURES.loop = () => {
  const run = RUNS[state.detail], { m } = at(run), y = run.years.indexOf(+state.year), isWorld = state.region === "World";
  const none = (title) => ({ links: [], title, panels: [], summary: "", table: { head: [], rows: [] }, draw: drawLoop, run: state.detail });
  if (m < 0 || y < 0) return none(`No ${state.material} in ${run.title} in ${state.year}`);
  const links = bandsOf(run, m, y);
  if (!links) return none(`No flows of ${placeName(state.region)} are told in ${run.title}`);
  const unit = scale("t", [links.map((l) => l.t)]), top = [...links].sort((a, b) => b.t - a.t).slice(0, 4);
  const where = isWorld ? "" : `, ${regionName(state.region)}`;
  return {
    links, unit, panels: [], run: state.detail, draw: drawLoop,
    title: loopTitle(links, unit) + (RUNS.length > 1 ? ` (${run.title})` : ""),
    summary: top.length ? `Largest flows${inRegion()}: ${top.map((l) => `${across(l)} ${amount(l.t, unit)}`).join("; ")}.` : "",
    table: { head: ["from", "to", ...(isWorld ? [] : ["border"]), `tonnes of ${state.material} in ${state.year}${where}`], rows: links.map((l) => [nodeName(l.source), nodeName(l.target), ...(isWorld ? [] : [ACROSS[l.kind]]), l.t]) },
  };
};
const HEIGHT = 470, PAD = 16;
/* Places and short names of the stages: a name fits between its node and the next. */
const STAGE_X = { lithosphere: 0.001, extraction: 0.09, processing: 0.195, component: 0.285, manufacturing: 0.385, use: 0.475, hibernating: 0.55, collection: 0.625, recycling: 0.73 };
const STAGE_NAME = { component: "Components", manufacturing: "Products", use: "In use", hibernating: "Kept" };
const STAGE_Y = { lithosphere: 0.3, extraction: 0.3, processing: 0.3, component: 0.2, manufacturing: 0.35, use: 0.35, hibernating: 0.4, collection: 0.5, recycling: 0.55 };
/* Nodes at the ends of a band: what goes back against the order of stages ends at the right and begins anew. */
function ends(l, index) {
  const order = D.node_order, isBack = !isLost(l) && order.indexOf(l.target) < order.indexOf(l.source);
  if (l.kind === "imports") return [{ ...l, s: index("<elsewhere"), e: index(l.target), abroad: true }];
  if (l.kind === "exports") return [{ ...l, s: index(l.source), e: index(">elsewhere"), abroad: true }];
  if (!isBack) return [{ ...l, s: index(l.source), e: index(l.target) }];
  const anew = { ...l, s: index(`<${l.source}`), e: index(l.target), back: true };
  return l.source === "stock_change" ? [anew] : [{ ...l, s: index(l.source), e: index(`>${l.source}`), back: true }, anew];
}
/* Parts of the height that nodes take, as far as can be told before they are drawn: all starts, or all ends, fill a column. */
function heightsOf(names, links, right) {
  const sum = (key, i) => links.reduce((a, l) => a + (l[key] === i ? l.t : 0), 0), sizes = names.map((_, i) => Math.max(sum("s", i), sum("e", i)));
  const starts = sizes.filter((_, i) => !links.some((l) => l.e === i)), last = right.map((k) => sizes[names.indexOf(k)]);
  const add = (values) => values.reduce((a, v) => a + v, 0), whole = Math.max(add(starts), add(last), ...sizes);
  const room = 1 - (Math.max(starts.length, last.length) * PAD) / (HEIGHT - 24);
  return Object.fromEntries(names.map((k, i) => [k, (room * sizes[i]) / whole]));
}
/* Middles of nodes one below the other, with even gaps. */
function column(keys, heights) {
  const gap = (1 - keys.reduce((a, k) => a + heights[k], 0)) / keys.length;
  let top = gap / 2;
  return Object.fromEntries(keys.map((k) => { const y = top + heights[k] / 2; top += heights[k] + gap; return [k, y]; }));
}
function drawLoop(node, figure) {
  const t = theme(), width = Math.max(printing ? 660 : 760, widthOf(node)), layout = base(width, HEIGHT);
  layout.hovermode = "closest"; layout.margin = { l: 8, r: 8, t: 12, b: 12 };
  const names = [], index = (key) => { if (!names.includes(key)) names.push(key); return names.indexOf(key); };
  const links = figure.links.flatMap((l) => ends(l, index));
  const bare = (k) => k.replace(/^[<>]/, "");
  const isEnd = (k) => D.sinks.includes(k) || k === "stock_change" || k[0] === ">";
  const label = (k) => (bare(k) === "elsewhere" ? ABROAD[k[0] === "<" ? "imports" : "exports"] : k[0] === ">" ? `back from ${nodeName(bare(k))}` : k[0] === "<" ? `from ${nodeName(bare(k))}` : STAGE_NAME[k] || nodeName(k));
  const color = (k) => (/elsewhere$/.test(k) ? t.parts[3] : /stock_change$/.test(k) ? t.muted : /^[<>]|recycling$|collection/.test(k) ? t.parts[1] : D.sinks.includes(k) ? t.runs[2] : t.parts[0]);
  const tint = (l) => (l.abroad ? t.parts[3] : [l.source, l.target].includes("stock_change") ? t.muted : l.back ? t.parts[1] : isLost(l) ? t.runs[2] : t.parts[0]);
  const left = names.filter((k) => k === "lithosphere" || k === "<elsewhere"), right = [...names.filter((k) => k === ">elsewhere"), ...names.filter((k) => isEnd(k) && k !== ">elsewhere")];
  const heights = heightsOf(names, links, right), ys = { ...(left.includes("<elsewhere") ? column(left, heights) : {}), ...column(right, heights) };
  const x = (k) => (k === "<elsewhere" ? 0.001 : k[0] === "<" ? 0.19 : isEnd(k) ? 0.999 : STAGE_X[k] ?? 0.5);
  const y = (k) => ys[k] ?? (k[0] === "<" ? 0.85 : k === "recycling" ? Math.round(0.55 * right.length) / right.length : STAGE_Y[k] ?? 0.5);
  const data = [{
    type: "sankey", arrangement: "snap", valueformat: ",.4~g", valuesuffix: ` ${figure.unit ? figure.unit.name : "t"}`,
    node: { label: names.map((k) => plain(capital(label(k)))), color: names.map(color), pad: PAD, thickness: 14, line: { width: 0 }, x: names.map(x), y: names.map(y), hovertemplate: "%{label}: %{value}<extra></extra>" },
    link: { source: links.map((l) => l.s), target: links.map((l) => l.e), value: links.map((l) => l.t / figure.unit.by), color: links.map((l) => faded(tint(l), 0.38)), customdata: links.map((l) => plain(across(l))), hovertemplate: "%{customdata}: %{value}<extra></extra>" },
    textfont: { color: t.ink, size: 11, family: FONT },
  }];
  Plotly.react(node, links.length ? data : [], layout, { displayModeBar: false, responsive: false });
}
