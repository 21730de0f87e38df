// byteferry-worker.full.js: the worker that does all: also archives, parts of files, live frames and the way back. As one self-contained classic script, wasm inside.
import { instantiate } from "byteferry:glue";
import wasm from "byteferry:wasm";
import { serve } from "./bootstrap.js";
import { encoding } from "./encode.js";
import { live } from "./live.js";
import { many } from "./many.js";
import { parts } from "./parts.js";
import { pulled } from "./pulled.js";
import { shared } from "./shared.js";
import { bytesOf, join } from "./streams.mjs";

// Not by WebAssembly.compile, whose promise in WebKit may wait for the next message.
serve(instantiate, async () => new WebAssembly.Module(join(bytesOf(wasm))), (tools, jobs) => ({ ...pulled({ ...parts(tools, jobs), ...many(tools) }), ...live(tools), ...encoding(tools), ...shared(tools) }));
