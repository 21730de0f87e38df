// Tells the page around what a Ferry says where wasm may not be compiled.
import { Ferry } from "../dist/byteferry.js";
const ferry = new Ferry();
const { code, message, buffer } = await ferry.decode(new ArrayBuffer(16), { dtype: ">f4" }).then(() => ({}), (error) => error);
parent.postMessage({ csp: { code, message, back: buffer?.byteLength } }, "*");
