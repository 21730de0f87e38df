// byteferry.js: NumPy arrays into a page. The page's side; the work is done by byteferry-worker.js.
//
//   import { Ferry } from "./byteferry.js";
//   const ferry = new Ferry();
//   const array = await ferry.fetch("/temperature.npy");       // a big-endian float32 array, say
//   array.data;                                                // Float32Array, on a buffer of its own

/**
 * A number type, by NumPy's name.
 * @typedef {"bool" | "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64"
 *   | "float16" | "float32" | "float64"} NumberType
 */

/**
 * @typedef {Uint8Array<ArrayBuffer> | Int8Array<ArrayBuffer> | Int16Array<ArrayBuffer> | Uint16Array<ArrayBuffer>
 *   | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>
 *   | Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>} TypedArray
 */

/**
 * What an array's elements lie in: numbers; strings; or nothing, where there are `fields`.
 * @typedef {TypedArray | string[] | undefined} Data
 */

/**
 * What a result is to be: a number type by its name, type string or typed array; `"bytes"`, the elements as they are
 * stored; or such for some fields of records.
 * @typedef {string | TypedArrayConstructor | { [field: string]: To }} To
 */

/**
 * @typedef {Uint8ArrayConstructor | Int8ArrayConstructor | Int16ArrayConstructor | Uint16ArrayConstructor | Int32ArrayConstructor
 *   | Uint32ArrayConstructor | BigInt64ArrayConstructor | BigUint64ArrayConstructor | Float32ArrayConstructor
 *   | Float64ArrayConstructor} TypedArrayConstructor
 */

/**
 * The data of an array that was asked to be `T`.
 * @template T
 * @typedef {T extends "bool" | "uint8" | "bytes" | Uint8ArrayConstructor ? Uint8Array<ArrayBuffer>
 *   : T extends "int8" | Int8ArrayConstructor ? Int8Array<ArrayBuffer>
 *   : T extends "int16" | Int16ArrayConstructor ? Int16Array<ArrayBuffer>
 *   : T extends "uint16" | Uint16ArrayConstructor ? Uint16Array<ArrayBuffer>
 *   : T extends "int32" | Int32ArrayConstructor ? Int32Array<ArrayBuffer>
 *   : T extends "uint32" | Uint32ArrayConstructor ? Uint32Array<ArrayBuffer>
 *   : T extends "int64" | BigInt64ArrayConstructor ? BigInt64Array<ArrayBuffer>
 *   : T extends "uint64" | BigUint64ArrayConstructor ? BigUint64Array<ArrayBuffer>
 *   : T extends "float32" | "complex64" | Float32ArrayConstructor ? Float32Array<ArrayBuffer>
 *   : T extends "float64" | "complex128" | Float64ArrayConstructor ? Float64Array<ArrayBuffer>
 *   : Data} DataOf
 */

/**
 * @typedef {object} ReadOptions  how bytes become an array
 * @property {"auto" | "raw" | "npy" | "frame"} [format]  default `"auto"`: told by the first bytes
 * @property {string} [dtype]  of raw data, by NumPy's name or type string, such as `">f4"`
 * @property {ArrayLike<number>} [shape]  of raw data; default: one axis with all there is
 * @property {"C" | "F"} [order]  memory order of raw data; default `"C"`
 * @property {number} [offset]  where the data begin, in bytes
 * @property {ArrayLike<number>} [strides]  of raw data: bytes from one element to the next along each axis, of any sign, in place
 *   of `order`; the element of index (0, 0, ...) is at `offset`
 * @property {"no" | "equiv" | "safe" | "same_kind" | "unsafe" | "exact"} [casting]  how much `to` may change;
 *   NumPy's words and `"exact"`, default `"safe"`
 * @property {"C" | "F"} [layout]  memory order of the result; default: the source's
 * @property {"interleaved" | "planes"} [complex]  `"planes"`: all real parts, then all imaginary parts
 * @property {"x87" | "quad"} [longdouble]  what a `float128` is; default: told by the padding that x87's has
 * @property {boolean} [strict]  refuses bytes left over behind the array, bools other than 0 and 1, and text that is none
 * @property {boolean} [checksum]  `false` leaves a frame's CRC-32 unchecked
 * @property {AbortSignal} [signal]
 * @property {number} [timeout]  in milliseconds; default: none
 */

