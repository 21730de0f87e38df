// Downloads, good and bad: what the network does to an array on its way.
import { equal, ferryOf, ok, rejection, servers, settled, sha256, streamOf } from "./support.js";

const truth = await (await fetch("../truth.json")).json();
const at = (path, query = "") => `${servers.serve}${path}${path.includes("?") ? "&" : "?"}${query}`;
const once = () => `once=${Math.random()}`;
const { dem } = truth;
const is = async (name, array, what) => equal([array.shape, await sha256(array.data)], [truth[name].shape, truth[name].sha256], what);
const isDem = (array, what) => is("dem", array, what);
const BODY = dem.shape[0] * dem.shape[1] * 2;

describe("a download", () => {
  const made = [];
  const createWorker = (script) => (made.push(script), new Worker(`../dist/${script}`));
  const ferry = ferryOf({ workers: 2, createWorker });

  for (const size of [1, 7, 1000, 65536, 2 ** 20]) {
    // Nobody sends a quarter of a million pieces of a byte.
    const name = size < 1000 ? "co2" : "dem";
    for (const ending of ["npy", "bfy"]) {
      it(`in pieces of ${size} bytes, as ${ending}`, async () => is(name, await settled(ferry.fetch(at(`arrays/${name}.${ending}`, `chunk=${size}`)), 30000)));
    }
    it(`in pieces of ${size} bytes, from NumPy behind aiohttp`, async () => {
      for (const format of ["npy", "frame"]) {
        const url = `${servers.backend}?name=${name}&format=${format}&chunk=${size}`;
        await is(name, await settled(ferry.fetch(url), 30000), format);
      }
    });
    it(`in pieces of ${size} bytes, widened`, async () => {
      const array = await settled(ferry.fetch(at(`arrays/${name}.npy`, `chunk=${size}`), { to: "float64" }), 30000);
      equal([array.shape, ...array.data.subarray(0, 8)], [truth[name].shape, ...truth[name].first]);
    });
  }

  it("compressed: Content-Length is not the array's", async () => {
    for (const ending of ["npy", "bfy"]) await isDem(await ferry.fetch(at(`gzip/arrays/dem.${ending}`)), ending);
    const raw = await ferry.fetch(at("gzip/arrays/dem.raw"), { dtype: ">i2" });
    equal([raw.size, await sha256(raw.data)], [BODY / 2, dem.sha256], "raw, of unknown length");
    equal([...(await ferry.fetch(at("gzip/zeros/4000000.npy"), { rows: [-3] })).data], [0, 0, 0]);
  });

  it("compressed beforehand, by this origin and by another, whose Content-Encoding no page can read", async () => {
    for (const origin of [location.origin, location.origin.replace("127.0.0.1", "localhost")]) {
      const url = (ending) => `${origin}/squeezed/dem.${ending}`;
      for (const ending of ["npy", "bfy"]) {
        await isDem(await ferry.fetch(url(ending)), `${ending} from ${origin}`);
        await isDem(await ferry.decode(await fetch(url(ending))), `${ending} from ${origin}, its Response`);
      }
      for (const raw of [await ferry.fetch(url("raw"), { dtype: ">i2" }), await ferry.decode(await fetch(url("raw")), { dtype: ">i2" })]) {
        equal([raw.size, raw.trailing, await sha256(raw.data)], [BODY / 2, 0, dem.sha256], `raw from ${origin}, of unknown length`);
      }
    }
  });

  it("refused before its bytes are looked at, or by the first of them: it is not read on", async () => {
    const gone = async (key) => {
      for (let tries = 0; (await (await fetch(`/watch/${key}`)).text()) !== "gone"; tries++) {
        ok(tries < 100, "the server still sends after 5 s");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    for (const options of [{ format: "raw" }, { format: "npy" }, { rows: [0, 1], format: "npy" }]) {
      const key = `refused-${Math.random()}`;
      const error = await rejection(ferry.fetch(`/frames/${key}`, options), "bad-argument|bad-magic|unsupported-dtype");
      equal(error.url, new URL(`/frames/${key}`, location.href).href, "url");
      await gone(key);
    }
  });

  it("too short, too long, flipped, cut", async () => {
    const short = await rejection(ferry.fetch(at("arrays/dem.npy", "fault=short&at=1000")), "truncated");
    equal([short.expected, short.url], [BODY, at("arrays/dem.npy", "fault=short&at=1000")]);
    await rejection(ferry.fetch(at("arrays/dem.npy", "fault=short&at=1000&chunk=100")), "truncated");
    for (const fault of [5, 64, 100]) await rejection(ferry.fetch(at("arrays/dem.npy", `fault=short&at=${fault}`)), "truncated");
    const long = await ferry.fetch(at("arrays/dem.npy", "fault=long"));
    equal(long.trailing, 64);
    await isDem(long);
    await rejection(ferry.fetch(at("arrays/dem.npy", "fault=long"), { strict: true }), "size-mismatch");
    await rejection(ferry.fetch(at("arrays/dem.npy", "fault=long&chunk=1000"), { strict: true }), "size-mismatch");
    await rejection(ferry.fetch(at("arrays/dem.bfy", "fault=flip&at=5000")), "checksum");
    equal((await ferry.fetch(at("arrays/dem.bfy", "fault=flip&at=5000"), { checksum: false })).shape, dem.shape);
    await rejection(ferry.fetch(at("arrays/dem.npy", "fault=cut&at=9000")), "truncated");
    await rejection(ferry.fetch(at("arrays/dem.npy", "fault=500")), "http");
  });

  it("that stalls: timeout, or an abort", async () => {
    await rejection(ferry.fetch(at("arrays/dem.npy", "fault=stall&at=9000"), { timeout: 300 }), "timeout");
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    await settled(ferry.fetch(at("arrays/dem.npy", "fault=stall&at=9000"), controller)).then(() => ok(false, "resolved"), ({ name }) => equal(name, "AbortError"));
  });

  it("that breaks off is gone on with, and not begun anew", async () => {
    const heard = [];
    const onProgress = (progress) => heard.push(progress);
    await isDem(await ferry.fetch(at("arrays/dem.npy", `fault=cut&at=90000&${once()}`), { retries: 1, onProgress }));
    const retry = heard.find(({ phase }) => phase === "retry");
    ok(retry?.loaded > 0, `resumed behind ${retry?.loaded} bytes`);
    equal([heard.at(-1).loaded, heard.at(-1).phase], [BODY + 128, "data"]);
    await isDem(await ferry.fetch(at("arrays/dem.bfy", `fault=cut&at=90000&${once()}`), { retries: 1 }), "a frame, its checksum over both parts");
    equal([...(await ferry.fetch(at("arrays/dem.npy", `fault=cut&at=9000&${once()}`), { retries: 1, rows: [3, 5] })).shape], [2, dem.shape[1]]);
  });

  it("that breaks off again and again: the error, after so many retries", async () => {
    const began = performance.now();
    await rejection(ferry.fetch(at("arrays/dem.npy", "fault=cut&at=90000"), { retries: 2 }), "truncated");
    for (const retries of ["x", -1]) await rejection(ferry.fetch(at("arrays/dem.npy", "fault=cut&at=90000"), { retries }), "bad-argument");
    ok(performance.now() - began > 700, "there was no pause between them");
  });

  it("an error of the server's is tried again, one of ours is not", async () => {
    await isDem(await ferry.fetch(at("arrays/dem.npy", `fault=500&${once()}`), { retries: 1 }));
    const began = performance.now();
    await rejection(ferry.fetch(at("arrays/none.npy"), { retries: 5 }), "http");
    ok(performance.now() - began < 250, "a 404 was asked for again");
  });

  it("of which another version is there by now is begun anew", async () => {
    await isDem(await ferry.fetch(at("arrays/dem.npy", `fault=changed`), { retries: 1 }));
  });

  it("tells how far it is, every 50 ms at most, and can be stopped", async () => {
    const heard = [];
    const controller = new AbortController();
    const onProgress = (progress) => heard.push({ ...progress, when: performance.now() });
    const url = at("arrays/dem.npy", "fault=slow&rate=300000");
    await isDem(await ferry.fetch(url, { onProgress }));
    equal([heard.at(-1).loaded, heard.at(-1).total], [BODY + 128, BODY + 128]);
    ok(heard.length > 5 && heard.length < 60, `told ${heard.length} times`);
    heard.reduce((before, now) => (ok(now.loaded >= before.loaded && now.total === before.total, "it went back"), now));
    setTimeout(() => controller.abort(), 200);
    await ferry.fetch(url, { signal: controller.signal, cache: "no-store" }).then(() => ok(false, "resolved"), ({ name }) => equal(name, "AbortError"));
  });

  it("leaves no worker behind, and needs no new one", async () => {
    await isDem(await ferry.fetch(at("arrays/dem.npy")));
    ok(made.length <= 2, `workers made: ${made}`);
  });
});

describe("what is on its way already", () => {
  const ferry = ferryOf({ workers: 1 });

  it("a Response, its body moved", async () => {
    const response = await fetch(at("arrays/dem.npy"));
    const pending = ferry.decode(response);
    await isDem(await pending);
    await rejection(ferry.decode(response), "detached");
    equal((await rejection(ferry.decode(await fetch("/status/404")), "http")).status, 404);
    await rejection(ferry.decode(await fetch("/html")), "bad-magic");
    await isDem(await ferry.decode(await fetch(at("gzip/arrays/dem.npy"))), "compressed");
  });

  it("a Blob and a File", async () => {
    const blob = await (await fetch(at("arrays/dem.npy"))).blob();
    await isDem(await ferry.decode(blob));
    await isDem(await ferry.decode(new File([blob], "dem.npy")));
    const heard = [];
    await ferry.decode(blob, { onProgress: ({ loaded }) => heard.push(loaded) });
    equal(heard.at(-1), BODY + 128);
    for (const offset of [128, 128n]) equal((await ferry.decode(blob, { dtype: "u1", format: "raw", offset })).size, BODY, `bytes from ${typeof offset} on`);
  });

  it("a stream that fails, that has no bytes, that is being read, that never ends", async () => {
    const failing = new ReadableStream({ pull: (controller) => controller.error(new Error("on purpose")) });
    await rejection(ferry.decode(failing, { dtype: "u1" }), "network");
    const texts = new ReadableStream({ pull: (controller) => controller.enqueue("text") });
    await rejection(ferry.decode(texts, { dtype: "u1" }), "bad-argument");
    const locked = streamOf(new Uint8Array(9), 3);
    locked.getReader();
    await rejection(ferry.decode(locked, { dtype: "u1" }), "detached");
    let cancelled = false;
    const endless = new ReadableStream({ pull: (controller) => new Promise((resolve) => setTimeout(() => (cancelled || controller.enqueue(new Uint8Array(64)), resolve()), 5)), cancel: () => (cancelled = true) });
    await rejection(ferry.decode(endless, { dtype: "u1", timeout: 200 }), "timeout");
    for (let tries = 0; !cancelled; tries++) ok(tries < 100 && (await new Promise((resolve) => setTimeout(resolve, 20, true))), "the stream was not cancelled");
  });

  it("that nobody waits for is cancelled, though no worker runs yet", async () => {
    for (const end of ["abort", "close", "worker-load"]) {
      let cancelled = false;
      const stream = new ReadableStream({ cancel: () => (cancelled = true) });
      const controller = new AbortController();
      const fresh = ferryOf({ workers: 1, ...(end === "worker-load" && { workerUrl: "/nowhere/byteferry-worker.js" }) });
      const job = fresh.decode(stream, { dtype: "u1", signal: controller.signal });
      if (end === "abort") controller.abort();
      if (end === "close") fresh.close();
      await settled(job.catch(() => {}));
      for (let tries = 0; !cancelled; tries++) ok(tries < 100 && (await new Promise((resolve) => setTimeout(resolve, 20, true))), `not cancelled after ${end}`);
    }
  });
});
