// What the benchmark holds byteferry against, of other people's; esbuild bundles it into target/site/measure/vendor/.
export { byteswapInplace } from "zarrita:byteswap";
export { parse as npyjs } from "npyjs";
export { fromArrayBuffer as numpyParser } from "numpy-parser";
