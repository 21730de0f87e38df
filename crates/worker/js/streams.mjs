// WebAssembly in the order in which it compresses best: all opcodes, one behind the other, and then for each opcode what stands
// behind it, wherever it stands. A server's compression makes of that seven per cent less than of the module itself.

/** Streams 0 to 255 have what stands behind that opcode. */
export const OPCODES = 256;
/** Counts and types of functions' locals. */
export const LOCALS = 257;
/** Lanes, shuffles and constants of simd instructions. */
export const LANES = 258;
/** All sections but the code. */
export const REST = 259;

/** What the bytes of some streams are masked by, beside the mask of all: it leaves most of them characters that UTF-8 has one byte for. */
export const MASKS = { [0x10]: 1, [0x41]: 126, [OPCODES]: 80, [REST]: 122 };

/** The section that is taken apart. */
export const CODE = 10;
/**
 * What stands behind an opcode: how many LEB128 numbers, and how many bytes after them. Behind br_table (0x0e) and select (0x1c) the
 * first number says how many there are; of the simd instructions, these are those that compilers make.
 * @param {number} op
 * @param {number} sub  the number behind a prefix
 * @returns {[number, number]}
 */
export function immediates(op, sub) {
  if (op === 0xfd) {
    const lane = sub > 83 && sub < 92;
    const memory = sub < 12 || lane || sub === 92 || sub === 93;
    return [memory ? 2 : 0, sub === 12 || sub === 13 ? 16 : lane || (sub > 20 && sub < 35) ? 1 : 0];
  }
  if (op === 0xfc) return [sub < 8 ? 0 : sub % 2 ? 1 : 2, 0];
  if (op === 0x43) return [0, 4];
  if (op === 0x44) return [0, 8];
  if (op === 0x11 || (op > 0x27 && op < 0x3f)) return [2, 0];
  const one = (op > 1 && op < 5) || op === 12 || op === 13 || op === 16 || (op > 0x1f && op < 0x43) || op === 0xd0 || op === 0xd2;
  return [one ? 1 : 0, 0];
}

/** @param {string} text  one character a byte, masked: of all texts this is the one that a server's compression leaves smallest */
export function bytesOf(text) {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i) ^ 63;
  return bytes;
}

/** Bytes of the longest size of a part: 2 MiB are enough for a worker. */
const SIZE = 3;

/**
 * Puts a module together again.
 * @param {Uint8Array} packed  the lengths of all streams but the last, and the streams
 */
export function join(packed) {
  /** Where each stream is read next. */
  const at = new Uint32Array(REST + 1);
  // Sizes come to what is packed, one for each function.
  const out = new Uint8Array(packed.length + 65536);
  let end = 0;
  /** @type {[number, number][]} */
  const known = [];
  const byte = (/** @type {number} */ stream) => (out[end++] = packed[at[stream]++] ^ (/** @type {any} */ (MASKS)[stream] ?? 0));
  const number = (/** @type {number} */ stream) => {
    let [value, shift, next] = [0, 0, 0];
    do {
      next = byte(stream);
      value |= (next & 127) << shift;
      shift += 7;
    } while (next > 127);
    return value;
  };
  /** A section or function, its size before it. @param {() => void} write */
  const part = (write) => {
    const begin = end;
    end += SIZE;
    write();
    let size = end - begin - SIZE;
    let place = begin;
    for (; size > 127; size >>>= 7) out[place++] = 128 | (size & 127);
    out[place++] = size;
    out.copyWithin(place, begin + SIZE, end);
    end -= begin + SIZE - place;
  };
  const body = () => {
    for (let pairs = 2 * number(LOCALS); pairs--; ) number(LOCALS);
    for (let depth = 1; depth; ) {
      const op = byte(OPCODES);
      if (op === 0x0b) depth--;
      else if (op > 1 && op < 5) depth++;
      let [numbers, bytes] = op > 0xfb ? immediates(op, number(OPCODES)) : (known[op] ??= immediates(op, 0));
      if (op === 0x0e || op === 0x1c) numbers = number(op) + (op === 0x0e ? 1 : 0);
      while (numbers--) while (byte(op) > 127);
      while (bytes--) byte(op === 0xfd ? LANES : op);
    }
  };

  const lengths = Uint32Array.from({ length: REST }, () => number(0));
  at[REST] = lengths.reduce((begin, length, stream) => ((at[stream] = begin), begin + length), at[0]);
  end = 0;
  for (let i = 0; i < 8; i++) byte(REST);
  while (at[REST] < packed.length) {
    if (byte(REST) !== CODE) for (let length = number(REST); length--; ) byte(REST);
    else part(() => { for (let functions = number(LOCALS); functions--; ) part(body); });
  }
  return out.subarray(0, end);
}
