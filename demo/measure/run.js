// The benchmark as a function: lanes in, rows as they come, results out. The page here draws them; so may any other.
import { Ferry } from "../dist/byteferry.js";
import { convert, swap } from "./lanes.js";
import { Bench } from "./measure.js";
import { fetching, files, jank, start, transfer } from "./page-lanes.js";
import { hasFloat16 } from "./dtypes.js";

/** @typedef {import("./lanes.js").Context} Context */
/** @typedef {import("./lanes.js").Row} Row */

/**
 * What the figures are about.
 * @typedef {object} Results
 * @property {{ [name: string]: string | number | boolean }} versions
 * @property {{ [name: string]: string | number | boolean }} machine
 * @property {string} date
 * @property {boolean} quick
 * @property {Row[]} rows
 * @property {{ [name: string]: number | string | null }} ratios  null where there is no number, such as a crossover that never comes
 * @property {string[]} notes  what was not measured, and why
 */

/** The lanes, in their order. @type {Record<string, { title: string, about: string, measure: (context: Context) => Promise<void> }>} */
export const LANES = {
  swap: { title: "Swap", about: "In the worker, in place, against what else swaps bytes", measure: swap },
  convert: { title: "Convert", about: "Every dtype into every other, against the best JavaScript for that pair; results in warm memory", measure: convert },
  transfer: { title: "Transfer", about: "From the page to a worker and back", measure: transfer },
  jank: { title: "Pauses", about: "The longest time in which the page could do nothing else", measure: jank },
  fetch: { title: "Fetch", about: "From the server", measure: fetching },
  start: { title: "Start", about: "From new Ferry on, with a warm cache", measure: start },
  files: { title: "Files", about: "Packages that read .npy", measure: files },
};

/**
 * What a ratio has to be.
 * @type {Record<string, { least?: number, most?: number, about: string }>}
 */
export const BOUNDS = {
  swap2_vs_memcpy: { least: 1, about: "2 bytes swapped, over Uint8Array.set" },
  swap4_vs_memcpy: { least: 1, about: "4 bytes swapped, over Uint8Array.set" },
  swap8_vs_memcpy: { least: 1, about: "8 bytes swapped, over Uint8Array.set" },
  swap16_vs_memcpy: { least: 1, about: "complex128 swapped, over Uint8Array.set" },
  swap4_vs_best_js: { least: 2, about: "4 bytes swapped, over the fastest JavaScript loop" },
  swap4_vs_zarrita: { least: 5, about: "4 bytes swapped, over zarrita's byteswap" },
  convert_min_vs_best_js: { least: 1, about: "the worst pair, over its best JavaScript loop" },
  convert_min_vs_output_copy: { least: 0.5, about: "the worst pair, over copying its result" },
  roundtrip_overhead: { most: 1.1, about: "decode from page to page, over the time in the kernels" },
  small_call: { most: 3, about: "decode of 1 KiB, over an echo of 1 KiB" },
  view_call: { most: 3, about: "decode of a native .npy, over an echo of as many bytes" },
  clone_vs_decode: { least: 5, about: "structured clone there and back, over decode" },
  gloo_bincode_vs_decode: { least: 20, about: "gloo-worker's default codec there and back, over decode" },
  fetch_vs_fetch: { most: 1.1, about: "ferry.fetch, over fetch().arrayBuffer() in a worker" },
  recycled_vs_fresh: { least: 2, about: "widening into fresh memory, over memory used again" },
  two_workers: { least: 1.6, about: "one worker on shared memory, over two with half of it each" },
  jank_ms: { most: 4, about: "longest pause of the page while decoding, less the idle page's, in ms" },
  wasm_memory_mib: { most: 2, about: "the worker's wasm memory after half a gigabyte, in MiB" },
  worker_brotli_kib: { most: 48, about: "byteferry-worker.js as downloaded, in KiB" },
  client_brotli_kib: { most: 5, about: "byteferry.js as downloaded, in KiB" },
  ready_ms: { most: 50, about: "new Ferry to ready, in ms" },
};

/**
 * Whether a ratio keeps its bound; undefined of those that have none, and of those that were not measured.
 * @param {string} name
 * @param {number | string | null | undefined} value
 */
export function keeps(name, value) {
  const bound = BOUNDS[name];
  if (!bound || typeof value !== "number") return undefined;
  return value >= (bound.least ?? -Infinity) && value <= (bound.most ?? Infinity);
}

/**
 * Measures.
 * @param {object} [options]
 * @param {string[]} [options.lanes]  names of `LANES`; default: all
 * @param {boolean} [options.quick]  a quarter of the bytes, fewer runs
 * @param {number} [options.scale]  divides all sizes, for tests of the benchmark itself
 * @param {AbortSignal} [options.signal]
 * @param {(row: Row) => void} [options.onRow]
 * @param {(progress: { lane: string, done: number }) => void} [options.onProgress]  `done` from 0 to 1, of all
 * @param {(ratios: Results["ratios"]) => void} [options.onRatios]  what is known of them
 * @returns {Promise<Results>}
 */
export async function run({ lanes = Object.keys(LANES), quick = false, scale = 1, signal, onRow, onProgress, onRatios } = {}) {
  const unknown = lanes.find((name) => !Object.hasOwn(LANES, name));
  if (unknown !== undefined) throw new TypeError(`there is no lane '${unknown}'`);
  const { versions, sizes } = await built();
  /** @type {Results} */
  const results = {
    versions: { ...versions, ...(await ready()) },
    machine: machine(),
    date: new Date().toISOString(),
    quick: quick || scale !== 1,
    rows: [],
    ratios: sizes,
    notes: [],
  };
  const bench = new Bench();
  const never = new AbortController().signal;
  try {
    for (const [index, lane] of lanes.entries()) {
      const progress = (/** @type {number} */ share) => onProgress?.({ lane, done: (index + share) / lanes.length });
      progress(0);
      await LANES[lane].measure({
        bench,
        quick,
        signal: signal ?? never,
        // Never less than a page of memory, and always a power of two.
        size: (mebibytes) => Math.max(4096, 2 ** Math.floor(Math.log2((mebibytes * 2 ** 20) / (quick ? 4 : 1) / scale))),
        runs: quick ? 5 : 9,
        row(row) {
          results.rows.push(row);
          onRow?.(row);
        },
        ratio(name, value) {
          results.ratios[name] = value === Infinity ? null : value;
          onRatios?.(results.ratios);
        },
        note: (text) => void results.notes.push(text),
        progress,
      });
      signal?.throwIfAborted();
    }
    return results;
  } finally {
    bench.end();
  }
}

/** What the page was built with, told beside it. @returns {Promise<{ versions: Results["versions"], sizes: Results["ratios"] }>} */
async function built() {
  const response = await fetch(new URL("./built.json", import.meta.url));
  return response.ok ? response.json() : { versions: {}, sizes: {} };
}

async function ready() {
  const ferry = new Ferry({ workers: 1 });
  try {
    const { version, simd } = await ferry.ready();
    return { byteferry: version, simd };
  } finally {
    ferry.close();
  }
}

/** What a page can know of it. */
function machine() {
  const { userAgent, hardwareConcurrency, deviceMemory } = /** @type {Navigator & { deviceMemory?: number }} */ (navigator);
  return { userAgent, processors: hardwareConcurrency, ...(deviceMemory ? { memoryGiB: deviceMemory } : {}), isolated: crossOriginIsolated, float16: hasFloat16 };
}
