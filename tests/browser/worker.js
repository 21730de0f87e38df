// The worker: without the client, when it can't be loaded, and when it crashes.
import { equal, equalBytes, ferryOf, ok, rejection, settled, write } from "./support.js";

const SCRIPT = new URL("../dist/byteferry-worker.js", import.meta.url).href;
const four = write("Float32", [1, 2, 3, 4]);

/** A worker whose script is the real one behind a few lines. */
const withPrelude = (prelude) => () =>
  new Worker(URL.createObjectURL(new Blob([`${prelude}; importScripts(${JSON.stringify(SCRIPT)})`], { type: "text/javascript" })));

describe("the worker", () => {
  for (const script of ["byteferry-worker.js", "byteferry-worker.split.js", "byteferry-worker.full.js"]) {
    it(`${script} works by plain postMessage`, async () => {
      const worker = new Worker(`../dist/${script}`);
      const answers = [];
      let heard = () => {};
      worker.onmessage = ({ data }) => (answers.push(data), heard());
      const answer = async () => {
        while (!answers.length) await new Promise((resolve) => (heard = resolve));
        return answers.shift();
      };
      const buffer = four.slice(0);
      worker.postMessage({ id: 7, op: "decode", buffer, dtype: ">f4", shape: [2, 2] }, [buffer]);
      const { ready } = await answer();
      equal([ready.protocol, ready.simd], [1, true]);
      const { id, data, shape, dtype } = await answer();
      equal([id, [...data], shape, dtype], [7, [1, 2, 3, 4], [2, 2], "float32"]);
      worker.postMessage({ id: 8, op: "decode", buffer: four.slice(0), dtype: "nonsense" });
      const refused = await answer();
      equal([refused.id, refused.error.code, refused.buffer.byteLength], [8, "unsupported-dtype", 16]);
      worker.postMessage({ id: 9, op: "dance" });
      equal((await answer()).error.code, "bad-argument");
      worker.postMessage({ id: 10, op: "decode", buffer: 5, dtype: ">f4" });
      equal((await answer()).error.code, "bad-argument");
      worker.postMessage({ id: 11, op: "fetch", url: new URL("/status/404", location.href).href });
      equal((await answer()).error.code, "http");
      worker.postMessage({ id: 12, op: "encode", array: { data: Uint16Array.of(1, 2), shape: [2] }, format: "raw", byteOrder: "big" });
      const { result, error } = await answer();
      if (script === "byteferry-worker.full.js") equal([...new Uint8Array(result)], [0, 1, 0, 2]);
      else ok(error.code === "bad-argument" && error.message.includes("byteferry-worker.full.js"), error.message);
      worker.terminate();
    });
  }

  it("goes on after messages that mean nothing", async () => {
    const worker = new Worker(SCRIPT);
    const answers = [];
    const answered = new Promise((resolve) => (worker.onmessage = ({ data }) => (answers.push(data), data.id === 4 && resolve())));
    for (const message of [null, undefined, 5, "text", {}, [], { id: 1 }, { id: 2, op: "decode" }, { id: 3, op: "fetch" }, { op: "abort", id: 99 }]) worker.postMessage(message);
    worker.postMessage({ id: 4, op: "decode", buffer: four.slice(0), dtype: ">f4" });
    await settled(answered);
    equal([...answers.find(({ id }) => id === 4).data], [1, 2, 3, 4]);
    const codes = Object.fromEntries(answers.filter(({ id }) => id && id < 4).map(({ id, error }) => [id, error.code]));
    equal([codes[1], codes[2]], ["bad-argument", "bad-argument"]);
    worker.terminate();
  });

  it("is driven by a Ferry that is in a worker itself", async () => {
    const source = `import { Ferry } from ${JSON.stringify(new URL("../dist/byteferry.js", import.meta.url).href)};
      onmessage = async ({ data: buffer }) => {
        const ferry = new Ferry();
        postMessage([...(await ferry.decode(buffer, { dtype: ">f4" })).data]);
      };
      postMessage("listening");`;
    const outer = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), { type: "module" });
    const buffer = four.slice(0);
    const numbers = await settled(new Promise((resolve, reject) => {
      outer.onerror = ({ message }) => reject(new Error(message || "the outer worker did not load"));
      outer.onmessage = ({ data }) => (data === "listening" ? outer.postMessage(buffer, [buffer]) : resolve(data));
    }));
    equal(numbers, [1, 2, 3, 4]);
    outer.terminate();
  });

  it("says what runs", async () => {
    const ferry = ferryOf();
    const ready = await ferry.ready();
    equal([ready.protocol, ready.simd, typeof ready.version], [1, true, "string"]);
  });

  it("is imported from another origin by way of a Blob", async () => {
    const elsewhere = SCRIPT.replace("127.0.0.1", "localhost");
    ok(elsewhere !== SCRIPT, "the page should be at 127.0.0.1");
    for (const workerUrl of [elsewhere, new URL(elsewhere)]) {
      const ferry = ferryOf({ workerUrl });
      equal([...(await ferry.decode(four.slice(0), { dtype: ">f4" })).data], [1, 2, 3, 4]);
    }
  });

  it("works with its wasm beside it", async () => {
    const ferry = ferryOf({ workerUrl: "../dist/byteferry-worker.split.js" });
    equal([...(await ferry.decode(four.slice(0), { dtype: ">f4" })).data], [1, 2, 3, 4]);
  });
});

