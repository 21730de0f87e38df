// Every cast in wasm, in this engine, against NumPy's bytes.
import { equal, equalBytes, ferryOf, ok } from "./support.js";

const LENGTHS = [0, 1, 2, 3, 7, 8, 9, 1000, 100003];
const manifest = await (await fetch("../oracle/manifest.json")).json();
const load = async (name) => (await fetch(`../oracle/${name}`)).arrayBuffer();

describe("in wasm, as NumPy has it", () => {
  const ferry = ferryOf();
  for (const [from, code] of Object.entries(manifest.sources)) {
    it(`from ${from}`, async function () {
      const itemsize = Number(code.slice(1));
      const sources = { "<": await load(`${from}.little`), ">": await load(`${from}.big`) };
      let cells = 0;
      for (const cast of manifest.casts.filter((cast) => cast.from === from)) {
        if (cast.to === "float16" && !("Float16Array" in globalThis)) continue;
        const expected = new Uint8Array(await load(`${from}-${cast.to}`));
        for (const [mark, source] of Object.entries(sources)) {
          await Promise.all(
            LENGTHS.map(async (length) => {
              const at = `${mark}${code} to ${cast.to}, ${length} elements`;
              const offset = length % 2;
              const input = new Uint8Array(offset + length * itemsize);
              input.set(new Uint8Array(source, 0, length * itemsize), offset);
              const options = { dtype: mark + code, offset, to: cast.to, casting: "unsafe" };
              const { data } = await ferry.decode(input.buffer, options);
              equal(data.length, length, at);
              const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
              equalBytes(bytes, expected.subarray(0, length * data.BYTES_PER_ELEMENT), at);
              cells++;
            }),
          );
        }
      }
      ok(cells > 0, "nothing was compared");
      this.test.notes = [`${cells} cells`];
    });
  }

  for (const { from, to, casting, first_lost } of manifest.casts) {
    if (casting.includes("same_kind") && first_lost === null) continue;
    if (to === "float16" && !("Float16Array" in globalThis)) continue;
    it(`${from} to ${to} is checked`, async () => {
      const dtype = `>${manifest.sources[from]}`;
      const source = await load(`${from}.big`);
      for (const word of ["safe", "same_kind", "exact"]) {
        const lossy = word === "exact" || (word === "safe" && casting.includes("safe"));
        const code = !casting.includes(word) && word !== "exact" ? "unsafe-cast" : lossy && first_lost !== null ? "precision-loss" : null;
        const error = await ferry.decode(source.slice(0), { dtype, to, casting: word }).then(() => null, (error) => error);
        equal(error?.code ?? null, code, `${word}: ${error?.message}`);
        if (code === "precision-loss") {
          equal(error.index, first_lost, `${word}: index of the first value lost`);
          ok(["number", "bigint"].includes(typeof error.value), "the value is named");
          ok(error.message.endsWith(`: ${error.value}`), error.message);
        }
        if (code) equal(error.buffer.byteLength, source.byteLength, "the buffer that comes back");
      }
    });
  }
});
