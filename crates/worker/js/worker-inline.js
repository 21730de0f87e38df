// byteferry-worker.js: the worker as one self-contained classic script, wasm inside.
import { instantiate } from "byteferry:glue";
import wasm from "byteferry:wasm";
import { serve } from "./bootstrap.js";
import { join } from "./streams.mjs";

/** @param {string} text  one character a byte, masked: of all texts this is the one that a server's compression leaves smallest */
function bytesOf(text) {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i) ^ 63;
  return bytes;
}

serve(instantiate, WebAssembly.compile(join(bytesOf(wasm))));
