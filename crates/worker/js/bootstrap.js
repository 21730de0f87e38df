// The worker's own side of JavaScript: receives messages, fetches, and keeps the wasm instance alive.
// Runs in a classic worker. Nothing here reads or writes the bytes of an array: the wasm module does.
import { pour, request } from "./arrive.js";
import { engine, Host, json, recycle } from "./host.js";
import { stayAwake } from "./awake.js";
import { Intake } from "./intake.js";
import { lengthOf } from "./response.js";

/**
 * @typedef {import("./host.js").Core} Core
 * @typedef {{ id: number, op: string, buffer?: any, url?: string, init?: RequestInit, [option: string]: any }} Message
 */

/**
 * What jobs are made of.
 * @typedef {{ decode(message: Message): any, run(job: "decode" | "encode", options: object, host: Host, message: Message): any,
 *   signalOf(message: Message): AbortSignal }} Tools
 * @typedef {{ [op: string]: (message: Message) => object | void }} Jobs
 */

/** Most bytes that Chromium moves in one message; other engines move what they can allocate. */
export const LIMIT = engine === "Chrome" ? 2145386496 : undefined;

/**
 * @param {(module: WebAssembly.Module) => Core} instantiate  makes a fresh instance, with state of its own
 * @param {() => Promise<WebAssembly.Module>} compile
 * @param {(tools: Tools, jobs: Jobs) => Jobs} [more]  jobs beyond decode and fetch
 */
export function serve(instantiate, compile, more = () => ({})) {
  /** @type {WebAssembly.Module} */
  let module;
  /** @type {Core} */
  let core;
  /** @type {Map<number, AbortController>} */
  const busy = new Map();

  const started = compile().then((compiled) => {
    core = instantiate((module = compiled));
    const host = new Host();
    core.describe(host);
    postMessage({ ready: host.reply() });
  });
  started.catch((error) => postMessage({ failed: { code: "worker-load", message: `wasm was refused: ${error.message}` } }));

  addEventListener("message", async ({ data: message }) => {
    if (message.op === "recycle") return recycle(message.buffers);
    if (message.op === "abort") return busy.get(message.id)?.abort();
    try {
      await started;
      // The module reads numbers only.
      if (typeof message.offset === "bigint") message.offset = Number(message.offset);
      const job = Object.hasOwn(jobs, message.op) && jobs[message.op];
      if (!job) throw failure("bad-argument", `op '${message.op}' is none of '${Object.keys(jobs).join("', '")}', 'abort'; byteferry-worker.full.js knows most`);
      const reply = await job(message);
      if (reply) postMessage({ id: message.id, ...reply }, [...moved(reply)]);
    } catch (error) {
      refuse(message, error);
    } finally {
      busy.delete(message.id);
      if (message.alone) stayAwake();
    }
  });

  /** @type {Jobs} */
  const jobs = {
    async decode(message) {
      const { buffer, stream, available } = message;
      if (!stream && !(buffer instanceof Blob)) return decode(message);
      const intake = new Intake(tools, message, stream ? available : buffer.size);
      await pour(stream ?? buffer.stream(), message, signalOf(message), intake.take);
      return intake.end();
    },

    async fetch(message) {
      const signal = signalOf(message);
      const began = performance.now();
      const response = await request(message, signal);
      const intake = new Intake(tools, message, lengthOf(response));
      await pour(response.body, message, signal, intake.take);
      return intake.end(began);
    },
  };
  /** @type {Tools} */
  const tools = { decode, run, signalOf };
  Object.assign(jobs, more(tools, jobs));

  /** Aborted when the page aborts this job. @param {Message} message */
  function signalOf({ id }) {
    const controller = new AbortController();
    busy.set(id, controller);
    return controller.signal;
  }

  /** @param {Message} message */
  function decode(message) {
    const { buffer, init, ...options } = message;
    const host = new Host();
    host.inputs[0] = /** @type {Uint8Array} */ (bytesIn(buffer));
    const writable = options.writable ?? !isShared(buffer);
    return run("decode", { ...options, writable }, host, message);
  }

  /**
   * Has the wasm module do a job.
   * @param {"decode" | "encode"} job
   * @param {object} options
   * @param {Host} host
   * @param {Message} message
   */
  function run(job, options, host, message) {
    try {
      host.options = json({ limit: LIMIT, ...options, float16: "Float16Array" in globalThis });
    } catch (error) {
      throw failure("bad-argument", `the options are not plain values: ${error}`);
    }
    try {
      host.core = core;
      /** @type {any} */ (core)[job](host, globalThis);
    } catch (error) {
      // The exception has unwound wasm's frames, so this instance is unusable: the job fails, others go on with a new one.
      // A buffer that was being changed in place is no longer what was handed over, and is not given back.
      if (host.written) delete message.buffer;
      core = instantiate(module);
      const memory = /memory$|allocat/i.test(/** @type {any} */ (error));
      throw failure(memory ? "out-of-memory" : "worker-crash", `the worker stopped in the middle of the job: ${error}`);
    }
    const reply = host.reply();
    const { error } = reply;
    if (error && "value" in error) error.message += `: ${error.value}`;
    if (error) throw error;
    return reply;
  }
}

/**
 * The ArrayBuffers that a reply carries, to be moved. A SharedArrayBuffer never is.
 * @param {any} reply
 * @param {Set<ArrayBuffer>} [found]
 */
export function moved(reply, found = new Set()) {
  for (const value of [reply.result, reply.data?.buffer]) if (value instanceof ArrayBuffer) found.add(value);
  for (const field of Object.values(reply.fields ?? {})) moved(field, found);
  for (const [, array] of reply.arrays ?? []) moved(array, found);
  return found;
}

/** @param {unknown} buffer */
const isShared = (buffer) => ({}).toString.call(buffer) === "[object SharedArrayBuffer]";

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
    // A detached buffer still has a length, 0; making a view on it is what fails.
    throw error instanceof RangeError ? failure("bad-argument", "the view lies outside its buffer") : failure("detached", "the buffer was detached before");
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
function refuse({ id, buffer, url }, error) {
  // A DOMException's code is a number.
  if (typeof error.code !== "string") error = failure(error instanceof RangeError ? "out-of-memory" : "worker-crash", String(error));
  error.url ??= url;
  try {
    postMessage({ id, error, buffer }, buffer instanceof ArrayBuffer ? [buffer] : []);
  } catch {
    postMessage({ id, error });
  }
}
