// The page of the benchmark: a button, and a table for each lane as it comes.
// `?run=quick` or `?run=full` starts at once; `lanes=swap,convert` picks some; `scale=1024` makes all arrays smaller, which measures nothing.
import { BOUNDS, LANES, keeps, run } from "./run.js";

/** @typedef {import("./run.js").Results} Results */
/** @typedef {import("./lanes.js").Row} Row */

/** @template {HTMLElement} [T=HTMLElement] @param {string} selector */
const at = (selector) => /** @type {T} */ (document.querySelector(selector));
const [start, cancel, save] = /** @type {HTMLButtonElement[]} */ (["#start", "#cancel", "#save"].map((id) => at(id)));
const bar = /** @type {HTMLProgressElement} */ (at("progress"));
const parameters = new URLSearchParams(location.search);
let controller = new AbortController();

/** For whoever looks from outside: tests, `cargo xtask bench`. @type {{ bounds: typeof BOUNDS, results?: Results, error?: string }} */
const shown = { bounds: BOUNDS };
Object.assign(window, { byteferryMeasure: shown });

/**
 * @param {string} tag
 * @param {string} [text]
 * @param {string} [className]
 */
function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  if (tag === "th") made.setAttribute("scope", "row");
  return made;
}

/** @param {number} value */
const round = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value >= 0.1 ? value.toFixed(2) : value.toPrecision(2));

/** @param {number} bytes */
function binary(bytes) {
  const [unit, size] = bytes >= 2 ** 20 ? ["MiB", 2 ** 20] : ["KiB", 2 ** 10];
  return `${Number((bytes / size).toPrecision(3))} ${unit}`;
}

/** @param {Results["ratios"]} ratios */
function showRatios(ratios) {
  at("#ratios tbody").replaceChildren(
    ...Object.entries(BOUNDS).map(([name, { least, most, about }]) => {
      const value = ratios[name];
      const kept = keeps(name, value);
      const row = document.createElement("tr");
      const pair = name === "convert_min_vs_best_js" ? ratios.convert_min_pair : name === "convert_min_vs_output_copy" ? ratios.convert_min_vs_output_copy_pair : undefined;
      const number = typeof value === "number" ? `${round(value)}${kept ? "" : " ✗ missed"}` : "–";
      row.append(
        element("th", name),
        element("td", pair ? `${about} (${pair})` : about, "words"),
        element("td", least !== undefined ? `≥ ${least}` : `≤ ${most}`, "number"),
        element("td", number, `number ${kept === undefined ? "" : kept ? "kept" : "missed"}`),
      );
      return row;
    }),
  );
}

/** The body of each lane's table, made when its first row comes. @type {Map<string, HTMLTableSectionElement>} */
const bodies = new Map();

/** Columns of a lane's table. */
const FIGURES = [["what"], ["dtype"], ["bytes", "number"], ["median", "number"], ["from", "number"], ["to", "number"], ["runs", "number"]];
/** And of the pairs', which has a line for each of them. */
const PAIR = [["pair"], ["byteferry, GB/s", "number"], ["best JavaScript, GB/s", "number"], ["which is"], ["times", "number"]];

/** @param {string} lane */
function bodyOf(lane) {
  let body = bodies.get(lane);
  if (!body) {
    const section = element("section", "", "panel lane");
    const title = element("h2", LANES[lane].title);
    title.id = `lane-${lane}`;
    section.setAttribute("aria-labelledby", title.id);
    const scroll = element("div", "", "wide");
    // What scrolls must be reached by the keyboard.
    Object.assign(scroll, { tabIndex: 0 });
    scroll.setAttribute("role", "group");
    scroll.setAttribute("aria-labelledby", title.id);
    const table = document.createElement("table");
    const head = document.createElement("tr");
    for (const [text, className] of lane === "convert" ? PAIR : FIGURES) {
      const cell = element("th", text, className);
      cell.setAttribute("scope", "col");
      head.append(cell);
    }
    table.append(document.createElement("thead"), document.createElement("tbody"));
    table.tHead?.append(head);
    scroll.append(table);
    section.append(title, element("p", LANES[lane].about, "readout"), scroll);
    at("#lanes").append(section);
    bodies.set(lane, (body = table.tBodies[0]));
  }
  return body;
}

/** What has come of the pair that is measured. @type {Row[]} */
let pair = [];

