/**
 * Tells the page how far a job is, if it asked: not more often than it can show, and the end in any case.
 * @param {{ id: number, progress?: boolean }} job
 */
export function teller({ id, progress }) {
  let last = 0;
  return (/** @type {number} */ loaded, /** @type {number | undefined} */ total, phase = "data") => {
    const now = performance.now();
    if (!progress || (phase === "data" && now - last < 50 && loaded !== total)) return;
    last = now;
    postMessage({ id, progress: { loaded, total, phase } });
  };
}
