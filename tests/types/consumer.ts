// What a TypeScript project writes, as it must compile; what must not is marked.
import { Ferry, FerryError, NdArray, RemoteArchive, RemoteArray } from "../../dist/byteferry.js";
import type { NumberType, ReadOptions, Stats } from "../../dist/byteferry.js";

const ferry = new Ferry({ workers: 2, workerUrl: new URL("https://example.org/byteferry-worker.js"), readyTimeout: 1000 });
const { protocol, simd, version } = await ferry.ready();
const facts: [number, boolean, string] = [protocol, simd, version];

// The type of the data follows `to`.
const single: Float32Array = (await ferry.decode(new ArrayBuffer(8), { dtype: ">i2", to: "float32" })).data;
const bytes: Uint8Array = (await ferry.fetch("/mask.npy", { to: "bool" })).data;
const big: bigint | undefined = (await ferry.fetch("/ids.npy", { to: "int64" })).data[0];
// @ts-expect-error float64 is no Float32Array
const wrong: Float32Array = (await ferry.fetch("/x.npy", { to: "float64" })).data;

// Without `to` it may be any typed array.
const array: NdArray = await ferry.fetch(new URL("https://example.org/x.npy"), {
  headers: { Accept: "application/x-npy" },
  credentials: "include",
  signal: AbortSignal.timeout(1000),
});
if (array.data instanceof Float64Array) array.data.fill(0);
const shape: number[] = array.shape;
const order: "little" | "big" | null = array.byteOrder;
const stats: Stats = array.stats;
const waited: number = stats.milliseconds.wait;

// `to` by constructor, by type string, and by field.
const made: Float32Array = (await ferry.decode(new ArrayBuffer(8), { dtype: ">i2", to: Float32Array })).data;
const counts: BigInt64Array = (await ferry.decode(new ArrayBuffer(8), { dtype: ">i4", to: BigInt64Array })).data;
const stored: Uint8Array = (await ferry.decode(new ArrayBuffer(8), { dtype: ">f4", to: "bytes" })).data;
declare const Float16: { readonly name: "Float16Array"; readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBuffer): { readonly BYTES_PER_ELEMENT: number } };
const half: NdArray = await ferry.decode(new ArrayBuffer(8), { dtype: ">f2", to: Float16 });
const spelt: NdArray = await ferry.decode(new ArrayBuffer(8), { dtype: ">i2", to: "<f4" });
// @ts-expect-error a Map is no typed array
ferry.decode(new ArrayBuffer(8), { dtype: ">i2", to: Map });
// @ts-expect-error what Float64Array makes is no Float32Array
const other: Float32Array = (await ferry.decode(new ArrayBuffer(8), { dtype: ">i2", to: Float64Array })).data;

const record: NdArray = await ferry.decode(new ArrayBuffer(16), {
  dtype: "[('t', '>M8[s]'), ('at', [('x', '>f4')]), ('v', '<f4')]",
  to: { t: "float64", at: { x: Float64Array } },
  casting: "same_kind",
});
const column: NdArray | undefined = record.fields?.["t"];
const unit: string | undefined = column?.unit;
const names: string[] = Object.keys(record.fields ?? {});
// Strings are a list, and records have columns in place of data: one has to ask.
const texts: NdArray = await ferry.decode(new ArrayBuffer(8), { dtype: "S4", strict: false });
if (Array.isArray(texts.data)) texts.data.map((text: string) => text.trim());
const replaced: number | undefined = texts.replaced;

// Layouts, strides, complex numbers, long doubles.
const image: NdArray = await ferry.decode(new ArrayBuffer(600), { dtype: "u1", shape: [3, 10, 20], order: "F", layout: "C" });
const channel: NdArray = await ferry.decode(new ArrayBuffer(600), { format: "raw", dtype: ">i2", shape: [100], strides: [-6], offset: 598, layout: "F" });
const waves: NdArray = await ferry.decode(new ArrayBuffer(64), { dtype: ">c8", complex: "planes" });
const complex: boolean | "planes" | undefined = waves.complex;
const long: NdArray = await ferry.decode(new ArrayBuffer(64), { dtype: "<f16", longdouble: "quad" });
// @ts-expect-error neither C nor F
ferry.decode(new ArrayBuffer(4), { dtype: "u1", layout: "K" });
// @ts-expect-error no such layout of long doubles
ferry.decode(new ArrayBuffer(16), { dtype: "<f16", longdouble: "double-double" });