/**
 * @typedef {object} Ownership
 * @property {boolean} [transfer]  whether the buffer is moved, and detached here; default: whole ArrayBuffers are,
 *   views, Blobs and SharedArrayBuffers are left as they were
 */

/**
 * What a job cost: `plan` is `"view"`, `"in-place"` or `"into"`; `allocated` the bytes of ArrayBuffers the worker made for it;
 * `wasmMemory` the bytes of its wasm memory. Of the milliseconds, `wait` is what `total` has beside the others: both messages,
 * the queue, and the worker's start if this job had to wait for it.
 * @typedef {{ plan: "view" | "in-place" | "into", allocated: number, wasmMemory: number,
 *   milliseconds: { total: number, wait: number, fetch?: number, header: number, convert: number } }} Stats
 */

/**
 * Bytes: a whole ArrayBuffer is moved, unless `transfer: false`; a view is copied, unless `transfer: true`.
 * @typedef {ArrayBuffer | SharedArrayBuffer | ArrayBufferView | Blob} Input
 */

/**
 * What runs here.
 * @typedef {{ protocol: number, version: string, simd: boolean }} Ready
 */

/**
 * @typedef {object} Job  a message on its way, and who waits for the answer
 * @property {any} message
 * @property {boolean} moved  whether `message.buffer` was the caller's own
 * @property {(reply: any) => void} resolve
 * @property {(error: unknown) => void} reject
 */

/**
 * @typedef {object} WriteOptions  how an array becomes bytes
 * @property {"npy" | "raw" | "frame"} [format]  default `"npy"`
 * @property {"little" | "big"} [byteOrder]  default: as `dtype` says, or little
 * @property {string} [dtype]  by NumPy's name, type string, or list of fields; default: the array's own
 * @property {"no" | "equiv" | "safe" | "same_kind" | "unsafe" | "exact"} [casting]  how much `dtype` may change; default `"safe"`
 * @property {"C" | "F"} [layout]  memory order; default: the array's
 * @property {"x87" | "quad"} [longdouble]  what a `float128` is to be; default `"x87"`
 * @property {string} [name]  in a frame; default: the array's
 * @property {number} [sequence]  in a frame; default 0
 * @property {boolean} [checksum]  `false` leaves out a frame's CRC-32
 * @property {AbortSignal} [signal]
 * @property {number} [timeout]  in milliseconds; default: none
 */

/**
 * What can be encoded: an `NdArray`, a plain object with these of its properties, or a typed array.
 * @typedef {ArrayBufferView | { data?: any, shape?: ArrayLike<number>, dtype?: string, order?: "C" | "F",
 *   complex?: boolean | "planes" | undefined, itemsize?: number, name?: string | undefined,
 *   names?: string[] | undefined, fields?: { [name: string]: any } | undefined }} Encodable
 */

/** The options that go to the worker. Any other is a mistake, or of a later version: ignored, it could mean wrong numbers. */
const READ = "format dtype shape order offset strides to casting layout complex longdouble strict checksum".split(" ");
const WRITE = "format byteOrder dtype casting layout longdouble name sequence checksum".split(" ");

/** Most bytes that Chromium moves in one message; other engines move what they can allocate. */
const LIMIT = /Chrom(e|ium)\//.test(navigator.userAgent) ? 2145386496 : Infinity;

/** What every promise of a `Ferry` is rejected with, but for an `AbortError`. */
export class FerryError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {object} [details]  becomes properties
   */
  constructor(code, message, details) {
    super(message);
    /** One word, such as `"truncated"`; the README lists them. */
    this.code = code;
    /** @type {ArrayBuffer | undefined} The buffer that was moved, byte for byte as it was given. */
    this.buffer = undefined;
    /** @type {number | undefined} What was needed. */
    this.expected = undefined;
    /** @type {number | undefined} What there was instead. */
    this.actual = undefined;
    /** @type {number | undefined} Where in the input, in bytes. */
    this.offset = undefined;
    /** @type {number | undefined} Which element, in memory order. */
    this.index = undefined;
    /** @type {number | bigint | undefined} The value of that element. */
    this.value = undefined;
    /** @type {number | undefined} The server's answer. */
    this.status = undefined;
    /** @type {string | undefined} What was asked for. */
    this.url = undefined;
    Object.assign(this, details);
  }
}
FerryError.prototype.name = "FerryError";

