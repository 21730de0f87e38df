// The first bytes of a file, taken apart: what each of them is there for.
import { readWrongly, show } from "./numbers.js";

/** @typedef {import("./dist/byteferry.js").NdArray} NdArray */
/** @typedef {{ name: string, length: number, means: string }} Part */

/** Bytes that are shown; with them, the header of a plain array, and its first elements. */
export const SHOWN = 192;

/** Elements that are shown behind the header. */
const ELEMENTS = 3;

/**
 * Shows it in `element`, which has a `.name`, a `.hex` and a table.
 * @param {HTMLElement} element
 * @param {string} name  of the file
 * @param {Uint8Array<ArrayBuffer>} bytes  its first ones
 * @param {NdArray} [array]  what it was read as
 */
export function takeApart(element, name, bytes, array) {
  const hex = /** @type {HTMLElement} */ (element.querySelector(".hex"));
  const table = /** @type {HTMLTableElement} */ (element.querySelector("table"));
  const title = element.querySelector(".name");
  if (title) title.textContent = name;
  const parts = [...header(bytes)];
  const headed = parts.reduce((sum, { length }) => sum + length, 0);
  // Raw data begin where the visitor says.
  const skipped = headed ? 0 : (array?.source.offset ?? 0);
  if (skipped) parts.push({ name: "skipped", length: skipped, means: "as asked" });
  parts.push(...elements(bytes.subarray(headed + skipped), array));

  /** @type {HTMLElement[]} */
  const cells = [];
  const rows = [];
  let at = 0;
  for (const [i, { name, length, means }] of parts.entries()) {
    const own = bytes.subarray(at, at + length);
    at += length;
    if (!own.length) break;
    for (const byte of own.subarray(0, Math.max(0, SHOWN - cells.length))) {
      const cell = document.createElement("i");
      cell.textContent = twoDigits(byte);
      cell.className = `tint${i % 6}`;
      cell.title = name;
      cells.push(cell);
    }
    const row = document.createElement("tr");
    const texts = [[...own.subarray(0, 6)].map(twoDigits).join(" ") + (length > 6 ? ` … (${length.toLocaleString("en")})` : ""), name, means];
    texts.forEach((text, k) => {
      const cell = document.createElement(k === 1 ? "th" : "td");
      if (k === 1) cell.scope = "row";
      cell.textContent = text;
      row.append(cell);
    });
    row.cells[0].className = `tint${i % 6}`;
    rows.push(row);
  }
  hex.replaceChildren(...cells);
  table.tBodies[0].replaceChildren(...rows);
}

/** @param {number} byte */
const twoDigits = (byte) => byte.toString(16).padStart(2, "0");

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Part[]}
 */
