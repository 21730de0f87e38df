// Files that NumPy wrote, kept in tests/fixtures, against what NumPy reads in them.
import { equal, equalBytes, ferryOf, ok, rejection } from "./support.js";

const expected = await (await fetch("../fixtures/expected.json")).json();
const unhex = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));

describe("a file that NumPy wrote", () => {
  const ferry = ferryOf();
  for (const [file, { refused, descr, data, ...fields }] of Object.entries(expected)) {
    const url = `../fixtures/${file}`;
    if (refused) {
      it(`${file} is refused, as NumPy does`, async () => {
        const buffer = await (await fetch(url)).arrayBuffer();
        const bytes = buffer.slice(0);
        const error = await rejection(ferry.decode(buffer), "unsupported-dtype");
        ok(/pickle/.test(error.message), error.message);
        equalBytes(error.buffer, bytes, "the buffer that came back");
        await rejection(ferry.fetch(url), "unsupported-dtype");
      });
      continue;
    }
    it(`${file}: ${descr}, ${fields.order}, (${fields.shape})`, async () => {
      const buffer = await (await fetch(url)).arrayBuffer();
      const at = (array, how) => {
        for (const [name, value] of Object.entries(fields)) equal(array[name], value, `${name} of ${how}`);
        equal([array.source.dtype, array.source.format, array.trailing], [descr, "npy", 0], how);
        equalBytes(array.data, unhex(data), how);
      };
      at(await ferry.decode(new Uint8Array(buffer)), "a view on it");
      at(await ferry.decode(new Blob([buffer])), "a Blob of it");
      at(await ferry.decode(buffer), "decoded");
      at(await ferry.fetch(url), "fetched");
    });
  }
});
