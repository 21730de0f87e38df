// byteferry.js: NumPy arrays into a page. The page's side; the work is done by byteferry-worker.js.
//
//   import { Ferry } from "./byteferry.js";
//   const ferry = new Ferry();
//   const array = await ferry.fetch("/temperature.npy");       // a big-endian float32 array, say
//   array.data;                                                // Float32Array, on a buffer of its own
import { absolute, checked, mapped, messageOf, movable, movesStreams, plain, streamOf } from "./input.js";
import { after, Hand, is } from "./hand.js";

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
 *   | Float64ArrayConstructor | OtherArrayConstructor} TypedArrayConstructor
 */

/**
 * Float16Array's, which TypeScript has in its newest library only.
 * @typedef {{ readonly name: string, readonly BYTES_PER_ELEMENT: number, new (buffer: ArrayBuffer): { readonly BYTES_PER_ELEMENT: number } }} OtherArrayConstructor
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
 * Rows, which are indices of the first axis, as Python slices them: `[start, stop]`, either of them negative, or missing.
 * @typedef {[start?: number | null | undefined, stop?: number | null | undefined]} Rows
 */

/**
 * How far a job is: bytes that came, and bytes there will be if that is known. Told at most every 50 ms, and at the end; phase is
 * `"data"`, or `"retry"` when the rest is asked for anew.
 * @typedef {{ loaded: number, total?: number, phase: "data" | "retry" }} Progress
 */

/**
 * @typedef {object} Part
 * @property {Rows} [rows]  of these alone
 * @property {(progress: Progress) => void} [onProgress]
 */

/**
 * What `fetch` takes, too.
 * @typedef {Pick<RequestInit, "headers" | "credentials" | "method" | "body" | "cache" | "mode">} Request
 */

/**
 * @typedef {object} LiveOptions  how frames are taken
 * @property {"block" | "latest" | "error"} [slow]  what happens to frames that come faster than they are taken: the server is made to wait;
 *   only the latest is kept; or that is an error. Default `"block"`, and `"latest"` of a WebSocket, which cannot be made to wait
 * @property {number} [queue]  frames that may wait in the page, at least 1; default 8, and 1 of `"latest"`
 * @property {boolean} [recycle]  whether a frame's memory is taken back when the next one is asked for, which spares new memory for each;
 *   default `true`: copy what is to be kept, or pass `false`
 * @property {number} [reconnect]  how often a connection that broke off is opened anew before that is an error, counted from 0 again once a
 *   frame came; default 0
 * @property {(gap: { expected: number, actual: number, missed: number }) => void} [onGap]  told of frames that are missing, by sequence
 *   numbers, or came again (`missed` is 0); without it, that is an error. A new connection may begin at 0 again
 * @property {(again: { attempt: number, after: number, reason: string }) => void} [onReconnect]  `after` so many milliseconds
 */

/**
 * @typedef {object} Ownership
 * @property {boolean} [transfer]  whether the buffer is moved, and detached here; default: whole ArrayBuffers are,
 *   views, Blobs and SharedArrayBuffers are left as they were
 * @property {SharedArrayBuffer} [into]  of `decode`, for what is in shared memory: memory of the result; the same, to convert it where it lies.
 *   Large arrays are divided among all workers
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
 * Bytes that may still be coming: a stream, or a Response's body, is moved.
 * @typedef {Input | Response | ReadableStream} Coming
 */

/**
 * What runs here.
 * @typedef {{ protocol: number, version: string, simd: boolean }} Ready
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

/** The options that go to the worker. Others are refused: an option that is silently ignored could mean wrong numbers. */
const READ = "format dtype shape order offset strides to casting layout complex longdouble strict checksum".split(" ");
const WRITE = "format byteOrder dtype casting layout longdouble name sequence checksum".split(" ");