/**
 * An array: plain properties, which survive structuredClone (`new NdArray(clone)` gives the methods back).
 * @template {Data} [T=Data]
 */
export class NdArray {
  /** @param {any} fields */
  constructor(fields) {
    /** @type {T} The elements, in the order they have in memory: numbers, two for a complex one; bytes; or strings. */
    this.data = fields.data;
    /** @type {number[]} Elements along each axis. */
    this.shape = fields.shape;
    /** @type {number[]} Bytes from one element to the next along each axis, as NumPy counts them. */
    this.strides = fields.strides;
    /** @type {"C" | "F"} Whether the last axis or the first lies closest. */
    this.order = fields.order;
    /** @type {string} Type of the elements, by NumPy's name. */
    this.dtype = fields.dtype;
    /** @type {"little" | "big" | null} Of the source; `null` where elements are single bytes, or records. */
    this.byteOrder = fields.byteOrder;
    /** @type {number} Bytes of an element; of text and records, of the source's. */
    this.itemsize = fields.itemsize;
    /** @type {number} Elements in all. */
    this.size = fields.size;
    /** @type {number} Bytes in all. */
    this.nbytes = fields.nbytes;
    /** @type {string[] | undefined} Of records: the fields' names in their order, which an object does not keep of names like "0". */
    this.names = fields.names;
    /** @type {{ [name: string]: NdArray } | undefined} Of records: each field an array of its own. A sub-array's axes follow the array's. */
    this.fields = fields.fields && Object.fromEntries(Object.entries(fields.fields).map(([name, field]) => [name, new NdArray(field)]));
    /** @type {boolean | "planes" | undefined} Whether elements are pairs in `data`, or `data` has all real parts first. */
    this.complex = fields.complex;
    /** @type {string | undefined} What a datetime or timedelta counts, such as `"25s"`. */
    this.unit = fields.unit;
    /** @type {number | undefined} How many codes of text were no characters, and are U+FFFD now. */
    this.replaced = fields.replaced;
    /** @type {string | undefined} The name that a frame gave it. */
    this.name = fields.name;
    /** @type {number | undefined} Its number in its stream, if it came as a frame. */
    this.sequence = fields.sequence;
    /** @type {number} Bytes that were left over behind the array. */
    this.trailing = fields.trailing;
    /** @type {{ format: "raw" | "npy" | "frame", dtype: string, offset: number }} What it was made from. */
    this.source = fields.source;
    /** @type {Stats} What it cost. */
    this.stats = fields.stats;
  }

  /**
   * Entries of `data` from one element to the next along each axis: with `data` and `shape` what the npm package ndarray
   * takes, `ndarray(a.data, a.shape, a.stride)`.
   */
  get stride() {
    const { shape, order, complex, dtype, itemsize } = this;
    let step = complex === true ? 2 : /^void/.test(dtype) ? itemsize : 1;
    /** @type {number[]} */
    const stride = [];
    for (let i = 0; i < shape.length; i++) {
      const axis = order === "F" ? i : shape.length - 1 - i;
      stride[axis] = step;
      step *= shape[axis];
    }
    return stride;
  }

  /**
   * One element: a number, a bigint, a string, `[re, im]`, the bytes of a void, or an object of the fields' values.
   * @param {...number} index  one for each axis; negative ones count from its end
   * @returns {any}
   */
  get(...index) {
    const place = index.map((i, axis) => (i < 0 ? i + this.shape[axis] : i));
    if (index.length !== this.shape.length || !place.every((i, axis) => Number.isInteger(i) && i >= 0 && i < this.shape[axis])) {
      throw new FerryError("bad-argument", `[${index}] is no index of an array of shape [${this.shape}]`);
    }
    return item(this, place);
  }

  /**
   * The elements in lists of lists, as NumPy's `tolist` has them; of an array without axes, its one element.
   * @returns {any}
   */
  toNested() {
    return item(this, []);
  }
}

/**
 * @param {NdArray<any>} array
 * @param {number[]} index  of as many axes as are decided
 * @param {number[]} [stride]  found once for all elements
 * @returns {any}
 */
