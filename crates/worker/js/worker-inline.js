// byteferry-worker.js: the worker as one self-contained classic script, wasm inside.
// The order of imports, here and in the modules imported, is the one that brotli makes smallest of those tried: others are up to 330 bytes larger.
import { serve } from "./bootstrap.js";
import wasm from "byteferry:wasm";
import { instantiate } from "byteferry:glue";
import { bytesOf, join } from "./streams.mjs";

// Not by WebAssembly.compile, whose promise in WebKit may wait for the next message.
serve(instantiate, async () => new WebAssembly.Module(join(bytesOf(wasm))));
