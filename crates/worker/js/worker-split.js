// byteferry-worker.split.js: the worker with its wasm beside it, in byteferry-worker.wasm, which the browser can cache compiled.
import { instantiate } from "byteferry:glue";
import { serve } from "./bootstrap.js";

async function load() {
  const url = new URL("byteferry-worker.wasm", self.location.href);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  // Compiled while it arrives where the server names its type, else when it is there.
  if (response.headers.get("Content-Type") === "application/wasm") return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

// WebKit settles what is compiled only when something else happens, too.
const clock = setInterval(() => {}, 5);
serve(instantiate, () => load().finally(() => clearInterval(clock)));
