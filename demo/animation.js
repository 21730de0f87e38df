// The frames that the page draws: a call for each, and how long it kept the page waiting.

/**
 * Calls `each` with every frame, from now on: the time, and milliseconds since the frame before, if it is known.
 * @param {(now: number, gap: number | undefined) => void} each
 */
export function everyFrame(each) {
  let before = performance.now();
  // In the background no frames are asked for; that is not a stall.
  document.addEventListener("visibilitychange", () => (before = NaN));
  const frame = () => {
    const now = performance.now();
    each(now, now >= before ? now - before : undefined);
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

export const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
