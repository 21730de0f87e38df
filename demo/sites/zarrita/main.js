// A Zarr store whose chunks are big-endian: zarrita reads it, byteferry turns the bytes round.
import { Ferry } from "byteferry";
import * as zarr from "zarrita";

const ferry = new Ferry();
const CODES = { int16: "i2", uint16: "u2", int32: "i4", uint32: "u4", int64: "i8", uint64: "u8", float16: "f2", float32: "f4", float64: "f8" };

/** In place of zarrita's own codec for the bytes of numbers. */
class FerryBytes {
  kind = "array_to_bytes";

  static fromConfig({ endian = "little" } = {}, { dataType, shape }) {
    return Object.assign(new FerryBytes(), { dtype: (endian === "big" ? ">" : "<") + CODES[dataType], shape });
  }

  async decode(bytes) {
    // A view on what zarrita may keep: it is copied, not moved.
    const { data, shape, stride } = await ferry.decode(bytes, { format: "raw", dtype: this.dtype, shape: this.shape });
    return { data, shape, stride };
  }
}

zarr.registry.set("bytes", () => FerryBytes);
const store = new zarr.FetchStore(new URL("temperature.zarr", document.baseURI));
const array = await zarr.open.v3(store, { kind: "array" });
const { data, shape } = await zarr.get(array);
document.querySelector("output").textContent = `${array.dtype} [${shape}] from big-endian: ${data.join(", ")}`;
