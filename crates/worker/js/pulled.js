// Streams that the page reads for us: not every engine moves a ReadableStream to a worker.

/** @typedef {import("./bootstrap.js").Jobs} Jobs */
/** @typedef {{ done?: boolean, value?: Uint8Array, error?: string }} Piece */

/**
 * Jobs that may be given a stream.
 * @param {Jobs} jobs
 * @returns {Jobs}  the same, which take `pull` in place of `stream`, too
 */
export function pulled(jobs) {
  /** Who waits for a piece, by job. @type {Map<number, (piece: Piece) => void>} */
  const waiting = new Map();

  /** @param {number} id  of the job */
  function streamOf(id) {
    /** @param {ReadableStreamDefaultController} controller */
    const pull = (controller) =>
      new Promise((/** @type {(_: void) => void} */ resolve) => {
        waiting.set(id, ({ done, value, error }) => {
          if (error) controller.error(error);
          else if (done) controller.close();
          else controller.enqueue(value);
          resolve();
        });
        postMessage({ id, pull: true });
      });
    return new ReadableStream({ pull }, { highWaterMark: 0 });
  }

  /** @type {Jobs} */
  const all = {
    /** What the page has read. */
    piece({ stream, done, value, error }) {
      waiting.get(stream)?.({ done, value, error });
    },
  };
  for (const [op, job] of Object.entries(jobs)) {
    all[op] = async (message) => {
      const { pull, ...rest } = message;
      try {
        return await job(pull ? { ...rest, stream: streamOf(message.id) } : message);
      } finally {
        waiting.delete(message.id);
      }
    };
  }
  return all;
}
