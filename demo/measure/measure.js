// How measurements are taken: sides take turns, so that what slows the machine down slows them all.

/**
 * What came of one side.
 * @typedef {{ median: number, min: number, max: number, runs: number }} Figures  in milliseconds, or what the side returns
 */

/**
 * One run of one side: what it took, in milliseconds.
 * @typedef {() => number | Promise<number>} Side
 */

/** A clock may stand still: what took less than this took this, in milliseconds. */
const LEAST = 0.001;

/** @param {number[]} values @returns {Figures} */
export function figures(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted[sorted.length - 1], runs: sorted.length };
}

/**
 * Runs all sides in turn, again and again.
 * @template {string} Name
 * @param {Record<Name, Side>} sides
 * @param {object} how
 * @param {number} how.runs  of each side
 * @param {number} [how.warm]  rounds before that, which do not count
 * @param {number} [how.budget]  milliseconds after which no round begins, once there were three
 * @param {AbortSignal} [how.signal]
 * @returns {Promise<Record<Name, Figures>>}
 */
export async function alternate(sides, { runs, warm = 1, budget = Infinity, signal }) {
  const entries = /** @type {[Name, Side][]} */ (Object.entries(sides));
  const taken = new Map(entries.map(([name]) => [name, /** @type {number[]} */ ([])]));
  const began = performance.now();
  for (let round = -warm; round < runs; round++) {
    if (round >= 3 && performance.now() - began > budget) break;
    for (const [name, side] of entries) {
      signal?.throwIfAborted();
      const took = Math.max(LEAST, await side());
      if (round >= 0) taken.get(name)?.push(took);
    }
  }
  return /** @type {Record<Name, Figures>} */ (Object.fromEntries([...taken].map(([name, values]) => [name, figures(values)])));
}

/**
 * Times an asynchronous piece of work, by the page's clock.
 * @param {() => Promise<unknown>} work
 * @param {number} [times]  one after the other, where one alone is too short for the clock
 */
export async function time(work, times = 1) {
  const began = performance.now();
  for (let i = 0; i < times; i++) await work();
  return (performance.now() - began) / times;
}

/** Milliseconds as GB/s of so many bytes. @param {Figures} ms @param {number} bytes @returns {Figures} */
export function throughput({ median, min, max, runs }, bytes) {
  const speed = (/** @type {number} */ time) => bytes / 1e6 / time;
  return { median: speed(median), min: speed(max), max: speed(min), runs };
}

/** The worker in which rivals run, as byteferry does in its own. */
export class Bench {
  #worker = new Worker(new URL("./bench-worker.js", import.meta.url), { type: "module" });
  /** @type {Map<number, { resolve: (reply: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();
  #last = 0;

  constructor() {
    this.#worker.onmessage = ({ data: { id, error, ...reply } }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error));
      else waiting?.resolve(reply);
    };
    this.#worker.onerror = ({ message }) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(message || "bench-worker.js could not be started"));
      this.#waiting.clear();
    };
  }

  /**
   * @param {string} op
   * @param {object} [message]
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>}
   */
  ask(op, message = {}, transfer = []) {
    return new Promise((resolve, reject) => {
      this.#waiting.set(++this.#last, { resolve, reject });
      this.#worker.postMessage({ ...message, op, id: this.#last }, transfer);
    });
  }

  end() {
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(new Error("the worker was ended"));
  }
}
