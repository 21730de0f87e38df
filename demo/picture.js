// What an array is drawn as: lines, an image, or a sentence where this page has no picture for it.
import { aspectOf, drawImage, paint } from "./image.js";
import { drawSeries, thin } from "./series.js";

/** @typedef {import("./dist/byteferry.js").NdArray} NdArray */
/** @typedef {import("./series.js").Line} Line */
/**
 * Draws it into an element; returns what ends the drawing.
 * @typedef {(element: HTMLElement, title: string, tell: (text: string) => void) => () => void} Picture
 */

/** A 2-d array of no more rows, or columns, than this is drawn as that many lines. */
const FEW = 8;

/**
 * Does all that takes long, without holding up the page; what it returns draws at once.
 * @param {NdArray} array
 * @returns {Promise<Picture>}
 */
export async function pictureOf(array) {
  const { data, order, size, dtype } = array;
  // Axes of length 1 have no place in a picture, and none in memory.
  const shape = array.shape.filter((length) => length !== 1);
  if (size === 0) return sentence("An array without elements.");
  // Records and text are no numbers; complex ones have several entries of data to an element.
  if (!data || Array.isArray(data) || data.length !== size) return sentence(`It was read, but this page has no picture for ${dtype}.`);
  if (size === 1) return sentence("A single number. It stands among the facts.");
  const nothing = "Every value is NaN or infinite: there is nothing to draw.";
  const found = linesOf(shape, data, order);
  if (found) {
    const lines = await thin(found.lines, found.length);
    return lines.limits ? series(lines) : sentence(nothing);
  }
  if (shape.length === 2) {
    const painting = await paint({ data, shape, order });
    return painting ? image(painting) : sentence(nothing);
  }
  return sentence(`It was read, but this page has no picture for ${shape.length} dimensions.`);
}

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
  const lines = Array.from({ length: count }, (_, i) =>
    sideBySide ? { data, start: i * length, step: 1 } : { data, start: i, step: count },
  );
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
