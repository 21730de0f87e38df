// What is measured inside of workers: swaps, and every cast that there is.
import { Ferry, FerryError } from "../dist/byteferry.js";
import { SOURCES, TARGETS, bigEndian, numbers, targetsOf } from "./dtypes.js";
import { alternate, throughput } from "./measure.js";
import { SWAPS } from "./rivals.js";

/** @typedef {import("./measure.js").Figures} Figures */
/** @typedef {import("./measure.js").Side} Side */

/**
 * A line of the results.
 * @typedef {{ lane: string, name: string, dtype: string, to?: string, bytes: number, unit: "GB/s" | "ms", browser?: string } & Figures} Row
 */

/**
 * What a lane works with.
 * @typedef {object} Context
 * @property {import("./measure.js").Bench} bench
 * @property {boolean} quick
 * @property {AbortSignal} signal
 * @property {(mebibytes: number) => number} size  in bytes, smaller in a quick run
 * @property {number} runs  of each side
 * @property {(row: Row) => void} row
 * @property {(name: string, value: number | string) => void} ratio
 * @property {(text: string) => void} note  what could not be measured, and why
 * @property {(share: number) => void} progress  from 0 to 1
 */

/** What a job took inside of byteferry's worker. @param {import("../dist/byteferry.js").NdArray<any>} array */
export const inside = ({ stats: { milliseconds } }) => milliseconds.header + milliseconds.convert;

/** An array's dtype by itemsize. complex128 has 16 bytes. */
const SWAPPED = { 2: ">i2", 4: ">f4", 8: ">f8", 16: ">c16" };

/** Whole arrays, swapped in place. @param {Context} context */
export async function swap({ bench, signal, size, runs, row, ratio, note, progress }) {
  const nbytes = size(64);
  const ferry = new Ferry({ workers: 1 });
  try {
    let buffer = numbers("float32", nbytes);
    for (const [index, itemsize] of [2, 4, 8, 16].entries()) {
      const dtype = SWAPPED[/** @type {2 | 4 | 8 | 16} */ (itemsize)];
      /** @type {(op: string, more?: object) => Side} */
      const rival = (op, more) => async () => {
        const reply = await bench.ask(op, { buffer, itemsize, ...more }, [buffer]);
        buffer = reply.buffer;
        return reply.took;
      };
      /** @type {Record<string, Side>} */
      const sides = {
        async byteferry() {
          const array = await ferry.decode(buffer, { dtype });
          if (array.stats.plan !== "in-place") throw new Error(`${dtype} was not swapped in place`);
          buffer = /** @type {any} */ (array.data).buffer;
          return inside(array);
        },
        memcpy: rival("copy"),
      };
      const ways = await promising(bench, itemsize);
      for (const way of ways) sides[way] = rival("swap", { way });
      // It knows no numbers of 16 bytes but these.
      for (const [name, op] of [["zarrita", "zarrita"], ["wasm, the whole array copied", "wasm"]]) {
        const side = rival(op, { itemsize: Math.min(8, itemsize) });
        const missing = await bench.ask(op, { buffer: new ArrayBuffer(16), itemsize: 2 }).then(() => "", String);
        if (missing) note(`swap: ${name}: ${missing}`);
        else sides[name] = side;
      }
      for (const [name, side] of Object.entries(sides)) sides[name] = atWork(side);
      const taken = await alternate(sides, { runs, warm: 2, signal, budget: 20_000 });
      for (const [name, ms] of Object.entries(taken)) row({ lane: "swap", name, dtype, bytes: nbytes, unit: "GB/s", ...throughput(ms, nbytes) });
      const over = (/** @type {number} */ rival) => rival / taken.byteferry.median;
      ratio(`swap${itemsize}_vs_memcpy`, over(taken.memcpy.median));
      if (itemsize === 4) {
        ratio("swap4_vs_best_js", over(Math.min(...ways.map((way) => taken[way].median))));
        if (taken.zarrita) ratio("swap4_vs_zarrita", over(taken.zarrita.median));
      }
      progress((index + 1) / 4);
    }
  } finally {
    ferry.close();
  }
}

