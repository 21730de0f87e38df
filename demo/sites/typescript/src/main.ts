import { Ferry, FerryError, type NdArray } from "byteferry";

const ferry = new Ferry();
const output = document.querySelector("output");

/** The mean of each row: `to` makes the type of the data known. */
async function means(url: string): Promise<number[]> {
  const array = await ferry.fetch(url, { to: Float64Array });
  const [rows = 0, columns = 1] = array.shape;
  const data: Float64Array = array.data;
  return Array.from({ length: rows }, (_, row) => data.subarray(row * columns, (row + 1) * columns).reduce((sum, value) => sum + value, 0) / columns);
}

function describe({ data, dtype, shape, byteOrder }: NdArray): string {
  if (data === undefined) return "records";
  return `${dtype} [${shape}] from ${byteOrder}-endian: ${data.join(", ")}`;
}

try {
  const array = await ferry.fetch("temperature.npy");
  const rows = await means("temperature.npy");
  if (output) output.textContent = `${describe(array)}; means ${rows.join(", ")}`;
} catch (error) {
  const code = error instanceof FerryError ? error.code : "unknown";
  if (output) output.textContent = `${code}: ${error}`;
}
