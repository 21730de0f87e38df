// A 1-d array, or a few rows, as lines: uPlot draws, this says what.
import uPlot from "./vendor/uplot/uPlot.esm.js";
import { FONT, PALETTE, colour, keepDrawn } from "./canvas.js";
import { calendar, label } from "./calendar.js";
import { numberAt, show } from "./numbers.js";
import { inSlices } from "./slices.js";

/**
 * A row or a column of an array: where it begins in `data`, and how far its elements are apart.
 * @typedef {{ name?: string, data: import("./dist/byteferry.js").TypedArray, start: number, step: number }} Line
 */
/**
 * What is drawn: of each line its name and the value at each place, `null` where there is none. `thinned`: every place stands for a stretch.
 * @typedef {{ names: string[], places: number[], values: (number | null)[][], limits: [number, number] | undefined, thinned: boolean }} Lines
 */

/** More points than this per line are thinned to the smallest and largest of each stretch. */
const MOST = 20000;

/**
 * Draws it, and keeps it drawn; returns what ends that.
 * @param {HTMLElement} element
 * @param {object} what
 * @param {Lines} what.lines
 * @param {{ first: string, stepDays: number }} [what.time]  of the first element, and from one to the next
 * @param {string} [what.units]
 * @param {(text: string) => void} [what.tell]  gets the value under the pointer, or "" where there is no pointer
 */
export function drawSeries(element, { lines: { names, places, values: lines, thinned }, time, units = "", tell = () => {} }) {
  const start = time ? Date.parse(`${time.first}T00:00:00Z`) / 1000 : 0;
  const step = time ? time.stepDays * 86400 : 1;
  const xs = places.map((place) => start + place * step);
  /** @type {uPlot.Axis} */
  const look = {
    font: FONT,
    stroke: () => colour("soft"),
    grid: { stroke: () => colour("grid"), width: 1 },
    ticks: { stroke: () => colour("line"), width: 1, size: 5 },
  };
  /** @type {uPlot.Axis} */
  const dates = {
    size: 30,
    splits: (plot, _, low, high) => calendar(low, high, plot.bbox.width / devicePixelRatio / 75),
    values: (_, splits) => splits.map(label),
  };
  /** @type {uPlot.Axis["values"]} */
  const values = (_, splits) => splits.map(show);
  const plot = new uPlot(
    {
      width: element.clientWidth || 300,
      height: element.clientHeight || 250,
      // Above, where it takes no height of the chart's.
      legend: { show: lines.length > 1, live: false, mount: (_, legend) => element.before(legend) },
      cursor: { y: false, drag: { x: true, y: false }, points: { size: 7 } },
      padding: [8, 12, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      scales: { x: { time: !!time } },
      axes: [
        time ? { ...look, ...dates } : { ...look, size: 30, space: 60 },
        { ...look, size: 58, ...(units && { label: units, labelSize: 18, labelFont: FONT, labelGap: 0 }), values },
      ],
      series: [
        {},
        ...lines.map((_, i) => ({
          label: names[i],
          stroke: () => (lines.length > 1 ? PALETTE[i % PALETTE.length] : colour("accent")),
          width: 1.25,
          points: { show: xs.length < 60 },
        })),
      ],
      hooks: {
        setCursor: [
          (/** @type {uPlot} */ { cursor }) => {
            const i = cursor.idx;
            if (i === null || i === undefined) return tell("");
            const where = time ? new Date(xs[i] * 1000).toISOString().slice(0, 10) : `${thinned ? "near " : ""}[${xs[i]}]`;
            const values = lines.map((line, l) => `${names[l]} ${line[i] === null ? "no value" : `${show(line[i])} ${units}`}`.trim());
            tell(`${where}: ${values.join(", ")}`);
          },
        ],
      },
    },
    [xs, ...lines],
    element,
  );
  const resize = () => {
    const [width, height] = [element.clientWidth, element.clientHeight];
    if (width && (plot.width !== width || plot.height !== height)) plot.setSize({ width, height });
  };
  const stop = keepDrawn(element, resize, () => plot.redraw(false, true));
  return () => {
    stop();
    plot.destroy();
  };
}

/**
 * Points that show what all of them would; uPlot takes `null` as "no value".
 * @param {Line[]} lines
 * @param {number} length  of each
 * @returns {Promise<Lines>}
 */
export async function thin(lines, length) {
  const point = (/** @type {number} */ value) => (Number.isFinite(value) ? value : null);
  const thinned = length > MOST;
  /** @type {(number | null)[][]} */
  const values = lines.map(() => []);
  let places;
  if (!thinned) {
    places = Array.from({ length }, (_, i) => i);
    lines.forEach(({ data, start, step }, l) => {
      const number = numberAt(data);
      for (let i = 0; i < length; i++) values[l].push(point(number(start + i * step)));
    });
  } else {
    const stretches = MOST / 2;
    places = Array.from({ length: MOST }, (_, k) => Math.floor(((k + (k % 2 ? 0.5 : 0.25)) / MOST) * length));
    const piece = Math.max(1, Math.floor((32768 * stretches) / length));
    for (const [l, { data, start, step }] of lines.entries()) {
      const number = numberAt(data);
      await inSlices(stretches, piece, (from, to) => {
        for (let s = from; s < to; s++) {
          const end = Math.floor(((s + 1) / stretches) * length);
          let [least, most] = [Infinity, -Infinity];
          for (let i = Math.floor((s / stretches) * length); i < end; i++) {
            const value = number(start + i * step);
            if (value < least && value > -Infinity) least = value;
            if (value > most && value < Infinity) most = value;
          }
          values[l].push(point(least), point(most));
        }
      });
    }
  }
  let [least, most] = [Infinity, -Infinity];
  for (const value of values.flat()) {
    if (value !== null && value < least) least = value;
    if (value !== null && value > most) most = value;
  }
  return { names: lines.map(({ name = "" }) => name), places, values, limits: least <= most ? [least, most] : undefined, thinned };
}
