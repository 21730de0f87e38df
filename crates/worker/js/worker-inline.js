// byteferry-worker.js: the worker as one self-contained classic script, wasm inside.
import { instantiate } from "byteferry:glue";
import deflated from "byteferry:wasm";
import { serve } from "./bootstrap.js";

/** @param {string} base64  of the module, deflated: what a server's compression leaves smallest */
async function inflate(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

serve(instantiate, inflate(deflated));
