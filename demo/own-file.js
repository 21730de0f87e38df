// A file of the visitor's: read, and drawn as what it turns out to be.
import { takeApart } from "./anatomy.js";
import { prepareFacts, showFacts } from "./facts.js";
import { guess } from "./guess.js";
import { showBytes, showShape, showTime } from "./numbers.js";
import { pictureOf } from "./picture.js";
import { describe, tell } from "./problem.js";

/** @typedef {import("./dist/byteferry.js").Ferry} Ferry */
/** @typedef {import("./dist/byteferry.js").NdArray} NdArray */
/** @typedef {import("./dist/byteferry.js").ReadOptions} ReadOptions */

/** Keeps its line, so that nothing moves when there is something to say. */
const NONE = "\u00a0";

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
  const [drop, status, message] = [at("#drop"), at("#own-status"), at("#own-message")];
  const members = /** @type {HTMLFormElement} */ (at("#members"));
  const member = /** @type {HTMLSelectElement} */ (at("#members select"));
  const anatomy = at(".anatomy");
  const [figure, drawing, readout, facts] = [at("figure"), at(".drawing"), at("figure .readout"), at(".facts")];
  /** @type {File | undefined} */
  let file;
  /** The file's first bytes. */
  let start = new Uint8Array();
  let latest = 0;
  let end = () => {};

  /** @param {ReadOptions} options */
  const read = (options) => shown((file) => ferry.decode(file, options));

  /** Reads the chosen member of an archive. */
  const readMember = () =>
    shown(async (file) => {
      const arrays = await ferry.decodeAll(file, { names: [member.value] });
      return arrays[member.value];
    });

  /** @param {(file: File) => Promise<NdArray>} decode */
  async function shown(decode) {
    if (!file) return;
    const run = ++latest;
    const { name, size } = file;
    status.textContent = `Reading ${name} …`;
    try {
      const began = performance.now();
      const array = await decode(file);
      // The members of an archive are not timed one by one.
      const { milliseconds } = array.stats;
      const total = (milliseconds.total ??= performance.now() - began);
      milliseconds.wait ??= Math.max(0, total - milliseconds.header - milliseconds.convert);
      const draw = await pictureOf(array);
      if (run !== latest) return;
      tell(message);
      facts.hidden = figure.hidden = false;
      prepareFacts(facts);
      showFacts(facts, array, { sure: array.source.format !== "raw", file: true });
      end();
      drawing.replaceChildren();
      takeApart(anatomy, name, start.subarray(0, 4096), members.hidden ? array : undefined);
      anatomy.hidden = !members.hidden;
      const title = `${array.name || name}, ${showBytes(size)}${size < 1e6 ? " bytes" : ""}`;
      readout.textContent = title;
      end = draw(drawing, title, (text) => (readout.textContent = text || title));
      status.textContent = `${name}: ${array.dtype} ${showShape(array.shape)}, read in ${showTime(total)}.`;
    } catch (error) {
      if (run !== latest) return;
      facts.hidden = figure.hidden = true;
      status.textContent = NONE;
      // What can be made out of its header says more than words.
      takeApart(anatomy, name, start.subarray(0, 4096));
      anatomy.hidden = !anatomy.querySelector("tbody tr");
      tell(message, `${name} could not be read. ${describe(error)}`);
    }
  }

  /** @param {File | undefined} given */
  async function take(given) {
    if (!given) return;
    file = given;
    try {
      const first = new Uint8Array(await given.slice(0, 65536).arrayBuffer());
      // Another was chosen meanwhile.
      if (given !== file) return;
      start = first;
    } catch (error) {
      if (given !== file) return;
      // A folder, or a file that has gone meanwhile.
      facts.hidden = figure.hidden = form.hidden = members.hidden = anatomy.hidden = true;
      status.textContent = NONE;
      return tell(message, `${given.name} could not be opened. ${describe(error)}`);
    }
    // Both formats begin with a byte that no text has, then their name.
    const named = /^\x93(NUMPY|BFY)/.test(String.fromCharCode(...start.subarray(0, 6)));
    const archive = given.size > 3 && String.fromCharCode(...start.subarray(0, 4)) === "PK\x03\x04";
    form.hidden = named || archive || looksForeign(start);
    members.hidden = true;
    if (archive) return open(given);
    if (form.hidden) return read({});
    const guessed = guess(given.name, start, given.size);
    controls.dtype.value = guessed.dtype;
    controls.order.value = guessed.order;
    controls.shape.value = guessed.shape;
    controls.offset.value = "0";
    return readRaw();
  }

  /**
   * Lists what is in an archive, and reads the first of it.
   * @param {File} archive
   */
  async function open(archive) {
    try {
      const found = await ferry.list(archive);
      if (archive !== file) return;
      member.replaceChildren(...found.map(({ name, nbytes }) => new Option(`${name}, ${showBytes(nbytes)}${nbytes < 1e6 ? " bytes" : ""}`, name)));
      members.hidden = !found.length;
    } catch {
      // Reading it says what is wrong, too.
    }
    return members.hidden ? read({}) : readMember();
  }

  function readRaw() {
    const shape = controls.shape.value.match(/\d+/g)?.map(Number);
    const mark = controls.order.value;
    const types = { float: "f", int: "i", uint: "u", complex: "c" };
    const [, kind = "", bits = 8] = /^(u?int|float|complex)(\d+)$/.exec(controls.dtype.value) ?? [];
    // Where NumPy has no type string, byteferry takes a name behind the mark.
    const dtype = `${mark}${kind ? `${types[/** @type {"int"} */ (kind)]}${Number(bits) / 8}` : controls.dtype.value}`;
    return read({ format: "raw", dtype, shape, offset: Number(controls.offset.value) || 0 });
  }

  input.addEventListener("change", () => {
    take(input.files?.[0]);
    // So that the same file can be chosen again, once it has been written anew.
    input.value = "";
  });
  form.addEventListener("submit", (event) => (event.preventDefault(), readRaw()));
  form.addEventListener("change", readRaw);
  members.addEventListener("change", readMember);
  members.addEventListener("submit", (event) => event.preventDefault());
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
  return /^(\x89HDF|SIMPLE  =|CDF[\x01\x02\x05]|GRIB|\x1f\x8b|\s*<[!?a-z]|\s*[{[]\s*["\d]|\x80[\x02-\x05]c)/i.test(text);
}