function item(array, index, stride = array.stride) {
  const { data, shape, fields, complex, dtype, size, itemsize } = array;
  if (index.length < shape.length) return Array.from({ length: shape[index.length] }, (_, i) => item(array, [...index, i], stride));
  if (fields) return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, item(field, index)]));
  const at = index.reduce((at, i, axis) => at + i * stride[axis], 0);
  if (complex) return [data[at], data[complex === true ? at + 1 : at + size]];
  return /^void/.test(dtype) ? data.slice(at, at + itemsize) : data[at];
}

/** A pool of workers that turn bytes into arrays. */
export class Ferry {
  /** @type {Set<Hand>} */
  #hands = new Set();
  #most;
  #settings;
  #closed = false;
  #lastId = 0;

  /**
   * Workers start on first use.
   * @param {object} [options]
   * @param {number} [options.workers]  at most so many; default: one less than the processors, at least 1 and at most 4
   * @param {string | URL} [options.workerUrl]  of byteferry-worker.js, with byteferry-worker.full.js beside it; default: both beside this file
   * @param {(script: string) => Worker} [options.createWorker]  makes a worker of the script of that name, in place of `workerUrl`
   * @param {number} [options.readyTimeout]  milliseconds a worker may take to start; default 20000
   */
  constructor({ workers, workerUrl, createWorker, readyTimeout = 20000 } = {}) {
    this.#most = Math.max(1, workers ?? Math.min(4, (navigator.hardwareConcurrency || 2) - 1));
    this.#settings = { workerUrl: workerUrl && absolute(workerUrl), createWorker, readyTimeout };
  }

  /**
   * Starts a worker, if none runs yet, and says what runs.
   * @returns {Promise<Ready>}
   */
  async ready() {
    return this.#leastBusy().started;
  }

