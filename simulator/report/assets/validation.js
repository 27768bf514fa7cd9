/* Simulated path as a line, observations as points with their band; hits and misses by shape and colour. */
const COLOURS = {
  light: { ink: "#18212c", muted: "#556070", grid: "#e6e9ed", line: "#0072b2", hit: "#00805d", miss: "#c84e00", band: "rgba(200,110,30,.18)" },
  dark: { ink: "#e9edf2", muted: "#a9b3c0", grid: "#2b333e", line: "#62b5ee", hit: "#3fcf9f", miss: "#ff9b52", band: "rgba(255,170,90,.22)" },
};
const FIGURES = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
const colours = () => COLOURS[root.dataset.theme === "dark" ? "dark" : "light"];
function points(figure, isHit) {
  const c = colours(), rows = figure.observed.filter((o) => o.isHit === isHit && o.y !== null);
  return {
    type: "scatter", mode: "markers", name: isHit ? "observed, hit" : "observed, miss", x: rows.map((o) => o.x), y: rows.map((o) => o.y), text: rows.map((o) => o.text),
    marker: { color: isHit ? c.hit : c.miss, symbol: isHit ? "circle" : "x", size: 9 }, hovertemplate: "%{text}: %{y:.3~g}<extra></extra>",
    error_y: { type: "data", symmetric: false, array: rows.map((o) => (o.high === null ? 0 : o.high - o.y)), arrayminus: rows.map((o) => (o.low === null ? 0 : o.y - o.low)), color: isHit ? c.hit : c.miss, thickness: 1.2 },
  };
}
function draw(figure) {
  const node = document.getElementById(figure.id), c = colours(), width = Math.max(260, Math.floor(node.parentElement.clientWidth));
  const axis = { gridcolor: c.grid, zeroline: false, tickfont: { color: c.muted }, fixedrange: true };
  const layout = {
    width, height: 260, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", dragmode: false, margin: { l: 52, r: 18, t: 30, b: 32 }, font: { size: 12, color: c.ink },
    xaxis: { ...axis, type: "date" }, yaxis: { ...axis, rangemode: "tozero", exponentformat: "none" }, legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", itemclick: false, itemdoubleclick: false },
    shapes: figure.days.map((d) => ({ type: "rect", xref: "x", yref: "paper", x0: d.from, x1: d.to, y0: 0, y1: 1, fillcolor: c.band, line: { width: 0 }, layer: "below" })),
  };
  const line = { type: "scatter", mode: "lines", name: "simulated", x: figure.x, y: figure.y, line: { color: c.line, width: 2.2 }, hovertemplate: "%{x|%B %Y}: %{y:.3~g}<extra></extra>" };
  const data = [line, points(figure, true), points(figure, false)].filter((t) => t.x.length);
  Plotly.react(node, data, layout, { displayModeBar: false, responsive: false });
}
function drawAll() { FIGURES.forEach(draw); }
function setTheme(name) {
  root.dataset.theme = name;
  const button = document.getElementById("theme");
  button.setAttribute("aria-pressed", String(name === "dark"));
  button.textContent = name === "dark" ? "Light" : "Dark";
  drawAll();
}
document.getElementById("theme").addEventListener("click", () => setTheme(root.dataset.theme === "dark" ? "light" : "dark"));
document.getElementById("print").addEventListener("click", () => window.print());
setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
let pause = 0, lastWidth = document.body.clientWidth;
new ResizeObserver(() => {
  if (document.body.clientWidth === lastWidth) return;
  lastWidth = document.body.clientWidth;
  clearTimeout(pause);
  pause = setTimeout(drawAll, 120);
}).observe(document.body);
document.body.dataset.ready = "yes";