/** Milliseconds that a side works before its time counts. */
const WORK = 100;

/**
 * The same side, at work: its thread has slept while the others' ran, and what has just been woken is slower, processor and memory.
 * @param {Side} side
 * @returns {Side}
 */
function atWork(side) {
  return async () => {
    const began = performance.now();
    while (performance.now() - began < WORK) await side();
    return side();
  };
}

/**
 * The loops that may be the best here: those that are four times as slow on a small array are not. What they leave to be cleared away would
 * slow the others down.
 * @param {import("./measure.js").Bench} bench
 * @param {number} itemsize
 */
async function promising(bench, itemsize) {
  /** @type {[string, number][]} */
  const tried = [];
  for (const way of Object.keys(SWAPS[itemsize])) {
    let least = Infinity;
    for (let run = 0; run < 8; run++) {
      const { took } = await bench.ask("swap", { buffer: numbers("float32", 2 ** 20), itemsize, way });
      least = Math.min(least, took);
    }
    tried.push([way, least]);
  }
  const best = Math.min(...tried.map(([, least]) => least));
  return tried.filter(([, least]) => least <= 4 * best).map(([way]) => way);
}

/** Rivals this much slower than the best of them, on a small array, are not tried on the large one. */
const NEAR = 1.25;

/** Every dtype that is cast to every other. @param {Context} context */
export async function convert({ bench, quick, signal, size, row, ratio, note, progress }) {
  const ferry = new Ferry({ workers: 1 });
  // There are two hundred pairs: a quick run is for a first look. Ways are tried on what fits the cache, and is enough for the clock.
  const large = size(quick ? 16 : 64);
  const small = Math.min(large, quick ? 2 ** 17 : 2 ** 19);
  const sources = Object.keys(SOURCES);
  /** How the worst pair compares, by ratio. @type {Record<string, { value: number, pair: string }>} */
  const worst = {};
  try {
    for (const [index, from] of sources.entries()) {
      // Its beginning is what smaller jobs take: patterns repeat.
      const template = numbers(from, large);
      const targets = targetsOf(from);
      for (const [place, to] of targets.entries()) {
        progress((index + place / targets.length) / sources.length);
        const names = { from, to, dtype: bigEndian(from), casting: /** @type {const} */ ("unsafe") };
        const first = await once(ferry, template.slice(0, 64), names);
        // What it refuses has no rival to beat; what it hands back as it came needs none.
        if (!first || first.stats.plan === "view") {
          if (!first) note(`convert: ${from} to ${to} is refused`);
          continue;
        }
        const inPlace = first.stats.plan === "in-place";
        const ways = await fastest(bench, ferry, template.slice(0, small), names, inPlace);

        // The larger of the two has the size that is told.
        const count = large / Math.max(SOURCES[from], TARGETS[to]);
        const [nbytes, result] = [count * SOURCES[from], count * TARGETS[to]];
        const payload = new Uint8Array(template, 0, nbytes);
        let buffer = payload.slice().buffer;
        // Outside of what is timed: what was cast in place is no source any more.
        const fresh = () => (buffer.byteLength ? new Uint8Array(buffer).set(payload) : (buffer = payload.slice().buffer));
        /** @type {Record<string, Side>} */
        const sides = {};
        for (const way of ways) {
          sides[way] = async () => {
            if (inPlace) fresh();
            const reply = await bench.ask("cast", { buffer, from, to, way, count, nbytes: inPlace ? nbytes : result }, [buffer]);
            buffer = reply.buffer;
            return reply.took;
          };
        }
        sides["copy of the result"] = async () => (await bench.ask("copyOutput", { nbytes: result })).took;
        // What has to be read is more than what is written: copying that is the least that any way can take.
        if (nbytes > result) sides["copy of the source"] = async () => (await bench.ask("copyOutput", { nbytes })).took;
        sides.byteferry = async () => {
          fresh();
          const array = await ferry.decode(buffer, options(names));
          if (inPlace) buffer = /** @type {any} */ (array.data).buffer;
          else ferry.recycle(array), fresh();
          return inside(array);
        };
        const taken = await alternate(sides, { runs: quick ? 3 : 7, signal, budget: quick ? 100 : 450 });
        for (const [name, ms] of Object.entries(taken)) {
          row({ lane: "convert", name, dtype: names.dtype, to, bytes: nbytes, unit: "GB/s", ...throughput(ms, nbytes) });
        }
        const times = {
          convert_min_vs_best_js: Math.min(...ways.map((way) => taken[way].median)),
          convert_min_vs_output_copy: taken["copy of the result"].median,
          convert_min_vs_larger_copy: (taken["copy of the source"] ?? taken["copy of the result"]).median,
        };
        for (const [name, time] of Object.entries(times)) {
          const value = time / taken.byteferry.median;
          if (value < (worst[name]?.value ?? Infinity)) worst[name] = { value, pair: `${from} to ${to}` };
        }
      }
    }
  } finally {
    ferry.close();
  }
  for (const [name, { value, pair }] of Object.entries(worst)) {
    ratio(name, value);
    ratio(name === "convert_min_vs_best_js" ? "convert_min_pair" : `${name}_pair`, pair);
  }
}

