/* Bars that lie, with names beside them: one uncertain number at a time, and pairs of measures. Rows have a `name` for readers. */
function lying(node, rows, unit, rowHeight) {
  const names = rows.map((r) => r.name), t = theme(), width = widthOf(node), layout = base(width, 92 + rowHeight * Math.max(1, names.length)), longest = Math.max(6, ...names.map((name) => name.length));
  layout.hovermode = "closest"; layout.margin.l = Math.min(width * 0.45, 16 + 6.6 * longest); layout.margin.b = 52; layout.bargap = 0.3;
  layout.xaxis = { gridcolor: t.grid, zeroline: false, linecolor: t.muted, tickfont: { color: t.muted }, fixedrange: true, nticks: 6, tickformat: "~g", title: { text: plain(unit), font: { color: t.muted, size: 12 } } };
  layout.yaxis = { type: "category", autorange: "reversed", fixedrange: true, tickfont: { color: t.ink, size: 12 }, ticks: "", dtick: 1 };
  layout.legend = { orientation: "h", y: 1, yref: "container", yanchor: "top", x: 0, xanchor: "left", font: { color: t.ink, size: 12 }, itemclick: false, itemdoubleclick: false };
  layout.showlegend = true;
  /* Names that are the same when cut keep a place each: what is put behind them cannot be seen. */
  const labels = names.map((name) => plain(short(name, Math.floor((layout.margin.l - 16) / 6.6)))), y = labels.map((label, k) => label + "\u200b".repeat(labels.slice(0, k).filter((other) => other === label).length));
  return { t, layout, y };
}
const barColours = (t, color, shape) => ({ color, pattern: { shape, fillmode: "overlay", size: 6, solidity: 0.22, fgcolor: t.paper, fgopacity: 0.75 } });
function drawTornado(node, { rows, by = 1, unit = "" }) {
  const { t, layout, y } = lying(node, rows, unit, 25), central = rows.length ? rows[0].central / by : 0;
  layout.barmode = "overlay";
  layout.shapes.push({ type: "line", yref: "paper", y0: 0, y1: 1, x0: central, x1: central, line: { color: t.ink, width: 1.4 } });
  const side = (key, name, color, shape) => ({
    type: "bar", orientation: "h", name, y, base: central, x: rows.map((r) => (r[key] === null ? null : r[key] / by - central)), customdata: rows.map((r) => [r[key] === null ? null : r[key] / by, r[key === "at_low" ? "low" : "high"], plain(short(r.what || "", 90))]),
    hovertemplate: "%{customdata[0]:,.4~g} at %{customdata[1]:,.4~g}<br>%{customdata[2]}<extra></extra>", marker: barColours(t, color, shape),
  });
  Plotly.react(node, rows.length ? [side("at_low", "at 5 % of its range", t.parts[0], ""), side("at_high", "at 95 %", t.runs[2], "/")] : [], layout, { displayModeBar: false, responsive: false });
}
/* Two bars for each row, with half widths of intervals where there are some; bars: [{ key, name, conf }]. */
function drawPairs(node, { rows, by = 1, unit = "", bars }) {
  const { t, layout, y } = lying(node, rows, unit, 46), looks = [[t.runs[2], "/"], [t.parts[0], ""]];
  layout.barmode = "group"; layout.xaxis.rangemode = "tozero";
  const data = bars.map(({ key, name, conf }, k) => ({
    type: "bar", orientation: "h", name, y, x: rows.map((r) => r[key] / by), hovertemplate: `%{x:,.4~g}<extra>${name}</extra>`, marker: barColours(t, ...looks[k]),
    error_x: conf ? { type: "data", array: rows.map((r) => r[conf] / by), color: t.ink, thickness: 1.2 } : undefined,
  }));
  Plotly.react(node, rows.length ? data : [], layout, { displayModeBar: false, responsive: false });
}
