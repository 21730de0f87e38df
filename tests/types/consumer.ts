// What a TypeScript project writes, as it must compile; what must not is marked.
import { Ferry, FerryError, NdArray } from "../../dist/byteferry.js";
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
