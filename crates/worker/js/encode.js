// The way back: an array that was decoded, or any typed array, becomes bytes. byteferry-worker.full.js's alone.
import { said } from "./arrive.js";
import { LIMIT, failure } from "./bootstrap.js";
import { Host } from "./host.js";

/** @typedef {import("./bootstrap.js").Message} Message */

/**
 * @param {import("./bootstrap.js").Tools} tools
 * @returns {import("./bootstrap.js").Jobs}
 */
export function encoding({ run, signalOf }) {
  return {
    encode(message) {
      const { result } = bytesOf(message);
      const { byteLength } = result;
      if (byteLength > (LIMIT ?? Infinity)) {
        throw failure("too-large", `the result has ${byteLength} bytes; this browser moves at most ${LIMIT} in one piece: encode it in parts`, { expected: LIMIT, actual: byteLength });
      }
      return { result };
    },
    send,
  };

  /** @param {Message} message */
  function bytesOf(message) {
    const { array, init, ...options } = message;
    const host = new Host();
    run("encode", { ...options, array: describe(array, host.inputs, options.dtype) }, host, message);
    return { result: host.columns[0].buffer };
  }

  /**
   * Sends an array to a server. What it answers goes back, body and all.
   * @param {Message} message
   */
  async function send(message) {
    const { init, url = "" } = message;
    const signal = signalOf(message);
    const { result } = bytesOf(message);
    const headers = new Headers(init?.headers);
    const type = TYPES[message.format ?? "npy"];
    if (!headers.has("Content-Type")) headers.set("Content-Type", type);
    const response = await fetch(url, { ...init, method: init?.method ?? "POST", headers, body: result, signal }).catch((error) => {
      throw failure("network", `nothing could be sent to ${url}: ${said(error)}`, { url });
    });
    const { ok, status, statusText } = response;
    if (!ok) {
      // Servers usually say why in the body.
      const why = (await response.text().catch(() => "")).trim().slice(0, 500);
      throw failure("http", `${url} answered ${status} ${statusText}${why && `: ${why}`}`, { url, status });
    }
    const body = await response.arrayBuffer().catch((error) => {
      throw failure("network", `the answer of ${url} broke off: ${said(error)}`, { url });
    });
    return { result: body, status, statusText, headers: [...response.headers] };
  }
}

/** Media types of what is sent. @type {{ [format: string]: string }} */
const TYPES = { npy: "application/x-npy", raw: "application/octet-stream", frame: "application/x-byteferry-frame" };

/**
 * Describes an array to the module's `encode`: its `data` are moved to `inputs`, and replaced by their index there.
 * @param {any} array  an NdArray, or a field of one, or a typed array
 * @param {Uint8Array[]} inputs
 * @param {unknown} [text]  dtype that text is to have
 * @returns {{ shape?: ArrayLike<number>, [property: string]: any }}
 */
function describe(array, inputs, text) {
  if (ArrayBuffer.isView(array)) array = { data: array };
  let { data, dtype, itemsize, shape, order, complex, names, fields } = array ?? {};
  if (fields) {
    // Pairs, since JavaScript moves names like "1" to the front of an object.
    /** @type {[string, { shape?: ArrayLike<number> }][]} */
    const described = (Array.isArray(names) ? names : Object.keys(fields)).map((name) => [name, describe(fields[name], inputs)]);
    // A sub-array's axes follow those of the records.
    const [, fewest] = described.reduce((least, field) => (axesOf(field) < axesOf(least) ? field : least), described[0] ?? ["", {}]);
    return { shape: shape ?? fewest.shape, order, fields: described };
  }
  if (Array.isArray(data)) {
    shape ??= [data.length];
    [data, dtype] = codesOf(data, String(text), String(dtype), itemsize);
  }
  // Refused by the module.
  if (!data?.BYTES_PER_ELEMENT) return {};
  const number = data.constructor.name.replace(/^Big|Clamped|Array$/g, "").toLowerCase();
  dtype ??= complex ? (number === "float32" ? "complex64" : "complex128") : number;
  dtype = String(dtype).replace(/^void(\d*)$/, (_, bits) => `V${bits / 8}`);
  const pairs = /^[<>=]?(c\d|complex|[FDG]$)/.test(dtype);
  if (complex && !pairs) throw failure("bad-argument", `an array of dtype '${dtype}' is not complex`);
  const [, nbytes] = /^\|?V(\d+)$/.exec(dtype) ?? [];
  const each = pairs ? 2 : Number(nbytes ?? 0) / data.BYTES_PER_ELEMENT || 1;
  shape ??= [Math.floor(data.length / each)];
  return { shape, order, dtype, complex, data: inputs.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) - 1 };
}

/** How many axes a field has. @param {[string, { shape?: ArrayLike<number> }]} field */
const axesOf = ([, { shape }]) => shape?.length ?? 0;

/**
 * Strings as NumPy has them: all as many code units as the longest, or as their dtype says.
 * @param {unknown[]} strings
 * @param {string} wanted  dtype that they are to have
 * @param {string} dtype  and the one they had
 * @param {number} [itemsize]
 * @returns {[Uint8Array | Uint32Array, string]}
 */
function codesOf(strings, wanted, dtype, itemsize) {
  const told = /^[|<>=]?([SUa])(\d*)$/.exec(wanted);
  const bytes = told ? told[1] !== "U" : /^[|<>=]?(S|a|bytes)/.test(dtype);
  let width = told ? told[2] && Number(told[2]) : itemsize !== undefined && itemsize / (bytes ? 1 : 4);
  if (typeof width !== "number") {
    width = 1;
    for (const string of strings) width = Math.max(width, [...String(string)].length);
  }
  const codes = new (bytes ? Uint8Array : Uint32Array)(strings.length * width);
  const type = `${bytes ? "S" : "U"}${width}`;
  strings.forEach((string, index) => {
    if (typeof string !== "string") throw failure("bad-argument", `element ${index} is no string: data is a list for text alone, and a typed array for numbers`);
    let at = index * width;
    for (const character of string) {
      const code = character.codePointAt(0) ?? 0;
      if (at === (index + 1) * width || (bytes && code > 255)) {
        throw failure("precision-loss", `string ${index} does not fit dtype ${type}`, { index });
      }
      codes[at++] = code;
    }
  });
  return [codes, type];
}
