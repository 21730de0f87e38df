// The way back: arrays that are sent to a server, which checks and stores them.
import { equal, equalBytes, ferryOf, ok, rejection, servers, write } from "./support.js";

const SERVERS = { "the embedded server": servers.serve, "NumPy behind aiohttp": servers.backend };

describe("send", () => {
  const ferry = ferryOf({ workers: 1 });

  for (const [place, server] of Object.entries(SERVERS)) {
    const at = (name) => new URL(`/uploads/${name}-${Math.random().toString(36).slice(2)}`, server).href;

    for (const format of ["npy", "frame"]) {
      for (const byteOrder of ["big", "little"]) {
        it(`an array as ${byteOrder}-endian ${format} to ${place}, and fetched again`, async () => {
          const array = await ferry.decode(write("Float32", [1.5, -2.25, 3e38, 0, -0, 7]), { dtype: ">f4", shape: [2, 3] });
          const url = at(format);
          const response = await ferry.send(url, array, { format, byteOrder, method: format === "npy" ? "POST" : "PUT", name: "six" });
          equal([response instanceof Response, response.status], [true, 201]);
          const told = await response.json();
          equal([told.format, told.dtype, told.shape, told.nbytes], [format, byteOrder === "big" ? ">f4" : "<f4", [2, 3], 24]);
          const back = await ferry.fetch(url);
          equal([back.byteOrder, back.shape, back.source.format, back.name], [byteOrder, [2, 3], format, format === "frame" ? "six" : undefined]);
          equalBytes(back.data, array.data, "what came back");
        });
      }
    }

    it(`raw bytes, described by headers, to ${place}`, async () => {
      const url = at("raw");
      const headers = { "X-Array-Dtype": ">i2", "X-Array-Shape": "4" };
      const { status } = await ferry.send(url, Int16Array.of(1, -2, 300, 4), { format: "raw", byteOrder: "big", method: "PUT", headers });
      equal(status, 201);
      equal([...(await ferry.fetch(url, { dtype: ">i2" })).data], [1, -2, 300, 4]);
    });

    it(`what ${place} refuses is told in its words: http`, async () => {
      const wrong = await rejection(ferry.send(at("raw"), new Uint8Array(5), { format: "raw", method: "PUT", headers: { "X-Array-Dtype": ">i2", "X-Array-Shape": "4" } }), "http");
      equal(wrong.status, 422);
      ok(/5/.test(wrong.message) && /8/.test(wrong.message), wrong.message);
      equal((await rejection(ferry.send(at("large"), new Float64Array(200000), { method: "PUT" }), "http|network")).status ?? 413, 413);
      equal((await rejection(ferry.send(new URL("/uploads/.hidden", server), new Uint8Array(5)), "http")).status, 400);
    });
  }

  it("to nobody: network; an abort", async () => {
    await rejection(ferry.send("http://127.0.0.1:9/", new Uint8Array(5)), "network");
    await rejection(ferry.send("/status/200", "no array"), "bad-argument");
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    await ferry.send("/stall", new Uint8Array(5), { method: "GET", signal: controller.signal }).then(() => ok(false, "resolved"), () => {});
    const typed = Float32Array.of(1, 2);
    equal((await ferry.send("/echo", typed, { headers: { "X-Reply": "yes" } })).status, 200);
    equal([...typed], [1, 2], "what was sent is left as it was");
  });
});
