// Bytes that arrive: over the network, from a stream, out of a file.
import { isPage } from "./response.js";
import { bytesIn, failure } from "./bootstrap.js";

/** @typedef {import("./bootstrap.js").Message} Message */

/** Bytes that are read at once. */
const PIECE = 2 ** 20;

/** @param {unknown} error */
export const said = (error) => (error instanceof Error ? error.message : error);

/**
 * Asks a server, and refuses what cannot be an array.
 * @param {Message} message
 * @param {AbortSignal} signal
 * @param {object} [headers]  beside the message's own
 */
export async function request({ url = "", init }, signal, headers) {
  let response;
  try {
    response = await fetch(url, { ...init, headers: [...new Headers(init?.headers), ...Object.entries(headers ?? {})], signal });
  } catch (error) {
    throw failure("network", `${url} could not be fetched: ${said(error)}`, { url });
  }
  const { ok, status, statusText, body } = response;
  if (ok && !isPage(response)) return response;
  body?.cancel().catch(() => {});
  if (ok) throw failure("bad-magic", `${url} is an HTML page, not an array`, { url, status });
  throw failure("http", `${url} answered ${status} ${statusText}`.trim(), { url, status });
}

/**
 * Reads a stream, piece by piece. A piece is valid until the next is asked for.
 * @param {ReadableStream | null} stream
 * @param {Message} message
 * @param {AbortSignal} signal
 * @param {(piece: Uint8Array) => unknown} take  whether it has had enough
 */
export async function pour(stream, { url }, signal, take) {
  /** @type {any} */
  let reader;
  /** @type {ArrayBuffer | undefined} */
  let buffer;
  stream ??= new Blob().stream();
  try {
    // A BYOB reader, where the stream has one: it spares the browser a new buffer for each piece.
    reader = stream.getReader({ mode: "byob" });
    buffer = new ArrayBuffer(PIECE);
  } catch {
    reader = stream.getReader();
  }
  const stop = () => reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop);
  try {
    for (;;) {
      const { done, value } = await reader.read(buffer && new Uint8Array(buffer)).catch((/** @type {unknown} */ error) => {
        // A file was deleted, or written meanwhile.
        throw failure(url ? "truncated" : "network", `the body of ${url ?? "the input"} broke off: ${said(error)}`, { url });
      });
      signal.throwIfAborted();
      if (done) return;
      const piece = bytesIn(value?.buffer ?? value, value?.byteOffset, value?.byteLength);
      if (buffer) buffer = value.buffer;
      if (await take(/** @type {Uint8Array} */ (piece))) return;
    }
  } finally {
    // Once no more is wanted, the sender is told so.
    stop();
  }
}
