// What an array is, what it cost, and what its first bytes mean in either byte order.
import { readWrongly, show, showBytes, showShape, showTime } from "./numbers.js";

/** @typedef {import("./dist/byteferry.js").NdArray} NdArray */

const PLANS = {
  view: "view: already as needed, not copied",
  "in-place": "in place, within the bytes received",
  into: "into a second buffer",
};
const STEPS = /** @type {const} */ (["wait", "fetch", "header", "convert"]);

/**
 * Fills `element` with the empty table, so that nothing moves when the facts arrive.
 * @param {HTMLElement} element
 */
export function prepareFacts(element) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("facts-template"));
  element.replaceChildren(template.content.cloneNode(true));
}

/**
 * @param {HTMLElement} element
 * @param {NdArray} array
 * @param {object} [about]
 * @param {boolean} [about.sure]  whether the byte order is known, not guessed
 * @param {boolean} [about.file]  whether it was read from a file, which the worker does not time apart from its waiting
 */
export function showFacts(element, array, { sure = true, file = false } = {}) {
  const { stats, source } = array;
  const format = { raw: "raw", npy: ".npy", frame: "frame" }[source.format];
  /** @param {string} name @param {string} text */
  const fact = (name, text) => {
    const found = element.querySelector(`[data-fact="${name}"]`);
    if (found) found.textContent = text;
  };
  fact("dtype", array.dtype);
  fact("shape", showShape(array.shape));
  fact("stored", `${source.dtype} in ${format}`);
  // Records list their fields.
  element.querySelector('[data-fact="stored"]')?.parentElement?.classList.toggle("wide", source.dtype.length > 12);
  fact("byteOrder", array.byteOrder ?? "none");
  fact("bytes", showBytes(array.nbytes));
  fact("allocated", stats.allocated ? showBytes(stats.allocated) : "nothing");
  fact("plan", PLANS[stats.plan]);
  fact("first", firstValues(array));
  showBytesBothWays(element, array, sure);

  const { milliseconds } = stats;
  fact("total", showTime(milliseconds.total));
  for (const step of STEPS) {
    fact(step, showTime(milliseconds[step]));
    const part = /** @type {HTMLElement | null} */ (element.querySelector(`.stack .${step}`));
    if (part) part.style.width = `${(100 * (milliseconds[step] ?? 0)) / (milliseconds.total || 1)}%`;
  }
  const wait = element.querySelector("li.wait")?.firstChild;
  if (wait && file) wait.textContent = "wait, file ";
  const named = (/** @type {string} */ step) => (step === "wait" && file ? "wait and reading the file" : step);
  const spoken = STEPS.map((step) => `${named(step)} ${showTime(milliseconds[step])}`).join(", ");
  element.querySelector(".stack")?.setAttribute("aria-label", `Time by step: ${spoken}`);
}

/**
 * As many as a line has room for, five at most.
 * @param {NdArray} array
 */
function firstValues({ data, fields }) {
  // Records have fields instead; strings are what they are.
  if (!data) return Object.keys(fields ?? {}).join(", ");
  if (Array.isArray(data)) return data.slice(0, 5).join(", ").slice(0, 34);
  let text = show(data[0]);
  for (let i = 1; i < data.length; i++) {
    const longer = `${text}, ${show(data[i])}`;
    if (i === 5 || longer.length > 34) return `${text}, …`;
    text = longer;
  }
  return text;
}

/**
 * @param {HTMLElement} element
 * @param {NdArray} array
 * @param {boolean} sure
 */
function showBytesBothWays(element, { data, byteOrder, source }, sure) {
  const table = /** @type {HTMLTableElement} */ (element.querySelector(".bytes"));
  // Bytes can be told from the numbers only as long as these have kept their width.
  const itemsize = Number(/^[<>][iuf](\d)$/.exec(source.dtype)?.[1]);
  table.hidden = !data || Array.isArray(data) || byteOrder === null || itemsize !== data.BYTES_PER_ELEMENT || data.length === 0;
  if (table.hidden || !data || Array.isArray(data)) return;
  const [, right, wrong] = table.tHead?.rows[0].cells ?? [];
  right.textContent = `as ${byteOrder}-endian`;
  wrong.textContent = `as ${byteOrder === "big" ? "little" : "big"}-endian`;
  table.classList.toggle("unsure", !sure);
  table.classList.toggle("long", itemsize > 4);
  const first = data.slice(0, 3);
  const turned = readWrongly(first);
  // The numbers lie here little-endian, as every browser's processor has them; a big-endian file has them turned.
  const stored = new Uint8Array((byteOrder === "big" ? turned : first).buffer);
  [...table.tBodies[0].rows].forEach((row, i) => {
    const bytes = [...stored.subarray(i * itemsize, (i + 1) * itemsize)];
    const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(itemsize > 4 ? "" : " ");
    // Some bytes are the same from either end: 0, for one.
    const same = first[i] === turned[i];
    const values = [show(first[i]), show(turned[i])];
    const texts = sure ? [hex, `✓ ${values[0]}`, `${same ? "✓" : "✗"} ${values[1]}`] : [hex, ...values];
    [...row.cells].forEach((cell, k) => {
      // A 64-bit integer may need more room than there is.
      cell.textContent = cell.title = i < first.length ? texts[k] : "";
      cell.className = ["", "right", same ? "right" : "wrong"][k];
    });
  });
}
