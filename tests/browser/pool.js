// Several workers: who does what, and who is spared.
import { Ferry } from "../dist/byteferry.js";
import { equal, equalBytes, ferryOf, ok, rejection, settled, write } from "./support.js";

const SCRIPT = new URL("../dist/byteferry-worker.js", import.meta.url);
const four = write("Float32", [1, 2, 3, 4]);
const big = { dtype: ">f4" };

/** Counts the workers that are made; `broken` says which of them, by number, never load. */
function counted(broken = () => false) {
  const made = [];
  const createWorker = () => {
    const worker = new Worker(broken(made.length) ? new URL("/nowhere/byteferry-worker.js", location.href) : SCRIPT);
    made.push(worker);
    return worker;
  };
  return { made, createWorker };
}

describe("a pool", () => {
  it("starts no worker before there is work, and no more than it may", async () => {
    const { made, createWorker } = counted();
    const ferry = ferryOf({ workers: 3, createWorker });
    equal(made.length, 0, "workers made at first");
    await ferry.decode(four.slice(0), big);
    await ferry.decode(four.slice(0), big);
    equal(made.length, 1, "workers made for one job after another");
    await Promise.all(Array.from({ length: 50 }, () => ferry.decode(four.slice(0), big)));
    equal(made.length, 3, "workers made for many at once");
  });

  it("gives 600 jobs of all kinds, at once, each its own result", async () => {
    const { made, createWorker } = counted();
    const ferry = ferryOf({ workers: 3, createWorker });
    const jobs = Array.from({ length: 600 }, (_, i) => {
      switch (i % 6) {
        case 0:
          return [ferry.decode(write("Uint32", [i, i + 1]), { dtype: ">u4" }), [i, i + 1]];
        case 1:
          return [ferry.decode(write("Int16", [i, -i]), { dtype: ">i2", to: "float64" }), [i, -i]];
        case 2:
          return [ferry.decode(write("Float64", [i / 3], true), { dtype: "<f8" }), [i / 3]];
        case 3:
          return [ferry.decode(new ArrayBuffer(i), { dtype: ">f8", shape: [1000] }), `truncated ${i}`];
        case 4:
          return [ferry.decode(new Blob([write("Uint16", [i])]), { dtype: ">u2" }), [i]];
        default:
          return [ferry.fetch("/status/503"), "http 503"];
      }
    });
    const told = (promise) => promise.then(({ data }) => [...data], (error) => `${error.code} ${error.status ?? error.buffer.byteLength}`);
    const outcomes = await settled(Promise.all(jobs.map(([promise]) => told(promise))), 60000);
    outcomes.forEach((outcome, i) => equal(outcome, jobs[i][1], `job ${i}`));
    equal(made.length, 3, "workers made");
  });

  it("lets a small job pass a large one", async () => {
    const { createWorker } = counted();
    const ferry = ferryOf({ workers: 2, createWorker });
    await Promise.all([1, 2, 3].map(() => ferry.decode(four.slice(0), big)));
    const order = [];
    const large = ferry.decode(new ArrayBuffer(128 * 2 ** 20), { dtype: ">f4", to: "float64" }).then(() => order.push("large"));
    const small = ferry.decode(four.slice(0), big).then(() => order.push("small"));
    await settled(Promise.all([large, small]), 60000);
    equal(order, ["small", "large"]);
  });

  it("loses one worker's jobs when that one dies, and no other's", async () => {
    let made = 0;
    // The first worker falls over its first fetch.
    const createWorker = () => {
      const dies = 'addEventListener("message", ({ data }) => { if (data.op === "fetch") setTimeout(() => { throw new Error("boom"); }); });';
      const source = `${made++ ? "" : dies} importScripts(${JSON.stringify(SCRIPT.href)})`;
      return new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    };
    const ferry = ferryOf({ workers: 2, createWorker });
    await ferry.ready();
    const dying = ferry.fetch("/stall");
    const others = Array.from({ length: 20 }, () => ferry.decode(four.slice(0), big));
    equal((await rejection(dying, "worker-crash")).message.includes("boom"), true, "the message names what was thrown");
    const outcomes = await settled(Promise.allSettled(others));
    for (const { value, reason } of outcomes) {
      if (value) equal([...value.data], [1, 2, 3, 4]);
      else equal(reason.code, "worker-crash");
    }
    ok(outcomes.some(({ value }) => value), "not one job went to the other worker");
    equal([...(await settled(ferry.decode(four.slice(0), big))).data], [1, 2, 3, 4], "the next job");
  });

  it("recovers when a worker's script can be loaded again", async () => {
    const { made, createWorker } = counted((number) => number === 0);
    const ferry = ferryOf({ workers: 1, createWorker });
    const error = await rejection(ferry.decode(four.slice(0), big), "worker-load");
    equalBytes(error.buffer, four, "the buffer that came back");
    equal([...(await settled(ferry.decode(error.buffer, big))).data], [1, 2, 3, 4]);
    equal(made.length, 2, "workers made");
  });

  it("refuses what createWorker throws, or returns that is no worker", async () => {
    const cases = [() => { throw new Error("no workers today"); }, () => ({}), async () => new Worker(SCRIPT)];
    for (const createWorker of cases) {
      const ferry = new Ferry({ createWorker, readyTimeout: 300 });
      const buffer = four.slice(0);
      const error = await rejection(ferry.decode(buffer, big), "worker-load|bad-argument", 3000);
      equal(buffer.byteLength || error.buffer?.byteLength, 16, "bytes of the buffer, which is here or comes back");
      ferry.close();
    }
  });

  it("does not guess why a worker of the page's own making fails", async () => {
    const broken = () => new Worker(URL.createObjectURL(new Blob(["throw new Error('made badly')"])));
    const error = await rejection(ferryOf({ createWorker: broken }).decode(four.slice(0), big), "worker-load");
    ok(/made badly/.test(error.message) && !/404|Not Found/.test(error.message), error.message);
    const asked = performance.getEntriesByType("resource").map(({ name }) => name);
    equal(asked.filter((name) => name.includes("the%20worker")), [], "requests for what is no address");
  });
});

