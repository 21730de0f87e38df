// Tells the page around what a Ferry does under the policy that this was sent with.
import { Ferry } from "../dist/byteferry.js";
const ferry = new Ferry();
const told = await ferry.decode(new ArrayBuffer(16), { dtype: ">f4" }).then(
  ({ size }) => ({ size }),
  ({ code, message, buffer }) => ({ code, message, back: buffer?.byteLength }),
);
parent.postMessage({ csp: told }, "*");