describe("a worker that can't be loaded", () => {
  const CASES = [
    ["is missing", "/nowhere/byteferry-worker.js", /404/],
    ["has the wrong type", "/as-text/byteferry-worker.js", /text\/plain/],
    ["is a page", "/html", /text\/html/],
  ];
  for (const [what, workerUrl, reason] of CASES) {
    it(`${what}: worker-load, with URL and reason, and the buffers come back`, async () => {
      const ferry = ferryOf({ workerUrl });
      const one = ferry.decode(four.slice(0), { dtype: ">f4" });
      const other = ferry.decode(four.slice(0), { dtype: ">f4" });
      for (const pending of [one, other]) {
        const error = await rejection(pending, "worker-load", 2000);
        equal(new URL(error.url).pathname, workerUrl);
        ok(error.message.includes(workerUrl) && reason.test(error.message), error.message);
        equalBytes(error.buffer, four, "the buffer that came back");
      }
      await rejection(ferry.ready(), "worker-load", 5000);
    });
  }

  it("never says that it is ready: worker-load after readyTimeout", async () => {
    const silent = () => new Worker(URL.createObjectURL(new Blob(["0"])));
    const ferry = ferryOf({ createWorker: silent, readyTimeout: 300 });
    const error = await rejection(ferry.decode(four.slice(0), { dtype: ">f4" }), "worker-load", 3000);
    ok(/300 ms/.test(error.message), error.message);
    equalBytes(error.buffer, four);
  });

  it("is of another version than byteferry.js, from a cache, say: worker-load that says so", async () => {
    const { protocol } = await ferryOf().ready();
    const other = `postMessage({ ready: { protocol: ${protocol + 1}, version: "9", simd: true } })`;
    const ferry = ferryOf({ createWorker: () => new Worker(URL.createObjectURL(new Blob([other]))) });
    const error = await rejection(ferry.decode(four.slice(0), { dtype: ">f4" }), "worker-load", 3000);
    ok(error.message.includes(`protocol is ${protocol + 1}, not ${protocol}`), error.message);
    equalBytes(error.buffer, four, "the buffer that came back");
  });

  /** What a Ferry does in a page under one of site.py's policies. */
  async function under(policy) {
    const frame = document.createElement("iframe");
    frame.src = `/${policy}/browser/csp.html`;
    let heard;
    const told = new Promise((resolve) => addEventListener("message", (heard = ({ data, source }) => source === frame.contentWindow && data.csp && resolve(data.csp))));
    document.body.append(frame);
    try {
      return await settled(told);
    } finally {
      removeEventListener("message", heard);
      frame.remove();
    }
  }

  it("may not compile wasm, by a Content-Security-Policy: worker-load that says so", async () => {
    const { code, message, back } = await under("csp");
    equal([code, back], ["worker-load", 16], message);
    ok(/wasm/i.test(message), message);
  });

  it("may, by the policy that the README says is enough", async () => {
    equal(await under("csp-enough"), { size: 4 });
  });
});

