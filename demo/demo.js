// The demo: two arrays fetched and decoded off the main thread, then drawn.
import { Ferry } from "./dist/byteferry.js";
import { SHOWN, takeApart } from "./anatomy.js";
import { bench } from "./bench.js";
import { copyable } from "./copy.js";
import { prepareFacts, showFacts } from "./facts.js";
import { drawImage, paint } from "./image.js";
import { meanwhile } from "./meanwhile.js";
import { readWrongly, show } from "./numbers.js";
import { takeFiles } from "./own-file.js";
import { describe, tell } from "./problem.js";
import { someRows } from "./rows.js";
import { drawSeries, thin } from "./series.js";
import { PUBLISHED, sourceOf } from "./source.js";
import { beat } from "./stutter.js";
import { telemetry } from "./telemetry.js";

/** @typedef {import("./dist/byteferry.js").NdArray} NdArray */
/** @typedef {import("./dist/byteferry.js").NdArray<import("./dist/byteferry.js").TypedArray>} Numbers  what is drawn */
/** @typedef {import("./source.js").Listing} Listing */

const ferry = new Ferry({ workers: 1 });
/** @type {{ co2?: NdArray, dem?: NdArray, ferry: Ferry, telemetry?: import("./telemetry.js").Account }}  for whoever looks from outside: tests, the console */
const shown = { ferry };
Object.assign(window, { byteferryDemo: shown });

/** @param {string} selector */
const at = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

for (const panel of document.querySelectorAll(".facts")) prepareFacts(/** @type {HTMLElement} */ (panel));

/** What stands below the line until it is pointed at. */
const hint = matchMedia("(pointer: coarse)").matches
  ? "Tap the line to read it."
  : "Point at the line to read it, drag to zoom, double-click to zoom out.";
at("#co2 .readout").textContent = hint;

/** Until visitors have files of their own, one of ours is taken apart. */
async function takeOursApart() {
  const anatomy = at("#own .anatomy");
  try {
    const url = "./arrays/dem.npy";
    const [array, response] = await Promise.all([ferry.fetch(url), fetch(url, { headers: { Range: `bytes=0-${SHOWN - 1}` } })]);
    const bytes = new Uint8Array(await response.arrayBuffer());
    // Somebody was quicker.
    if (anatomy.querySelector("tbody tr")) return;
    takeApart(anatomy, "dem.npy, the elevations above", bytes, array);
  } catch {
    // The arrays above say what is wrong.
    anatomy.hidden = true;
  }
}

/** @type {Record<string, () => void>}  what ends each drawing */
const ends = {};

/**
 * Each prepares its picture and returns what draws it, which returns what ends it.
 * @type {Record<"co2" | "dem", (array: Numbers, listing: Listing) => Promise<() => () => void>>}
 */
const picture = {
  async co2({ data, size }, { units = "", axes = [], title }) {
    const lines = await thin([{ data, start: 0, step: 1 }], size);
    const readout = at("#co2 .readout");
    const element = at("#co2 .series");
    const { first = "1970-01-01", stepDays = 7, last } = axes[0] ?? {};
    const [least, most] = lines.limits ?? [];
    return () => {
      const span = `${first} to ${last}, from ${show(least)} to ${show(most)} ${units}`;
      element.setAttribute("aria-label", `Line chart: ${title}, ${span}`);
      return drawSeries(element, {
        lines,
        time: { first: String(first), stepDays },
        units,
        tell: (text) => (readout.textContent = text || hint),
      });
    };
  },
  async dem(array, { units = "", extent, title }) {
    const { shape, order, byteOrder } = array;
    const paintings = [await paint(array), await paint({ data: readWrongly(array.data), shape, order })];
    const [right, wrong] = /** @type {NodeListOf<HTMLCanvasElement>} */ (document.querySelectorAll("#dem canvas"));
    const [least, most] = paintings[0]?.limits ?? [];
    const other = byteOrder === "big" ? "little" : "big";
    return () => {
      right.setAttribute("aria-label", `Map: ${title}, from ${show(least)} to ${show(most)} ${units}`);
      wrong.setAttribute("aria-label", "The same bytes read in the wrong byte order: noise with contour-like bands");
      at("#dem figure figcaption").textContent = `Read ${byteOrder}-endian, as it is stored`;
      at("#dem .wrong figcaption").textContent = `The same bytes read ${other}-endian: nonsense`;
      const stops = [right, wrong].map((canvas, i) => {
        const painting = paintings[i];
        return painting ? drawImage(canvas, painting, { units, extent }) : () => {};
      });
      return () => stops.forEach((stop) => stop());
    };
  },
};

const source = sourceOf(/** @type {HTMLFormElement} */ (at("#source")));
const message = at("#source-message");
const stuck = at("#stuck");
let latest = 0;

async function load() {
  const run = ++latest;
  document.body.dataset.state = "loading";
  try {
    const listings = await source.listings();
    await ferry.ready();
    const names = /** @type {const} */ (["co2", "dem"]);
    const arrays = await Promise.all(
      names.map(async (name) => {
        const { url, options } = await source.locate(listings[name]);
        return ferry.fetch(url, options);
      }),
    );
    const draw = await Promise.all(names.map((name, i) => picture[name](/** @type {Numbers} */ (arrays[i]), listings[name])));
    if (run !== latest) return;
    tell(message);
    tell(stuck);
    names.forEach((name, i) => {
      ends[name]?.();
      shown[name] = arrays[i];
      showFacts(at(`#${name} .facts`), arrays[i]);
      ends[name] = draw[i]();
      at(`#${name} h3`).textContent = listings[name].title;
      at(`#${name} .credit summary`).textContent = listings[name].about;
      at(`#${name} .credit p`).textContent = `From ${listings[name].source} Licence: ${listings[name].licence}`;
    });
    document.body.dataset.state = "ready";
  } catch (error) {
    if (run !== latest) return;
    tell(stuck);
    const { text, command } = source.explain(error) ?? { text: describe(error), command: undefined };
    tell(message, shown.co2 ? `${text}\nWhat is drawn below is what was fetched before.` : text, command);
    document.body.dataset.state = "failed";
  }
}

source.onchange(load);
takeFiles(ferry, at("#own"));
beat(ferry, at("#smooth"));
bench(at("#bench"));
// Workers of its own, two of them: one goes on with the telemetry whatever the other has to do.
const streams = new Ferry({ workers: 2 });
if (PUBLISHED) {
  at("#live .together").hidden = true;
  at("#live .published").hidden = false;
} else {
  shown.telemetry = telemetry(streams, at("#telemetry"));
  meanwhile(streams, at("#large"), shown.telemetry);
}
someRows(streams, at("#rows"), async () => (await source.listings()).dem);
copyable(at("#use"));
load().then(takeOursApart);
