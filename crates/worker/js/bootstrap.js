// The worker's own side of JavaScript: receives messages, fetches, and keeps the wasm instance alive.
// Runs in a classic worker. Nothing here touches an array's bytes; that is the wasm module's work.

/**
 * @typedef {{ start(): object, decode(message: object): void }} Core  what the wasm module exports
 * @typedef {{ id: number, op: string, buffer?: any, url?: string, init?: RequestInit, [option: string]: unknown }} Message
 */

/** Most bytes that Chromium moves in one message; other engines move what they can allocate. */
const LIMIT = /Chrom(e|ium)\//.test(navigator.userAgent) ? 2145386496 : undefined;

/**
 * @param {(module: WebAssembly.Module) => Core} instantiate  makes a fresh instance, with state of its own
 * @param {Promise<WebAssembly.Module>} compiling
 */
export function serve(instantiate, compiling) {
  /** @type {WebAssembly.Module} */
  let module;
  /** @type {Core} */
  let core;
  /** @type {Map<number, AbortController>} */
  const fetching = new Map();

  const started = compiling.then((compiled) => {
    core = instantiate((module = compiled));
    postMessage({ ready: core.start() });
  });
  started.catch((error) => postMessage({ failed: { code: "worker-load", message: `wasm was refused: ${error.message}` } }));

  addEventListener("message", async ({ data: message }) => {
    if (message.op === "abort") return fetching.get(message.id)?.abort();
    try {
      await started;
      if (message.op === "fetch") await fetchInto(message);
      else if (message.op !== "decode") throw failure("bad-argument", `op '${message.op}' is none of 'decode', 'fetch', 'abort'`);
      else if (message.buffer instanceof Blob) message = { ...message, buffer: await bytesOf(message.buffer) };
      decode(message);
    } catch (error) {
      refuse(message, error);
    } finally {
      fetching.delete(message.id);
    }
  });

  /** @param {Message} message */
  function decode(message) {
    message.limit = LIMIT;
    try {
      core.decode(message);
    } catch (error) {
      // Whatever comes out here came through wasm's frames: that instance is lost, its job with it, and no other.
      core = instantiate(module);
      core.start();
      const memory = error instanceof RangeError && /memory|alloc/i.test(error.message);
      // Half swapped, it is not what was handed over.
      if (message.buffer?.written) delete message.buffer;
      throw failure(memory ? "out-of-memory" : "worker-crash", `the worker stopped in the middle of the job: ${error}`);
    }
  }

  /** @param {Message} message  gets the body as its buffer */
  async function fetchInto(message) {
    const { id, url = "", init } = message;
    const controller = new AbortController();
    fetching.set(id, controller);
    const began = performance.now();
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
    message.fetched = performance.now() - began;
  }
}

/** @param {Blob} blob */
async function bytesOf(blob) {
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
function failure(code, message, details) {
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
