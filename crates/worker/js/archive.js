// The bytes of an .npz, which is a zip archive of .npy files: its directory, and its members, inflated by the browser.
//
// Written by hand: zip libraries for Rust cost the page 2 KB more; those for JavaScript do not know zip64, or bring an inflate of their own.
// Accepts what Python's zipfile does, bytes in front of the archive and behind it included, but is stricter in two ways: members may overlap
// neither each other nor the directory, and no name may appear twice.
import { failure } from "./bootstrap.js";

/**
 * @typedef {{ size: number, read(begin: number, end: number): Promise<ArrayBuffer> }} Archive  wherever its bytes are; what is read is the
 *   reader's own
 * @typedef {object} Member  as the directory has it
 * @property {string} name  its path, `.npy` taken off. Only a name: nobody writes files by it
 * @property {number} nbytes
 * @property {number} compressed  bytes that it takes in the archive
 * @property {number} crc32  zlib's, of the inflated bytes
 * @property {number} method  0: stored, 8: deflate
 * @property {boolean} encrypted
 * @property {number} at  where its local header is
 * @property {number} limit  where the next member or the directory begins: its bytes end before
 */

/** Bytes of the end record without its comment, of zip64's with its locator, and of a record of the directory without what varies. */
const [END, END64, RECORD] = [22, 76, 46];
/** Bytes of a member's local header, without what varies. */
export const LOCAL = 30;
/** Larger directories are refused. */
const LARGEST = 2 ** 26;
/** Deflate makes at most so many bytes of one: 258 bytes out of two bits. */
const EXPANSION = 1032;

/**
 * @param {Parameters<typeof failure>} told
 * @returns {never}
 */
function refuse(...told) {
  throw failure(...told);
}

/**
 * @param {Archive} archive
 * @param {number} begin
 * @param {number} end
 */
const copy = async (archive, begin, end) => new DataView(await archive.read(begin, end));

/**
 * Lists the members in the order of the directory. Nothing else is read.
 * @param {Archive} archive
 */
export async function members(archive) {
  const nbytes = archive.size;
  // A comment has at most 64 KiB. What zip64 has to say is in front of the end record.
  const tailAt = Math.max(0, nbytes - 65535 - END - END64);
  const tail = await copy(archive, tailAt, nbytes);
  let end = tail.byteLength - END;
  while (end >= 0 && tail.getUint32(end) !== 0x504b0506) end--;
  if (end < 0) {
    const zip = nbytes > 1 && (await copy(archive, 0, 2)).getUint16(0) === 0x504b;
    refuse(zip ? "truncated" : "bad-magic", `this is no .npz: ${zip ? "the end of the archive is missing" : "it is no zip archive; decode reads an .npy"}`);
  }
  let [length, at] = [tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  if (end >= END64 && tail.getUint32(end - END64) === 0x504b0606 && tail.getUint32(end - 20) === 0x504b0607) {
    end -= END64;
    [length, at] = [tail.getBigUint64(end + 40, true), tail.getBigUint64(end + 48, true)].map(Number);
  }
  const begin = tailAt + end - length;
  // It lies right in front of its end: if that is before where it should be, something in between is gone.
  const prelude = begin - at;
  if (begin < 0 || prelude < 0) refuse("truncated", "a part of the archive is missing", { expected: at + length, actual: tailAt + end });
  if (length > LARGEST) refuse("too-large", `the archive's directory has ${length} bytes`, { expected: LARGEST, actual: length });

  const records = await copy(archive, begin, begin + length);
  /** @type {Map<string, Member>} */
  const found = new Map();
  for (let at = 0; at < length; ) {
    const short = (/** @type {number} */ needed) => needed > length && refuse("truncated", "the archive's directory is cut short", { offset: begin + at });
    short(at + RECORD);
    if (records.getUint32(at) !== 0x504b0102) refuse("bad-header", "the archive's directory is broken", { offset: begin + at });
    const half = (/** @type {number} */ place) => records.getUint16(at + place, true);
    const extraAt = at + RECORD + half(28);
    const extraEnd = extraAt + half(30);
    const next = extraEnd + half(32);
    short(next);
    // Those that do not fit are in an extra field, in this order.
    let sizes = [24, 20, 42].map((place) => records.getUint32(at + place, true));
    for (let extra = extraAt; extra + 4 <= extraEnd; extra += 4 + records.getUint16(extra + 2, true)) {
      let place = extra + 4;
      if (records.getUint16(extra, true) !== 1) continue;
      sizes = sizes.map((size) => (size < 0xffffffff || place + 8 > extraEnd ? size : Number(records.getBigUint64((place += 8) - 8, true))));
    }
    const path = text(new Uint8Array(records.buffer, at + RECORD, extraAt - at - RECORD));
    const name = path.replace(/\.npy$/, "");
    const [nbytes, compressed, start] = sizes;
    const member = { name, nbytes, compressed, crc32: records.getUint32(at + 16, true), method: half(10), encrypted: half(8) % 2 > 0, at: start + prelude, limit: 0 };
    if (found.has(name)) refuse("bad-header", `'${name}' is in the archive twice`, { offset: member.at });
    // Folders are no members.
    if (nbytes || !path.endsWith("/")) found.set(name, member);
    at = next;
  }

  let limit = begin;
  for (const member of [...found.values()].sort((a, b) => b.at - a.at)) {
    member.limit = limit;
    limit = member.at;
    shared(member, member.at + LOCAL + member.compressed);
  }
  return [...found.values()];
}

/** @param {Member} member  @param {number} end */
function shared({ name, at, limit }, end) {
  if (end > limit) refuse("bad-header", `'${name}' shares bytes with what begins at ${limit}`, { offset: at });
}

/** @param {Uint8Array} name  UTF-8, or of one of many old code pages: Latin-1 keeps different names different */
function text(name) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(name);
  } catch {
    return new TextDecoder("latin1").decode(name);
  }
}