  /**
   * Decodes an array from bytes in memory.
   * @template {To | undefined} [const T=undefined]
   * @param {Input} input
   * @param {ReadOptions & Ownership & { to?: T }} [options]
   * @returns {Promise<NdArray<DataOf<T>>>}
   */
  async decode(input, options = {}) {
    return new NdArray(await this.#take("decode", input, options, READ));
  }

  /**
   * Decodes all arrays of an .npz, or of a run of frames, which are named by their numbers where they have no names.
   * @param {Input} input
   * @param {ReadOptions & Ownership & { to?: To, names?: string[], maxBytes?: number }} [options]  for each of them; `names`: of
   *   these alone; `maxBytes`: of all that is decompressed
   * @returns {Promise<{ [name: string]: NdArray }>}
   */
  async decodeAll(input, options = {}) {
    const { arrays } = await this.#take("decodeAll", input, options, [...READ, "names", "maxBytes"]);
    return Object.fromEntries(arrays.map((/** @type {[string, any]} */ [name, array]) => [name, new NdArray(array)]));
  }

  /**
   * What is in an .npz, by its directory alone.
   * @param {Input} input
   * @param {Ownership & { signal?: AbortSignal, timeout?: number }} [options]
   * @returns {Promise<{ name: string, nbytes: number, compressed: number }[]>}  sizes in bytes, headers included
   */
  async list(input, options = {}) {
    return (await this.#take("list", input, options, [])).members;
  }

  /**
   * Encodes an array for NumPy. The array is left as it was. The worker that does it has a script of its own, byteferry-worker.full.js,
   * which is loaded when it is first asked for.
   * @param {Encodable} array
   * @param {WriteOptions} [options]
   * @returns {Promise<ArrayBuffer>}
   */
  async encode(array, { signal, timeout, ...options } = {}) {
    refuseUnknown(options, WRITE);
    const message = { ...options, op: "encode", name: options.name ?? /** @type {any} */ (array)?.name, array: plain(array) };
    return (await this.#send(message, false, signal, timeout, true)).result;
  }

  /**
   * Fetches an array and decodes it, all in the worker.
   * @template {To | undefined} [const T=undefined]
   * @param {string | URL} url
   * @param {ReadOptions & { to?: T } & Pick<RequestInit, "headers" | "credentials" | "method" | "body" | "cache" | "mode">} [options]
   * @returns {Promise<NdArray<DataOf<T>>>}
   */
  async fetch(url, { signal, timeout, headers, credentials, method, body, cache, mode, ...options } = {}) {
    refuseUnknown(options, READ);
    /** @type {any} */
    const message = { ...options, op: "fetch", to: named(options.to) };
    try {
      message.url = absolute(url);
      message.init = { headers: [...new Headers(headers)], credentials, method, body, cache, mode };
    } catch (error) {
      throw new FerryError("bad-argument", `${url} cannot be fetched: ${error}`, { cause: error });
    }
    return new NdArray(await this.#send(message, false, signal, timeout));
  }

  /** Ends the workers. What is still pending is rejected with `closed`. */
  close() {
    this.#closed = true;
    for (const hand of this.#hands) hand.fail(closed());
  }

  /**
   * Sends a job on bytes in memory.
   * @param {string} op
   * @param {Input} input
   * @param {any} options
   * @param {string[]} known  which options there are
   */
  async #take(op, input, { signal, timeout, transfer, ...options }, known) {
    signal?.throwIfAborted();
    refuseUnknown(options, known);
    const view = ArrayBuffer.isView(input);
    const buffer = view ? input.buffer : input;
    /** @type {any} */
    const message = { ...options, op, to: named(options.to), buffer };
    if (view) [message.byteOffset, message.byteLength] = [input.byteOffset, input.byteLength];
    if (buffer instanceof ArrayBuffer) {
      refuseDetached(buffer);
      const { byteOffset = 0, byteLength = buffer.byteLength } = message;
      if (byteLength > LIMIT) {
        const text = `the buffer has ${byteLength} bytes; this browser moves at most ${LIMIT} in one piece: decode it in parts`;
        throw new FerryError("too-large", text, { expected: LIMIT, actual: byteLength, buffer });
      }
      if (!(transfer ?? !view)) {
        // The part that is meant, and no more of what may be a much larger buffer.
        Object.assign(message, { buffer: buffer.slice(byteOffset, byteOffset + byteLength), byteOffset: 0 });
      }
    } else if (!(buffer instanceof Blob || (self.SharedArrayBuffer && buffer instanceof SharedArrayBuffer))) {
      throw new FerryError("bad-argument", `${op} takes an ArrayBuffer, a view on one, a SharedArrayBuffer or a Blob`);
    }
    return this.#send(message, buffer === message.buffer && buffer instanceof ArrayBuffer, signal, timeout);
  }

  /**
   * @param {any} message
   * @param {boolean} moved
   * @param {AbortSignal} [signal]
   * @param {number} [timeout]
   * @param {boolean} [full]  whether the worker must be one that writes
   * @returns {Promise<any>}
   */
  #send(message, moved, signal, timeout, full = false) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const hand = this.#leastBusy(full);
      const began = performance.now();
      message.id = ++this.#lastId;
      const abort = () => (hand.drop(message.id), settle(reject, signal?.reason));
      const late = () => settle(reject, new FerryError("timeout", `no result within ${timeout} ms`, { buffer: hand.drop(message.id) }));
      const clock = after(timeout, late);
      signal?.addEventListener("abort", abort);
      /** @type {<T>(how: (outcome: T) => void, outcome: T) => void} */
      const settle = (how, outcome) => {
        clearTimeout(clock);
        signal?.removeEventListener("abort", abort);
        how(outcome);
      };
      hand.take({
        message,
        moved,
        reject: (error) => settle(reject, error),
        resolve(reply) {
          const { milliseconds } = reply.stats ?? {};
          if (milliseconds) {
            const { fetch = 0, header, convert } = milliseconds;
            milliseconds.total = performance.now() - began;
            milliseconds.wait = Math.max(0, milliseconds.total - fetch - header - convert);
          }
          settle(resolve, reply);
        },
      });
    });
  }

  /** The worker with least to do; a new one while there may be more, if all have something. */
  #leastBusy(full = false) {
    if (this.#closed) throw closed();
    const [hand] = [...this.#hands].filter((hand) => hand.full || !full).sort((a, b) => a.load() - b.load());
    if (hand && (hand.load() === 0 || this.#hands.size >= this.#most)) return hand;
    const another = new Hand(this.#settings, full, () => this.#hands.delete(another));
    this.#hands.add(another);
    return another;
  }
}

/** One worker, and the account of what it has been given. */
class Hand {
  /** @type {Map<number, Job>} */
  #jobs = new Map();
  #worker;
  #url;
  #clock;
  #ended;
  #ready = false;
  /** @type {(ready: Ready) => void} */
  #begin = () => {};
  /** @type {(error: FerryError) => void} */
  #refuse = () => {};

  /** @type {Promise<Ready>} */
  started = new Promise((resolve, reject) => ([this.#begin, this.#refuse] = [resolve, reject]));

  /**
   * @param {{ workerUrl?: string, createWorker?: (script: string) => Worker, readyTimeout: number }} settings
   * @param {boolean} full
   * @param {() => void} ended  called when it will take no more
   */
  constructor({ workerUrl, createWorker, readyTimeout }, full, ended) {
    this.started.catch(() => {});
    this.full = full;
    this.#ended = ended;
    const script = full ? "byteferry-worker.full.js" : "byteferry-worker.js";
    if (full && workerUrl) workerUrl = new URL(script, workerUrl).href;
    this.#url = workerUrl ?? (createWorker ? "the worker" : new URL(script, import.meta.url).href);
    try {
      this.#worker = createWorker?.(script) ?? spawn(this.#url, workerUrl ? "" : script);
      if (!this.#worker.terminate) throw new TypeError("createWorker returned no Worker");
    } catch (error) {
      throw new FerryError("worker-load", `${this.#url} could not be started: ${error}`, { cause: error, url: this.#url });
    }
    this.#worker.onmessage = ({ data }) => this.#hear(data);
    this.#worker.onmessageerror = () => this.fail(new FerryError("worker-crash", "the worker's answer could not be read"));
    this.#worker.onerror = async (event) => {
      event.preventDefault();
      if (this.#ready) return this.fail(new FerryError("worker-crash", `the worker failed: ${event.message}`));
      const why = createWorker ? "its script failed" : await reason(this.#url);
      this.#unloadable(event.message ? `${why} (${event.message})` : why);
    };
    this.#clock = after(readyTimeout, () => this.#unloadable(`it was not ready within ${readyTimeout} ms`));
  }

  /** Bytes it still has to do, as a guess at the time that takes. */
  load() {
    let load = 0;
    for (const { message } of this.#jobs.values()) load += 4096 + (message.weight ?? 0);
    return load;
  }

  /** @param {Job} job */
  take(job) {
    const { message } = job;
    message.weight = message.buffer?.byteLength ?? message.buffer?.size ?? 1 << 20;
    this.#jobs.set(message.id, job);
    this.#send(job, () => {
      if (this.#ready) this.#post(message);
      // Until the worker runs, the buffer is kept here, detached for the caller: it can be given back if the worker never does.
      else if (job.moved) message.buffer = structuredClone(message.buffer, { transfer: [message.buffer] });
    });
  }

  /**
   * @param {Job} job  refused, and no other, if what it has cannot be sent
   * @param {() => void} send
   */
  #send({ message, moved, reject }, send) {
    try {
      send();
    } catch (error) {
      this.#jobs.delete(message.id);
      const { buffer } = moved ? message : {};
      reject(new FerryError("bad-argument", `the job could not be sent: ${error}`, { cause: error, buffer }));
    }
  }

  /**
   * @param {number} id  of a job whose result nobody waits for any more
   * @returns {ArrayBuffer | undefined}  its buffer, if it was moved and is still here
   */
  drop(id) {
    const job = this.#jobs.get(id);
    if (!this.#jobs.delete(id)) return;
    if (!this.#ready) return job?.moved ? job.message.buffer : undefined;
    this.#worker.postMessage({ id, op: "abort" });
  }

  /**
   * Ends it, and with it every job it has.
   * @param {FerryError} error
   */
  fail(error) {
    clearTimeout(this.#clock);
    this.#worker.terminate();
    this.#ended();
    this.#refuse(error);
    for (const { message, moved, reject } of this.#jobs.values()) {
      const buffer = moved && !this.#ready ? message.buffer : undefined;
      reject(new FerryError(error.code, error.message, { cause: error.cause, url: error.url, buffer }));
    }
    this.#jobs.clear();
  }

  /** @param {string} why */
  #unloadable(why) {
    this.fail(new FerryError("worker-load", `${this.#url} could not be started: ${why}`, { url: this.#url }));
  }

  /** @param {any} message */
  #post(message) {
    this.#worker.postMessage(message, message.buffer instanceof ArrayBuffer ? [message.buffer] : []);
  }

  /** @param {any} answer */
  #hear({ ready, failed, id, error, buffer, ...reply }) {
    if (failed) return this.#unloadable(failed.message);
    if (ready) {
      clearTimeout(this.#clock);
      this.#ready = true;
      this.#begin(ready);
      for (const job of this.#jobs.values()) this.#send(job, () => this.#post(job.message));
      return;
    }
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    if (!error) return job?.resolve(reply);
    job?.reject(new FerryError(error.code, error.message, { ...error, buffer: job.moved ? buffer : undefined }));
  }
}

/**
 * An address as the page means it. There may be no page: a Ferry runs in a worker, too.
 * @param {string | URL} url
 */
const absolute = (url) => new URL(url, self.document?.baseURI ?? location.href).href;

/** @param {Record<string, unknown>} options  @param {string[]} known */
function refuseUnknown(options, known) {
  const unknown = Object.keys(options).find((name) => options[name] !== undefined && !known.includes(name));
  if (unknown) throw new FerryError("bad-argument", `there is no option '${unknown}'`);
}

/**
 * `to` with names in place of typed arrays.
 * @param {unknown} to
 */
function named(to) {
  if (typeof to !== "object" && typeof to !== "function") return to;
  try {
    return JSON.parse(
      JSON.stringify(to, (_, value) => {
        if (typeof value !== "function") return value;
        // What is no typed array is no dtype either, and for the worker to refuse.
        return value.BYTES_PER_ELEMENT ? value.name.replace(/^Big|Clamped|Array$/g, "").toLowerCase() : false;
      }),
    );
  } catch (error) {
    throw new FerryError("bad-argument", `to must be a dtype, or an object of dtypes by field: ${error}`, { cause: error });
  }
}

/**
 * What the worker has to know of an array that it is to encode.
 * @param {any} array
 * @returns {any}
 */
function plain(array) {
  // Of a large buffer, only the part that is meant.
  if (ArrayBuffer.isView(array)) return array.byteLength < array.buffer.byteLength && "slice" in array ? /** @type {any} */ (array).slice() : array;
  if (!array || typeof array !== "object") throw new FerryError("bad-argument", "encode takes an NdArray or a typed array");
  const { data, shape, order, dtype, itemsize, complex, names, fields } = array;
  const described = { shape, order, dtype, itemsize, complex, names };
  if (!fields) return { ...described, data: ArrayBuffer.isView(data) ? plain(data) : data };
  return { ...described, fields: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, plain(field)])) };
}

/**
 * A clock, unless it would never ring: setTimeout rings at once when it is to wait for 2^31 ms or more.
 * @param {number | undefined} ms
 * @param {() => void} ring
 */
const after = (ms, ring) => (ms && ms < 2 ** 31 ? setTimeout(ring, ms) : undefined);

const closed = () => new FerryError("closed", "the Ferry was closed");

/** @param {ArrayBuffer} buffer */
function refuseDetached(buffer) {
  try {
    new Uint8Array(buffer);
  } catch {
    throw new FerryError("detached", "the buffer was detached before: it has been moved already");
  }
}

/**
 * A worker from the script at `url`, on whatever origin.
 * @param {string} url
 * @param {string} own  its name, if it lies beside this file
 */
function spawn(url, own) {
  const { href, origin } = new URL(url);
  if (origin !== location.origin) {
    // A worker's script must come from the page's own origin; a script of that origin may import any.
    const wrapper = new Blob([`importScripts(${JSON.stringify(href)})`], { type: "text/javascript" });
    return new Worker(URL.createObjectURL(wrapper));
  }
  // The others are written out in one piece, for the bundlers that look for them.
  if (!own) return new Worker(url);
  return own === "byteferry-worker.js" ? new Worker(new URL("./byteferry-worker.js", import.meta.url)) : new Worker(new URL("./byteferry-worker.full.js", import.meta.url));
}

/**
 * Why a worker's script did not run; the event that says so doesn't.
 * @param {string} url
 */
async function reason(url) {
  try {
    const { ok, status, statusText, headers } = await fetch(url);
    const type = headers.get("Content-Type");
    if (!ok) return `the server answered ${status} ${statusText}`.trim();
    if (!/javascript/.test(type ?? "")) return `its Content-Type is ${type}, not text/javascript`;
    return "the browser refused it, as a syntax error, Content-Security-Policy or Cross-Origin-Embedder-Policy makes it do";
  } catch (error) {
    return `it could not be fetched: ${error}`;
  }
}
