// The worker's own side of JavaScript: receives messages, fetches, and keeps the wasm instance alive.
// Runs in a classic worker. Nothing here touches an array's bytes; that is the wasm module's work.
import { Host, json } from "./host.js";

/**
 * @typedef {import("./host.js").Core} Core
 * @typedef {{ id: number, op: string, buffer?: any, url?: string, init?: RequestInit, [option: string]: any }} Message
 */

/**
 * What jobs are made of.
 * @typedef {{ decode(message: Message): any, run(job: "decode" | "encode", options: object, host: Host, message: Message): any }} Tools
 * @typedef {{ [op: string]: (message: Message) => object }} Jobs
 */

/** Most bytes that Chromium moves in one message; other engines move what they can allocate. */
export const LIMIT = /Chrom(e|ium)\//.test(navigator.userAgent) ? 2145386496 : undefined;

/**
 * @param {(module: WebAssembly.Module) => Core} instantiate  makes a fresh instance, with state of its own
 * @param {Promise<WebAssembly.Module>} compiling
 * @param {(tools: Tools) => Jobs} [more]  jobs beyond decode and fetch
 */
export function serve(instantiate, compiling, more = () => ({})) {
  /** @type {WebAssembly.Module} */
  let module;
  /** @type {Core} */
  let core;
  /** @type {Map<number, AbortController>} */
  const fetching = new Map();

  const started = compiling.then((compiled) => {
    core = instantiate((module = compiled));
    const host = new Host();
    core.describe(host);
    postMessage({ ready: host.reply() });
  });
  started.catch((error) => postMessage({ failed: { code: "worker-load", message: `wasm was refused: ${error.message}` } }));

  addEventListener("message", async ({ data: message }) => {
    if (message.op === "abort") return fetching.get(message.id)?.abort();
    try {
      await started;
      const job = Object.hasOwn(jobs, message.op) && jobs[message.op];
      if (!job) throw failure("bad-argument", `op '${message.op}' is none of '${Object.keys(jobs).join("', '")}', 'abort'; byteferry-worker.full.js knows most`);
      const reply = await job(message);
      postMessage({ id: message.id, ...reply }, [...moved(reply)]);
    } catch (error) {
      refuse(message, error);
    } finally {
      fetching.delete(message.id);
    }
  });

  /** @type {Jobs} */
  const jobs = {
    async decode(message) {
      if (message.buffer instanceof Blob) message = { ...message, buffer: await bytesOf(message.buffer) };
      return decode(message);
    },

    async fetch(message) {
      const began = performance.now();
      await fetchInto(message);
      const fetched = performance.now() - began;
      const reply = decode(message);
      reply.stats.milliseconds.fetch = fetched;
      return reply;
    },
    ...more({ decode, run }),
  };

  /** @param {Message} message */
  function decode(message) {
    const { buffer, init, ...options } = message;
    const host = new Host();
    host.inputs[0] = /** @type {Uint8Array} */ (bytesIn(buffer));
    const writable = (options.writable ?? true) && !isShared(buffer);
    return run("decode", { ...options, writable, float16: "Float16Array" in globalThis }, host, message);
  }

  /**
   * Has the wasm module do a job.
   * @param {"decode" | "encode"} job
   * @param {object} options
   * @param {Host} host
   * @param {Message} message
   */
  function run(job, options, host, message) {
    let given;
    try {
      given = json({ ...options, limit: LIMIT });
    } catch (error) {
      throw failure("bad-argument", `the options are not plain values: ${error}`);
    }
    try {
      /** @type {any} */ (core)[job](given, host, globalThis);
    } catch (error) {
      // Whatever comes out here came through wasm's frames: that instance is lost, its job with it, and no other.
      core = instantiate(module);
      const memory = error instanceof RangeError && /memory|alloc/i.test(error.message);
      // Half swapped, it is not what was handed over.
      if (host.written) delete message.buffer;
      throw failure(memory ? "out-of-memory" : "worker-crash", `the worker stopped in the middle of the job: ${error}`);
    }
    const reply = host.reply();
    const { error } = reply;
    if (error && "value" in error) error.message += `: ${error.value}`;
    if (error) throw error;
    return reply;
  }

  /** @param {Message} message  gets the body as its buffer */
  async function fetchInto(message) {
    const { id, url = "", init } = message;
    const controller = new AbortController();
    fetching.set(id, controller);
    let response;
    try {
      response = await fetch(url, { ...init, signal: controller.signal });
    } catch (error) {
      throw failure("network", `${url} could not be fetched: ${error instanceof Error ? error.message : error}`, { url });
    }
    const { status } = response;
    if (!response.ok) throw failure("http", `${url} answered ${status} ${response.statusText}`.trim(), { url, status });
    if (response.headers.get("Content-Type")?.startsWith("text/html")) {
      throw failure("bad-magic", `${url} answered with an HTML page, not with an array`, { url, status });
    }
    try {
      message.buffer = await response.arrayBuffer();
    } catch (error) {
      throw failure("truncated", `the body of ${url} broke off: ${error instanceof Error ? error.message : error}`, { url });
    }
  }
}

/**
 * The ArrayBuffers that a reply carries, to be moved. A SharedArrayBuffer never is.
 * @param {any} reply
 * @param {Set<ArrayBuffer>} [found]
 */
function moved(reply, found = new Set()) {
  for (const value of [reply.result, reply.data?.buffer]) if (value instanceof ArrayBuffer) found.add(value);
  for (const field of Object.values(reply.fields ?? {})) moved(field, found);
  for (const [, array] of reply.arrays ?? []) moved(array, found);
  return found;
}

/** @param {unknown} buffer */
const isShared = (buffer) => Object.prototype.toString.call(buffer) === "[object SharedArrayBuffer]";

/**
 * The bytes of what was handed over.
 * @param {any} buffer
 * @param {number} [offset]
 * @param {number} [length]
 */
export function bytesIn(buffer, offset, length) {
  if (buffer instanceof Blob) return buffer;
  if (!(buffer instanceof ArrayBuffer || isShared(buffer))) throw failure("bad-argument", "the buffer is no ArrayBuffer and no SharedArrayBuffer");
  try {
    return new Uint8Array(buffer, offset, length);
  } catch (error) {
    // A view on a detached buffer would have length 0; making one is what fails.
    throw error instanceof RangeError ? failure("bad-argument", "the view lies outside its buffer") : failure("detached", "the buffer was detached before");
  }
}

/** @param {Blob} blob */
export async function bytesOf(blob) {
  try {
    return await blob.arrayBuffer();
  } catch (error) {
    // A file that is gone, or has been written meanwhile.
    throw failure("network", `the Blob could not be read: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * @param {string} code
 * @param {string} message
 * @param {object} [details]
 */
export function failure(code, message, details) {
  return { code, message, ...details };
}

/**
 * Answers with an error, and with the buffer where it is still here.
 * @param {Message} message
 * @param {any} error
 */
function refuse({ id, buffer }, error) {
  // A DOMException's code is a number.
  if (typeof error.code !== "string") error = failure(error instanceof RangeError ? "out-of-memory" : "worker-crash", String(error));
  try {
    postMessage({ id, error, buffer }, buffer instanceof ArrayBuffer ? [buffer] : []);
  } catch {
    postMessage({ id, error });
  }
}