function header(bytes) {
  const start = String.fromCharCode(...bytes.subarray(0, 6));
  if (start === "\x93NUMPY" && bytes.length > 12) return npy(bytes);
  if (start.startsWith("\x93BFY") && bytes.length > 32) return frame(bytes);
  return [];
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
function npy(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [major, minor] = [bytes[6], bytes[7]];
  const width = major === 1 ? 2 : 4;
  const length = width === 2 ? view.getUint16(8, true) : view.getUint32(8, true);
  const parts = [
    { name: "magic", length: 6, means: "“\\x93NUMPY”: a file of NumPy's" },
    { name: "version", length: 2, means: `${major}.${minor} of the format` },
    { name: "header length", length: width, means: `${length.toLocaleString("en")} bytes, little-endian in every file` },
  ];
  const text = new TextDecoder(major > 2 ? "utf-8" : "latin1").decode(bytes.subarray(8 + width, 8 + width + length));
  const about = /** @type {const} */ ([
    ["descr", "dtype and byte order: > is big-endian, < little-endian"],
    ["fortran_order", "whether columns, not rows, lie one behind the other"],
    ["shape", "length of each axis"],
  ]);
  const starts = about.map(([key, means]) => ({ at: text.indexOf(`'${key}'`), means })).filter(({ at }) => at >= 0);
  starts.sort((a, b) => a.at - b.at);
  const end = text.lastIndexOf("}");
  let done = 0;
  starts.forEach(({ means }, i) => {
    const next = starts[i + 1]?.at ?? end;
    const piece = text.slice(done, next);
    parts.push({ name: piece.replace(/^\{|,\s*$/g, "").trim(), length: piece.length, means });
    done = next;
  });
  parts.push({ name: "padding", length: length - done, means: "“}”, spaces and a line end: the numbers begin at a multiple of 64" });
  return parts;
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
function frame(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [ndim, typed, named] = [6, 8, 10].map((at) => view.getUint16(at, true));
  const flags = bytes[5];
  const said = [flags & 1 ? "Fortran order" : "C order", flags & 2 && "with a CRC-32", flags & 4 && "of unknown length"];
  const text = (/** @type {number} */ from, /** @type {number} */ length) => `“${new TextDecoder().decode(bytes.subarray(from, from + length))}”`;
  const shape = Array.from({ length: ndim }, (_, i) => (40 + 8 * i <= bytes.length ? view.getBigUint64(32 + 8 * i, true) : "…"));
  const behind = 32 + 8 * ndim;
  return [
    { name: "magic", length: 4, means: "“\\x93BFY”: a frame" },
    { name: "version", length: 1, means: String(bytes[4]) },
    { name: "flags", length: 1, means: said.filter(Boolean).join(", ") },
    { name: "ndim", length: 2, means: `${ndim} axes` },
    { name: "lengths", length: 4, means: `${typed} bytes of dtype, ${named} of name` },
    { name: "CRC-32", length: 4, means: flags & 2 ? `0x${view.getUint32(12, true).toString(16).padStart(8, "0")}, of the numbers' bytes` : "none" },
    { name: "payload", length: 8, means: `${view.getBigUint64(16, true).toLocaleString("en")} bytes of numbers` },
    { name: "sequence", length: 8, means: `number ${view.getBigUint64(24, true)} of its stream` },
    { name: "shape", length: 8 * ndim, means: `(${shape.join(", ")}${ndim === 1 ? "," : ""})` },
    { name: "dtype", length: typed, means: text(behind, typed) },
    { name: "name", length: named, means: text(behind + typed, named) },
    { name: "padding", length: -(behind + typed + named) & 63, means: "zeros: the numbers begin at a multiple of 64" },
  ].filter(({ length }) => length);
}

/**
 * The first elements, in both byte orders where they have one.
 * @param {Uint8Array<ArrayBuffer>} bytes  from the first one's on
 * @param {NdArray} [array]
 * @returns {Part[]}
 */
function elements(bytes, array) {
  if (!array || !array.size) return [];
  const { data, byteOrder, source, itemsize, size } = array;
  const kind = /^[<>|=]?([iufb])(\d+)$/.exec(source.dtype);
  const plain = kind && data && !Array.isArray(data) && data.BYTES_PER_ELEMENT === Number(kind[2]) && !array.complex;
  const width = kind ? Number(kind[2]) : itemsize;
  const count = Math.min(size, ELEMENTS, Math.floor(bytes.length / width));
  const first = plain ? data.slice(0, count) : undefined;
  const turned = first && byteOrder ? readWrongly(first) : undefined;
  const [own, other] = byteOrder === "big" ? ["big", "little"] : ["little", "big"];
  /** @param {number} i */
  const means = (i) => {
    if (!first) return array.dtype;
    if (!turned) return show(first[i]);
    return `${show(first[i])}, read ${own}-endian; ${show(turned[i])}, read ${other}-endian`;
  };
  /** @type {Part[]} */
  const found = Array.from({ length: count }, (_, i) => ({ name: `element ${i}`, length: width, means: means(i) }));
  const rest = size - count;
  if (rest > 0) found.push({ name: "and so on", length: bytes.length - count * width, means: `${rest.toLocaleString("en")} more` });
  return found;
}
