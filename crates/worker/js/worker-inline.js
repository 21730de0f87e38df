// byteferry-worker.js: the worker as one self-contained classic script, wasm inside.
import { instantiate } from "byteferry:glue";
import wasm from "byteferry:wasm";
import { serve } from "./bootstrap.js";
import { many } from "./many.js";
import { bytesOf, join } from "./streams.mjs";

serve(instantiate, WebAssembly.compile(join(bytesOf(wasm))), many);
