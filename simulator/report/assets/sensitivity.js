/* The page of a study of sensitivity: its charts, their tables and files, themes and print. */
for (const f of JSON.parse(byId("data").textContent)) shownFigures[f.id] = f;
function drawAll() { for (const f of Object.values(shownFigures)) (f.method === "tornado" ? drawTornado : drawPairs)(byId(`${f.id}-plot`), f); }
function setTheme(name) {
  root.dataset.theme = name;
  byId("theme").setAttribute("aria-pressed", String(name === "dark"));
  byId("theme").textContent = name === "dark" ? "Light" : "Dark";
  drawAll();
}
byId("theme").addEventListener("click", () => setTheme(root.dataset.theme === "dark" ? "light" : "dark"));
byId("print").addEventListener("click", () => window.print());
addEventListener("beforeprint", () => { printing = true; drawAll(); });
addEventListener("afterprint", () => { printing = false; drawAll(); });
for (const b of document.querySelectorAll(".csv")) b.addEventListener("click", () => download(b.dataset.chart));
for (const id of Object.keys(shownFigures)) byId(id).querySelector("details.data").addEventListener("toggle", (e) => { if (e.target.open) fillTable(id); });
setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
let pause = 0, lastWidth = document.body.clientWidth;
new ResizeObserver(() => {
  if (printing || document.body.clientWidth === lastWidth) return;
  lastWidth = document.body.clientWidth;
  clearTimeout(pause);
  pause = setTimeout(drawAll, 120);
}).observe(document.body);
document.body.dataset.ready = "yes";
document.body.dataset.drawn = "all";