/**
 * Once byteferry's own figure has come, which is the last of a pair, one line: where the worst stand first.
 * @param {Row} row
 */
function showPair(row) {
  if (pair.length && (pair[0].dtype !== row.dtype || pair[0].to !== row.to)) pair = [];
  pair.push(row);
  if (row.name !== "byteferry") return;
  const best = pair.filter(({ name }) => name !== "byteferry" && !name.startsWith("copy of")).reduce((a, b) => (b.median > a.median ? b : a));
  const times = row.median / best.median;
  const line = element("tr");
  line.dataset.times = String(times);
  line.append(
    element("th", `${row.dtype} → ${row.to}`),
    element("td", round(row.median), "number"),
    element("td", round(best.median), "number"),
    element("td", best.name, "words"),
    element("td", `${round(times)}${times < 1 ? " ✗" : ""}`, `number ${times < 1 ? "missed" : "kept"}`),
  );
  const body = bodyOf("convert");
  const next = [...body.rows].find(({ dataset }) => Number(dataset.times) > times);
  body.insertBefore(line, next ?? null);
}

/** @param {Row} row */
function showRow({ lane, name, dtype, to, bytes, unit, median, min, max, runs }) {
  const line = element("tr", "", /byteferry|^decode|ferry\.fetch|^to /.test(name) ? "ours" : "");
  line.append(
    element("th", name),
    element("td", to ? `${dtype} → ${to}` : dtype),
    element("td", binary(bytes), "number"),
    element("td", `${round(median)} ${unit}`, "number"),
    element("td", round(min), "number"),
    element("td", round(max), "number"),
    element("td", String(runs), "number"),
  );
  bodyOf(lane).append(line);
}

/** @param {boolean} quick */
async function measure(quick) {
  controller = new AbortController();
  at("#problem").hidden = true;
  for (const old of ["#lanes", "#notes"]) at(old).replaceChildren();
  pair = [];
  bodies.clear();
  showRatios({});
  delete shown.results;
  delete shown.error;
  document.body.dataset.state = "running";
  // A button that is disabled loses the keyboard's focus: the other one takes it.
  cancel.disabled = false;
  if (document.activeElement === start) cancel.focus();
  start.disabled = save.disabled = true;
  try {
    const results = await run({
      quick,
      lanes: parameters.get("lanes")?.split(","),
      scale: Number(parameters.get("scale") ?? 1),
      signal: controller.signal,
      onRow: (row) => (row.lane === "convert" ? showPair(row) : showRow(row)),
      onRatios: showRatios,
      onProgress({ lane, done }) {
        bar.value = done;
        at("#status").textContent = `${LANES[lane].title} …`;
      },
    });
    bar.value = 1;
    shown.results = results;
    showRatios(results.ratios);
    const missed = Object.keys(BOUNDS).filter((name) => keeps(name, results.ratios[name]) === false);
    const told = missed.length ? `${missed.length} of the bounds missed: ${missed.join(", ")}.` : "All bounds that were measured are kept.";
    at("#status").textContent = `${results.quick ? "Done, with small arrays: a full run says more." : "Done."} ${told}`;
    at("#notes").replaceChildren(...results.notes.map((text) => element("li", text)));
    save.disabled = false;
    document.body.dataset.state = "done";
  } catch (error) {
    const cancelled = controller.signal.aborted;
    at("#status").textContent = cancelled ? "Cancelled." : "It ended early.";
    if (!cancelled) {
      shown.error = String(error);
      at("#problem").textContent = shown.error;
      at("#problem").hidden = false;
    }
    document.body.dataset.state = cancelled ? "cancelled" : "failed";
  }
  start.disabled = false;
  if (document.activeElement === cancel) start.focus();
  cancel.disabled = true;
}

at("#measure").addEventListener("submit", (event) => {
  event.preventDefault();
  measure(new FormData(/** @type {HTMLFormElement} */ (at("#measure"))).get("length") === "quick");
});
cancel.addEventListener("click", () => controller.abort());
save.addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(shown.results, null, 2)], { type: "application/json" }));
  link.download = `byteferry-${shown.results?.date.slice(0, 10)}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
});
showRatios({});
start.disabled = false;
document.body.dataset.state = "idle";
const asked = parameters.get("run");
if (asked) measure(asked === "quick");