describe("threads", () => {
  /** Counts what a page or worker posts to itself, and tells when it is asked. */
  const counting = () => {
    const { postMessage } = MessagePort.prototype;
    let count = 0;
    MessagePort.prototype.postMessage = function (...given) {
      count++;
      return postMessage.apply(this, given);
    };
    const channel = new BroadcastChannel("count");
    channel.onmessage = ({ data }) => data === "how many?" && channel.postMessage(count);
    return () => {
      channel.close();
      MessagePort.prototype.postMessage = postMessage;
    };
  };

  it("stay awake between small jobs in Firefox, and in no other; and sleep when there is nothing to do", async () => {
    const source = `(${counting})(); importScripts(${JSON.stringify(SCRIPT.href)})`;
    const createWorker = () => new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    const ferry = ferryOf({ workers: 1, createWorker });
    await ferry.ready();
    const asking = new BroadcastChannel("count");
    const restore = counting();
    const counts = async () => {
      const told = [];
      const both = new Promise((resolve) => (asking.onmessage = ({ data }) => told.push(data) === 2 && resolve()));
      asking.postMessage("how many?");
      await settled(both);
      return told;
    };
    try {
      let least = 0;
      let jobs = 0;
      // How soon the one comes after the other is the machine's affair.
      for (; !least && jobs < 2000; jobs += 100) {
        for (let i = 0; i < 100; i++) await ferry.decode(four.slice(0), big);
        least = Math.min(...(await counts()));
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
      const rested = await counts();
      equal(least > 0, navigator.userAgent.includes("Firefox"), `whether ${least} messages were posted`);
      ok(rested.every((count) => count <= 64 * jobs), `${rested} messages for ${jobs} jobs`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      equal((await counts()).sort(), rested.sort(), "messages without jobs");
    } finally {
      restore();
      asking.close();
    }
  });
});

describe("stopping in the middle", () => {
  const large = () => ferryJob(64);
  const ferryJob = (mib) => [new ArrayBuffer(mib * 2 ** 20), { dtype: ">f4", to: "float64" }];

  it("close: everything settles at once, and the workers end", async () => {
    const ferry = ferryOf({ workers: 2 });
    await ferry.ready();
    const pending = [ferry.decode(...large()), ferry.decode(...large()), ferry.decode(four.slice(0), big), ferry.fetch("/stall")];
    ferry.close();
    for (const promise of pending) await rejection(promise, "closed", 1000);
  });

  it("abort: settles at once though the worker is busy, and the others get their results", async () => {
    const ferry = ferryOf({ workers: 1 });
    await ferry.ready();
    const controller = new AbortController();
    const first = ferry.decode(...large());
    const aborted = ferry.decode(four.slice(0), { ...big, signal: controller.signal });
    const last = ferry.decode(four.slice(0), big);
    controller.abort();
    equal(await settled(aborted.then(() => "resolved", (error) => error.name), 1000), "AbortError");
    equal([(await settled(first, 30000)).size, (await settled(last)).size], [2 ** 24, 4]);
  });

  it("abort before the worker runs: AbortError, and the others get their results", async () => {
    const ferry = ferryOf({ workers: 1 });
    const controller = new AbortController();
    const jobs = [1, 2, 3].map((i) => ferry.decode(four.slice(0), { ...big, signal: i === 2 ? controller.signal : undefined }));
    controller.abort();
    const outcomes = await settled(Promise.allSettled(jobs));
    equal(outcomes.map(({ status, reason }) => reason?.name ?? status), ["fulfilled", "AbortError", "fulfilled"]);
  });

  it("abort with a reason of one's own: that reason", async () => {
    const ferry = ferryOf();
    const controller = new AbortController();
    const job = ferry.fetch("/stall", { signal: controller.signal });
    const why = new Error("changed my mind");
    controller.abort(why);
    equal(await settled(job.then(() => null, (error) => error === why)), true);
  });

  it("abort of a fetch ends the request itself", async () => {
    const ferry = ferryOf({ workers: 1 });
    await ferry.ready();
    const controller = new AbortController();
    const key = Math.random();
    const job = ferry.fetch(`/watched/${key}`, { signal: controller.signal });
    await until(async () => (await (await fetch(`/watch/${key}`)).text()) === "open");
    controller.abort();
    equal(await settled(job.then(() => null, (error) => error.name)), "AbortError");
    await until(async () => (await (await fetch(`/watch/${key}`)).text()) === "gone");
  });

  it("a timeout while the worker is still starting", async () => {
    const silent = () => new Worker(URL.createObjectURL(new Blob(["0"])));
    const ferry = ferryOf({ createWorker: silent });
    const error = await rejection(ferry.decode(four.slice(0), { ...big, timeout: 100 }), "timeout", 2000);
    equalBytes(error.buffer, four, "the buffer, which the worker never had");
  });

  it("no timeout, however that is said", async () => {
    for (const timeout of [undefined, 0, Infinity, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
      const { data } = await ferryOf().decode(four.slice(0), { ...big, timeout });
      equal([...data], [1, 2, 3, 4], `timeout: ${timeout}`);
    }
    for (const readyTimeout of [Infinity, 2 ** 31]) {
      const { data } = await ferryOf({ readyTimeout }).decode(four.slice(0), big);
      equal([...data], [1, 2, 3, 4], `readyTimeout: ${readyTimeout}`);
    }
  });

  it("an abort or a timeout after the result changes nothing", async () => {
    const ferry = ferryOf();
    const controller = new AbortController();
    const array = await ferry.decode(four.slice(0), { ...big, signal: controller.signal, timeout: 60000 });
    controller.abort();
    equal([...array.data], [1, 2, 3, 4]);
    equal([...(await ferry.decode(four.slice(0), big)).data], [1, 2, 3, 4]);
  });

  it("starts a worker that writes when it is first asked to, and one only", async () => {
    const made = [];
    const createWorker = (script) => {
      made.push(script);
      return new Worker(new URL(`../dist/${script}`, import.meta.url));
    };
    const ferry = ferryOf({ workers: 1, createWorker });
    const array = await ferry.decode(write("Float32", [1, 2]), { dtype: ">f4" });
    equal(made, ["byteferry-worker.js"]);
    const bytes = await Promise.all([ferry.encode(array, { format: "raw" }), ferry.encode(array, { format: "raw" })]);
    equal(bytes.map((buffer) => [...new Float32Array(buffer)]), [[1, 2], [1, 2]]);
    equal(made, ["byteferry-worker.js", "byteferry-worker.full.js"]);
    ferry.close();
  });

  it("finds the one that writes beside workerUrl", async () => {
    const ferry = ferryOf({ workerUrl: new URL("../dist/byteferry-worker.split.js", import.meta.url) });
    equal([...new Uint8Array(await ferry.encode(Int16Array.of(1), { format: "raw", byteOrder: "big" }))], [0, 1]);
    const lost = ferryOf({ workerUrl: "/nowhere/byteferry-worker.js" });
    const error = await rejection(lost.encode(Int16Array.of(1)), "worker-load");
    ok(error.url.endsWith("/nowhere/byteferry-worker.full.js"), error.url);
    // Nothing lies beside these.
    for (const url of [URL.createObjectURL(new Blob([])), "data:text/javascript,"]) {
      await rejection(ferryOf({ workerUrl: url }).encode(Int16Array.of(1)), "worker-load");
    }
  });
});

/** Asks until it is so. */
async function until(condition, ms = 10000) {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not so within ${ms} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
