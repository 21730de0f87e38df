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

/** Names of files that somebody calls raw: whatever they begin with, it is numbers. */
const RAW = /\.(raw|bin|dat|[iufc]\d{1,3})$|(int|float|complex)\d/i;

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
  const [drop, status, message, anyway] = [at("#drop"), at("#own-status"), at("#own-message"), at("#anyway")];
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
    const inArchive = !members.hidden;
    const name = inArchive ? `${file.name} > ${member.value}` : file.name;
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
      anyway.hidden = true;
      facts.hidden = figure.hidden = false;
      prepareFacts(facts);
      showFacts(facts, array, { sure: array.source.format !== "raw", file: true });
      end();
      drawing.replaceChildren();
      takeApart(anatomy, name, start.subarray(0, 4096), inArchive ? undefined : array);
      anatomy.hidden = inArchive;
      const title = `${array.name || name}, ${inBytes(inArchive ? array.nbytes : file.size)}`;
      readout.textContent = title;
      end = draw(drawing, title, (text) => (readout.textContent = text || title));
      status.textContent = `${name}: ${array.dtype} ${showShape(array.shape)}, read in ${showTime(total)}.`;
    } catch (error) {
      if (run !== latest) return;
      refuse(`${name} could not be read. ${describe(error)}`);
      // What can be made out of its header says more than words.
      takeApart(anatomy, name, start.subarray(0, 4096));
      anatomy.hidden = !anatomy.querySelector("tbody tr");
    }
  }

  /**
   * Says why nothing is shown, in place of what was.
   * @param {string} text
   */
  function refuse(text) {
    latest++;
    facts.hidden = figure.hidden = anatomy.hidden = true;
    status.textContent = NONE;
    tell(message, text);
  }

  /** @param {File | undefined} given */
  async function take(given) {
    if (!given) return;
    file = given;
    const { name } = given;
    try {
      const first = new Uint8Array(await given.slice(0, 65536).arrayBuffer());
      // Another was chosen meanwhile.
      if (given !== file) return;
      start = first;
    } catch (error) {
      if (given !== file) return;
      // A folder, or a file that has gone meanwhile.
      form.hidden = members.hidden = anyway.hidden = true;
      return refuse(`${name} could not be opened. ${describe(error)}`);
    }
    form.hidden = members.hidden = anyway.hidden = true;
    if (!start.length) return refuse(`${name} is empty: 0 bytes.`);
    const text = String.fromCharCode(...start.subarray(0, 6));
    if (text.startsWith("PK\x03\x04")) return open(given);
    // Both formats begin with a byte that no text has, then their name.
    if (/^\x93(NUMPY|BFY)/.test(text)) return read({});
    const guessed = guess(name, start, given.size);
    controls.dtype.value = guessed.dtype;
    controls.order.value = guessed.order;
    controls.shape.value = guessed.shape;
    controls.offset.value = "0";
    const foreign = await looksForeign(given);
    if (given !== file) return;
    if (!foreign) return readRaw();
    // Text may be raw bytes that happen to look like it: the form is there, and waits.
    form.hidden = !foreign.endsWith("text");
    anyway.hidden = !form.hidden;
    refuse(`${name} could not be read. ${foreign}${form.hidden ? "" : ".\nTo see its bytes as numbers all the same, press “Read”."}`);
  }

  /**
   * What byteferry calls a file that is something else than numbers; "" of what it does not know.
   * @param {File} given
   */
  async function looksForeign(given) {
    const beginning = given.slice(0, 65536);
    if (RAW.test(given.name)) return "";
    if ((await beginning.slice(0, 4).text()) === "%PDF") return "This looks like a PDF document.";
    return ferry.decode(beginning).then(
      () => "",
      (error) => (/raw data needs a dtype$/.test(error.message) ? "" : describe(error)),
    );
  }

  /**
   * Lists what is in an archive, and reads the first of it.
   * @param {File} archive
   */
  async function open(archive) {
    try {
      const found = await ferry.list(archive);
      if (archive !== file) return;
      if (!found.length) return refuse(`${archive.name} is a zip archive without arrays.`);
      member.replaceChildren(...found.map(({ name, nbytes }) => new Option(`${name}, ${inBytes(nbytes)}`, name)));
      members.hidden = false;
    } catch (error) {
      if (archive === file) refuse(`${archive.name} begins as a zip archive does, but could not be read. ${describe(error)}`);
      return;
    }
    return readMember();
  }

  function readRaw() {
    form.hidden = false;
    const lengths = controls.shape.value.replace(/^\s*[([]|[)\]]\s*$/g, "").split(/[\s,x×]+/).filter(Boolean);
    const whole = lengths.every((length) => /^\d+$/.test(length));
    controls.shape.setCustomValidity(whole ? "" : "Whole numbers with commas between them, such as 344, 403; or nothing.");
    if (!form.reportValidity()) return;
    const shape = lengths.length ? lengths.map(Number) : undefined;
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
  // A form with something to complain of is not submitted: what is typed anew is looked at anew.
  controls.shape.addEventListener("input", () => controls.shape.setCustomValidity(""));
  anyway.addEventListener("click", () => {
    anyway.hidden = true;
    readRaw();
    controls.dtype.focus();
  });
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

/** @param {number} bytes */
const inBytes = (bytes) => `${showBytes(bytes)}${bytes < 1e6 ? " bytes" : ""}`;