/** What every promise of a `Ferry` is rejected with, but for an `AbortError`. */
export class FerryError extends Error {
  /** @type {ArrayBuffer | undefined} The buffer that was moved, byte for byte as it was given. */
  buffer;
  /** @type {number | undefined} What was needed. */
  expected;
  /** @type {number | undefined} What there was instead. */
  actual;
  /** @type {number | undefined} Where in the input, in bytes. */
  offset;
  /** @type {number | undefined} Which element, in memory order. */
  index;
  /** @type {number | bigint | undefined} The value of that element. */
  value;
  /** @type {number | undefined} How many frames are missing. */
  missed;
  /** @type {number | undefined} The server's answer. */
  status;
  /** @type {string | undefined} What was asked for. */
  url;

  /**
   * @param {string} code
   * @param {string} message
   * @param {object} [details]  becomes properties
   */
  constructor(code, message, details) {
    super(message);
    /** One word, such as `"truncated"`; the README lists them. */
    this.code = code;
    Object.assign(this, details);
  }
}
FerryError.prototype.name = "FerryError";

/**
 * An array: plain properties, which survive structuredClone (`new NdArray(clone)` gives the methods back).
 * @template {ArrayBufferView | string[] | undefined} [T=Data]
 */
export class NdArray {
  /** @type {T} The elements, in the order they have in memory: numbers, two for a complex one; bytes; or strings. */
  data;
  /** @type {number[]} Elements along each axis. */
  shape;
  /** @type {number[]} Bytes from one element to the next along each axis, as NumPy counts them. */
  strides;
  /** @type {"C" | "F"} Whether the last axis or the first lies closest. */
  order;
  /** @type {string} Type of the elements, by NumPy's name. */
  dtype;
  /** @type {"little" | "big" | null} Of the source; `null` where elements are single bytes, or records. */
  byteOrder;
  /** @type {number} Bytes of an element; of text and records, of the source's. */
  itemsize;
  /** @type {number} Elements in all. */
  size;
  /** @type {number} Bytes in all. */
  nbytes;
  /** @type {string[] | undefined} Of records: the fields' names in their order, which an object does not keep of names like "0". */
  names;
  /** @type {{ [name: string]: NdArray } | undefined} Of records: each field an array of its own. A sub-array's axes follow the array's. */
  fields;
  /** @type {boolean | "planes" | undefined} Whether elements are pairs in `data`, or `data` has all real parts first. */
  complex;
  /** @type {string | undefined} What a datetime or timedelta counts, such as `"25s"`. */
  unit;
  /** @type {number | undefined} How many codes of text were no characters, and are U+FFFD now. */
  replaced;
  /** @type {string | undefined} The name that a frame gave it. */
  name;
  /** @type {number | undefined} Its number in its stream, if it came as a frame. */
  sequence;
  /** @type {number} Bytes that were left over behind the array. */
  trailing;
  /** @type {{ format: "raw" | "npy" | "frame", dtype: string, offset: number }} What it was made from. */
  source;
  /** @type {Stats} What it cost. */
  stats;

