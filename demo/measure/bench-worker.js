// Where rivals run. Each op does one thing and says how long it took, by this worker's clock; buffers are moved here, and moved back.
import { fromBase64, toBase64 } from "./base64.js";
import { tableOf } from "./dtypes.js";
import { SWAPS, casts, copyingWasm, zarrita } from "./rivals.js";

/** @typedef {(input: ArrayBuffer, output: ArrayBuffer, count: number) => void} Loop */

/** Memory for results, used again and again: warm, as byteferry's is. @type {Map<number, ArrayBuffer>} */
const kept = new Map();

/** @param {number} nbytes */
function warm(nbytes) {
  let buffer = kept.get(nbytes);
  if (!buffer) {
    // No more than two sizes at a time.
    if (kept.size > 1) kept.clear();
    kept.set(nbytes, (buffer = new ArrayBuffer(nbytes)));
    new Uint8Array(buffer).fill(1);
  }
  return buffer;
}

/** The pair that is being measured. @type {{ name: string, loops: Record<string, Loop> }} */
let pair = { name: "", loops: {} };

/** @param {string} from @param {string} to */
function loopsOf(from, to) {
  const name = `${from} ${to}`;
  if (pair.name !== name) pair = { name, loops: casts(from, to, tableOf(from)) };
  return pair.loops;
}

/** @param {() => void} work */
function timed(work) {
  const began = performance.now();
  work();
  return performance.now() - began;
}

/** @type {any} */
let others;

/** @type {Record<string, (message: any) => any>} */
const ops = {
  /** There and back. */
  echo: ({ buffer }) => ({ buffer }),

  /** One of `SWAPS`, in place. */
  swap: ({ buffer, itemsize, way }) => ({ buffer, took: timed(() => SWAPS[itemsize][way](buffer)) }),

  async zarrita({ buffer, itemsize }) {
    others ??= await zarrita();
    const bytes = new Uint8Array(buffer);
    return { buffer, took: timed(() => others(bytes, itemsize)) };
  },

  async wasm({ buffer, itemsize }) {
    const { swap } = await copyingWasm();
    const bytes = new Uint8Array(buffer);
    return { buffer, took: timed(() => swap(bytes, itemsize)) };
  },

  /** What a pass over the bytes costs at the least: `set`, into warm memory. */
  copy({ buffer }) {
    const [from, to] = [new Uint8Array(buffer), new Uint8Array(warm(buffer.byteLength))];
    return { buffer, took: timed(() => to.set(from)) };
  },

  /** The same of memory that stays here, as much as a result has. */
  copyOutput({ nbytes }) {
    const both = warm(2 * nbytes);
    const [from, to] = [new Uint8Array(both, 0, nbytes), new Uint8Array(both, nbytes, nbytes)];
    return { took: timed(() => to.set(from)) };
  },

  ways: ({ from, to }) => ({ ways: Object.keys(loopsOf(from, to)) }),

  /** One way of casting; in place where `nbytes` is what there is. */
  cast({ buffer, from, to, way, count, nbytes, show }) {
    const loop = loopsOf(from, to)[way];
    const output = nbytes === buffer.byteLength ? buffer : warm(nbytes);
    const took = timed(() => loop(buffer, output, count));
    return show ? { buffer, took, result: output.slice(0) } : { buffer, took };
  },

  /** Numbers as text, and back as text. */
  json: ({ text }) => ({ text: JSON.stringify(Array.from(Float32Array.from(JSON.parse(text)))) }),

  base64: ({ text }) => ({ text: toBase64(fromBase64(text)) }),

  async fetch({ url }) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return { buffer: await response.arrayBuffer() };
  },
};

self.onmessage = async ({ data: { id, op, move = true, ...message } }) => {
  try {
    const reply = await ops[op](message);
    const buffers = [reply.buffer, reply.result].filter((it) => move && it instanceof ArrayBuffer);
    self.postMessage({ ...reply, id }, { transfer: buffers });
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
};
