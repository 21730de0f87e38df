import { Ferry } from "byteferry";

const ferry = new Ferry();
const { data, dtype, shape, byteOrder } = await ferry.fetch("temperature.npy");
document.querySelector("output").textContent = `${dtype} [${shape}] from ${byteOrder}-endian: ${data.join(", ")}`;
