/* Figures onto the page: plotly traces, colours, tables, files. */
const THEMES = {
  light: { ink: "#18212c", muted: "#556070", grid: "#e6e9ed", paper: "#ffffff", band: "rgba(200,110,30,.13)", runs: ["#18212c", "#0072b2", "#c84e00", "#00805d", "#a8457f", "#7a6400", "#2a8fbd"], parts: ["#5b7c99", "#00805d", "#e0a100", "#9c4f96"], heat: [[0, "#5c0f32"], [0.35, "#b3352c"], [0.65, "#ee8b3a"], [0.9, "#fbe3a0"], [1, "#eef2f5"]] },
  dark: { ink: "#e9edf2", muted: "#a9b3c0", grid: "#2b333e", paper: "#191f27", band: "rgba(255,170,90,.16)", runs: ["#f4f6f8", "#62b5ee", "#ff9b52", "#3fcf9f", "#e79bc8", "#e6d24a", "#9fd3ea"], parts: ["#7e9fbd", "#3fb98d", "#f0b93a", "#c58bc0"], heat: [[0, "#ffd0de"], [0.35, "#ff8f7a"], [0.65, "#d9772b"], [0.9, "#6b5320"], [1, "#242c36"]] },
};
const MANY = ["#4477aa", "#ccbb44", "#228833", "#ee6677", "#66ccee", "#aa3377", "#999933", "#bbbbbb"];
const PATTERNS = ["", "/", ".", "x", "-", "\\", "+", "|"];
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid"];
let printing = false;
const root = document.documentElement;
const theme = () => THEMES[!printing && root.dataset.theme === "dark" ? "dark" : "light"];
const byId = (id) => document.getElementById(id);
/* plotly reads a few tags in its texts: names of scenarios must stay text. */
const plain = (s) => String(s).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const short = (s, n) => ([...s].length > n ? `${[...s].slice(0, n - 1).join("")}…` : s);
const FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Liberation Sans",sans-serif';
const shownFigures = {};

