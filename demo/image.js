// A 2-d array as a picture: one cell a colour, its scale bar with units beside it.
import { FONT, colour, keepDrawn, prepare } from "./canvas.js";
import { numberAt, range, show, ticks } from "./numbers.js";
import { inSlices } from "./slices.js";
import { VIRIDIS } from "./viridis.js";

/** @typedef {import("./dist/byteferry.js").TypedArray} TypedArray */
/** @typedef {{ west: number, east: number, south: number, north: number }} Extent */
/**
 * A canvas with a pixel for each cell, or for one of several where there are too many; the values its colours begin and end with.
 * @typedef {{ cells: HTMLCanvasElement, rows: number, columns: number, limits: [number, number] }} Painting
 */

/** More cells than this along an axis, the page has no room for. */
const MOST = 1400;

/** Width over height that a picture without an extent keeps within; beyond, it would be a hairline. */
const [SLIMMEST, WIDEST] = [1 / 4, 6];

/** Room around the picture in CSS pixels, for the scale bar and the numbers of all axes. style.css counts on them. */
const [TOP, LEFT, BOTTOM, RIGHT] = [8, 54, 22, 80];

/**
 * Draws it, and keeps it drawn; returns what ends that.
 * @param {HTMLCanvasElement} canvas
 * @param {Painting} painting
 * @param {{ units?: string, extent?: Extent }} [about]
 */
export function drawImage(canvas, painting, { units = "", extent } = {}) {
  const { cells, columns, limits } = painting;
  const aspect = extent ? aspectOfMap(extent) : aspectOf(painting).aspect;

  return keepDrawn(canvas, () => {
    const { context, width, height, ratio } = prepare(canvas);
    if (!width || !height) return;
    context.font = FONT;
    const left = extent ? LEFT : 0;
    const [top, bottom] = [TOP, extent || units ? BOTTOM : TOP];
    const scale = Math.min((width - left - RIGHT) / aspect, height - top - bottom);
    // Whole device pixels, so that edges are sharp.
    const snap = (/** @type {number} */ length) => Math.max(1, Math.round(length * ratio)) / ratio;
    const [w, h] = [snap(Math.min(scale * aspect, width)), snap(scale)];
    const x = left;
    // Fewer screen pixels than cells: blend them. More: each cell stays a rectangle, unless the steps would be uneven.
    context.imageSmoothingEnabled = (w * ratio) / columns < 4;
    context.imageSmoothingQuality = "high";
    context.drawImage(cells, x, top, w, h);
    context.fillStyle = context.strokeStyle = colour("soft");
    context.lineWidth = 1;
    if (extent) axes(context, extent, { x, top, w, h });
    // So many as have room, 5 at most.
    const labels = ticks(limits[0], limits[1], Math.max(1, Math.min(5, Math.floor(h / 24))));
    scaleBar(context, limits, labels, units, x + w + 14, top, h);
  });
}

/**
 * With square cells, as far as that can be seen.
 * @param {Painting} painting
 */
export function aspectOf({ rows, columns }) {
  const square = columns / rows;
  const aspect = Math.max(SLIMMEST, Math.min(WIDEST, square));
  return { aspect, stretched: aspect !== square };
}

/**
 * A degree of longitude is shorter than one of latitude.
 * @param {Extent} extent
 */
function aspectOfMap({ west, east, south, north }) {
  const latitude = (((north + south) / 2) * Math.PI) / 180;
  return ((east - west) * Math.cos(latitude)) / (north - south);
}

/**
 * Gives each value its colour. There is nothing to paint where no value is finite.
 * @param {object} array
 * @param {TypedArray} array.data
 * @param {number[]} array.shape  two lengths
 * @param {"C" | "F"} array.order
 * @param {[number, number]} [given]  values that the colours begin and end with; default: the smallest and the largest
 * @returns {Promise<Painting | undefined>}
 */
export async function paint({ data, shape: [rows, columns], order }, given) {
  const limits = given ?? (await range(data));
  if (!limits) return;
  const [least, most] = limits;
  const step = Math.max(1, Math.ceil(Math.max(rows, columns) / MOST));
  const [height, width] = [Math.ceil(rows / step), Math.ceil(columns / step)];
  const cells = document.createElement("canvas");
  [cells.width, cells.height] = [width, height];
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const [perRow, perColumn] = order === "F" ? [1, rows] : [columns, 1];
  const slope = 255 / (most - least || 1);
  const number = numberAt(data);
  await inSlices(height, Math.ceil(16384 / width), (from, to) => {
    for (let r = from; r < to; r++) {
      for (let c = 0; c < width; c++) {
        const value = number(r * step * perRow + c * step * perColumn);
        // NaN stays transparent: no value, no colour.
        if (Number.isNaN(value)) continue;
        pixels[r * width + c] = VIRIDIS[Math.max(0, Math.min(255, Math.round((value - least) * slope)))];
      }
    }
  });
  cells.getContext("2d")?.putImageData(image, 0, 0);
  return { cells, rows, columns, limits };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Extent} extent
 * @param {{ x: number, top: number, w: number, h: number }} box
 */
function axes(context, { west, east, south, north }, { x, top, w, h }) {
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const latitude of ticks(south, north, 3)) {
    const y = Math.round(top + ((north - latitude) / (north - south)) * h) + 0.5;
    context.fillRect(x - 5, y - 0.5, 4, 1);
    context.fillText(`${latitude.toFixed(1)}°N`, x - 8, y);
  }
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const longitude of ticks(west, east, 3)) {
    const at = Math.round(x + ((longitude - west) / (east - west)) * w);
    context.fillRect(at, top + h + 1, 1, 4);
    context.fillText(`${Math.abs(longitude).toFixed(1)}°${longitude < 0 ? "W" : "E"}`, at, top + h + 7);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} limits
 * @param {number[]} labels
 * @param {string} units
 * @param {number} x
 * @param {number} top
 * @param {number} h
 */
function scaleBar(context, [least, most], labels, units, x, top, h) {
  const gradient = context.createLinearGradient(0, top + h, 0, top);
  VIRIDIS.forEach((bgr, i) => gradient.addColorStop(i / 255, `rgb(${bgr & 255} ${(bgr >> 8) & 255} ${(bgr >> 16) & 255})`));
  context.fillStyle = gradient;
  context.fillRect(x, top, 10, h);
  context.fillStyle = colour("soft");
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const label of labels) {
    const y = top + h - ((label - least) / (most - least || 1)) * h;
    context.fillRect(x + 10, Math.round(y), 4, 1);
    context.fillText(show(label), x + 17, Math.max(top + 6, Math.min(top + h - 6, y)));
  }
  if (!units) return;
  context.textBaseline = "top";
  context.fillText(units, x, top + h + 7);
}
