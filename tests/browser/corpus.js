// Other people's files, where BYTEFERRY_CORPUS names a folder of them: what NumPy says of each is what the page must see.
import { check, compare, each, titles } from "./cases.js";
import { equal, equalBytes, ferryOf, rejection } from "./support.js";

const found = await titles("corpus-cases");

describe("other people's files", () => {
  const ferry = ferryOf();

  if (!found) it("are read as NumPy reads them", function () {
    this.skip();
  });

  for (const title of found ?? []) {
    each(title, async (one, span) => {
      const source = await file(one);
      if (one.npz) return archive(ferry, source, one.expect, span);
      await check(ferry, { ...one, source: [] }, (range) => (range.length === 0 ? source : span(range)));
      // A file is mostly fetched, or chosen by a visitor.
      if (one.expect.error) await rejection(ferry.decode(new Blob([source]), one.options), one.expect.error);
      else compare(await ferry.decode(new Blob([source]), one.options), one.expect, span, "a Blob of it");
      if (!one.gunzip && !one.before && !one.expect.error) compare(await ferry.fetch(`../corpus/${one.source}`, one.options), one.expect, span, "it, fetched");
    });
  }
});

async function file({ source, gunzip, before }) {
  const response = await fetch(`../corpus/${source}`);
  equal(response.status, 200, `the answer for ${source}`);
  const stream = gunzip ? response.body.pipeThrough(new DecompressionStream("gzip")) : response.body;
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  if (!before) return bytes;
  const prefix = before.match(/../g).map((digits) => parseInt(digits, 16));
  return Uint8Array.from([...prefix, ...bytes]);
}

async function archive(ferry, source, { error: codes, fields }, span) {
  const before = source.slice();
  if (codes) {
    await rejection(ferry.decodeAll(source), codes);
  } else {
    const arrays = await ferry.decodeAll(source);
    equal(Object.keys(arrays).sort(), Object.keys(fields).sort(), "the names");
    for (const [name, tree] of Object.entries(fields)) compare(arrays[name], tree, span, name);
    const listed = await ferry.list(source);
    equal(listed.map(({ name }) => name).sort(), Object.keys(fields).sort(), "the names listed");
  }
  equalBytes(source, before, "the file's bytes");
}
