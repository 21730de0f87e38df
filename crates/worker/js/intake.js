// An array that is converted while its bytes are still coming.
import { failure } from "./bootstrap.js";
import { Host } from "./host.js";
import { teller } from "./progress.js";

/** Bytes that are converted at once: enough for the calls not to count, few enough to be in the processor's cache still. */
const BATCH = 2 ** 19;
/** Bytes that tell what the input is, and a bound on what a header has. */
const [FIRST, LONGEST] = [64, 2 ** 18];

/**
 * Takes in an array piece by piece. Only the result is kept, and the bytes of an element that is not complete yet; unless the
 * whole has to be reordered, or its length is not known.
 */
export class Intake {
  #tools;
  #message;
  #host = new Host();
  /** The first bytes; or all of them, if they are to be collected. */
  #head = new Uint8Array(FIRST);
  #held = 0;
  /** What the module says of the array, once the header is here. @type {any} */
  #reply;
  /** Bytes of the payload that are here, and elements that are converted. */
  #taken = 0;
  #done = 0;
  #sum = 0;
  /** Whole elements, and the beginning of one. @type {Uint8Array | undefined} */
  #staged;
  #stagedFrom = 0;
  #milliseconds = 0;
  #tell;
  /** Offset in the input of the next byte that is pushed. */
  loaded = 0;

  /**
   * @param {import("./bootstrap.js").Tools} tools
   * @param {import("./bootstrap.js").Message} message  the options
   * @param {number} [available]  bytes there will be
   */
  constructor(tools, message, available) {
    this.#tools = tools;
    this.#message = message;
    this.#tell = teller(message);
    this.available = available;
    this.needed = message.format === "raw" ? 0 : (message.offset ?? 0) + FIRST;
  }