function widthOf(node) { return printing ? 660 : Math.max(260, Math.floor(node.parentElement.clientWidth)); }
function base(width, height) {
  const t = theme();
  return {
    width, height, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", dragmode: false, showlegend: false,
    font: { family: FONT, size: 12, color: t.ink }, margin: { l: 58, r: 22, t: 34, b: 34 }, hovermode: "x unified",
    hoverlabel: { bgcolor: t.paper, bordercolor: t.grid, font: { color: t.ink, size: 12 }, namelength: 40 }, annotations: [], shapes: [],
  };
}
/* Panels in one or two columns: their axes, titles and the place of each. */
function grid(n, width, panelHeight) {
  const cols = width < 620 || n === 1 ? 1 : 2, rows = Math.ceil(n / cols) || 1;
  const height = rows * panelHeight + 40, gapX = cols > 1 ? 0.085 : 0, gapY = rows > 1 ? 62 / (height - 68) : 0;
  const w = (1 - gapX * (cols - 1)) / cols, h = (1 - gapY * (rows - 1)) / rows;
  const cells = Array.from({ length: n }, (_, i) => {
    const c = i % cols, r = Math.floor(i / cols), top = 1 - r * (h + gapY);
    return { x: [c * (w + gapX), c * (w + gapX) + w], y: [Math.max(0, top - h), top], key: i ? String(i + 1) : "" };
  });
  return { cells, cols, height };
}
function titleOf(text, whole, key, width) {
  const wide = Math.floor((width - 70) / 7.4), unit = whole && short(whole, wide), isSplit = text && unit && wide - unit.length - 2 < Math.min(26, text.length);
  const name = text && `<b>${plain(short(text, Math.max(16, isSplit || !unit ? wide : wide - unit.length - 2)))}</b>`;
  const label = [name, unit && plain(unit)].filter(Boolean).join(isSplit ? "<br>" : ", ");
  return { text: label, xref: `x${key} domain`, yref: `y${key} domain`, x: 0, y: 1, xanchor: "left", yanchor: "bottom", align: "left", yshift: isSplit ? 1 : 6, showarrow: false, font: { size: 13, color: theme().ink } };
}
/* Ticks of an axis of years: whole years, each named once, and no more than have room. */
function yearTicks(panels, most) {
  const years = panels.flatMap((p) => (p.z ? p.x : p.series.flatMap((s) => s.x))), span = Math.max(...years) - Math.min(...years);
  return { tick0: 0, dtick: [1, 2, 5, 10, 20, 50].find((step) => span / step < most) || 100 };
}
function axes(layout, cell, figure, panel, width) {
  const t = theme(), isYears = !figure.xIsMonth && !figure.xFormat && !figure.xWord && figure.panels, nticks = Math.max(3, Math.min(9, Math.floor(((cell.x[1] - cell.x[0]) * (width - 80)) / 52)));
  layout[`xaxis${cell.key}`] = {
    domain: cell.x, anchor: `y${cell.key}`, type: figure.xIsMonth ? "date" : "linear", gridcolor: t.grid, zeroline: false, linecolor: t.muted, ticks: "outside", tickcolor: t.grid,
    tickformat: figure.xFormat || (figure.xIsMonth ? "%Y" : "d"), ...(figure.xIsMonth ? { tickformatstops: [{ dtickrange: [null, "M6"], value: "%b %Y" }, { dtickrange: ["M12", null], value: "%Y" }] } : {}), hoverformat: figure.xFormat ? figure.xFormat.replace("~", ".3~") : figure.xIsMonth ? "%B %Y" : "d", nticks, ...(isYears ? yearTicks(figure.panels, nticks) : {}), fixedrange: true, tickfont: { color: t.muted },
  };
  layout[`yaxis${cell.key}`] = {
    domain: cell.y, anchor: `x${cell.key}`, gridcolor: t.grid, zeroline: false, tickfont: { color: t.muted }, fixedrange: true, nticks: 6,
    tickformat: isShare(figure, panel) ? (figure.free ? "~%" : ".0%") : "~g", rangemode: panel.zero || panel.bars || figure.fromZero ? "tozero" : "normal", exponentformat: "none",
  };
}
function bands(layout, cell, list, isFirst, span, atTop) {
  const t = theme();
  list.forEach((e, k) => {
    layout.shapes.push({ type: "rect", xref: `x${cell.key}`, yref: `y${cell.key} domain`, x0: e.start, x1: e.end, y0: 0, y1: 1, fillcolor: t.band, line: { width: 0 }, layer: "below" });
    if (!isFirst) return;
    const late = (Date.parse(e.start) - span[0]) / (span[1] - span[0]) > 0.6;
    layout.annotations.push({ text: plain(short(e.name.replaceAll("_", " "), 30)), xref: `x${cell.key}`, yref: `y${cell.key} domain`, x: late ? e.end : e.start, y: atTop ? 1 : 0, xanchor: late ? "right" : "left", yanchor: atTop ? "top" : "bottom", yshift: (atTop ? -1 : 1) * (2 + 13 * (k % 4)), showarrow: false, borderpad: 0, bgcolor: faded(t.paper, 0.72), font: { size: 10.5, color: t.muted } });
  });
}
function trace(s, panel, cell, figure) {
  const t = theme(), by = panel.by || 1, y = s.y.map((v) => (v === null ? null : v / by));
  const hover = `${plain(short(s.name, 40))}: %{y:${isShare(figure, panel) ? ".1%" : ",.4~g"}}<extra></extra>`;
  const common = { x: s.x, y, name: plain(s.name), xaxis: `x${cell.key}`, yaxis: `y${cell.key}`, hovertemplate: hover };
  if (panel.bars) {
    const color = (s.many ? MANY : t.parts)[s.part % 8] || MANY[s.part % 8];
    return { ...common, type: "bar", marker: { color, line: { width: 0 }, pattern: { shape: PATTERNS[s.part % 8], fillmode: "overlay", size: 6, solidity: 0.22, fgcolor: t.paper, fgopacity: 0.75 } } };
  }
  if (s.run < 0) return { ...common, type: "scatter", mode: "lines", line: { color: t.muted, width: 1.4, shape: s.target ? "hv" : "linear" } };
  return { ...common, type: "scatter", mode: s.markers || known(s.y).length === 1 ? "lines+markers" : "lines", connectgaps: false, opacity: s.thin ? 0.6 : 1, line: { shape: s.step || "linear", color: t.runs[s.run % 7], dash: s.dash || (s.thin ? "solid" : DASHES[s.run % 7]), width: s.thin ? 1 : s.run === 0 ? 2.4 : 2.1 } };
}
/* Ranges of members around a line, the outer one first; there and back again, so that one area is one trace. */
function ranges(s, panel, cell) {
  const by = panel.by || 1, color = theme().runs[s.run % 7], alpha = [0.13, 0.2].map((a) => a / Math.sqrt(panel.series.filter((other) => other.fan).length));
  return (s.fan || []).map(([low, high], k) => {
    const at = s.x.map((_, i) => i).filter((i) => low[i] !== null && high[i] !== null), back = [...at].reverse();
    return { type: "scatter", mode: "lines", fill: "toself", hoverinfo: "skip", name: `${plain(s.name)}, ${k ? "25 to 75" : "5 to 95"} %`, xaxis: `x${cell.key}`, yaxis: `y${cell.key}`, line: { width: 0, color }, fillcolor: faded(color, alpha[k]),
      x: [...at.map((i) => s.x[i]), ...back.map((i) => s.x[i])], y: [...at.map((i) => high[i] / by), ...back.map((i) => low[i] / by)] };
  });
}
const faded = (hex, a) => `rgba(${[1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)).join(",")},${a})`;
function drawPanels(node, figure) {
  const width = widthOf(node), n = figure.panels.length, isBars = figure.panels.some((p) => p.bars);
  const g = grid(n, width, (figure.tall ? 330 : isBars ? 250 : 215) * (printing ? 0.7 : 1)), layout = base(width, g.height), data = [];
  layout.barmode = "stack"; layout.bargap = 0.18;
  const all = figure.panels.flatMap((p) => p.series.flatMap((s) => [...known(s.y), ...(s.fan ? s.fan[0].flatMap(known) : [])]));
  const low = all.length ? all.reduce((a, b) => Math.min(a, b)) : 1, high = all.reduce((a, b) => Math.max(a, b), 0);
  const months = figure.xIsMonth ? figure.panels.flatMap((p) => p.series.flatMap((s) => [Date.parse(s.x[0]), Date.parse(last(s.x))])) : [0, 1];
  figure.panels.forEach((panel, i) => {
    const cell = g.cells[i];
    axes(layout, cell, figure, panel, width);
    layout.annotations.push(titleOf(panel.title, panel.unit, cell.key, width / g.cols));
    if (figure.share && !figure.fromZero && !figure.free) layout[`yaxis${cell.key}`].range = [Math.max(0, Math.min(0.9, low) - 0.04), Math.max(1.02, high)];
    if (figure.fromZero) layout[`yaxis${cell.key}`].range = [0, Math.min(1.02, Math.max(0.05, high) * 1.08)];
    if (figure.mark) layout.shapes.push({ type: "line", xref: `x${cell.key} domain`, yref: `y${cell.key}`, x0: 0, x1: 1, y0: figure.mark, y1: figure.mark, line: { color: theme().muted, width: 1, dash: "dot" } });
    if (panel.span) layout[`xaxis${cell.key}`].range = panel.span;
    if (i && (figure.shareY || (panel.group && figure.panels[i - 1].group === panel.group))) layout[`yaxis${cell.key}`].matches = figure.shareY ? "y" : `y${g.cells[figure.panels.findIndex((p) => p.group === panel.group)].key}`;
    if (figure.bands && figure.bands.length) bands(layout, cell, figure.bands, i === 0, [Math.min(...months), Math.max(...months)], figure.peak);
    for (const s of panel.series) data.push(...ranges(s, panel, cell));
    for (const s of panel.series) data.push(trace(s, panel, cell, figure));
  });
  if (isBars) partsLegend(layout, figure, data);
  if (!n) Object.assign(layout, { height: 20, margin: { l: 0, r: 0, t: 0, b: 0 }, xaxis: { visible: false }, yaxis: { visible: false } });
  Plotly.react(node, data, layout, { displayModeBar: false, responsive: false });
}
function partsLegend(layout, figure, data) {
  const seen = new Set();
  for (const d of data) {
    if (d.type !== "bar") continue;
    d.showlegend = !seen.has(d.name); d.legendgroup = d.name; seen.add(d.name);
  }
  layout.showlegend = true;
  for (const d of data) if (d.type !== "bar") d.showlegend = false;
  layout.legend = { orientation: "h", y: 1, yref: "container", yanchor: "top", x: 0, xanchor: "left", font: { color: theme().ink, size: 12 }, itemclick: false, itemdoubleclick: false, traceorder: "normal" };
  const longest = Math.max(...[...seen].map((name) => name.length * 6.6 + 56));
  const lines = Math.ceil(seen.size / Math.max(1, Math.floor((layout.width - 80) / longest)));
  layout.margin.t += 24 * lines; layout.height += 24 * lines;
}
function drawHeat(node, figure) {
  const t = theme(), width = widthOf(node), n = figure.panels.length, g = grid(n, width, figure.high || 300), layout = base(width, g.height), narrow = width < 620, rowName = (c) => regionShort(c, narrow ? 18 : 32);
  const low = Math.min(0.8, ...figure.panels.flatMap((p) => p.z.flatMap((r) => known(r))));
  const longest = Math.max(4, ...figure.panels.flatMap((p) => p.rows.map((c) => rowName(c).length)));
  const isSame = figure.panels.every((p) => p.rows.join() === figure.panels[0].rows.join());
  layout.hovermode = "closest"; layout.margin.l = 12 + longest * 6.4; layout.margin.b = 76; layout.height += 42;
  const data = figure.panels.map((p, i) => {
    const cell = g.cells[i], isBare = g.cols > 1 && i % 2 && isSame;
    if (g.cols > 1 && isSame) cell.x = i % 2 ? [0.52, 1] : [0, 0.48];
    axes(layout, cell, figure, { zero: false }, width);
    Object.assign(layout[`yaxis${cell.key}`], { type: "category", autorange: "reversed", tickformat: "", showgrid: false, nticks: 0, dtick: 1, showticklabels: !isBare, ticks: "", tickfont: { size: narrow ? 10 : 11, color: t.ink } });
    Object.assign(layout[`xaxis${cell.key}`], { showgrid: false, linecolor: "rgba(0,0,0,0)" });
    layout.annotations.push(titleOf(p.title, "", cell.key, (width - layout.margin.l) / g.cols + (i % g.cols ? 0 : 50))); // the first column may begin over the names of rows
    return { type: "heatmap", x: p.x, y: p.rows.map((c) => plain(rowName(c))), z: p.z, zmin: low, zmax: 1, colorscale: t.heat, xgap: 1, ygap: 1, xaxis: `x${cell.key}`, yaxis: `y${cell.key}`, customdata: p.z.map((row, r) => row.map(() => plain(regionName(p.rows[r])))),
      hovertemplate: "%{customdata}, %{x}: %{z:.1%}<extra></extra>", showscale: i === 0, colorbar: { orientation: "h", thickness: 10, len: Math.min(0.9, 320 / width), x: 0, xanchor: "left", y: 0, yref: "container", yanchor: "bottom", tickformat: ".0%", tickfont: { color: t.muted }, outlinewidth: 0 } };
  });
  Plotly.react(node, data, layout, { displayModeBar: false, responsive: false });
}
function paintFigure(id, node, figure) {
  /* From panels to none and back all is drawn anew: plotly stumbles over axes that go. */
  if (!figure.draw && node.data && !node.data.length !== !figure.panels.length) Plotly.purge(node);
  if (figure.draw) figure.draw(node, figure);
  else if (figure.heat) drawHeat(node, figure);
  else drawPanels(node, figure);
}

