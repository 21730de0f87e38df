// Turns what a call was given into a message that can be sent to a worker.
import { FerryError } from "./byteferry.js";
import { isPage, lengthOf } from "./response.js";
import { is } from "./hand.js";

/**
 * What the worker is to fetch, or to open.
 * @param {string} op
 * @param {any} url  an address; of `"open"`, or a Blob
 * @param {any} options
 * @param {string[]} known
 * @returns {any}
 */
export function messageOf(op, url, { signal, timeout, onProgress, headers, credentials, method, body, cache, mode, ...options }, known) {
  const to = checked(options, known);
  if (op === "open" && is(url, "Blob", "File")) return { ...options, op, to, buffer: url };
  try {
    const init = { headers: [...new Headers(headers)], credentials, method, body, cache, mode };
    return { ...options, op, to, url: absolute(url), init };
  } catch (error) {
    throw new FerryError("bad-argument", `${url} cannot be fetched: ${error}`, { cause: error });
  }
}

/**
 * The bytes of an answer, or a stream of them, and how many they will be.
 * @param {any} input  a Response or a ReadableStream
 * @returns {{ stream: ReadableStream, available?: number | undefined }}
 */
export function streamOf(input) {
  if (is(input, "ReadableStream")) {
    if (input.locked) throw new FerryError("detached", "the stream is being read already");
    return { stream: input };
  }
  const { ok, status, statusText, url, bodyUsed, body } = input;
  if (!ok) throw new FerryError("http", `${url} answered ${status} ${statusText}`.trim(), { url, status });
  if (bodyUsed || body?.locked) throw new FerryError("detached", "the Response's body has been read already");
  if (isPage(input)) throw new FerryError("bad-magic", `${url} is an HTML page, not an array`, { url });
  return { stream: body ?? new Blob().stream(), available: lengthOf(input) };
}

/** Whether this engine moves streams to workers. @type {boolean | undefined} */
let moves;

export function movesStreams() {
  try {
    const empty = new ReadableStream();
    return (moves ??= !!structuredClone(empty, { transfer: [/** @type {any} */ (empty)] }));
  } catch {
    return (moves = false);
  }
}

/**
 * An address as the page means it. There may be no page: a Ferry runs in a worker, too.
 * @param {string | URL} url
 */
export const absolute = (url) => new URL(url, self.document?.baseURI ?? location.href).href;

/**
 * Refuses options that no job has, and what the worker could not be sent.
 * @param {any} options
 * @param {string[]} [known]
 * @returns {any}  `to` with names in place of typed arrays
 */
export function checked(options, known = Object.keys(options)) {
  const { to } = options;
  const unknown = Object.keys(options).find((name) => options[name] !== undefined && !known.includes(name));
  if (unknown) throw new FerryError("bad-argument", `there is no option '${unknown}'`);
  try {
    const text = JSON.stringify(options, (_, value) => {
      if (typeof value === "bigint") return 0;
      if (typeof value !== "function") return value;
      // Any other function is no dtype: `false` is sent, which the worker refuses.
      return /.Array$/.test(value.name) ? value.name.replace(/^Big|Clamped|Array$/g, "").toLowerCase() : false;
    });
    // Chromium delivers null, without an error, in place of a message that is nested some thousand deep.
    if (/([{[][^{[\]}]*){99}/.test(text)) throw "nested too deep";
    return Object(to) === to ? JSON.parse(text).to : to;
  } catch (error) {
    throw new FerryError("bad-argument", `the options are no plain values: ${error}`, { cause: error });
  }
}

/**
 * An object with the same names, and what `make` makes of each value.
 * @template T
 * @param {{ [name: string]: any }} object
 * @param {(value: any) => T} make
 */
export const mapped = (object, make) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, make(value)]));

/**
 * Refuses what has more bytes than this browser sends in one message.
 * @param {number} actual
 * @param {ArrayBuffer} [buffer]  the caller's, which is given back
 */
export function movable(actual, buffer) {
  // Chromium's; other engines send what they can allocate.
  const expected = /Chrom/.test(navigator.userAgent) ? 2145386496 : Infinity;
  if (actual > expected) throw new FerryError("too-large", `this browser moves at most ${expected} bytes at once, not ${actual}`, { expected, actual, buffer });
}

/**
 * What the worker has to know of an array that it is to encode.
 * @param {any} array
 * @returns {any}
 */
export function plain(array) {
  // Only the part of the buffer that is meant.
  if (ArrayBuffer.isView(array)) {
    movable(array.byteLength);
    return array.byteLength < array.buffer.byteLength && "slice" in array ? /** @type {any} */ (array).slice() : array;
  }
  if (!array || typeof array !== "object") throw new FerryError("bad-argument", "encode takes an NdArray or a typed array");
  const { data, shape, order, dtype, itemsize, complex, names, fields } = array;
  const described = { shape, order, dtype, itemsize, complex, names };
  checked(described);
  if (!fields) return { ...described, data: ArrayBuffer.isView(data) ? plain(data) : data };
  return { ...described, fields: mapped(fields, plain) };
}
