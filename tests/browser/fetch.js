// fetch: real arrays from the embedded server and from NumPy behind aiohttp, as NumPy says they are.
import { equal, ferryOf, ok, rejection, servers, sha256 } from "./support.js";

const truth = await (await fetch("../truth.json")).json();

describe("fetch", () => {
  const ferry = ferryOf();
  const places = {
    "the embedded server": (name, format, order) => `${servers.serve}arrays/${name}.${format === "frame" ? "bfy" : format}?order=${order}`,
    "NumPy behind aiohttp": (name, format, order) => `${servers.backend}?name=${name}&format=${format}&order=${order}`,
  };
  for (const [place, url] of Object.entries(places)) {
    for (const [name, expected] of Object.entries(truth)) {
      for (const format of ["npy", "raw", "frame"]) {
        for (const order of ["big", "little"]) {
          it(`${name} as ${order}-endian ${format} from ${place}`, async () => {
            const dtype = (order === "big" ? ">" : "<") + expected.code;
            const raw = format === "raw" ? { dtype, shape: expected.shape } : {};
            const array = await ferry.fetch(url(name, format, order), raw);
            equal([array.dtype, array.shape, array.byteOrder, array.source.format], [expected.dtype, expected.shape, order, format]);
            equal(array.data.constructor.name, expected.array);
            equal(await sha256(array.data), expected.sha256, "SHA-256 of the numbers, against NumPy's");
            equal([...array.data.subarray(0, 8)], expected.first, "first values");
            equal(array.stats.allocated, array.nbytes, "bytes allocated: the result, once");
            ok(array.stats.milliseconds.fetch > 0, "the time it took to fetch is told");
          });
        }
      }
    }
  }

  it("takes fetch's own options", async () => {
    const array = await ferry.fetch("/echo", { method: "POST", headers: { "X-Reply": "yes" }, body: new Uint8Array([0, 1, 0, 2]), dtype: ">u2" });
    equal([...array.data], [1, 2]);
  });

  for (const status of [404, 500]) {
    it(`${status}: http`, async () => {
      const error = await rejection(ferry.fetch(`/status/${status}`), "http");
      equal([error.status, new URL(error.url).pathname], [status, `/status/${status}`]);
      ok(error.message.includes(String(status)), error.message);
    });
  }
  it("200 with a page: bad-magic, raw or not", async () => {
    for (const options of [{}, { dtype: ">f4" }]) ok(/HTML/.test((await rejection(ferry.fetch("/html", options), "bad-magic")).message));
  });
  it("a body cut off: truncated", async () => {
    await rejection(ferry.fetch("/cut", { dtype: "u1" }), "truncated");
  });
  it("no server: network", async () => {
    await rejection(ferry.fetch("http://127.0.0.1:9/"), "network");
  });
  it("no URL: bad-argument", async () => {
    await rejection(ferry.fetch("http://["), "bad-argument");
  });
});
