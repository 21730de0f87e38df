// The demo: two arrays fetched and decoded off the main thread, then drawn.
import { Ferry } from "./dist/byteferry.js";
import { prepareFacts, showFacts } from "./facts.js";
import { drawImage } from "./image.js";
import { readWrongly, show, range } from "./numbers.js";
import { takeFiles } from "./own-file.js";
import { describe, tell } from "./problem.js";
import { drawSeries } from "./series.js";
import { sourceOf } from "./source.js";
import { beat } from "./stutter.js";

/** @typedef {import("./dist/byteferry.js").NdArray} NdArray */
/** @typedef {import("./source.js").Listing} Listing */

const ferry = new Ferry({ workers: 1 });
/** @type {{ co2?: NdArray, dem?: NdArray, ferry: Ferry }}  for whoever looks from outside: tests, the console */
const shown = { ferry };
Object.assign(window, { byteferryDemo: shown });

/** @param {string} selector */
const at = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

for (const panel of document.querySelectorAll(".facts")) prepareFacts(/** @type {HTMLElement} */ (panel));

/** @type {string | undefined}  What stands below the line until it is pointed at */
let hint;

/** @type {Record<string, () => void>}  what ends each drawing */
const ends = {};

/** @type {Record<"co2" | "dem", (array: NdArray, listing: Listing) => void>} */
const draw = {
  co2(array, { units = "", axes = [], title }) {
    const readout = at("#co2 .readout");
    hint ??= readout.textContent ?? "";
    const element = at("#co2 .series");
    const { first = "1970-01-01", stepDays = 7, last } = axes[0] ?? {};
    const [least, most] = range(array.data);
    element.setAttribute("aria-label", `Line chart: ${title}, ${first} to ${last}, from ${show(least)} to ${show(most)} ${units}`);
    ends.co2 = drawSeries(element, {
      rows: [array.data],
      time: { first: String(first), stepDays },
      units,
      tell: (text) => (readout.textContent = text || hint || ""),
    });
  },
  dem(array, { units = "", extent, title }) {
    const [right, wrong] = /** @type {NodeListOf<HTMLCanvasElement>} */ (document.querySelectorAll("#dem canvas"));
    const [least, most] = range(array.data);
    right.setAttribute("aria-label", `Map: ${title}, from ${show(least)} to ${show(most)} ${units}`);
    wrong.setAttribute("aria-label", "The same bytes read in the wrong byte order: noise with contour-like bands");
    const other = array.byteOrder === "big" ? "little" : "big";
    at("#dem figure figcaption").textContent = `Read ${array.byteOrder}-endian, as it is stored`;
    at("#dem .wrong figcaption").textContent = `The same bytes read ${other}-endian: nonsense`;
    const stops = [
      drawImage(right, array, { units, extent }),
      drawImage(wrong, { ...array, data: readWrongly(array.data) }, { units, extent }),
    ];
    ends.dem = () => stops.forEach((stop) => stop());
  },
};

const source = sourceOf(/** @type {HTMLFormElement} */ (at("#source")));
const message = at("#source-message");
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
    if (run !== latest) return;
    tell(message);
    names.forEach((name, i) => {
      ends[name]?.();
      shown[name] = arrays[i];
      showFacts(at(`#${name} .facts`), arrays[i]);
      draw[name](arrays[i], listings[name]);
      at(`#${name} h2`).textContent = listings[name].title;
      at(`#${name} .credit summary`).textContent = listings[name].about;
      at(`#${name} .credit p`).textContent = `From ${listings[name].source} Licence: ${listings[name].licence}`;
    });
    document.body.dataset.state = "ready";
  } catch (error) {
    if (run !== latest) return;
    const { text, command } = source.explain(error) ?? { text: describe(error), command: undefined };
    tell(message, text, command);
    document.body.dataset.state = "failed";
  }
}

source.onchange(load);
takeFiles(ferry, at("#own"));
beat(ferry, at("#smooth"));
load();
