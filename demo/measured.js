// The benchmark's results: charts, tables, a file of them, and a link that shows them again.
import uPlot from "./vendor/uplot/uPlot.esm.js";
import { FONT, PALETTE, colour, keepDrawn } from "./canvas.js";
import { show } from "./numbers.js";

/** @typedef {import("./measure/lanes.js").Row} Row */
/** @typedef {import("./measure/run.js").Results} Results */

/** Bytes, as in the names of sizes. @param {number} bytes */
const size = (bytes) => {
  const [unit, name] = /** @type {[number, string]} */ ([[2 ** 20, "MiB"], [2 ** 10, "KiB"]].find(([unit]) => bytes >= Number(unit)) ?? [1, "B"]);
  return `${Number((bytes / unit).toPrecision(3))} ${name}`;
};

/**
 * Milliseconds by size, both axes logarithmic; what was recorded elsewhere in dashes.
 * @param {HTMLElement} element
 * @param {Row[]} rows
 * @param {Row[]} [recorded]
 * @returns {() => void} what ends it
 */
export function drawTransfer(element, rows, recorded = []) {
  element.replaceChildren();
  // Of more than one size within its own run; of the recorded one those alone that were measured here, too: they share colours.
  /** @param {Row[]} run */
  const linesOf = (run) => run.filter((row) => row.median > 0 && run.some(({ name, bytes }) => name === row.name && bytes !== row.bytes));
  const here = linesOf(rows);
  const names = [...new Set(here.map(({ name }) => name))];
  const elsewhere = linesOf(recorded).filter(({ name }) => names.includes(name));
  const sizes = [...new Set([...here, ...elsewhere].map(({ bytes }) => Number(bytes)))].sort((a, b) => a - b);
  if (!sizes.length) return () => {};
  /** @param {Row[]} from @param {string} name */
  const values = (from, name) => sizes.map((bytes) => from.find((row) => row.name === name && row.bytes === bytes)?.median ?? null);
  /** @type {uPlot.Series[]} */
  const series = names.map((label, i) => ({ label, stroke: PALETTE[i % PALETTE.length], width: label === "decode" ? 3 : 1.5, spanGaps: true, points: { size: 5 } }));
  const there = elsewhere.length ? names.map((_, i) => ({ ...series[i], class: "recorded", dash: [4, 4], points: { show: false } })) : [];
  const look = {
    font: FONT,
    stroke: () => colour("soft"),
    grid: { stroke: () => colour("grid"), width: 1 },
    ticks: { stroke: () => colour("line"), width: 1, size: 5 },
  };
  const data = [sizes, ...names.map((name) => values(here, name)), ...(elsewhere.length ? names.map((name) => values(elsewhere, name)) : [])];
  const plot = new uPlot(
    {
      width: element.clientWidth || 300,
      height: 320,
      legend: { live: false },
      cursor: { drag: { x: false, y: false } },
      scales: { x: { time: false, distr: 3, log: 2 }, y: { distr: 3 } },
      axes: [
        { ...look, size: 30, space: 70, values: (_, splits) => splits.map((it) => (!it || Math.log2(it) % 2 ? "" : size(it))) },
        { ...look, size: 64, label: "ms", labelSize: 18, labelFont: FONT, labelGap: 0, values: (_, splits) => splits.map((it) => (it && Number.isInteger(Math.round(Math.log10(it) * 1e6) / 1e6) ? show(it) : "")) },
      ],
      series: [{}, ...series, ...there],
    },
    /** @type {any} */ (data),
    element,
  );
  if (elsewhere.length) {
    const note = document.createElement("p");
    note.className = "readout";
    note.textContent = "dashed: recorded";
    element.append(note);
  }
  const end = keepDrawn(element, () => plot.setSize({ width: element.clientWidth || 300, height: 320 }), () => plot.redraw(false));
  return () => (end(), plot.destroy());
}

/**
 * A line for each dtype: byteferry, and the best of what it is held against.
 * @param {Row[]} rows  of the lanes swap and convert
 */
