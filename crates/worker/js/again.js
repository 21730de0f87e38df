// Retries after a connection broke off. Only in byteferry-worker.full.js.
import { failure } from "./bootstrap.js";

/**
 * @param {string} option
 * @param {unknown} count  how often it is tried again
 */
export function checkCount(option, count) {
  if (typeof count !== "number" || !(count >= 0)) throw failure("bad-argument", `${option} is how often, 0 or more, not '${count}'`);
}

/**
 * Whether another attempt may succeed.
 * @param {any} error
 */
export const passes = ({ code, status }) => code === "network" || code === "truncated" || status > 499 || status === 429;

/**
 * Milliseconds to wait before the next attempt.
 * @param {number} attempt  how often it has been tried again already
 */
export const delay = (attempt) => Math.min(250 * 2 ** attempt, 8000);

/** @param {number} ms  @param {AbortSignal} signal  which is looked at afterwards */
export async function pause(ms, signal) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  signal.throwIfAborted();
}