/** What byteferry is told. @param {Pair} pair */
const options = ({ dtype, to, casting }) => ({ format: /** @type {const} */ ("raw"), dtype, to, casting, longdouble: /** @type {const} */ ("x87") });

/**
 * @typedef {{ from: string, to: string, dtype: string, casting: "unsafe" }} Pair
 * @param {Ferry} ferry
 * @param {ArrayBuffer} buffer
 * @param {Pair} pair
 */
async function once(ferry, buffer, pair) {
  try {
    return await ferry.decode(buffer, options(pair));
  } catch (error) {
    if (error instanceof FerryError && error.code === "unsafe-cast") return undefined;
    throw error;
  }
}

/**
 * The ways worth trying on a large array, after each has shown that it computes what byteferry does.
 * @param {import("./measure.js").Bench} bench
 * @param {Ferry} ferry
 * @param {ArrayBuffer} template
 * @param {Pair} pair
 * @param {boolean} inPlace
 * @returns {Promise<string[]>}
 */
async function fastest(bench, ferry, template, pair, inPlace) {
  const { from, to } = pair;
  const count = template.byteLength / SOURCES[from];
  const nbytes = inPlace ? template.byteLength : count * TARGETS[to];
  const expected = /** @type {any} */ (await once(ferry, template.slice(0), pair)).data;
  const { ways } = await bench.ask("ways", { from, to });
  /** @type {{ way: string, least: number }[]} */
  const tried = [];
  for (const way of ways) {
    let least = Infinity;
    for (let run = 0; run < 6; run++) {
      const buffer = template.slice(0);
      const { took, result } = await bench.ask("cast", { buffer, from, to, way, count, nbytes, show: run === 0 }, [buffer]);
      if (run === 0) same(new Uint8Array(expected.buffer, expected.byteOffset, expected.byteLength), new Uint8Array(result), `${from} to ${to} by ${way}`);
      // The first ones compile it.
      if (run > 1) least = Math.min(least, took);
    }
    tried.push({ way, least });
  }
  tried.sort((a, b) => a.least - b.least);
  const limit = Math.max(tried[0].least * NEAR, tried[0].least + 0.05);
  return tried.filter(({ least }) => least <= limit).slice(0, 2).map(({ way }) => way);
}

/**
 * @param {Uint8Array} expected
 * @param {Uint8Array} actual
 * @param {string} what
 */
function same(expected, actual, what) {
  const differs = expected.findIndex((byte, at) => byte !== actual[at]);
  if (differs >= 0 || expected.length !== actual.length) {
    throw new Error(`${what}: byte ${differs} of ${actual.length} is ${actual[differs]}, and ${expected[differs]} of ${expected.length} by byteferry`);
  }
}
