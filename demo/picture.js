// What an array is drawn as: lines, an image, or a sentence where this page has no picture for it.
import { aspectOf, drawImage, paint } from "./image.js";
import { numberAt, range, show } from "./numbers.js";
import { drawSeries, thin } from "./series.js";
import { inSlices } from "./slices.js";

/** @typedef {import("./dist/byteferry.js").NdArray} NdArray */
/** @typedef {import("./dist/byteferry.js").TypedArray} TypedArray */
/** @typedef {import("./series.js").Line} Line */
/**
 * Draws it into an element; returns what ends the drawing.
 * @typedef {(element: HTMLElement, title: string, tell: (text: string) => void) => () => void} Picture
 */

/** So many records are shown. */
const ROWS = 12;

/** A 2-d array of no more rows, or columns, than this is drawn as that many lines. */
const FEW = 8;

/**
 * Does all that takes long, without holding up the page; what it returns draws at once.
 * @param {NdArray} array
 * @returns {Promise<Picture>}
 */
export async function pictureOf(array) {
  const { data, order, size, dtype, complex } = array;
  if (size === 0) return sentence("An array without elements.");
  if (!data || Array.isArray(data)) return table(array);
  // Axes of length 1 have no place in a picture, and none in memory.
  const shape = array.shape.filter((length) => length !== 1);
  const numbers = complex ? await magnitudes(data, size) : data;
  // A type of many bytes, such as void, has several entries of data to an element.
  if (numbers.length !== size) return sentence(`It was read, but this page has no picture for ${dtype}.`);
  if (size === 1) return sentence("A single number. It stands among the facts.");
  const nothing = "Every value is NaN or infinite: there is nothing to draw.";
  const found = complex && shape.length === 1 ? parts(data, size) : linesOf(shape, numbers, order);
  if (found) {
    const lines = await thin(found.lines, found.length);
    return lines.limits ? series(lines) : sentence(nothing);
  }
  if (shape.length === 2) {
    const painting = await paint({ data: numbers, shape, order });
    return painting ? image(painting) : sentence(nothing);
  }
  if (isPhoto(shape, numbers, order)) return photo(shape, numbers);
  return slices(shape, numbers, order, nothing);
}

/**
 * Real and imaginary parts, which lie in turns.
 * @param {TypedArray} data
 * @param {number} length
 */
const parts = (data, length) => ({ lines: ["real", "imaginary"].map((name, start) => ({ name, data, start, step: 2 })), length });

/**
 * @param {TypedArray} data  of complex numbers
 * @param {number} size
 */
async function magnitudes(data, size) {
  const found = new Float64Array(size);
  const number = numberAt(data);
  await inSlices(size, 32768, (from, to) => {
    for (let i = from; i < to; i++) found[i] = Math.hypot(number(2 * i), number(2 * i + 1));
  });
  return found;
}

/**
 * Whether it is what cameras write: rows of pixels of red, green, blue and perhaps alpha, a byte each.
 * @param {number[]} shape
 * @param {TypedArray} data
 * @param {"C" | "F"} order
 */
const isPhoto = ([rows, columns, colours, ...more], data, order) =>
  !more.length && order === "C" && data instanceof Uint8Array && (colours === 3 || colours === 4) && rows > 4 && columns > 4;

/**
 * @param {number[]} shape
 * @param {TypedArray} data
 * @returns {Promise<Picture>}
 */