// The way back.
const written: ArrayBuffer = await ferry.encode(array, { format: "npy", byteOrder: "big" });
const frame: ArrayBuffer = await ferry.encode(Float32Array.of(1, 2), { format: "frame", name: "x", sequence: 3, checksum: false });
const raw: ArrayBuffer = await ferry.encode(record, { format: "raw", layout: "F", dtype: "<f4", casting: "unsafe" });
const plainly: ArrayBuffer = await ferry.encode({ data: Int16Array.of(1, 2, 3, 4), shape: [2, 2], dtype: "int16" });
// @ts-expect-error no byte order
ferry.encode(array, { byteOrder: "middle" });
// @ts-expect-error text is no array
ferry.encode("text");

// A variable or parameter by the array's plain type.
const kept: NdArray<Float32Array> = await ferry.decode(new ArrayBuffer(8), { dtype: ">f4", to: "float32" });
const longest = ({ data }: NdArray<Float32Array | Float64Array>): number => data.length;
longest(kept);

// Archives.
const archive: Record<string, NdArray> = await ferry.decodeAll(new Blob([]), { names: ["a", "sub/b"], maxBytes: 1e9, to: "float64", layout: "C" });
const first: NdArray | undefined = archive["a"];
const listed: { name: string; nbytes: number; compressed: number }[] = await ferry.list(new ArrayBuffer(100));
const compressed = listed[0]?.compressed;
const fetched: Record<string, NdArray> = await ferry.decodeAll(await fetch("/run.npz"));

// As it comes.
const coming: NdArray<Float32Array<ArrayBuffer>> = await ferry.fetch("/a.npy", { to: "float32", retries: 3, rows: [-10], onProgress: ({ loaded, total, phase }) => console.log(loaded / (total ?? 1), phase.length) });
await ferry.decode(await fetch("/a.npy"), { rows: [undefined, 5] });
await ferry.decode(new ReadableStream<Uint8Array>(), { dtype: ">f4", onProgress: ({ loaded }) => void loaded.toFixed() });
// @ts-expect-error rows are a start and a stop
ferry.fetch("/a.npy", { rows: 5 });
const chosen: RemoteArray | RemoteArchive = await ferry.open(new File([], "a.npy"));
// @ts-expect-error a buffer is decoded, not opened
ferry.open(new ArrayBuffer(8));
await ferry.decodeAll(new Blob([]), { onProgress: ({ loaded }) => void loaded.toFixed() });
const remote = await ferry.open(new URL("https://example.org/a.npy"), { to: "float64" });
if (remote instanceof RemoteArray) {
  const [rows, dtype]: [number | undefined, string] = [remote.shape[0], remote.dtype];
  const part: NdArray = await remote.rows(0, 10, { signal: AbortSignal.timeout(1000) });
  console.log(rows, dtype, part.data);
} else {
  const kept: RemoteArchive = remote;
  const member: NdArray = await kept.get(kept.members[0]?.name ?? "", { rows: [2] });
  console.log(member.shape);
}

// Live frames.
const live = ferry.frames("wss://example.org/live", { to: Float32Array, slow: "latest", queue: 2, reconnect: 5, onGap: ({ missed }) => void missed.toFixed() });
for await (const frame of live) {
  const [samples, sequence]: [Float32Array, number | undefined] = [frame.data, frame.sequence];
  console.log(samples, sequence, live.dropped.toFixed());
}
// @ts-expect-error no such policy
ferry.frames("/live", { slow: "drop" });

// Up again.
const answer: Response = await ferry.send("/up", array, { method: "PUT", headers: { "X-Token": "1" }, format: "frame", byteOrder: "big" });
ferry.recycle(array, record);
// @ts-expect-error not the array's memory, but the array
ferry.recycle(new ArrayBuffer(4));

for (const input of [new ArrayBuffer(4), new Uint8Array(4), new DataView(new ArrayBuffer(4)), new Blob([])]) {
  await ferry.decode(input, { dtype: "<u4", shape: [1], order: "F", offset: 0, strict: true, transfer: false });
}

const target: NumberType = "uint16";
const options: ReadOptions = { casting: "exact", checksum: false };
// @ts-expect-error not one of NumPy's words
const brave: ReadOptions = { casting: "brave" };
// @ts-expect-error a number is no input
ferry.decode(5);

try {
  await ferry.decode(new ArrayBuffer(3), { ...options, to: target });
} catch (error) {
  if (error instanceof FerryError) {
    const code: string = error.code;
    const back: ArrayBuffer | undefined = error.buffer;
    console.error(code, error.message, back?.byteLength, error.expected, error.value);
  }
}
ferry.close();
export { facts, single, bytes, big, wrong, shape, order, waited, brave };
export { made, counts, stored, spelt, other, column, unit, names, replaced, image, channel, complex, long };
export { written, frame, raw, plainly, first, compressed };
export { coming, answer };
