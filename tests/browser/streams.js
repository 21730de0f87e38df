// The same arrays in pieces: whatever pieces a stream comes in, the page sees what it sees of the whole.
import { compare, each, revive, supported, titles } from "./cases.js";
import { ferryOf, rejection, settled, streamOf } from "./support.js";

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
