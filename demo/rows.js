// Some rows of an array, which are all that is fetched of it.
import { drawImage, paint } from "./image.js";
import { showBytes, showTime } from "./numbers.js";
import { describe, tell } from "./problem.js";

/** @typedef {import("./dist/byteferry.js").Ferry} Ferry */
/** @typedef {import("./dist/byteferry.js").RemoteArray} RemoteArray */
/** @typedef {import("./dist/byteferry.js").TypedArray} TypedArray */
/** @typedef {import("./source.js").Listing} Listing */

const ROWS = 40;

/** @param {number} first */
const named = (first) => `Rows ${first} to ${first + ROWS - 1}`;

/**
 * @param {Ferry} ferry
 * @param {HTMLElement} element
 * @param {() => Promise<Listing>} about  what the array is
 */
export function someRows(ferry, element, about) {
  /** @param {string} selector */
  const at = (selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  const slider = /** @type {HTMLInputElement} */ (at("input"));
  const canvas = /** @type {HTMLCanvasElement} */ (at("canvas"));
  let stop = () => {};

  /** @type {ReturnType<typeof open> | undefined} */
  let opened;
  async function open() {
    const { units, extent, range } = await about();
    const remote = /** @type {RemoteArray} */ (await ferry.open("./arrays/dem.npy"));
    slider.max = String(remote.shape[0] - ROWS);
    return { remote, units, extent, range };
  }

  /** @param {number} first */
  async function draw(first) {
    opened ??= open();
    const { remote, range, ...map } = await opened;
    const began = performance.now();
    const array = await remote.rows(first, first + ROWS);
    const took = performance.now() - began;
    const painting = await paint({ ...array, data: /** @type {TypedArray} */ (array.data) }, range);
    const { shape, nbytes } = array;
    ferry.recycle(array);
    if (!painting) return;
    const [rows, columns] = remote.shape;
    const cells = document.createElement("canvas");
    [cells.width, cells.height] = [columns, rows];
    const context = cells.getContext("2d");
    if (!context) return;
    // What was not fetched.
    context.fillStyle = "rgb(128 128 128 / 12%)";
    context.fillRect(0, 0, columns, first);
    context.fillRect(0, first + shape[0], columns, rows);
    context.drawImage(painting.cells, 0, first);
    stop();
    stop = drawImage(canvas, { ...painting, cells, rows, columns }, map);
    canvas.setAttribute("aria-label", `Map: a strip of the elevations, ${named(first).toLowerCase()} of ${rows}`);
    at(".readout").textContent = `${named(first)}: ${showBytes(nbytes)} of ${showBytes(remote.nbytes)} bytes, in ${showTime(took)}`;
  }

  /** @type {number | undefined}  the latest place that is not drawn yet */
  let wanted;
  let busy = false;
  async function move() {
    wanted = slider.valueAsNumber;
    slider.setAttribute("aria-valuetext", named(wanted));
    if (busy) return;
    busy = true;
    while (wanted !== undefined) {
      const first = wanted;
      wanted = undefined;
      try {
        await draw(first);
        tell(at(".message"));
      } catch (error) {
        // Where it could not be opened, or the file has changed, it is opened anew.
        opened = undefined;
        tell(at(".message"), describe(error));
        at(".readout").textContent = "\u00a0";
      }
    }
    busy = false;
  }

  slider.addEventListener("input", move);
  // Nothing is asked for before it is seen.
  const observer = new IntersectionObserver(([{ isIntersecting }]) => {
    if (!isIntersecting) return;
    observer.disconnect();
    move();
  });
  observer.observe(canvas);
}
