// An array in shared memory, converted where it lies or into other shared memory; by one worker, or a share of it by each of several.
import { bytesIn, failure } from "./bootstrap.js";
import { Host } from "./host.js";
import { told } from "./told.js";

/** Shares are multiples of so many elements, so that no two workers write the same cache line or page. */
const TOGETHER = 65536;

/**
 * @param {import("./bootstrap.js").Tools} tools
 * @returns {import("./bootstrap.js").Jobs}
 */
export function shared(tools) {
  const { decode, run } = tools;
  return {
    share(given) {
      // Shared memory is never moved: however large it may be.
      /** @type {import("./bootstrap.js").Message} */
      const message = { ...given, limit: undefined };
      const { buffer, into, share, byteOffset = 0, byteLength, ...rest } = message;
      const [index, count] = share;
      const bytes = /** @type {Uint8Array} */ (bytesIn(buffer, byteOffset, byteLength));
      const options = { ...rest, streamed: true, available: bytes.length };
      const { collect, fields, complex, dtype, stream, nbytes, stats } = told(tools, options, bytes, {});
      const inPlace = into === buffer;
      if (collect || fields || (inPlace && stats.plan === "into")) {
        const another = inPlace && !fields;
        throw failure("bad-argument", another ? "into must be another buffer: this changes widths or order" : "into is not for records, text, strides, planes and other layouts");
      }
      if (into.byteLength < nbytes) {
        throw failure("bad-argument", `into has ${into.byteLength} bytes, the result ${nbytes}`, { expected: nbytes, actual: into.byteLength });
      }
      if (stream.payload + stream.nbytes > bytes.length) {
        const [expected, actual] = [stream.nbytes, bytes.length - stream.payload];
        throw failure("truncated", `the array has ${expected} bytes, there are ${actual}`, { expected, actual });
      }
      const at = byteOffset + stream.payload;
      // In place, checks must be over before anything is written, and a checksum is over all bytes: one worker does it all.
      const width = complex ? stream.itemsize / 2 : /^void/.test(dtype) ? 1 : stream.itemsize;
      if (inPlace && at % width) throw failure("bad-argument", `into must be another buffer: the numbers lie misaligned, at byte ${at}`);
      const whole = stream.checked || (inPlace && (rest.to !== undefined || rest.strict));
      if (whole && index) return {};
      if (whole && inPlace) return decode({ ...message, writable: true });
      const memory = inPlace ? new Uint8Array(into, at, nbytes) : new Uint8Array(into, 0, nbytes);
      const lent = new Host();
      lent.inputs[0] = bytes;
      lent.allocate = (index) => (lent.columns[index] = /** @type {any} */ (memory));
      const reply = run("decode", options, lent, message);
      const size = stream.itemsize && stream.nbytes / stream.itemsize;
      const bound = (/** @type {number} */ k) => (k === count ? size : Math.min(size, Math.ceil((size * k) / count / TOGETHER) * TOGETHER));
      const [begin, end] = whole ? [0, size] : [bound(index), bound(index + 1)];
      const elements = bytes.subarray(stream.payload + begin * stream.itemsize, stream.payload + end * stream.itemsize);
      const began = performance.now();
      if (stats.plan !== "view" || stream.checked) {
        lent.inputs[1] = elements;
        run("decode", { ...options, part: [begin, end - begin, 0] }, lent, message);
      } else if (!inPlace) {
        memory.set(elements, begin * stream.itemsize);
      }
      const { stream: _, ...result } = reply;
      result.stats.milliseconds.convert += performance.now() - began;
      result.stats.allocated = 0;
      result.trailing = rest.rows ? 0 : bytes.length - stream.payload - stream.nbytes;
      result.data = new result.data.constructor(into, memory.byteOffset, result.data.length);
      return result;
    },
  };
}
