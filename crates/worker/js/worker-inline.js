// byteferry-worker.js: the worker as one self-contained classic script, wasm inside.
import { instantiate } from "byteferry:glue";
import wasm from "byteferry:wasm";
import { serve } from "./bootstrap.js";
import { bytesOf, join } from "./streams.mjs";

// Not by WebAssembly.compile, whose promise in WebKit may wait for the next message.
serve(instantiate, async () => new WebAssembly.Module(join(bytesOf(wasm))));
