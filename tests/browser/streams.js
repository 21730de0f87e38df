// The same arrays in pieces: whatever pieces a stream comes in, the page sees what it sees of the whole.
import { compare, each, revive, supported, titles } from "./cases.js";
import { equal, equalBytes, ferryOf, npy, rejection, settled, streamOf } from "./support.js";

const found = await titles("cases", "dtypes", "casts", "bad", "layout");
/** Bytes to a piece; more where that would be thousands of pieces. */
const SIZES = [1, 3, 8, 63, 64, 65, 100, 1000, 2 ** 20];

describe("in pieces", () => {
  const ferry = ferryOf({ workers: 1 });
  let turn = 0;

  for (const title of found) {
    each(title, async (one, span) => {
      if (!supported(one) || one.expect.settles) return false;
      const [bytes, options] = [span(one.source), revive(one.options)];
      const { error: codes } = one.expect;
      // Each size for many cases, and each case in one.
      const size = SIZES[turn++ % SIZES.length];
      const stream = streamOf(bytes, Math.max(size, Math.ceil(bytes.length / 100)));
      // A stream does not tell its length: what would be cut short may be too much already.
      if (codes) await rejection(ferry.decode(stream, options), title.title === "cut" ? `${codes}|bad-header|too-large` : codes);
      else compare(await settled(ferry.decode(stream, options)), one.expect, span, `it, in pieces of ${size} bytes`);
    });
  }
});

describe("far inside of a file", () => {
  it("an .npy is found, as it is in memory", async () => {
    const ferry = ferryOf({ workers: 1 });
    const bytes = new Uint8Array([...new Uint8Array(300_000), ...new Uint8Array(npy("'<u2'", "(3,)", Uint16Array.of(1, 2, 3).buffer))]);
    for (const input of [new Blob([bytes]), streamOf(bytes, 65_536), bytes.slice().buffer]) {
      const { data, source } = await ferry.decode(input, { offset: 300_000, format: "npy", to: "float32" });
      equal([[...data], source.offset], [[1, 2, 3], 300_000 + 128]);
    }
  });
});

describe("casts in pieces", () => {
  const ferry = ferryOf({ workers: 1 });
  const targets = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"];
  // More than is converted at once.
  const bytes = new Uint8Array(617_280);
  for (let at = 0; at < bytes.length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  /** NaN's payload is not promised. */
  const clean = (data) => (data instanceof Float32Array || data instanceof Float64Array ? data.map((x) => (x === x ? x : NaN)) : data);

  for (const descr of ["|b1", "|i1", "|u1", ...["i2", "u2", "f2", "i4", "u4", "f4", "i8", "u8", "f8"].flatMap((code) => [`<${code}`, `>${code}`])]) {
    it(`${descr} to every number, as in one piece`, async () => {
      const count = bytes.length / Number(descr.slice(2));
      const file = new Uint8Array(npy(`'${descr}'`, `(${count},)`, bytes));
      for (const to of targets) {
        const options = { to, casting: "unsafe" };
        const whole = await ferry.decode(file.slice().buffer, options);
        const raw = { format: "raw", dtype: descr, offset: file.length - bytes.length };
        for (const [how, input, more] of [
          ["a Blob", new Blob([file]), {}],
          ["a Blob of raw bytes at an offset", new Blob([file]), raw],
          ["pieces of 100003 bytes", streamOf(file, 100_003), {}],
          ["pieces of 550000 bytes", streamOf(file, 550_000), {}],
        ]) {
          const array = await ferry.decode(input, { ...options, ...more });
          equal([array.size, array.dtype, array.data.constructor.name], [count, whole.dtype, whole.data.constructor.name], `${how} to ${to}`);
          equalBytes(clean(array.data), clean(whole.data), `${how} to ${to}`);
        }
      }
    });
  }
});
