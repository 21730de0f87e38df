// What a job has on JavaScript's side: its options as JSON for the wasm module, and the buffers that the module fills.

/**
 * @typedef {{ describe(host: Host): void, decode(options: Uint8Array, host: Host, scope: typeof globalThis): void, encode?(options: Uint8Array, host: Host): void, memory: WebAssembly.Memory }} Core
 *   what the wasm module exports; `encode` is byteferry-worker.full.js's alone
 */

/** A byte order mark at the beginning of text is text. */
const utf16 = new TextDecoder("utf-16le", { ignoreBOM: true });

/** Those whose `set` casts quickly. WebKit's takes two to five times as long as this worker. */
const [engine] = /Firefox|Chrome/.exec(globalThis.navigator?.userAgent) ?? [];

/** Memory of results that are done with, the oldest first. @type {ArrayBuffer[]} */
const recycled = [];

/** Most bytes that are kept for results to come. */
const KEPT = 2 ** 28;

/**
 * Keeps memory for results to come.
 * @param {ArrayBuffer[]} buffers
 */
export function recycle(buffers) {
  recycled.push(...buffers);
  let nbytes = recycled.reduce((sum, buffer) => sum + buffer.byteLength, 0);
  while (nbytes > KEPT) nbytes -= /** @type {ArrayBuffer} */ (recycled.shift()).byteLength;
}

/** Milliseconds that a byte takes in place, by large tiles and by small ones; of small ones it is not known at first. */
const costs = [1, 2];

/** Bytes of the smallest array whose time tells something. */
const TELLING = 2 ** 22;

/** Jobs of that size. Of 32 two are done by those tiles that were slower; one after the other, as the first after a pause is slow anyhow. */
let jobs = 0;

/** The buffers of one job, by number. */
export class Host {
  /** What was handed over. @type {Uint8Array[]} */
  inputs = [];
  /** What goes back: bytes, or lists of strings. @type {any[]} */
  columns = [];
  /** Whether the input may no longer be what it was. */
  written = false;
  /** Bytes of new memory. */
  allocated = 0;
  /** What the module answers, as JSON. */
  json = "";
  /** @type {WebAssembly.Memory | undefined} */
  #memory;
  /** When a conversion in place began, and whether its tiles are small: 1. */
  #began = 0;
  #fine = 0;
  /** The tiles that were last in use. */
  #tile = new Uint8Array();
  #other = new Uint8Array();

  /** @param {number} index */
  input(index) {
    return this.inputs[index];
  }

  /** @param {number} index */
  column(index) {
    return this.columns[index];
  }