async function photo([rows, columns, colours], data) {
  const pixels = new Uint8ClampedArray(4 * rows * columns).fill(255);
  await inSlices(rows * columns, 65536, (from, to) => {
    for (let i = from; i < to; i++) for (let k = 0; k < colours; k++) pixels[4 * i + k] = Number(data[colours * i + k]);
  });
  return (element, title) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [columns, rows];
    canvas.className = "photo";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Picture of ${title}`);
    canvas.getContext("2d")?.putImageData(new ImageData(pixels, columns, rows), 0, 0);
    element.append(canvas);
    return () => {};
  };
}

/**
 * One after the other along the axis whose steps are the longest, so that each lies in one piece.
 * @param {number[]} shape  of three axes or more
 * @param {TypedArray} data
 * @param {"C" | "F"} order
 * @param {string} nothing
 * @returns {Promise<Picture>}
 */
async function slices(shape, data, order, nothing) {
  const flat = order === "F" ? shape.slice(0, 2) : shape.slice(-2);
  const length = flat[0] * flat[1];
  const count = data.length / length;
  // The same colours for all of them.
  const limits = await range(data);
  if (!limits) return sentence(nothing);
  const painted = (/** @type {number} */ i) => paint({ data: data.subarray(i * length, (i + 1) * length), shape: flat, order }, limits);
  const first = await painted(0);
  if (!first) return sentence(nothing);
  return (element, title, tell) => {
    const label = document.createElement("label");
    label.className = "slide";
    const slider = document.createElement("input");
    Object.assign(slider, { type: "range", min: 0, max: count - 1, value: 0, step: 1 });
    const name = document.createElement("span");
    label.append(name, slider);
    const frame = document.createElement("div");
    element.append(frame, label);
    let end = () => {};
    /** @param {import("./image.js").Painting | undefined} painting @param {number} i */
    const draw = (painting, i) => {
      end();
      frame.replaceChildren();
      name.textContent = `${order === "F" ? "last" : "first"} ${shape.length > 3 ? "axes" : "axis"}: ${i} of ${count}`;
      if (painting) end = image(painting)(frame, `${title}, ${name.textContent}`, tell);
    };
    draw(first, 0);
    slider.addEventListener("input", async () => {
      const asked = slider.valueAsNumber;
      const painting = await painted(asked);
      // It has moved on meanwhile.
      if (asked === slider.valueAsNumber) draw(painting, asked);
    });
    return () => end();
  };
}

/**
 * The first rows of records or of text.
 * @param {NdArray} array
 * @returns {Picture}
 */
function table(array) {
  const { fields, data, size } = array;
  /** @type {[string, (i: number) => string][]} */
  const columns = fields
    ? Object.entries(fields).map(([name, field]) => [name, (i) => entry(field, i)])
    : [[array.dtype, (i) => String(/** @type {string[]} */ (data)[i])]];
  return (element) => {
    const box = document.createElement("div");
    box.className = "scroll records";
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", "The first of the records");
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const title of ["", ...columns.map(([name]) => name)]) {
      const cell = document.createElement(title ? "th" : "td");
      cell.textContent = title;
      head.append(cell);
    }
    const body = table.createTBody();
    for (let i = 0; i < Math.min(size, ROWS); i++) {
      const row = body.insertRow();
      for (const text of [String(i), ...columns.map(([, read]) => read(i))]) row.insertCell().textContent = text;
    }
    box.append(table);
    element.append(box);
    if (size > ROWS) {
      const more = document.createElement("p");
      more.textContent = `and ${(size - ROWS).toLocaleString("en")} more`;
      element.append(more);
    }
    return () => {};
  };
}

/**
 * What a record has in one of its fields.
 * @param {NdArray} field
 * @param {number} i  of the record
 */
function entry({ data, fields, shape }, i) {
  if (!data) return `{ ${Object.keys(fields ?? {}).join(", ")} }`;
  const each = data.length / (shape[0] || 1);
  if (shape.length === 0 || each <= 1) return cut(data[i]);
  const some = Array.from({ length: Math.min(each, 4) }, (_, k) => cut(data[i * each + k]));
  return `[${some.join(", ")}${each > 4 ? ", …" : ""}]`;
}

/** @param {number | bigint | string} value */
const cut = (value) => (typeof value === "string" ? value.slice(0, 40) : show(value));

/**
 * @param {number[]} shape
 * @param {Line["data"]} data
 * @param {"C" | "F"} order
 * @returns {{ lines: Line[], length: number } | undefined}
 */
function linesOf(shape, data, order) {
  if (shape.length === 1) return { lines: [{ data, start: 0, step: 1 }], length: shape[0] };
  if (shape.length !== 2) return;
  const axis = [0, 1].find((axis) => shape[axis] <= FEW && shape[1 - axis] > 4 * shape[axis]);
  if (axis === undefined) return;
  const [count, length] = [shape[axis], shape[1 - axis]];
  // Whether the elements of a line lie side by side, or those of neighbouring lines do.
  const sideBySide = (axis === 0) === (order === "C");
  const lines = Array.from({ length: count }, (_, i) => ({
    name: `${axis ? "column" : "row"} ${i}`,
    data,
    ...(sideBySide ? { start: i * length, step: 1 } : { start: i, step: count }),
  }));
  return { lines, length };
}

/**
 * @param {string} text
 * @returns {Picture}
 */
function sentence(text) {
  return (element) => {
    const paragraph = document.createElement("p");
    paragraph.textContent = text;
    element.append(paragraph);
    return () => {};
  };
}

/**
 * @param {import("./series.js").Lines} lines
 * @returns {Picture}
 */
function series(lines) {
  return (element, title, tell) => {
    const frame = document.createElement("div");
    frame.className = "series";
    frame.setAttribute("role", "img");
    frame.setAttribute("aria-label", `Line chart of ${title}`);
    element.append(frame);
    return drawSeries(frame, { lines, tell });
  };
}

/**
 * @param {import("./image.js").Painting} painting
 * @returns {Picture}
 */
function image(painting) {
  return (element, title, tell) => {
    const canvas = document.createElement("canvas");
    canvas.className = "image";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Image of ${title}`);
    element.append(canvas);
    // As high as its aspect wants, within what fits a screen.
    const { aspect, stretched } = aspectOf(painting);
    const height = (element.clientWidth - 80) / aspect + 16;
    canvas.style.height = `${Math.round(Math.max(80, Math.min(480, height)))}px`;
    if (stretched) tell(`${title}, ${painting.rows} x ${painting.columns}: stretched to be seen`);
    return drawImage(canvas, painting);
  };
}