/* Data of a chart as head and rows; what the fold shows and the CSV holds. */
function tableOf(id) {
  const f = shownFigures[id];
  if (f.table) return f.table;
  if (f.heat) return { head: ["scenario", f.rowWord || "region", ...(f.panels[0] ? f.panels[0].x : [])], rows: f.panels.flatMap((p) => p.rows.map((c, r) => [p.title, regionName(c), ...p.z[r]])) };
  const columns = f.panels.flatMap((p) => p.series.flatMap(withRanges).map((s) => ({ name: [f.about, p.title, s.name].filter(Boolean).join(" · ") + (p.unit ? ` [${p.unit}]` : ""), by: p.by || 1, map: new Map(s.x.map((x, i) => [x, s.y[i]])) })));
  const xs = [...new Set(f.panels.flatMap((p) => p.series.flatMap((s) => s.x)))].sort(f.xIsMonth ? undefined : (a, b) => a - b);
  return { head: [f.xIsMonth ? "month" : f.xWord || "year", ...columns.map((c) => c.name)], rows: xs.map((x) => [x, ...columns.map((c) => { const v = c.map.get(x); return v === undefined || v === null ? null : v / c.by; })]) };
}
/* A line and, behind it, the ends of its ranges as lines of their own. */
function withRanges(s) {
  if (!s.fan) return [s];
  const ends = [["5 %", s.fan[0][0]], ["25 %", s.fan[1][0]], ["75 %", s.fan[1][1]], ["95 %", s.fan[0][1]]];
  return [{ ...s, name: `${s.name}, median` }, ...ends.map(([name, y]) => ({ ...s, name: `${s.name}, ${name}`, y }))];
}
function tableNode(head, rows) {
  const table = document.createElement("table"), top = table.createTHead().insertRow(), body = table.createTBody();
  for (const h of head) { const th = document.createElement("th"); th.scope = "col"; th.textContent = h; top.append(th); }
  for (const row of rows) {
    const tr = body.insertRow();
    row.forEach((v, i) => { const cell = i ? tr.insertCell() : tr.appendChild(Object.assign(document.createElement("th"), { scope: "row" })); cell.textContent = v === null ? "–" : typeof v === "number" && i ? figures5.format(v) : v; });
  }
  return table;
}
function fillTable(id) {
  const { head, rows } = tableOf(id);
  byId(id).querySelector("details.data .scroll").replaceChildren(tableNode(head, rows));
}
const figures5 = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 5 });
function csvOf(id) {
  const quote = (v) => (v === null ? "" : /[",\n]/.test(String(v)) ? `"${String(v).replaceAll('"', '""')}"` : String(v));
  const { head, rows } = tableOf(id);
  return [head, ...rows].map((r) => r.map(quote).join(",")).join("\n") + "\n";
}
function download(id) {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(new Blob([csvOf(id)], { type: "text/csv" }));
  a.download = `loopcast_${id}.csv`;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 1000);
}
