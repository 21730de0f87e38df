// Served with Content-Security-Policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'
import { Ferry } from "./byteferry.js";

const ferry = new Ferry();
const { data, dtype, shape, byteOrder } = await ferry.fetch("temperature.npy");
document.querySelector("output").textContent = `${dtype} [${shape}] from ${byteOrder}-endian: ${data.join(", ")}`;
