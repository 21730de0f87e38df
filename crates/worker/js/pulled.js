// Streams that the page reads for us: not every engine moves a ReadableStream to a worker.

/** @typedef {{ done?: boolean, value?: Uint8Array, error?: string }} Piece */

/**
 * @param {import("./bootstrap.js").Jobs} jobs
 * @returns {import("./bootstrap.js").Jobs}
 */
export function pulled({ decode }) {
  /** Who waits for a piece, by job. @type {Map<number, (piece: Piece) => void>} */
  const waiting = new Map();

  return {
    async decode(message) {
      const { id, pull, ...rest } = message;
      if (!pull) return decode(message);
      const stream = new ReadableStream(
        {
          pull: (controller) =>
            new Promise((resolve) => {
              waiting.set(id, ({ done, value, error }) => {
                if (error) controller.error(error);
                else if (done) controller.close();
                else controller.enqueue(value);
                resolve();
              });
              postMessage({ id, pull: true });
            }),
        },
        { highWaterMark: 0 },
      );
      try {
        return await decode({ id, ...rest, stream });
      } finally {
        waiting.delete(id);
      }
    },

    /** What the page has read. */
    piece({ stream, done, value, error }) {
      waiting.get(stream)?.({ done, value, error });
    },
  };
}