describe("a crash", () => {
  // Where an array is in Fortran order, the third read of its bytes breaks, as if wasm had trapped there.
  const trap = (what) => `
    const subarray = Uint8Array.prototype.subarray;
    let armed = false, calls = 0;
    addEventListener("message", ({ data }) => { if (data.op === "decode") { armed = data.order === "F"; calls = 0; } });
    Uint8Array.prototype.subarray = function (...range) {
      if (armed && this.length === 4e6 && ++calls === 3) { armed = false; throw ${what}; }
      return subarray.apply(this, range);
    }`;
  const large = (fill = 0) => new Uint8Array(4e6).fill(fill).buffer;

  for (const [what, thrown, code] of [
    ["a trap", 'new WebAssembly.RuntimeError("unreachable")', "worker-crash"],
    ["no memory", 'new RangeError("Out of memory")', "out-of-memory"],
  ]) {
    it(`${what} loses its own job alone: ${code}`, async () => {
      const ferry = ferryOf({ workers: 1, createWorker: withPrelude(trap(thrown)) });
      await ferry.ready();
      const before = ferry.decode(large(), { dtype: ">f4" });
      const copied = ferry.decode(large(7), { dtype: ">f4", order: "F", to: "float64" });
      const inPlace = ferry.decode(large(7), { dtype: ">f4", order: "F" });
      const after = ferry.decode(large(), { dtype: ">f4" });
      equalBytes((await rejection(copied, code)).buffer, large(7), "the buffer that came back");
      equal((await rejection(inPlace, code)).buffer, undefined, "a buffer half swapped is not given back as if it were whole");
      equal([(await before).size, (await after).size], [1e6, 1e6]);
      equal([...(await ferry.decode(four.slice(0), { dtype: ">f4" })).data], [1, 2, 3, 4], "the next job");
    });
  }

  for (const [what, code, named] of [
    ["a panic", "worker-crash", /panicked at crates\/worker\/src\/faults\.rs:\d+:\d+:\nas was asked for/],
    ["a trap", "worker-crash", /RuntimeError: .*unreachable/i],
    ["no stack", "worker-crash", /stack|recursion|out of bounds/i],
    ["no memory", "out-of-memory", /memory allocation of 1073741824 bytes failed/],
  ]) {
    it(`${what} in wasm itself: ${code} that says where, the buffer back, and the next job succeeds`, async () => {
      let made = 0;
      const createWorker = () => (made++, new Worker(new URL("../faults/byteferry-worker.js", location.href)));
      const ferry = ferryOf({ workers: 1, createWorker });
      for (let round = 0; round < 2; round++) {
        const before = ferry.decode(large(), { dtype: ">f4" });
        const crashed = ferry.decode(large(7), { dtype: what });
        const after = ferry.decode(four.slice(0), { dtype: ">f4" });
        const error = await rejection(crashed, code);
        ok(named.test(error.message), error.message);
        equalBytes(error.buffer, large(7), "the buffer that came back");
        equal([(await before).size, [...(await after).data]], [1e6, [1, 2, 3, 4]]);
      }
      equal(made, 1, "workers made");
    });
  }

  it("no memory for a result: out-of-memory, its buffer back, and nothing else is lost", async () => {
    // The real constructor, but for anything large.
    const scarce = `ArrayBuffer = new Proxy(ArrayBuffer, { construct(target, [length]) {
      if (length > 1e6) throw new RangeError("Array buffer allocation failed");
      return new target(length);
    } })`;
    const ferry = ferryOf({ workers: 1, createWorker: withPrelude(scarce) });
    const error = await rejection(ferry.decode(large(7), { dtype: ">f4", to: "float64" }), "out-of-memory");
    equalBytes(error.buffer, large(7), "the buffer that came back");
    const { data, stats } = await ferry.decode(large(), { dtype: ">f4" });
    equal([data.length, stats.plan], [1e6, "in-place"], "a job that needs no memory");
  });

  it("of the whole worker rejects what it had, and another takes over", async () => {
    let made = 0;
    const createWorker = () => withPrelude(made++ ? "" : 'addEventListener("message", ({ data }) => { if (data.op === "fetch") setTimeout(() => { throw new Error("boom"); }); })')();
    const ferry = ferryOf({ workers: 1, createWorker });
    await ferry.ready();
    await rejection(ferry.fetch("/stall"), "worker-crash");
    equal([...(await ferry.decode(four.slice(0), { dtype: ">f4" })).data], [1, 2, 3, 4]);
    equal(made, 2, "workers made");
  });
});
