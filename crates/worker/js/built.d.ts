// What `cargo xtask build` makes of the Rust crate, under the names that the worker scripts import.

declare module "byteferry:glue" {
  /** A fresh instance, with state of its own. */
  export function instantiate(module: WebAssembly.Module): import("./bootstrap.js").Core;
}

declare module "byteferry:wasm" {
  /** The streams of the module: a character for each byte, exclusive-or 63. */
  const wasm: string;
  export default wasm;
}