export function summaries(rows) {
  /** @type {Map<string, { label: string, rows: Row[] }>} */
  const found = new Map();
  for (const row of rows) {
    const label = row.to ? `${row.dtype} → ${row.to}` : row.dtype;
    const key = `${row.lane} ${label}`;
    if (!found.has(key)) found.set(key, { label, rows: [] });
    found.get(key)?.rows.push(row);
  }
  const isCopy = (/** @type {Row} */ { name }) => name === "memcpy" || name.startsWith("copy of");
  const isJavaScript = (/** @type {Row} */ row) => !isCopy(row) && row.name !== "byteferry" && row.name !== "wasm, the whole array copied";
  return [...found.values()].flatMap(({ label, rows }) => {
    const mine = rows.find(({ name }) => name === "byteferry");
    const copy = rows.find(({ name }) => name === "memcpy" || name === "copy of the result");
    const [best] = rows.filter(isJavaScript).sort((a, b) => b.median - a.median);
    return mine ? [{ label, mine, best, copy }] : [];
  });
}

/**
 * @param {HTMLTableElement} table  with a row of heads
 * @param {Row[]} rows  of the lanes swap and convert
 */
export function tabulate(table, rows) {
  const lines = summaries(rows);
  table.tBodies[0].replaceChildren(
    ...lines.map(({ label, mine, best, copy }) => {
      const line = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = label;
      line.append(head);
      const most = Math.max(...[mine, best, copy].map((it) => it?.median ?? 0));
      for (const [row, kind] of /** @type {[Row | undefined, string][]} */ ([[mine, "ours"], [best, "rival"], [copy, "copy"]])) {
        const cell = line.insertCell();
        cell.className = kind;
        if (!row) continue;
        cell.textContent = `${row.median.toFixed(row.median < 10 ? 2 : 1)}${kind === "rival" ? ` ${row.name}` : ""}`;
        cell.title = `${row.min.toFixed(2)} to ${row.max.toFixed(2)} GB/s in ${row.runs} runs`;
        cell.style.setProperty("--share", `${((100 * row.median) / most).toFixed(1)}%`);
      }
      return line;
    }),
  );
}

/**
 * The results without rivals that were beaten by others: what there is to show.
 * @param {Results} results
 * @returns {Results}
 */
export function essential(results) {
  const told = new Set(summaries(results.rows.filter(throughput)).flatMap(({ mine, best, copy }) => [mine, best, copy]));
  return { ...results, rows: results.rows.filter((row) => !throughput(row) || told.has(row)) };
}

/** @param {Row} row */
export const throughput = ({ lane }) => lane === "swap" || lane === "convert";

/**
 * A link to this page that holds the results.
 * @param {Results} results
 */
export async function linkTo(results) {
  const compressed = new Blob([JSON.stringify(essential(results))]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(compressed).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  const url = new URL(location.href);
  url.hash = `results=${btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
  return url.href;
}

/** What a link may hold at most, uncompressed. */
const MOST = 2 ** 22;

/**
 * The results in such a link; undefined if there are none.
 * @param {string} hash
 * @returns {Promise<Results | undefined>}
 */
export async function resultsIn(hash) {
  const text = /^#results=([\w-]+)$/.exec(hash)?.[1];
  if (!text) return;
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (it) => it.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts = [];
  for (let all = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    if ((all += value.length) > MOST) throw new Error("the link holds more than results");
    parts.push(value);
  }
  return checked(JSON.parse(await new Blob(parts).text()));
}

/**
 * Results as they should be, or none: they come from a link, or a file.
 * @param {any} given
 * @returns {Results}
 */
export function checked(given) {
  const number = (/** @type {unknown} */ it) => typeof it === "number" && Number.isFinite(it);
  const good = (/** @type {any} */ row) =>
    row && typeof row.lane === "string" && typeof row.name === "string" && /^(GB\/s|ms)$/.test(row.unit) && [row.median, row.min, row.max, row.runs].every(number);
  if (!given || !Array.isArray(given.rows) || !given.rows.every(good) || typeof given.ratios !== "object" || typeof given.date !== "string") {
    throw new Error("these are no results of this benchmark");
  }
  return given;
}
