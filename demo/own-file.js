// A file of the visitor's: read, and drawn as what it turns out to be.
import { prepareFacts, showFacts } from "./facts.js";
import { guess } from "./guess.js";
import { drawImage } from "./image.js";
import { showBytes } from "./numbers.js";
import { describe, tell } from "./problem.js";
import { drawSeries } from "./series.js";

/** @typedef {import("./dist/byteferry.js").Ferry} Ferry */
/** @typedef {import("./dist/byteferry.js").NdArray} NdArray */
/** @typedef {import("./dist/byteferry.js").ReadOptions} ReadOptions */

/** A 2-d array of no more rows than this is drawn as that many lines. */
const FEW = 8;

/**
 * @param {Ferry} ferry
 * @param {HTMLElement} section
 */
export function takeFiles(ferry, section) {
  /** @param {string} selector */
  const at = (selector) => /** @type {HTMLElement} */ (section.querySelector(selector));
  const input = /** @type {HTMLInputElement} */ (at("#file"));
  const form = /** @type {HTMLFormElement} */ (at("#raw"));
  const controls = /** @type {Record<"dtype" | "order" | "shape" | "offset", HTMLInputElement>} */ (
    /** @type {unknown} */ (form.elements)
  );
  const [drop, message, figure, facts] = [at("#drop"), at("#own-message"), at("figure"), at(".facts")];
  /** @type {File | undefined} */
  let file;
  let latest = 0;
  let end = () => {};

  /** @param {ReadOptions} options */
  async function read(options) {
    if (!file) return;
    const run = ++latest;
    try {
      const array = await ferry.decode(file, options);
      if (run !== latest) return;
      tell(message);
      facts.hidden = figure.hidden = false;
      prepareFacts(facts);
      showFacts(facts, array, array.source.format !== "raw");
      end();
      end = draw(at(".drawing"), at("figure .readout"), array, file);
    } catch (error) {
      if (run !== latest) return;
      facts.hidden = figure.hidden = true;
      tell(message, `${file.name} could not be read. ${describe(error)}`);
    }
  }

  /** @param {File | undefined} given */
  async function take(given) {
    if (!given) return;
    file = given;
    let start;
    try {
      start = new Uint8Array(await given.slice(0, 65536).arrayBuffer());
    } catch (error) {
      // A folder, or a file that has gone meanwhile.
      return tell(message, `${given.name} could not be opened. ${describe(error)}`);
    }
    // Both formats begin with a byte that no text has, then their name.
    const named = /^\x93(NUMPY|BFY)/.test(String.fromCharCode(...start.subarray(0, 6)));
    form.hidden = named || looksForeign(start);
    if (form.hidden) return read({});
    const guessed = guess(given.name, start, given.size);
    controls.dtype.value = guessed.dtype;
    controls.order.value = guessed.order;
    controls.shape.value = guessed.shape;
    controls.offset.value = "0";
    return readRaw();
  }

  function readRaw() {
    const shape = controls.shape.value.match(/\d+/g)?.map(Number);
    const mark = controls.order.value;
    const types = { float: "f", int: "i", uint: "u" };
    const [, kind = "", bits = 8] = /^(u?int|float)(\d+)$/.exec(controls.dtype.value) ?? [];
    const dtype = kind ? `${mark}${types[/** @type {"int"} */ (kind)]}${Number(bits) / 8}` : "bool";
    return read({ format: "raw", dtype, shape, offset: Number(controls.offset.value) || 0 });
  }

  input.addEventListener("change", () => {
    take(input.files?.[0]);
    // So that the same file can be chosen again, once it has been written anew.
    input.value = "";
  });
  form.addEventListener("submit", (event) => (event.preventDefault(), readRaw()));
  form.addEventListener("change", readRaw);
  // Anywhere on the page: who misses the zone should not lose the page to the file.
  addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  addEventListener("dragleave", ({ relatedTarget }) => relatedTarget ?? drop.classList.remove("over"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    take(event.dataTransfer?.files[0]);
    section.scrollIntoView({ block: "nearest" });
  });
}

/**
 * Formats that byteferry knows to refuse by name; as raw bytes they would be noise.
 * @param {Uint8Array} start
 */
function looksForeign(start) {
  const text = String.fromCharCode(...start.subarray(0, 9));
  return /^(PK\x03\x04|\x89HDF|SIMPLE  =|CDF[\x01\x02\x05]|GRIB|\x1f\x8b|\s*<[!?a-z]|\s*[{[]\s*["\d]|\x80[\x02-\x05]c)/i.test(text);
}

/**
 * @param {HTMLElement} element
 * @param {HTMLElement} readout
 * @param {NdArray} array
 * @param {File} file
 */
function draw(element, readout, array, file) {
  const { shape, data, order, size } = array;
  // Complex numbers, strings and records have several entries of data to an element.
  const plain = data.length === size;
  const title = `${array.name || file.name}, ${showBytes(file.size)}${file.size < 1e6 ? " bytes" : ""}`;
  readout.textContent = title;
  element.replaceChildren();
  element.removeAttribute("role");
  const fewRows = shape.length === 2 && shape[0] <= FEW && shape[1] > 4 * shape[0];
  if (plain && size > 1 && (shape.length === 1 || fewRows)) {
    const [rows, columns] = fewRows ? shape : [1, size];
    const lines = Array.from({ length: rows }, (_, r) => {
      if (order === "C" || rows === 1) return data.subarray(r * columns, (r + 1) * columns);
      return Array.from({ length: columns }, (_, c) => data[c * rows + r]);
    });
    element.style.height = "250px";
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", `Line chart of ${title}`);
    return drawSeries(element, { rows: lines, tell: (text) => (readout.textContent = text || title) });
  }
  element.style.height = "";
  if (plain && shape.length === 2 && size > 0) {
    const canvas = document.createElement("canvas");
    canvas.className = "image";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Image of ${title}`);
    element.append(canvas);
    // As high as its aspect wants, within what fits a screen.
    const height = ((element.clientWidth - 80) * shape[0]) / shape[1] + 16;
    canvas.style.height = `${Math.round(Math.max(80, Math.min(480, height)))}px`;
    return drawImage(canvas, array);
  }
  const note = document.createElement("p");
  const what = plain ? `An array of ${shape.length} dimensions` : `An array of ${array.dtype}`;
  note.textContent = size ? `${what}: it was read, but this page has no picture for it.` : "An array without elements.";
  element.append(note);
  return () => {};
}
