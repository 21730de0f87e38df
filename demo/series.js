// A 1-d array, or a few rows, as lines: uPlot draws, this says what.
import uPlot from "./vendor/uplot/uPlot.esm.js";
import { FONT, colour, keepDrawn } from "./canvas.js";
import { calendar, label } from "./calendar.js";
import { show } from "./numbers.js";

/** @typedef {import("./dist/byteferry.js").TypedArray} TypedArray */

/** More points than this per line are thinned to the smallest and largest of each stretch. */
const MOST = 20000;

/**
 * Draws it, and keeps it drawn; returns what ends that.
 * @param {HTMLElement} element
 * @param {object} lines
 * @param {ArrayLike<number | bigint>[]} lines.rows
 * @param {{ first: string, stepDays: number }} [lines.time]  of the first element, and from one to the next
 * @param {string} [lines.units]
 * @param {(text: string) => void} [lines.tell]  gets the value under the pointer
 */
export function drawSeries(element, { rows, time, units = "", tell = () => {} }) {
  const { places, values: lines } = thin(rows);
  const start = time ? Date.parse(`${time.first}T00:00:00Z`) / 1000 : 0;
  const step = time ? time.stepDays * 86400 : 1;
  const xs = places.map((place) => start + place * step);
  const palette = ["accent", "convert", "header", "fetch", "wrong", "soft", "right", "wait"];
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
      legend: { show: false },
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
          stroke: () => colour(palette[i % palette.length]),
          width: 1.25,
          points: { show: xs.length < 60 },
        })),
      ],
      hooks: {
        setCursor: [
          (/** @type {uPlot} */ { cursor }) => {
            const i = cursor.idx;
            if (i === null || i === undefined) return tell("");
            const where = time ? new Date(xs[i] * 1000).toISOString().slice(0, 10) : `[${xs[i]}]`;
            tell(`${where}: ${lines.map((line) => (line[i] === null ? "no value" : `${show(line[i])} ${units}`)).join(", ")}`);
          },
        ],
      },
    },
    [xs, ...lines],
    element,
  );
  const stop = keepDrawn(element, () => {
    const [width, height] = [element.clientWidth, element.clientHeight];
    if (!width) return;
    if (plot.width !== width || plot.height !== height) plot.setSize({ width, height });
    else plot.redraw(false, true);
  });
  return () => {
    stop();
    plot.destroy();
  };
}

/**
 * Points that show what all of them would; uPlot takes `null` as "no value".
 * @param {ArrayLike<number | bigint>[]} rows
 * @returns {{ places: number[], values: (number | null)[][] }}
 */
function thin(rows) {
  const length = rows[0].length;
  const point = (/** @type {number | bigint} */ value) => (Number.isFinite(Number(value)) ? Number(value) : null);
  if (length <= MOST) {
    return { places: Array.from({ length }, (_, i) => i), values: rows.map((row) => Array.from(row, point)) };
  }
  const stretches = MOST / 2;
  const places = Array.from({ length: MOST }, (_, k) => Math.floor(((k + (k % 2 ? 0.5 : 0.25)) / MOST) * length));
  const values = rows.map((row) => {
    /** @type {(number | null)[]} */
    const kept = [];
    for (let s = 0; s < stretches; s++) {
      const end = Math.floor(((s + 1) / stretches) * length);
      let [least, most] = [Infinity, -Infinity];
      for (let i = Math.floor((s / stretches) * length); i < end; i++) {
        const value = Number(row[i]);
        if (value < least) least = value;
        if (value > most) most = value;
      }
      kept.push(point(least), point(most));
    }
    return kept;
  });
  return { places, values };
}
