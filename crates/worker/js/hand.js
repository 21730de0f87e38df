// A worker as the page sees it: the other side of bootstrap.js.
import { stayAwake } from "./awake.js";
import { FerryError } from "./byteferry.js";

/** @typedef {import("./byteferry.js").Ready} Ready */

/** What byteferry.js and its workers must agree on: byteferry_protocol::VERSION. */
const PROTOCOL = 1;

/**
 * @typedef {object} Job  a message on its way, and who waits for the answer
 * @property {any} message
 * @property {boolean} moved  whether `message.buffer` was the caller's own
 * @property {(reply: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {(told: any) => void} [hear]  what comes before the answer
 */

/**
 * Whether it is one of these by its class' name: `instanceof` knows nothing of another window's.
 * @param {any} it
 * @param {string[]} names
 */
export const is = (it, ...names) => names.includes({}.toString.call(it).slice(8, -1));

/**
 * setTimeout, unless it is to wait for 2^31 ms or more: that would fire at once.
 * @param {number | undefined} ms
 * @param {() => void} ring
 */
export const after = (ms, ring) => (ms && ms < 2 ** 31 ? setTimeout(ring, ms) : undefined);

/**
 * A worker from the script at `url`, on whatever origin.
 * @param {string} url
 */
function spawn(url) {
  const { href, origin } = new URL(url);
  if (origin !== location.origin) {
    // A worker's script must come from the page's own origin; a script of that origin may import any.
    url = URL.createObjectURL(new Blob([`importScripts(${JSON.stringify(href)})`], { type: "text/javascript" }));
  }
  return new Worker(url);
}

/**
 * Finds out why a worker's script did not run: the `error` event carries no reason, so the script is fetched to see.
 * @param {string} url
 */
async function reason(url) {
  try {
    const { ok, status, statusText, headers } = await fetch(url);
    const type = headers.get("Content-Type");
    if (!ok) return `the server answered ${status} ${statusText}`.trim();
    if (!/javascript/.test(`${type}`)) return `its Content-Type is ${type}, not text/javascript`;
    return "the browser refused it, as a syntax error, Content-Security-Policy or Cross-Origin-Embedder-Policy makes it do";
  } catch (error) {
    return `it could not be fetched: ${error}`;
  }
}

/** One worker, and the jobs it has been given. */
export class Hand {
  /** @type {Map<number, Job>} */
  #jobs = new Map();
  #worker;
  #url;
  #clock;
  #ended;
  #ready = false;
  /** @type {any} */
  #begin;
  /** @type {any} */
  #refuse;