/**
 * Reads a member: exactly as many bytes as the directory says. Their CRC-32 is yet to be checked.
 * @param {Archive} archive
 * @param {Member} member
 * @param {number} maxBytes
 * @returns {Promise<ArrayBuffer>}
 */
export async function inflate(archive, member, maxBytes) {
  const { name, nbytes, compressed, method, encrypted, at } = member;
  const wrong = (/** @type {string} */ code, /** @type {string} */ why, /** @type {number} */ expected = nbytes, /** @type {number} */ actual = 0) =>
    refuse(code, `'${name}' ${why}`, { offset: at, expected, actual });
  if (encrypted) wrong("unsupported-compression", "is encrypted");
  if (method !== 0 && method !== 8) wrong("unsupported-compression", `is compressed by method ${method}; 0 (stored) and 8 (deflate) can be read`);
  if (nbytes > maxBytes) wrong("too-large", `has ${nbytes} bytes, allowed are ${maxBytes}`, maxBytes, nbytes);
  if (method ? nbytes > compressed * EXPANSION : nbytes !== compressed) wrong("bad-header", `cannot have ${nbytes} bytes, made of ${compressed}`, compressed, nbytes);
  const head = await copy(archive, at, at + LOCAL);
  if (head.byteLength < LOCAL || head.getUint32(0) !== 0x504b0304) wrong("bad-header", "does not begin where the directory says");
  let begin = at + LOCAL + head.getUint16(26, true) + head.getUint16(28, true);
  const end = begin + compressed;
  shared(member, end);
  if (method === 0) return /** @type {ArrayBuffer} */ ((await copy(archive, begin, end)).buffer);

  const inflated = new Uint8Array(nbytes);
  // In small parts: everything that a part holds is inflated at once, however much that is.
  const deflated = new ReadableStream({
    async pull(controller) {
      if (begin < end) controller.enqueue(await copy(archive, begin, (begin = Math.min(begin + 65536, end))));
      else controller.close();
    },
  });
  const parts = deflated.pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  let length = 0;
  for (;;) {
    const { done, value } = await parts.read().catch((error) => {
      // The archive itself could not be read; what cannot be inflated is a TypeError.
      if (typeof error.code === "string") throw error;
      return wrong("checksum", `cannot be inflated: ${error.message}`);
    });
    if (done) break;
    if (length + value.length > nbytes) {
      parts.cancel().catch(() => {});
      wrong("too-large", `has more than the ${nbytes} bytes that the directory says`);
    }
    inflated.set(value, length);
    length += value.length;
  }
  if (length < nbytes) wrong("truncated", `has ${length} bytes, the directory says ${nbytes}`, nbytes, length);
  return inflated.buffer;
}
