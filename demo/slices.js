// Long loops on the main thread, cut into slices: a page that says it never stutters must not stutter over its own pictures.

/** Milliseconds of work at a time. The rest of a frame is the browser's. */
const SLICE = 6;

/**
 * Calls `work` for one stretch of 0 to `count` after the other, and lets the page breathe in between.
 * @param {number} count
 * @param {number} piece  so many between two looks at the clock; a millisecond's work or less
 * @param {(from: number, to: number) => void} work
 */
export async function inSlices(count, piece, work) {
  let end = performance.now() + SLICE;
  for (let from = 0; from < count; from += piece) {
    if (performance.now() > end) {
      // Not a frame: hidden pages have none, and would wait for ever.
      await new Promise((resume) => setTimeout(resume));
      end = performance.now() + SLICE;
    }
    work(from, Math.min(count, from + piece));
  }
}
