// byteferry-worker.js: the worker as one self-contained classic script, wasm inside.
// In the order, here and in bootstrap.js, of which brotli leaves least: others are up to 330 bytes larger.
import { bytesOf, join } from "./streams.mjs";
import { serve } from "./bootstrap.js";
import { instantiate } from "byteferry:glue";
import wasm from "byteferry:wasm";

// Not by WebAssembly.compile, whose promise in WebKit may wait for the next message.
serve(instantiate, async () => new WebAssembly.Module(join(bytesOf(wasm))));
