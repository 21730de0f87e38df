// What the suites share: where the servers are, and a few assertions that say what they saw.
import { Ferry, FerryError } from "../dist/byteferry.js";

const parameters = new URL(location.href).searchParams;
/** Base URLs of the other servers, each ending in "/". */
export const servers = { serve: parameters.get("serve"), backend: parameters.get("backend") };

/** A Ferry that is closed when the suite is over. */
export function ferryOf(options) {
  const ferry = new Ferry(options);
  after(() => ferry.close());
  return ferry;
}

export function equal(actual, expected, what = "value") {
  const same = Object.is(actual, expected) || JSON.stringify(actual) === JSON.stringify(expected);
  if (!same) throw new Error(`${what} is ${show(actual)}, expected ${show(expected)}`);
}

export function ok(condition, what) {
  if (!condition) throw new Error(what);
}

function show(value) {
  return typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
}

/** Compares the bytes under two views or buffers. */
export function equalBytes(actual, expected, what = "bytes") {
  const [a, b] = [actual, expected].map((x) => (ArrayBuffer.isView(x) ? new Uint8Array(x.buffer, x.byteOffset, x.byteLength) : new Uint8Array(x)));
  equal(a.length, b.length, `length of ${what}`);
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) throw new Error(`${what}: byte ${i} is ${a[i]}, expected ${b[i]}`);
}

/** What a promise settles to, or that it doesn't in time. */
export async function settled(promise, ms = 10000) {
  const late = Symbol("late");
  let clock;
  const timer = new Promise((resolve) => (clock = setTimeout(resolve, ms, late)));
  try {
    const outcome = await Promise.race([promise, timer]);
    if (outcome === late) throw new Error(`not settled within ${ms} ms`);
    return outcome;
  } finally {
    clearTimeout(clock);
  }
}

/** The FerryError that a promise is rejected with; it must settle in time and be of that code, or of one of "these|codes". */
export async function rejection(promise, codes, ms = 10000) {
  const outcome = await settled(promise.then((value) => ({ value }), (error) => ({ error })), ms);
  if (!outcome.error) throw new Error(`resolved, expected ${codes}`);
  ok(outcome.error instanceof FerryError, `a ${outcome.error}, expected a FerryError ${codes}`);
  const { code, message } = outcome.error;
  ok(codes.split("|").includes(code), `${code}: ${message}; expected ${codes}`);
  return outcome.error;
}

/** Bytes written by the browser's own DataView: set("Float32", [1, 2]) is two big-endian float32. */
export function write(type, numbers, littleEndian = false) {
  const size = { Int8: 1, Uint8: 1, Int16: 2, Uint16: 2, Int32: 4, Uint32: 4, Float32: 4, Float64: 8, BigInt64: 8, BigUint64: 8 }[type];
  const view = new DataView(new ArrayBuffer(size * numbers.length));
  numbers.forEach((number, i) => view[`set${type}`](i * size, number, littleEndian));
  return view.buffer;
}

export const text = (string) => new TextEncoder().encode(string).buffer;

/** An .npy, put together by hand. */
export function npy(descr, shape, payload, { fortran = false, version = 1, header } = {}) {
  header ??= `{'descr': ${descr}, 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${shape}, }`;
  const width = version === 1 ? 2 : 4;
  const bytes = new TextEncoder().encode(header);
  const length = Math.ceil((8 + width + bytes.length + 1) / 64) * 64 - 8 - width;
  const out = new Uint8Array(8 + width + length + payload.byteLength).fill(0x20, 8 + width, 8 + width + length - 1);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  new DataView(out.buffer)[width === 2 ? "setUint16" : "setUint32"](8, length, true);
  out.set(bytes, 8 + width);
  out[8 + width + length - 1] = 0x0a;
  out.set(new Uint8Array(payload), 8 + width + length);
  return out.buffer;
}

/** A stream of these bytes, so many to a piece. */
export function streamOf(bytes, size) {
  let at = 0;
  const pull = (controller) => (at < bytes.length ? controller.enqueue(bytes.slice(at, (at += size))) : controller.close());
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

export async function sha256(view) {
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
