// Frames as they come, over HTTP or a WebSocket, for a page that takes them one after the other.
import { checkCount, delay, passes, pause } from "./again.js";
import { pour, request, said } from "./arrive.js";
import { failure, moved } from "./bootstrap.js";
import { recycle } from "./host.js";
import { Intake } from "./intake.js";

/**
 * @typedef {import("./bootstrap.js").Message} Message
 */

/**
 * Flow control to the page: at most `queue` frames that it has not acknowledged. When no more may be sent, `slow` says what happens: wait,
 * keep only the latest, or fail.
 */
class Outlet {
  /** @type {any} the latest frame, not sent yet */
  #pending;
  #dropped = 0;
  /** @type {() => void} */
  #wake = () => {};

  /** @param {{ id: number, slow: string, queue: number }} how  @param {AbortSignal} signal */
  constructor({ id, slow, queue }, signal) {
    this.id = id;
    this.slow = slow;
    this.credits = queue;
    this.signal = signal;
    signal.addEventListener("abort", () => this.#wake());
  }

  /** The page has taken a frame. */
  taken() {
    this.credits++;
    if (this.#pending) this.#post(this.#pending);
    this.#pending = undefined;
    this.#wake();
  }

  /** Waits until the page has taken a frame, or has aborted. */
  async #change() {
    await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    this.signal.throwIfAborted();
  }

  /** @param {any} frame */
  async offer(frame) {
    while (!this.credits && this.slow === "block") await this.#change();
    if (this.credits) return this.#post(frame);
    if (this.slow !== "latest") {
      throw failure("gap", `frame ${frame.sequence} came while none of those before was taken: the page is too slow (slow: 'error')`, { actual: frame.sequence });
    }
    if (this.#pending) {
      this.#dropped++;
      recycle([...moved(this.#pending)]);
    }
    this.#pending = frame;
  }

  /** Waits until a kept frame is sent. */
  async flushed() {
    while (this.#pending) await this.#change();
  }

  /** @param {any} frame */
  #post(frame) {
    this.credits--;
    postMessage({ id: this.id, frame, dropped: this.#dropped }, [...moved(frame)]);
  }
}

/**
 * @param {import("./bootstrap.js").Tools} tools
 * @returns {import("./bootstrap.js").Jobs}
 */
export function live(tools) {
  /** @type {Map<number, Outlet>} */
  const outlets = new Map();

  return {
    /** A frame was taken; the memory of others comes back. */
    next({ stream, buffers = [] }) {
      recycle(buffers);
      outlets.get(stream)?.taken();
    },

    async frames(message) {
      const { id, url = "", reconnect = 0 } = message;
      const socket = /^ws/.test(url);
      const { slow = socket ? "latest" : "block" } = message;
      const { queue = slow === "latest" ? 1 : 8 } = message;
      if (!["block", "latest", "error"].includes(slow)) throw failure("bad-argument", `slow is 'block', 'latest' or 'error', not '${slow}'`);
      if (!Number.isSafeInteger(queue) || queue < 1) throw failure("bad-argument", `queue is how many frames may wait, at least 1, not '${queue}'`);
      checkCount("reconnect", reconnect);
      if (socket && slow === "block") throw failure("bad-argument", "a WebSocket cannot be made to wait: slow must be 'latest' or 'error'");
      const signal = tools.signalOf(message);
      const outlet = new Outlet({ id, slow, queue }, signal);
      outlets.set(id, outlet);
      const order = { expected: /** @type {number | undefined} */ (undefined), count: 0 };
      try {
        for (let attempt = 0; ; attempt++) {
          const before = order.count;
          try {
            await connection(message, signal, socket, outlet, order);
            await outlet.flushed();
            return { frames: order.count };
          } catch (/** @type {any} */ error) {
            if (order.count > before) attempt = 0;
            if (!passes(error) || signal.aborted || attempt >= reconnect) {
              if (!signal.aborted) await outlet.flushed();
              throw error;
            }
            const after = delay(attempt);
            postMessage({ id, reconnect: { attempt: attempt + 1, after, reason: error.message } });
            await pause(after, signal);
          }
        }
      } finally {
        outlets.delete(id);
      }
    },
  };

  /**
   * All frames of one connection.
   * @param {Message} message
   * @param {AbortSignal} signal
   * @param {boolean} socket
   * @param {Outlet} outlet
   * @param {{ expected?: number, count: number }} order
   */
  async function connection(message, signal, socket, outlet, order) {
    const { id, url = "", gaps } = message;
    let begun = false;
    /** @type {Intake | undefined} */
    let intake;
    // Zeros still expected before the next frame.
    let padding = 0;
    const take = async (/** @type {Uint8Array} */ piece) => {
      for (let at = 0; at < piece.length; ) {
        if (padding) {
          const zeros = piece.subarray(at, at + padding);
          if (zeros.some((byte) => byte > 0)) throw failure("bad-header", `frame ${order.count} of ${url} is not followed by zeros`);
          padding -= zeros.length;
          at += zeros.length;
          continue;
        }
        intake ??= new Intake(tools, { ...message, format: "frame" });
        at += intake.push(piece.subarray(at));
        if (!intake.complete) continue;
        // The bytes that follow belong to the next frame.
        [, intake.loaded] = /** @type {[number, number]} */ (intake.window);
        padding = -intake.loaded & 63;
        const frame = intake.end();
        intake = undefined;
        const { sequence } = frame;
        // A server that numbers each connection's frames from 0 begins anew; one that goes on tells what was missed meanwhile.
        const { expected = sequence } = begun || sequence ? order : {};
        begun = true;
        order.expected = sequence + 1;
        order.count++;
        if (sequence !== expected) {
          const gap = { expected, actual: sequence, missed: Math.max(0, sequence - expected) };
          if (!gaps) throw failure("gap", `frame ${sequence} of ${url} came where ${expected} was due`, gap);
          postMessage({ id, gap });
        }
        await outlet.offer(frame);
        signal.throwIfAborted();
      }
      // A message of a socket ends with its frame.
      if (socket && intake) throw cut();
      if (socket) padding = 0;
    };
    const cut = () => failure("truncated", `${url} ended in the middle of frame ${order.count}`, { url });
    if (socket) for await (const piece of messagesOf(url, signal)) await take(piece);
    else await pour((await request(message, signal)).body, message, signal, take);
    if (intake) throw cut();
  }
}

/** @param {string} url */
function opened(url) {
  try {
    return new WebSocket(url);
  } catch (/** @type {any} */ error) {
    // Else a policy forbids it, as Firefox says.
    throw failure(error.name === "SyntaxError" ? "bad-argument" : "network", `${url} cannot be opened: ${said(error)}`, { url });
  }
}

/**
 * The messages of a WebSocket.
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function* messagesOf(url, signal) {
  /** @type {(Uint8Array | Error)[]} */
  const queue = [];
  let wake = () => {};
  const put = (/** @type {any} */ entry) => {
    queue.push(entry);
    wake();
  };
  const socket = opened(url);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => put(typeof data === "string" ? failure("bad-magic", `${url} sent a text, not a frame`) : new Uint8Array(data));
  socket.onclose = ({ code, reason }) => {
    const text = `${url} was closed${reason && `: ${reason}`} (${code})`;
    put(code === 1000 || code === 1005 ? null : failure("network", text, { url }));
  };
  // After an error comes the end, which says more; but in Chromium not where a policy forbids the socket.
  socket.onerror = () => setTimeout(put, 1000, failure("network", `${url} could not be reached`, { url }));
  const stop = () => socket.close();
  signal.addEventListener("abort", stop);
  try {
    for (;;) {
      if (!queue.length) await new Promise((resolve) => (wake = () => resolve(undefined)));
      signal.throwIfAborted();
      const entry = queue.shift();
      if (!entry) return;
      if (!(entry instanceof Uint8Array)) throw entry;
      yield entry;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}