  /** Where the payload begins and ends, once that is known; never of rows that are collected. @type {[number, number] | undefined} */
  get window() {
    const { stream, collect } = this.#reply ?? {};
    return stream && !(collect && this.#message.rows) && [stream.payload, stream.payload + stream.nbytes];
  }

  /** Whether there is nothing more to come. */
  get complete() {
    const window = this.window;
    return !!window && (this.loaded >= window[1] || window[0] === window[1]);
  }

  /**
   * Takes bytes in the order in which they come; those behind the array are only counted.
   * @param {Uint8Array} bytes
   * @returns {number} how many of them were the array's
   */
  push(bytes) {
    const taken = this.#push(bytes);
    this.tell();
    return taken;
  }

  /** Takes a piece, and says whether that was enough. @param {Uint8Array} bytes */
  take = (bytes) => {
    this.push(bytes);
    return this.#message.rows && this.complete;
  };

  /** Tells the page how far this is. @param {string} [phase] */
  tell(phase) {
    this.#tell(this.loaded, this.window?.[1] ?? this.available, phase);
  }

  /**
   * @param {Uint8Array} bytes
   * @returns {number}
   */
  #push(bytes) {
    let at = 0;
    while (!this.#reply) {
      // Only as many as the header needs.
      const part = bytes.subarray(at, at + this.needed - this.#held);
      this.#hold(part);
      at += part.length;
      this.loaded += part.length;
      if (this.#held < this.needed) return at;
      // Bytes held back only for the header are now processed like all that follow.
      const back = Math.min(part.length, this.#begin(false));
      at -= back;
      this.loaded -= back;
    }
    return at + (this.#reply.collect ? this.#collect : this.#flow).call(this, bytes.subarray(at));
  }

  /** @param {Uint8Array} bytes */
  #flow(bytes) {
    const [begin, end] = /** @type {[number, number]} */ (this.window);
    const at = Math.min(bytes.length, Math.max(0, begin - this.loaded));
    const upTo = Math.min(bytes.length, Math.max(at, end - this.loaded));
    this.loaded += bytes.length;
    this.#take(bytes.subarray(at, upTo));
    return upTo;
  }

  /** @param {Uint8Array} bytes */
  #collect(bytes) {
    // Bytes behind the array are only counted, if its end is known.
    const part = bytes.subarray(0, Math.max(0, (this.window?.[1] ?? Infinity) - this.#held));
    this.#hold(part);
    this.loaded += bytes.length;
    return part.length;
  }

  /**
   * The result: all bytes are here.
   * @param {number} [began]  when they were asked for
   */
  end(began) {
    const reply = this.#result();
    const { milliseconds } = reply.stats;
    // The rest of the time was spent waiting.
    if (began) milliseconds.fetch = Math.max(0, performance.now() - began - milliseconds.header - milliseconds.convert);
    return reply;
  }

  #result() {
    if (!this.#reply) this.#begin(true);
    const reply = this.#reply.collect
      ? this.#tools.decode({ ...this.#message, buffer: this.#head.buffer, byteOffset: 0, byteLength: Math.min(this.#held, this.window?.[1] ?? Infinity), writable: true })
      : this.#converted();
    if (!this.#message.rows) reply.trailing += this.loaded - (this.window?.[1] ?? this.loaded);
    if (this.#message.strict && reply.trailing) {
      throw failure("size-mismatch", `${reply.trailing} bytes are left over behind the array, which strict refuses`, {
        expected: reply.nbytes,
        actual: reply.nbytes + reply.trailing,
      });
    }
    return reply;
  }

  #converted() {
    const { stream, ...reply } = this.#reply;
    if (this.#taken < stream.nbytes) {
      const [expected, actual] = [stream.nbytes, this.#taken];
      throw failure("truncated", `the array has ${expected} bytes, ${actual} came`, { expected, actual });
    }
    reply.stats.milliseconds.convert += this.#milliseconds;
    reply.trailing = 0;
    return reply;
  }

  /** @param {Uint8Array} bytes */
  #hold(bytes) {
    const length = this.#held + bytes.length;
    if (length > this.#head.length) {
      // Room for everything, if its length is known: this buffer may become the result.
      const known = this.#reply && this.available && (this.window?.[1] ?? this.available);
      const larger = new Uint8Array(known >= length ? known : Math.max(length, 2 * this.#head.length));
      larger.set(this.#head.subarray(0, this.#held));
      this.#head = larger;
    }
    this.#head.set(bytes, this.#held);
    this.#held = length;
  }

  /**
   * @param {boolean} ended  whether no more bytes will come
   * @returns {number} how many of the held bytes lie after the end of the array
   */
  #begin(ended) {
    if (ended) this.available = this.#held;
    const { available } = this;
    this.#host.inputs[0] = this.#head.subarray(0, this.#held);
    try {
      this.#reply = this.#run({ streamed: true, available });
      if (this.#reply.collect) return 0;
      // Called even if there are no elements, so that options are checked.
      if (!this.#reply.stream.nbytes) this.#convert(new Uint8Array());
      // Some of the held bytes are payload already.
      const held = this.#head.subarray(0, this.#held);
      this.loaded = 0;
      return held.length - this.#flow(held);
    } catch (/** @type {any} */ error) {
      const expected = error.expected + (this.#message.offset ?? 0);
      if (ended || error.code !== "truncated" || !(expected > this.#held) || error.expected > LONGEST) throw error;
      this.needed = expected;
      return 0;
    }
  }

  /** @param {object} more */
  #run(more) {
    const { buffer, stream, init, ...options } = this.#message;
    return this.#tools.run("decode", { ...options, ...more }, this.#host, this.#message);
  }

  /** @param {Uint8Array} bytes  of the payload */
  #take(bytes) {
    const { stream, stats } = this.#reply;
    const [column] = this.#host.columns;
    if (stats.plan !== "into") {
      // The bytes go where they will stay, and are converted there while they are in the processor's cache.
      column.set(bytes, this.#taken);
      this.#taken += bytes.length;
      const begin = this.#done * stream.itemsize;
      const whole = this.#taken - (this.#taken % stream.itemsize);
      if (whole - begin >= BATCH || this.#taken === stream.nbytes) this.#convert(column.subarray(begin, whole));
      return;
    }
    while (bytes.length) {
      const missing = stream.nbytes - this.#taken;
      if (!this.#stagedFrom && bytes.length >= Math.min(BATCH, missing)) {
        const whole = bytes.length - (bytes.length % stream.itemsize);
        this.#taken += whole;
        this.#convert(bytes.subarray(0, whole));
        bytes = bytes.subarray(whole);
        if (!bytes.length) return;
      }
      this.#staged ??= new Uint8Array(Math.max(stream.itemsize, BATCH - (BATCH % stream.itemsize)));
      const part = bytes.subarray(0, this.#staged.length - this.#stagedFrom);
      this.#staged.set(part, this.#stagedFrom);
      this.#stagedFrom += part.length;
      this.#taken += part.length;
      bytes = bytes.subarray(part.length);
      if (this.#stagedFrom === this.#staged.length || this.#taken === stream.nbytes) {
        this.#convert(this.#staged.subarray(0, this.#stagedFrom));
        this.#stagedFrom = 0;
      }
    }
  }

  /** @param {Uint8Array} elements  whole ones */
  #convert(elements) {
    const { stream, stats } = this.#reply;
    const length = stream.itemsize && elements.length / stream.itemsize;
    if (stats.plan !== "view" || stream.checked) {
      const began = performance.now();
      this.#host.inputs[1] = elements;
      this.#sum = this.#run({ part: [this.#done, length, this.#sum], streamed: true, available: this.available }).sum;
      this.#milliseconds += performance.now() - began;
    }
    this.#done += length;
  }
}