  /** @type {Promise<Ready>} */
  started = new Promise((resolve, reject) => ([this.#begin, this.#refuse] = [resolve, reject]));

  /**
   * @param {{ workerUrl?: string, createWorker?: (script: string) => Worker, readyTimeout: number }} settings
   * @param {boolean} full
   * @param {() => void} ended  called when it will take no more
   */
  constructor({ workerUrl, createWorker, readyTimeout }, full, ended) {
    this.started.catch(() => {});
    this.full = full;
    this.#ended = ended;
    const script = full ? "byteferry-worker.full.js" : "byteferry-worker.js";
    // Both expressions are written out in full, because bundlers look for exactly this form.
    const own = () => (full ? new URL("./byteferry-worker.full.js", import.meta.url) : new URL("./byteferry-worker.js", import.meta.url));
    this.#url = workerUrl ?? (createWorker ? "the worker" : own().href);
    try {
      if (full && workerUrl) this.#url = new URL(script, workerUrl).href;
      this.#worker = createWorker ? createWorker(script) : spawn(this.#url);
      if (!this.#worker?.terminate) throw new TypeError("createWorker returned no Worker");
    } catch (error) {
      throw new FerryError("worker-load", `${this.#url} could not be started: ${error}`, { cause: error, url: this.#url });
    }
    this.#worker.onmessage = ({ data }) => this.#hear(data);
    this.#worker.onmessageerror = () => this.fail(new FerryError("worker-crash", "the worker's answer could not be read"));
    this.#worker.onerror = async (event) => {
      event.preventDefault();
      if (this.#ready) return this.fail(new FerryError("worker-crash", `the worker failed: ${event.message}`));
      const why = createWorker ? "its script failed" : await reason(this.#url);
      this.#unloadable(event.message ? `${why} (${event.message})` : why);
    };
    this.#clock = after(readyTimeout, () => this.#unloadable(`it was not ready within ${readyTimeout} ms`));
  }

  /** Whether it has nothing to do. */
  get idle() {
    return !this.#jobs.size;
  }

  /** Bytes it still has to process, as an estimate of the time that takes. */
  load() {
    let load = 0;
    for (const { message } of this.#jobs.values()) load += 4096 + message.weight;
    return load;
  }

  /** @param {Job} job */
  take(job) {
    const { message } = job;
    message.weight = message.buffer?.byteLength ?? message.buffer?.size ?? 1 << 20;
    this.#jobs.set(message.id, job);
    this.#send(job, () => {
      if (this.#ready) this.#post(message);
      else {
        // Until the worker runs, the bytes are kept here and the caller's buffer is detached. They are given back if it never runs.
        if (job.moved) message.buffer = structuredClone(message.buffer, { transfer: [message.buffer] });
        message.array = structuredClone(message.array);
      }
    });
  }

  /**
   * @param {Job} job  refused, and no other, if what it has cannot be sent
   * @param {() => void} send
   */
  #send({ message, moved, reject }, send) {
    try {
      send();
    } catch (error) {
      this.#jobs.delete(message.id);
      reject(new FerryError("bad-argument", `the job could not be sent: ${error}`, { cause: error, buffer: moved ? message.buffer : undefined }));
    }
  }

  /**
   * Drops a job whose result is no longer wanted.
   * @param {number} id
   * @returns {ArrayBuffer | undefined}  its buffer, if it was moved and is still here
   */
  drop(id) {
    const job = this.#jobs.get(id);
    if (!this.#jobs.delete(id)) return;
    if (!this.#ready) return job?.moved ? job.message.buffer : undefined;
    this.#worker.postMessage({ id, op: "abort" });
  }

  /**
   * Ends it, and with it every job it has.
   * @param {FerryError} error
   */
  fail(error) {
    clearTimeout(this.#clock);
    this.#worker.terminate();
    this.#ended();
    this.#refuse(error);
    for (const { message, moved, reject } of this.#jobs.values()) {
      const buffer = moved && !this.#ready ? message.buffer : undefined;
      reject(new FerryError(error.code, error.message, { cause: error.cause, url: error.url, buffer }));
    }
    this.#jobs.clear();
  }

  /** @param {string} why */
  #unloadable(why) {
    this.fail(new FerryError("worker-load", `${this.#url} could not be started: ${why}`, { url: this.#url }));
  }

  /** @param {any} message */
  #post(message) {
    this.#worker.postMessage(message, [message.buffer, message.stream].filter((it) => it && !is(it, "Blob", "File", "SharedArrayBuffer")));
    if (message.alone) stayAwake();
  }

  /** @param {ArrayBuffer[]} buffers */
  recycle(buffers) {
    if (this.#ready) this.#worker.postMessage({ op: "recycle", buffers }, buffers);
  }

  /**
   * @param {"next" | "piece"} op  a frame was taken, or read
   * @param {number} stream  the job that waits for this
   * @param {any} content
   */
  tell(op, stream, content) {
    if (this.#jobs.has(stream)) this.#worker.postMessage({ ...content, op, stream }, content.buffers ?? []);
  }

  /** @param {any} answer */
  #hear({ ready, failed, id, error, buffer, ...reply }) {
    if (failed) return this.#unloadable(failed.message);
    if (ready && ready.protocol !== PROTOCOL) return this.#unloadable(`its protocol is ${ready.protocol}, not ${PROTOCOL}`);
    if (ready) {
      clearTimeout(this.#clock);
      this.#ready = true;
      this.#begin(ready);
      for (const job of this.#jobs.values()) this.#send(job, () => this.#post(job.message));
      return;
    }
    const job = this.#jobs.get(id);
    if (reply.progress || reply.frame || reply.gap || reply.reconnect || reply.pull) return job?.hear?.(reply);
    this.#jobs.delete(id);
    if (!error) return job?.resolve(reply);
    job?.reject(new FerryError(error.code, error.message, { ...error, buffer: job.moved ? buffer : undefined }));
  }
}
