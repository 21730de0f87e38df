// What a job has on JavaScript's side: its options as JSON for the wasm module, and the buffers that the module fills.

/**
 * @typedef {{ describe(host: Host): void, decode(host: Host, scope: typeof globalThis): void, encode?(host: Host): void, memory: WebAssembly.Memory, turn(nbytes: number): number }} Core
 *   what the wasm module exports; `encode` is byteferry-worker.full.js's alone
 */

/** A byte order mark at the beginning of text is text. */
const utf16 = new TextDecoder("utf-16le", { ignoreBOM: true });

/** `Firefox` or `Chrome`; of WebKit nothing. */
export const [engine] = /Firefox|Chrome/.exec(globalThis.navigator?.userAgent) ?? [];

/** Memory of earlier results, for later ones to use; the oldest first. @type {ArrayBuffer[]} */
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

/** Bytes of the tile in which bytes are swapped. Copies are fastest at 4 KiB; 8 KiB take a fifth more per byte. */
const TILE = 4096;

/** The buffers of one job, by number. */
export class Host {
  /** What the job is told, as JSON. @type {any} */
  options;
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
  /** Which instance reads and writes, once there is something to do. @type {any} */
  core;

  /** @param {number} index */
  input(index) {
    return this.inputs[index];
  }

  /** @param {number} index */
  column(index) {
    return this.columns[index];
  }

  /** @param {Uint8Array} array  @param {number} from  @param {number} into  @param {number} length */
  read(array, from, into, length) {
    this.#view(into, length).set(array.subarray(from, from + length));
  }

  /** @param {Uint8Array} array  @param {number} at  @param {number} bytes  @param {number} length */
  write(array, at, bytes, length) {
    array.set(this.#view(bytes, length), at);
  }

  /** A part of the module's memory. @param {number} pointer  @param {number} length */
  #view(pointer, length) {
    return new Uint8Array(this.core.memory.buffer, pointer, length);
  }

  /**
   * Has the module swap (and cast) bytes of an array, one `tile` after the other. The loop is JavaScript's because calls into wasm are cheap and
   * calls out of it are not. All indices stay small integers below 2 ** 31: with others Firefox takes twice the time and WebKit a third more,
   * and a `%` in place of `&` is enough for that.
   * @param {Uint8Array} source  @param {number} start  @param {Uint8Array} array  @param {number} at  @param {number} nbytes  @param {number} tile
   */
  turn(source, start, array, at, nbytes, tile) {
    /** @type {Core} */
    const core = this.core;
    const bytes = source.subarray(start, start + nbytes);
    const result = array.subarray(at, at + nbytes);
    let view = this.#view(tile, 0);
    /** @type {any} */
    let turned;
    // After the first tile, each begins at a multiple of 4096 bytes.
    for (let from = 0, to = TILE - (start & 4095); from < nbytes; from = to, to += TILE) {
      to = Math.min(to, nbytes);
      if (view.length !== to - from) turned = view = this.#view(tile, to - from);
      view.set(bytes.subarray(from, to));
      const where = core.turn(to - from);
      if (turned.byteOffset !== where) turned = this.#view(where, to - from);
      result.set(turned, from);
    }
  }

  /**
   * The same, but the swapped numbers are cast on their way out of the tile. Kept apart from `turn` so that `turn` only ever sees Uint8Arrays:
   * once it has seen several array types, Firefox takes half as long again for it.
   * @param {Uint8Array} source  @param {number} start  @param {number} nbytes  @param {number} tile
   * @param {any} result  a typed array  @param {any} Numbers  what they are in the tile
   */
  #cast(source, start, nbytes, tile, result, Numbers) {
    /** @type {Core} */
    const core = this.core;
    const bytes = source.subarray(start, start + nbytes);
    const itemsize = Numbers.BYTES_PER_ELEMENT;
    let view = this.#view(tile, 0);
    /** @type {any} */
    let turned;
    // A tile holds whole numbers, wherever they begin.
    for (let from = 0, to = TILE - (start & 4088); from < nbytes; from = to, to += TILE) {
      to = Math.min(to, nbytes);
      if (view.length !== to - from) {
        view = this.#view(tile, to - from);
        turned = new Numbers(view.buffer, tile, view.length / itemsize);
      }
      view.set(bytes.subarray(from, to));
      core.turn(to - from);
      result.set(turned, (from / itemsize) | 0);
    }
  }

  /**
   * Casts `length` numbers by `TypedArray.set`, where that is faster than the module; returns whether it did. Firefox's `set` is, also out of
   * the module's `tile`, where numbers in the other byte order are swapped first; Chromium's is for wider results of 4 bytes and more, in native
   * order. WebKit's takes two to five times as long, and in shared memory all are slow.
   * @param {Uint8Array} array  @param {number} at  @param {string} to
   * @param {Uint8Array} source  @param {number} from  @param {string} numbers  @param {number} length
   * @param {boolean} swap  whether they lie in the other byte order  @param {number} tile
   */
  cast({ buffer }, at, to, source, from, numbers, length, swap, tile) {
    const bytes = source.buffer;
    // A result in shared memory is only ever made from shared memory.
    if (at & 7 || !(bytes instanceof ArrayBuffer)) return false;
    const Numbers = /** @type {any} */ (globalThis)[numbers];
    const itemsize = Numbers.BYTES_PER_ELEMENT;
    const result = typed(to, buffer, at, length);
    const width = result.BYTES_PER_ELEMENT;
    // A piece may lie anywhere in its buffer.
    const first = source.byteOffset + from;
    const lies = !swap && !(first & 7);
    const quick = engine === "Firefox" ? lies || length * itemsize < 2 ** 31 : engine === "Chrome" && lies && width > 2 && width > itemsize;
    if (quick && lies) result.set(new Numbers(bytes, first, length));
    else if (quick) this.#cast(source, from, length * itemsize, tile, result, Numbers);
    return quick;
  }

  /** The input becomes the result. @param {boolean} written  whether its bytes will change */
  keep(written) {
    this.written = written;
    return (this.columns[0] = this.inputs[0]);
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

  /** @param {number} index  @param {number} units  @param {number} nbytes  @param {number} ends  @param {number} count */
  text(index, units, nbytes, ends, count) {
    const list = (this.columns[index] ??= []);
    // One call decodes all strings; slicing them apart costs nothing.
    const text = utf16.decode(this.#view(units, nbytes));
    let begin = 0;
    for (const end of new Uint32Array(this.core.memory.buffer, ends, count)) list.push(text.slice(begin, (begin = end)));
  }

  /** @param {string} json */
  answer(json) {
    this.json = json;
  }

  /** What the module answered, with the arrays in their places. */
  reply() {
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
 * Options as JSON, in UTF-8. Numbers that are not whole become strings, so that the module refuses them by the option's name.
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