  /** Says which instance reads and writes from here on. @param {WebAssembly.Memory} memory */
  attach(memory) {
    if (memory !== this.#memory) this.#tile = this.#other = new Uint8Array();
    this.#memory = memory;
  }

  /**
   * Copies `length` of the module's bytes into an array, and then `size` bytes of another, or the same, to the module.
   * @param {Uint8Array} array  @param {number} at  @param {number} bytes  @param {number} length
   * @param {Uint8Array} source  @param {number} from  @param {number} into  @param {number} size
   */
  exchange(array, at, bytes, length, source, from, into, size) {
    if (length) array.set(this.#view(bytes, length), at);
    // Firefox makes this view in no time, if only it is told that what it gets are small integers.
    if (size) this.#view(into, size).set(from < 2 ** 30 ? source.subarray(from | 0, (from | 0) + size) : source.subarray(from, from + size));
  }

  /**
   * A part of the module's memory: most often one of the last two, since to make a view takes as long as to copy a KiB. Views of
   * memory that has grown since begin nowhere, and are none of them.
   * @param {number} pointer  @param {number} length
   */
  #view(pointer, length) {
    let tile = this.#tile;
    if (tile.byteOffset === pointer && tile.length === length) return tile;
    tile = this.#other;
    this.#other = this.#tile;
    if (tile.byteOffset !== pointer || tile.length !== length) tile = new Uint8Array(/** @type {WebAssembly.Memory} */ (this.#memory).buffer, pointer, length);
    return (this.#tile = tile);
  }

  /**
   * Casts `length` numbers of the one type to the other by `set`, where it is quicker than this worker: Firefox's is, and Chromium's to
   * wider numbers of 4 bytes and more. In shared memory it is slow.
   * @param {Uint8Array} array  @param {number} at  @param {string} to
   * @param {Uint8Array} source  @param {number} from  @param {string} numbers  @param {number} length
   */
  cast({ buffer }, at, to, source, from, numbers, length) {
    // Neither may be misaligned.
    if ((from | at) & 7 || [buffer, source.buffer].some((it) => !(it instanceof ArrayBuffer))) return false;
    const [result, cast] = [typed(to, buffer, at, length), typed(numbers, source.buffer, from, length)];
    const width = result.BYTES_PER_ELEMENT;
    const quick = engine === "Firefox" || (engine === "Chrome" && width > 2 && width > cast.BYTES_PER_ELEMENT);
    if (quick) result.set(cast);
    return quick;
  }

  /** The input becomes the result. @param {boolean} written  whether its bytes will change */
  keep(written) {
    this.written = written;
    return (this.columns[0] = this.inputs[0]);
  }

  /**
   * Whether tiles in place are to be small. Large ones are quicker until calls have been compiled, in WebKit, and wherever small copies
   * happen to be slow for a while; else small ones are, in Firefox and Chromium.
   */
  isFine() {
    const tells = this.inputs[0].byteLength >= TELLING;
    if (tells) this.#began = performance.now();
    const fine = costs[1] < costs[0] !== (tells && (jobs++ & 30) === 8);
    this.#fine = +fine;
    return fine;
  }

  /** @param {number} index  @param {number} nbytes */
  allocate(index, nbytes) {
    const [used] = recycled.splice(recycled.findIndex(({ byteLength }) => byteLength === nbytes) >>> 0, 1);
    try {
      const column = (this.columns[index] = new Uint8Array(used ?? new ArrayBuffer(nbytes)));
      if (!used) this.allocated += nbytes;
      return column;
    } catch {
      return undefined;
    }
  }

  /** @param {number} index  @param {Uint16Array} units  @param {Uint32Array} ends */
  text(index, units, ends) {
    const list = (this.columns[index] ??= []);
    // All of them in one call; slices cost nothing.
    const text = utf16.decode(units);
    let begin = 0;
    for (const end of ends) list.push(text.slice(begin, (begin = end)));
  }

  /** @param {string} json */
  answer(json) {
    this.json = json;
  }

  /** What the module answered, with the arrays in their places. */
  reply() {
    // A job that was held up by something else is not to tell much.
    if (this.#began) costs[this.#fine] = Math.min(costs[this.#fine] * 1.1, (performance.now() - this.#began) / this.inputs[0].byteLength);
    const reply = JSON.parse(this.json);
    this.#fill(reply);
    const { error } = reply;
    if (error?.value) error.value = typed(error.value[0], new BigUint64Array([BigInt(error.value[1])]).buffer)[0];
    return reply;
  }

  /** @param {any} array  what the module answered, or a field of it */
  #fill(array) {
    if (array.data) {
      const [index, type, offset, length] = array.data;
      const column = this.columns[index];
      array.data = type ? column && typed(type, column.buffer, offset, length) : (column ?? []);
    }
    for (const name in array.fields) this.#fill(array.fields[name]);
  }
}

/** @param {string} type  a typed array's name  @param {[ArrayBufferLike, number?, number?]} where */
const typed = (type, ...where) => new /** @type {any} */ (globalThis)[type](...where);

const utf8 = new TextEncoder();

/**
 * Options as JSON, in UTF-8. What is no whole number becomes a string, for the module to refuse by the option's name.
 * @param {object} options
 */
export function json(options) {
  const text = JSON.stringify(options, (_, value) => {
    if (ArrayBuffer.isView(value)) return Array.from(/** @type {any} */ (value));
    if (typeof value !== "number" && typeof value !== "bigint") return value;
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  });
  return utf8.encode(text);
}
