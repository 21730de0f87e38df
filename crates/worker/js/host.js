// What a job has on JavaScript's side: its options as JSON for the wasm module, and the buffers that the module fills.

/**
 * @typedef {{ describe(): string, decode(options: Uint8Array, host: Host): string, encode(options: Uint8Array, host: Host): string }} Core  what the wasm module exports
 */

/** A byte order mark at the beginning of text is text. */
const utf16 = new TextDecoder("utf-16le", { ignoreBOM: true });

/** The buffers of one job, by number. */
export class Host {
  /** What was handed over. @type {Uint8Array[]} */
  inputs = [];
  /** What goes back: bytes, or lists of strings. @type {any[]} */
  columns = [];
  /** Whether the input may no longer be what it was. */
  written = false;

  /** @param {number} index */
  input(index) {
    return this.inputs[index];
  }

  /** The input becomes the result. @param {boolean} written  whether its bytes will change */
  keep(written) {
    this.written = written;
    return (this.columns[0] = this.inputs[0]);
  }

  /** @param {number} index  @param {number} nbytes */
  allocate(index, nbytes) {
    try {
      return (this.columns[index] = new Uint8Array(new ArrayBuffer(nbytes)));
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

  /**
   * What the module answers, with the arrays in their places.
   * @param {string} json
   */
  reply(json) {
    /** @type {any} */
    const scope = globalThis;
    return JSON.parse(json, (key, value) => {
      // A field may have these names, too, but its value is an object.
      if (!Array.isArray(value)) return value;
      if (key === "value") return new scope[value[0]](new BigUint64Array([BigInt(value[1])]).buffer)[0];
      if (key !== "data") return value;
      const [index, type, offset, length] = value;
      return type ? new scope[type](this.columns[index].buffer, offset, length) : (this.columns[index] ?? []);
    });
  }
}

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
  return new TextEncoder().encode(text);
}

/**
 * An array as the module's `encode` is told of it: its `data` go to the inputs, and are a number.
 * @param {any} array  an NdArray, or a field of one, or a typed array
 * @param {Uint8Array[]} inputs
 * @param {unknown} [text]  dtype that text is to have
 * @returns {object}
 */
export function describe(array, inputs, text) {
  if (ArrayBuffer.isView(array)) array = { data: array };
  let { data, dtype, itemsize, shape, order, complex, fields } = array ?? {};
  if (fields) {
    // Pairs, since JavaScript moves names like "1" to the front of an object.
    const described = Object.entries(fields).map(([name, field]) => [name, describe(field, inputs)]);
    return { shape, order, fields: described };
  }
  if (Array.isArray(data)) [data, dtype] = codesOf(data, String(text), String(dtype), itemsize);
  // Refused by the module.
  if (!data?.BYTES_PER_ELEMENT) return {};
  shape ??= [data.length];
  dtype ??= data.constructor.name.replace(/^Big|Clamped|Array$/g, "").toLowerCase();
  dtype = String(dtype).replace(/^void(\d*)$/, (_, bits) => `V${bits / 8}`);
  return { shape, order, dtype, complex, data: inputs.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) - 1 };
}

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
    if (typeof string !== "string") throw { code: "bad-argument", message: `element ${index} is no string` };
    let at = index * width;
    for (const character of string) {
      const code = character.codePointAt(0) ?? 0;
      if (at === (index + 1) * width || (bytes && code > 255)) {
        throw { code: "precision-loss", message: `string ${index} does not fit dtype ${type}`, index };
      }
      codes[at++] = code;
    }
  });
  return [codes, type];
}
