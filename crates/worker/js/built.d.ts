// What `cargo xtask build` makes of the Rust crate, under the names that the worker scripts import.

declare module "byteferry:glue" {
  /** A fresh instance, with state of its own. */
  export function instantiate(module: WebAssembly.Module): { start(): object; decode(message: object): void };
}

declare module "byteferry:wasm" {
  /** The module, raw-deflated, in base64. */
  const deflated: string;
  export default deflated;
}
