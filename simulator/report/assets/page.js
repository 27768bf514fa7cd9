/* The page around the charts: what is chosen, links that carry it, when to draw, themes and print. */
const CONTROLS = new Map();
const EVERY = "all";
const GLOBAL = ["material", "region"];
/* A control: its node, what it starts with, and the charts that it acts on; none named is all of them. */
function control(id, pairs, value, charts) {
  const node = byId(id);
  if (!node) return;
  node.replaceChildren(...pairs.map(([key, text]) => new Option(text, key)));
  place(id, value, charts, "change");
}
function slider(id, ends, value, charts) {
  const node = byId(id);
  if (!node) return;
  Object.assign(node, { min: ends[0], max: ends[1] });
  place(id, value, charts, "input");
}
function place(id, value, charts, event) {
  const node = byId(id);
  CONTROLS.set(id, { node, start: String(value), charts });
  put(id, value);
  node.addEventListener(event, () => { put(id, node.value); remember(); (charts || D.charts).forEach(draw); });
}
/* Take a value over; one that is not offered is left out. */
function put(id, value) {
  const { node } = CONTROLS.get(id);
  if (node.tagName === "SELECT" && ![...node.options].some((o) => o.value === String(value))) return;
  node.value = value;
  state[id] = node.value;
  const out = byId(`${id}-out`);
  if (out) out.textContent = node.value;
  if (id !== "material") return;
  state.every = node.value === EVERY;
  if (state.every) state.material = FOCUS;
  offerProducts();
}
/* Products that hold one of the materials shown. */
function offerProducts() {
  const own = CONTROLS.get("product");
  if (!own) return;
  const holds = (p) => shownMaterials().some((m) => RUNS.some((run) => (run.in_use[m] || {})[p]));
  for (const o of own.node.options) o.hidden = o.disabled = !holds(o.value);
  const now = own.node.selectedOptions[0];
  if (now && now.disabled) { const other = [...own.node.options].find((o) => !o.disabled); if (other) put("product", other.value); }
}
/* What is chosen, as the part of a link behind the chart's name: material and region always, others where they differ from the start. */
function chosen(id) {
  const found = new URLSearchParams(GLOBAL.map((key) => [key, CONTROLS.get(key).node.value]));
  for (const [key, { node, start, charts }] of CONTROLS) if (!GLOBAL.includes(key) && charts.includes(id) && node.value !== start) found.set(key, node.value);
  if (state.hidden.size) found.set("hidden", [...state.hidden].sort().join("."));
  return found.toString();
}
function remember() {
  for (const id of D.charts) byId(id).querySelector("a.link").href = `#${id}?${chosen(id)}`;
  const id = location.hash.slice(1).split("?")[0];
  if (D.charts.includes(id)) history.replaceState(null, "", `#${id}?${chosen(id)}`);
}
/* Set all controls as a link says; a link without such a part leaves them alone. */
function restore(fragment) {
  const [id, part] = fragment.replace(/^#/, "").split("?");
  if (part !== undefined) {
    const given = new URLSearchParams(part);
    state.hidden = new Set((given.get("hidden") || "").split(".").filter((k) => RUNS[k] && k !== "").map(Number));
    for (const [key, { start }] of CONTROLS) { put(key, start); if (given.has(key)) put(key, given.get(key)); }
    repaint();
  }
  remember();
  const target = byId(id);
  if (part !== undefined && target) target.scrollIntoView({ behavior: "instant" });
}

/* Charts in sight are drawn at once, the others when there is time or when they come near. */
const stale = new Set(), near = new Set();
const later = window.requestIdleCallback || ((f) => setTimeout(f, 30));
let isWaiting = false;
function draw(id) {
  const figure = FIGURES[id]();
  shownFigures[id] = figure;
  byId(`${id}-title`).textContent = figure.title;
  sayInWords(id, summarise(id, figure));
  byId(`${id}-scope`).textContent = scopeOf(id);
  const fold = byId(id).querySelector("details.data");
  if (fold.open) fillTable(id); else fold.querySelector(".scroll").replaceChildren();
  stale.add(id);
  delete document.body.dataset.drawn;
  if (printing || near.has(id)) paint(id);
  wait();
}
/* What a chart says in words: a short text stands there, a long one can be unfolded. */
const SHORT_TEXT = 330;
function sayInWords(id, text) {
  const node = byId(`${id}-summary`), fold = node.parentElement, isShort = text.length <= SHORT_TEXT;
  node.textContent = text;
  if (isShort || fold.classList.contains("brief")) fold.open = isShort;
  fold.classList.toggle("brief", isShort);
}
function paint(id) {
  if (!stale.delete(id)) return;
  const node = byId(`${id}-plot`);
  if (printing && node.data) Plotly.purge(node);
  paintFigure(id, node, shownFigures[id]);
  if (!stale.size) document.body.dataset.drawn = "all";
}
function wait() {
  if (isWaiting || !stale.size) return;
  isWaiting = true;
  later(() => { isWaiting = false; for (const id of stale) { paint(id); break; } wait(); });
}
const finish = () => [...stale].forEach(paint);
const drawAll = () => D.charts.forEach(draw);
/* Name of the place shown; of a group also what it is made of. */
function wherefrom() {
  const note = RUNS.map((run) => run.group_notes[state.region]).find(Boolean);
  return note ? `${regionName(state.region)}, ${note}` : regionName(state.region);
}
/* What of the filter of materials a chart is of, by what the filter does there. */
function ofMaterials(kind) {
  if (!kind || (kind === "all" && state.every)) return "all materials together";
  if (!state.every) return state.material;
  return kind === "each" ? "each material" : `${state.material}, the material that runs shortest`;
}
/* What of the filters acts on a chart, and what its numbers cannot be told apart by; a figure knows better where it says so. */
function scopeOf(id) {
  const { material, region } = D.scopes[id], { what, where, note } = shownFigures[id];
  const follows = region === true && !where, place = where || (follows ? wherefrom() : region || "World, not told apart by region");
  return capital(`${what || ofMaterials(material)} · ${place}${note ? `, ${note}` : ""}${follows ? absent() : ""}${centralNote(id)}`);
}
/* Scenarios whose world knows no such place; a chart shows nothing of them. */
function absent() {
  const names = visible().filter(({ run }) => !run.regions.includes(state.region)).map(({ run }) => quoted(run.title));
  return names.length ? `, which ${names.join(" and ")} ${names.length > 1 ? "do" : "does"} not tell apart` : "";
}

function legend() {
  const box = byId("legend");
  if (!box) return;
  box.querySelectorAll("label").forEach((l) => l.remove());
  RUNS.forEach((run, i) => {
    const label = document.createElement("label"), input = document.createElement("input"), name = document.createElement("span");
    input.type = "checkbox"; input.checked = !state.hidden.has(i);
    input.addEventListener("change", () => { if (input.checked) state.hidden.delete(i); else state.hidden.add(i); remember(); drawAll(); });
    name.textContent = run.title;
    const dash = { solid: "", dash: "9 5", dot: "2.5 3.5", dashdot: "9 4 2.5 4", longdash: "14 5", longdashdot: "14 4 2.5 4" }[DASHES[i % 7]];
    label.append(input);
    label.insertAdjacentHTML("beforeend", `<svg width="34" height="10" aria-hidden="true"><line x1="1" y1="5" x2="33" y2="5" stroke="${theme().runs[i % 7]}" stroke-width="${i ? 2.4 : 2.8}" stroke-dasharray="${dash}"/></svg>`);
    label.append(name);
    box.append(label);
  });
}
function setTheme(name) {
  root.dataset.theme = name;
  const button = byId("theme");
  button.setAttribute("aria-pressed", String(name === "dark"));
  button.textContent = name === "dark" ? "Light" : "Dark";
}
function repaint() { legend(); drawAll(); }
function startControls() {
  control("material", [[EVERY, "All"], ...MATERIALS.map((m) => [m, capital(m)])], EVERY);
  control("region", REGIONS.map((r) => [r, regionName(r)]), state.region);
  control("measure", D.measures, state.measure, ["availability"]);
  control("product", PRODUCTS.map((p) => [p, words(p)]), state.product, ["products"]);
  control("rate", D.rates.map(([k, n]) => [k, capital(n)]), state.rate, ["rates"]);
  control("count", [["n_firms", "Enterprises"], ["jobs", "Jobs"], ["sales", "Sales"], ["share", "Market share"]].filter(([k]) => RUNS.some((r) => r.firms[k === "share" ? "sales" : k])), state.count, ["firms"]);
  control("stage", [[0, "All stages"], ...D.stages.map(([, n], i) => [i + 1, capital(n)])], 0, ["firms"]);
  control("detail", RUNS.map((r, i) => [i, r.title]), 0, ["loop"]);
  startEconomy();
  for (const { id, list, value, chart } of CHOICES) control(id, list, value, [chart]);
  slider("year", [YEARS[0], last(YEARS)], state.year, ["loop"]);
}
function startThemes() {
  const wish = matchMedia("(prefers-color-scheme: dark)");
  let isOwn = false;
  const follow = () => setTheme(wish.matches ? "dark" : "light");
  follow();
  wish.addEventListener("change", () => { if (!isOwn) { follow(); repaint(); } });
  byId("theme").addEventListener("click", () => { isOwn = true; setTheme(root.dataset.theme === "dark" ? "light" : "dark"); repaint(); });
}
/* Paper is white: light colours, all charts at the width of a page, all folds but the data open. */
function startPrint() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not(.data, .words):not([open])")];
    opened.forEach((d) => { d.open = true; });
    printing = true;
    repaint();
  });
  addEventListener("afterprint", () => { opened.forEach((d) => { d.open = false; }); printing = false; repaint(); });
  byId("print").addEventListener("click", () => window.print());
}
function startSight() {
  const watch = new IntersectionObserver((entries) => {
    for (const e of entries) { if (e.isIntersecting) { near.add(e.target.id); paint(e.target.id); } else near.delete(e.target.id); }
  }, { rootMargin: "600px 0px" });
  D.charts.forEach((id) => watch.observe(byId(id)));
  let timer = 0, width = document.body.clientWidth;
  new ResizeObserver(() => {
    if (printing || document.body.clientWidth === width) return;
    width = document.body.clientWidth;
    clearTimeout(timer);
    timer = setTimeout(drawAll, 120);
  }).observe(document.body);
}
function start() {
  startThemes();
  startControls();
  startPrint();
  byId("filters").addEventListener("submit", (e) => e.preventDefault());
  document.querySelectorAll(".csv").forEach((b) => b.addEventListener("click", () => download(b.dataset.chart)));
  D.charts.forEach((id) => byId(id).querySelector("details.data").addEventListener("toggle", (e) => { if (e.target.open) fillTable(id); }));
  const contents = byId("contents"), wide = matchMedia("(min-width: 1400px)");
  const unfold = () => { contents.open = wide.matches; };
  unfold();
  wide.addEventListener("change", unfold);
  addEventListener("hashchange", () => restore(location.hash));
  if (location.hash.includes("?")) restore(location.hash); else { remember(); repaint(); }
  startSight();
  document.body.dataset.ready = "yes";
}
start();