  /** @param {any} fields */
  constructor(fields) {
    Object.assign(this, fields);
    this.fields &&= mapped(this.fields, madeOf);
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
    const { shape } = this;
    const place = index.map((i, axis) => (i < 0 ? i + shape[axis] : i));
    if (index.length !== shape.length || !place.every((i, axis) => Number.isInteger(i) && i >= 0 && i < shape[axis])) {
      throw new FerryError("bad-argument", `[${index}] is no index of an array of shape [${shape}]`);
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

/** @param {any} properties */
const madeOf = (properties) => new NdArray(properties);

/**
 * @param {NdArray<any>} array
 * @param {number[]} index  of as many axes as are decided
 * @param {number[]} [stride]  found once for all elements
 * @returns {any}
 */
function item(array, index, stride = array.stride) {
  const { data, shape, fields, complex, dtype, size, itemsize } = array;
  if (index.length < shape.length) return Array.from({ length: shape[index.length] }, (_, i) => item(array, [...index, i], stride));
  if (fields) return mapped(fields, (field) => item(field, index));
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
  /** @type {FerryError | undefined} */
  #closed;
  #lastId = 0;
  /** How many jobs in a row were each the only one on its way. */
  #alone = 0;

  /**
   * Workers start on first use.
   * @param {object} [options]
   * @param {number} [options.workers]  at most so many of either script; default: one less than the processors, at least 1 and at most 4
   * @param {string | URL} [options.workerUrl]  of byteferry-worker.js, with byteferry-worker.full.js beside it; default: both beside this file
   * @param {(script: string) => Worker} [options.createWorker]  makes a worker of the script of that name, in place of `workerUrl`
   * @param {number} [options.readyTimeout]  milliseconds a worker may take to start; default 20000
   */
  constructor({ workers, workerUrl, createWorker, readyTimeout = 20000 } = {}) {
    this.#most = Math.max(1, (workers ?? Math.min(4, navigator.hardwareConcurrency - 1)) | 0);
    this.#settings = { workerUrl: workerUrl && absolute(workerUrl), createWorker, readyTimeout };
  }

  /**
   * Starts a worker, if none is idle, and says what runs.
   * @returns {Promise<Ready>}
   */
  async ready() {
    return this.#leastBusy().started;
  }

  /**
   * Decodes an array from bytes in memory, in a file, or on their way: those are converted as they come.
   * @template {To | undefined} [const T=undefined]
   * @param {Coming} input
   * @param {ReadOptions & Ownership & Part & { to?: T }} [options]
   * @returns {Promise<NdArray<DataOf<T>>>}
   */
  async decode(input, options = {}) {
    return new NdArray(await this.#take("decode", input, options, [...READ, "rows", "into"]));
  }

  /**
   * Decodes all arrays of an .npz, or of a run of frames, which are named by their numbers where they have no names.
   * @param {Coming} input
   * @param {ReadOptions & Ownership & Pick<Part, "onProgress"> & { to?: To, names?: string[], maxBytes?: number }} [options]  for each
   *   of them; `names`: of these alone; `maxBytes`: of all that is decompressed
   * @returns {Promise<{ [name: string]: NdArray }>}
   */
  async decodeAll(input, options = {}) {
    const { arrays } = await this.#take("decodeAll", input, options, [...READ, "names", "maxBytes"]);
    return mapped(Object.fromEntries(arrays), madeOf);
  }

  /**
   * What is in an .npz, by its directory alone.
   * @param {Coming} input
   * @param {Ownership & Pick<Part, "onProgress"> & { signal?: AbortSignal, timeout?: number }} [options]
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
    checked(options, WRITE);
    const message = { ...options, op: "encode", name: options.name ?? /** @type {any} */ (array)?.name, array: plain(array) };
    return (await this.#send(message, { signal, timeout }, true)).result;
  }

  /**
   * Fetches an array, which is converted in the worker while it comes. `retries`: how often a download that broke off is gone on with, or
   * begun anew where the server does not allow that; default 0. For `rows` and `retries`, byteferry-worker.full.js is loaded.
   * @template {To | undefined} [const T=undefined]
   * @param {string | URL} url
   * @param {ReadOptions & Part & Request & { to?: T, retries?: number }} [options]
   * @returns {Promise<NdArray<DataOf<T>>>}
   */
  async fetch(url, options = {}) {
    const message = messageOf("fetch", url, options, [...READ, "rows", "retries"]);
    return new NdArray(await this.#send(message, options, !!(options.rows || options.retries)));
  }

  /**
   * Opens a file, and reads no more of it than it takes to know what is in it: an .npz is a `RemoteArchive` (`"members" in file`), all else a `RemoteArray`.
   * @param {string | URL | Blob} from  the address of an array or an .npz, or a Blob with one, such as a File; of raw data, `dtype` and
   *   `shape` tell what it is
   * @param {ReadOptions & Request & { to?: To }} [options]  also for all that is read of it
   * @returns {Promise<RemoteArray | RemoteArchive>}
   */
  async open(from, options = {}) {
    const message = messageOf("open", from, options, READ);
    const { array, members, file, head } = await this.#send(message, options, true);
    const ask = (/** @type {object} */ more, /** @type {any} */ settings = {}) => this.#send({ ...message, ...more, file, head }, settings, true);
    return members ? new RemoteArchive(members, ask) : new RemoteArray(array, ask);
  }

  /**
   * Arrays one after the other, as they come as frames over HTTP or a WebSocket (`ws:`, `wss:`), until the server ends them. To leave the
   * loop closes the connection.
   * @template {To | undefined} [const T=undefined]
   * @param {string | URL} url
   * @param {ReadOptions & LiveOptions & Request & { to?: T }} [options]
   * @returns {AsyncGenerator<NdArray<DataOf<T>>, void> & { dropped: number }}  `dropped`: how many frames `"latest"` has left out
   */
  frames(url, { recycle = true, onGap, onReconnect, ...options } = {}) {
    const message = messageOf("frames", url, options, [...READ, "slow", "queue", "reconnect"]);
    message.gaps = !!onGap;
    const ferry = this;
    /** @type {any[]} */
    const frames = [];
    /** @type {any} */
    let wake = () => {};
    /** @type {any} */
    let ended;
    /** @type {any} */
    const all = (async function* () {
      const controller = new AbortController();
      const { signal } = controller;
      options.signal?.throwIfAborted();
      options.signal?.addEventListener("abort", () => controller.abort(options.signal?.reason), { signal });
      const end = (/** @type {any[]} */ ...errors) => (ended ??= errors) && wake();
      /** @type {Hand | undefined} */
      let hand;
      ferry.#send(message, { ...options, signal }, true, (/** @type {any} */ told, /** @type {Hand} */ from) => {
        hand = from;
        if (told.gap) onGap?.(told.gap);
        if (told.reconnect) onReconnect?.(told.reconnect);
        if (told.frame) {
          frames.push(told.frame);
          all.dropped = told.dropped;
        }
        wake();
      }).then(() => end(), end);
      try {
        for (;;) {
          while (!frames.length && !ended) await new Promise((resolve) => (wake = resolve));
          signal.throwIfAborted();
          const frame = frames.shift();
          if (!frame) break;
          const array = new NdArray(frame);
          yield /** @type {any} */ (array);
          // Only when the next frame is asked for, so that the worker can tell when the page is slow.
          hand?.tell("next", message.id, { buffers: recycle ? buffersOf(array) : [] });
        }
        for (const error of ended) throw error;
      } finally {
        controller.abort();
      }
    })();
    all.dropped = 0;
    return all;
  }

  /**
   * Encodes an array and sends it to a server.
   * @param {string | URL} url
   * @param {Encodable} array
   * @param {WriteOptions & Request} [options]  method: default `"POST"`
   * @returns {Promise<Response>}  what the server answered, which was no error
   */
  async send(url, array, options = {}) {
    const message = messageOf("send", url, options, WRITE);
    Object.assign(message, { name: options.name ?? /** @type {any} */ (array)?.name, array: plain(array) });
    const { result, ...answer } = await this.#send(message, options, true);
    // Where no body may be, there is none.
    return new Response(result.byteLength ? result : null, answer);
  }

  /**
   * Gives the memory of arrays that are done with to the results to come. Their data are gone then.
   * @param {...NdArray<any>} arrays
   */
  recycle(...arrays) {
    this.#byLoad()[0]?.recycle([...new Set(arrays.flatMap(buffersOf))]);
  }

  /** Ends the workers. What is still pending is rejected with `closed`. */
  close() {
    this.#closed = new FerryError("closed", "the Ferry was closed");
    for (const hand of this.#hands) hand.fail(this.#closed);
  }

  /**
   * Sends a job on bytes in memory.
   * @param {string} op
   * @param {Coming} input
   * @param {any} options
   * @param {string[]} known  which options there are
   */
  async #take(op, input, { transfer, ...given }, known) {
    const { signal, timeout, onProgress, ...options } = given;
    signal?.throwIfAborted();
    const to = checked(options, known);
    const full = op !== "decode" || !!options.rows;
    if (!options.into && is(input, "Response", "ReadableStream")) {
      const { stream, available } = streamOf(input);
      /** @type {any} */
      const message = { ...options, op, to, available };
      // Cancels the stream if the job ended before it was sent. Once it is transferred, this does nothing: the original is locked.
      if (movesStreams()) return this.#send({ ...message, stream }, given, full).finally(() => stream.cancel().catch(() => {}));
      message.pull = true;
      const reader = stream.getReader();
      /** @type {(told: any, hand: Hand) => void} */
      const pull = (_, hand) => {
        const tell = (/** @type {object} */ piece) => hand.tell("piece", message.id, piece);
        reader.read().then(({ done, value }) => tell({ done, value: ArrayBuffer.isView(value) ? plain(value) : value })).catch((error) => tell({ error: String(error) }));
      };
      return this.#send(message, given, true, pull).finally(() => reader.cancel().catch(() => {}));
    }
    const view = ArrayBuffer.isView(input);
    /** @type {any} */
    const buffer = view ? input.buffer : input;
    /** @type {any} */
    const message = { ...options, op, to, buffer };
    if (view) [message.byteOffset, message.byteLength] = [input.byteOffset, input.byteLength];
    if (is(buffer, "ArrayBuffer")) {
      try {
        // A detached buffer still has a length, 0; making a view on it is what fails.
        new Uint8Array(buffer);
      } catch {
        throw new FerryError("detached", "the buffer was detached: it has been moved already");
      }
      const { byteOffset = 0, byteLength = buffer.byteLength } = message;
      movable(byteLength, buffer);
      if (!(transfer ?? !view)) {
        // Only the part that is meant: the buffer may be much larger.
        Object.assign(message, { buffer: buffer.slice(byteOffset, byteOffset + byteLength), byteOffset: 0 });
      }
    } else if (!is(buffer, "Blob", "File", "SharedArrayBuffer")) {
      throw new FerryError("bad-argument", `${op} takes an ArrayBuffer, a view on one, a SharedArrayBuffer, a Blob, a Response or a ReadableStream`);
    }
    if (options.into) return this.#share(message, given);
    return this.#send(message, given, full, undefined, buffer === message.buffer && is(buffer, "ArrayBuffer"));
  }

  /**
   * Has all workers convert an array in shared memory, each its share.
   * @param {any} message
   * @param {any} settings
   */
  async #share(message, settings) {
    if (!is(message.into, "SharedArrayBuffer") || !is(message.buffer, "SharedArrayBuffer")) throw new FerryError("bad-argument", "into is a SharedArrayBuffer, for what is in one");
    const count = message.buffer.byteLength > 2 ** 20 ? this.#most : 1;
    const shares = Array.from({ length: count }, (_, index) => this.#send({ ...message, op: "share", share: [index, count] }, settings, true));
    // Wait for all of them, so that nobody still writes when this settles.
    await Promise.allSettled(shares);
    const [reply] = await Promise.all(shares);
    // The reply's buffer is another handle on the same memory.
    reply.data = new reply.data.constructor(message.into, reply.data.byteOffset, reply.data.length);
    return reply;
  }

  /**
   * @param {any} message
   * @param {{ signal?: AbortSignal, timeout?: number, onProgress?: (progress: Progress) => void }} settings
   * @param {boolean} [full]  whether the worker must be the one that does all
   * @param {(told: any, from: any) => void} [hear]  what comes before the answer
   * @param {boolean} [moved]
   * @returns {Promise<any>}
   */
  #send(message, { signal, timeout, onProgress }, full = false, hear, moved = false) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const hand = this.#leastBusy(full);
      const began = performance.now();
      message.id = ++this.#lastId;
      this.#alone = [...this.#hands].every((hand) => hand.idle) ? this.#alone + 1 : 0;
      message.alone = this.#alone > 1;
      if (onProgress) message.progress = true;
      const abort = () => (hand.drop(message.id), settle(reject, signal?.reason));
      const clock = after(timeout, () => settle(reject, new FerryError("timeout", `no result within ${timeout} ms`, { buffer: hand.drop(message.id) })));
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
        hear: (told) => (told.progress ? onProgress?.(told.progress) : hear?.(told, hand)),
        reject: (error) => settle(reject, error),
        resolve(reply) {
          const milliseconds = reply.stats?.milliseconds;
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

  /** The workers, the one with least to do first. */
  #byLoad() {
    return [...this.#hands].sort((a, b) => a.load() - b.load());
  }

  /** The least busy worker that can do this; a new one if all of those are busy and more are allowed. */
  #leastBusy(full = false) {
    if (this.#closed) throw this.#closed;
    const able = this.#byLoad().filter((hand) => hand.full || !full);
    if (able[0]?.idle || able.length >= this.#most) return able[0];
    const another = new Hand(this.#settings, full, () => this.#hands.delete(another));
    this.#hands.add(another);
    return another;
  }
}

/** An array in a file, of which nothing but the header was read. */
export class RemoteArray {
  /** @type {{ rows: Rows, signal?: AbortSignal, resolve: (array: any) => void, reject: (error: unknown) => void }[]}  what is asked for at once */
  #asked = [];
  #ask;
  /** @type {number[]} Elements along each axis. */
  shape;
  /** @type {number[]} Bytes from one element of the result to the next along each axis. */
  strides;
  /** @type {"C" | "F"} Whether the last axis or the first lies closest. Of `"F"` there are no rows. */
  order;
  /** @type {string} Type of the elements, by NumPy's name. */
  dtype;
  /** @type {"little" | "big" | null} Of the source. */
  byteOrder;
  /** @type {number} Bytes of an element of the result. */
  itemsize;
  /** @type {number} Elements in all. */
  size;
  /** @type {number} Bytes of the whole result. */
  nbytes;
  /** @type {{ format: "raw" | "npy" | "frame", dtype: string, offset: number }} What it is in the file. */
  source;

  /**
   * @param {any} array  that, and more
   * @param {(more: object, settings?: object) => Promise<any>} ask
   */
  constructor(array, ask) {
    this.#ask = ask;
    for (const name of /** @type {(keyof this)[]} */ (Object.keys(this))) this[name] = array[name];
  }

  /**
   * Some rows, of which no other bytes cross the network if the server knows ranges. What is asked for at once comes with one
   * request where it lies close together.
   * @param {number | null} [start]  as in Python: negative ones count from the end
   * @param {number | null} [stop]
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<NdArray>}
   */
  rows(start, stop, { signal, ...options } = {}) {
    return new Promise((resolve, reject) => {
      checked(options, []);
      signal?.throwIfAborted();
      if (this.#asked.push({ rows: [start, stop], signal, resolve, reject }) === 1) queueMicrotask(() => this.#go());
    });
  }

  async #go() {
    // Those that were aborted already are rejected, and left out.
    const asked = this.#asked.splice(0).filter(({ signal, reject }) => !signal?.aborted || reject(signal.reason));
    const controller = new AbortController();
    let wanted = asked.length;
    for (const { signal, reject } of asked) {
      // Until all are here, and no longer: a page may have one signal for all that it ever asks for.
      signal?.addEventListener("abort", () => (reject(signal.reason), --wanted || controller.abort()), { signal: controller.signal });
    }
    try {
      const { arrays } = await this.#ask({ op: "rows", ranges: asked.map(({ rows }) => rows) }, controller);
      asked.forEach(({ resolve, reject }, index) => {
        const [error, array] = arrays[index];
        if (error) reject(new FerryError(error.code, error.message, error));
        else resolve(new NdArray(array));
      });
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
    controller.abort();
  }
}

/** An .npz, of which nothing but its directory was read. */
export class RemoteArchive {
  #ask;

  /**
   * @param {{ name: string, nbytes: number, compressed: number }[]} members
   * @param {(more: object, settings?: object) => Promise<any>} ask
   */
  constructor(members, ask) {
    this.#ask = ask;
    /** What is in it; sizes in bytes, headers included. */
    this.members = members;
  }

  /**
   * One of its arrays. Nothing else crosses the network.
   * @param {string} name
   * @param {{ rows?: Rows, signal?: AbortSignal, timeout?: number }} [options]
   * @returns {Promise<NdArray>}
   */
  async get(name, { signal, timeout, ...options } = {}) {
    checked(options, ["rows"]);
    return new NdArray(await this.#ask({ op: "member", member: name, ...options }, { signal, timeout }));
  }
}

/**
 * The memory of an array, where it is nobody else's.
 * @param {NdArray<any>} array
 * @returns {ArrayBuffer[]}
 */
function buffersOf({ data, fields }) {
  if (fields) return Object.values(fields).flatMap(buffersOf);
  return is(data?.buffer, "ArrayBuffer") && data.buffer.byteLength ? [data.buffer] : [];
}
