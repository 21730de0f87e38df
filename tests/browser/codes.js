// docs/ownership-and-errors.md: every code of its table, provoked, comes with the details that its row names, and no others.
import { FerryError } from "../dist/byteferry.js";
import { equal, ferryOf, npy, ok, settled, text, write } from "./support.js";

const page = await (await fetch("../docs/ownership-and-errors.md")).text();
const archives = await (await fetch("../npz/cases.json")).json();
const DETAILS = ["expected", "actual", "missed", "offset", "index", "value", "url", "status", "cause"];
const words = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word);
const rows = page.slice(page.indexOf("| `code` | when |")).split("\n\n")[0].split("\n").slice(2).filter(Boolean);
const told = new Map(rows.map((row) => row.split("|")).map(([, code, , details]) => [words(code)[0], words(details).sort()]));

const four = write("Float32", [1, 2, 3, 4]);
const big = { dtype: ">f4" };
const SCRIPT = new URL("../dist/byteferry-worker.js", import.meta.url);

/** A worker that runs this before its script. */
const after = (prelude) => () => new Worker(URL.createObjectURL(new Blob([`${prelude}; importScripts(${JSON.stringify(SCRIPT.href)})`], { type: "text/javascript" })));

describe("the table of errors", () => {
  const ferry = ferryOf();

  async function frames(...numbers) {
    const parts = [];
    for (const sequence of numbers) {
      const frame = await ferry.encode(new Float32Array([1, 2]), { format: "frame", sequence });
      parts.push(frame, new Uint8Array(-frame.byteLength & 63));
    }
    return new Blob(parts);
  }

  /** What goes wrong in each way. */
  const wrong = {
    "bad-argument": [() => ferry.decode(four.slice(0), { ...big, order: "A" }), () => ferry.decode(four.slice(0), { ...big, strides: [4, 4] }), () => ferry.decode(four.slice(0), { dtype: () => 0 })],
    "bad-magic": [() => ferry.decode(text("this is no array of any kind at all")), () => ferry.fetch("/html")],
    "bad-header": [() => ferry.decode(npy("'>f4'", "(4,", four)), () => ferry.decode(npy("'>f4'", "(4.5,)", four))],
    "unsupported-dtype": [() => ferry.decode(npy("'|O'", "(4,)", four)), () => ferry.decode(four.slice(0), { dtype: "int" })],
    "unsupported-compression": [],
    "unsafe-cast": [() => ferry.decode(four.slice(0), { ...big, to: "int8" })],
    "precision-loss": [() => ferry.decode(write("BigInt64", [1n, 2n, 2n ** 53n + 1n]), { dtype: ">i8", to: "float64" }), () => ferry.decode(new Uint8Array([1, 2]).buffer, { dtype: "?", strict: true })],
    "size-mismatch": [() => ferry.decode(new ArrayBuffer(15), big), () => ferry.decode(four.slice(0), { ...big, shape: [3], strict: true })],
    truncated: [() => ferry.decode(four.slice(0), { ...big, shape: [5] }), () => ferry.fetch("/cut", { dtype: "u1" })],
    "too-large": [() => ferry.decode(four.slice(0), { ...big, shape: [2 ** 52, 8] }), () => ferry.decode(npy("'>f4'", `(${"1, ".repeat(65)})`, four))],
    checksum: [
      async () => {
        const frame = await ferry.encode(new Float32Array([1, 2]), { format: "frame" });
        new Uint8Array(frame)[frame.byteLength - 1] ^= 1;
        return ferry.decode(frame);
      },
    ],
    gap: [
      async () => ferry.decodeAll(await frames(0, 2)),
      async () => {
        for await (const _ of ferry.frames(URL.createObjectURL(await frames(0, 2)))) continue;
      },
    ],
    detached: [
      () => {
        const buffer = four.slice(0);
        structuredClone(buffer, { transfer: [buffer] });
        return ferry.decode(buffer, big);
      },
    ],
    http: [() => ferry.fetch("/status/503")],
    network: [() => ferry.fetch("http://127.0.0.1:1/")],
    "out-of-memory": [
      () => {
        const scarce = "ArrayBuffer = new Proxy(ArrayBuffer, { construct(target, [length]) { if (length > 1e6) throw new RangeError('no memory'); return new target(length); } })";
        return ferryOf({ createWorker: after(scarce) }).decode(new ArrayBuffer(4e6), { ...big, to: "float64" });
      },
    ],
    "worker-load": [
      () => ferryOf({ workerUrl: "/nowhere.js" }).decode(four.slice(0), big),
      () => ferryOf({ createWorker: () => { throw new Error("none today"); } }).decode(four.slice(0), big),
      () => ferryOf({ createWorker: () => {} }).decode(four.slice(0), big),
    ],
    "worker-crash": [() => ferryOf({ createWorker: after("addEventListener('message', () => setTimeout(() => { throw new Error('boom'); }))") }).fetch("/stall")],
    timeout: [() => ferry.fetch("/stall", { timeout: 50 })],
    closed: [
      () => {
        const other = ferryOf();
        const pending = other.fetch("/stall");
        other.close();
        return pending;
      },
    ],
  };

  it("has a way to provoke each of its codes", () => equal(Object.keys(wrong), [...told.keys()], "codes"));

  it("names the details that come, and none that don't", async () => {
    const seen = new Map([...told.keys()].map((code) => [code, new Set()]));
    const note = (error, what) => {
      ok(error instanceof FerryError, `${what}: ${error}`);
      for (const detail of DETAILS) if (error[detail] !== undefined) seen.get(error.code).add(detail);
    };
    for (const [code, ways] of Object.entries(wrong)) {
      for (const [number, way] of ways.entries()) {
        const error = await settled(way().then(() => "no error", (error) => error), 20000);
        note(error, `${code} ${number}`);
        equal(error.code, code, `${code} ${number}: ${error.message}; code`);
      }
    }
    for (const { file, options, error: codes } of archives.filter(({ error }) => error)) {
      const bytes = await (await fetch(`../npz/${encodeURIComponent(file)}`)).arrayBuffer();
      note(await settled(ferry.decodeAll(bytes, options).then(() => `no ${codes}`, (error) => error)), file);
    }
    const found = [...seen].map(([code, details]) => `${code}: ${[...details].sort().join(" ")}`);
    equal(found, [...told].map(([code, details]) => `${code}: ${details.join(" ")}`), "details");
  });
});

describe("what the page says of ownership", () => {
  const ferry = ferryOf({ workers: 1 });

  it("its example runs as it stands", async () => {
    const [, example] = page.match(/```js\n(.*?)```/s);
    const drawn = [];
    const said = [];
    const run = Object.getPrototypeOf(async () => {}).constructor("ferry", "buffer", "draw", "console", example);
    await run(ferry, write("BigInt64", [1n, 2n, 2n ** 53n + 1n]), ({ data }) => drawn.push(String(data)), { log: (line) => said.push(line) });
    equal([drawn, said], [["1,2,9007199254740993"], ["9007199254740993 at 2 is no float64"]]);
    ok(example.includes(`// ${said[0]}`), `the page does not say '${said[0]}'`);
  });

  it("list and decodeAll move a buffer and keep it, unless told otherwise", async () => {
    const [{ file }] = archives.filter(({ error }) => !error);
    for (const job of ["list", "decodeAll"]) {
      const bytes = await (await fetch(`../npz/${encodeURIComponent(file)}`)).arrayBuffer();
      await ferry[job](bytes, { transfer: false });
      ok(bytes.byteLength > 0, `${job} left nothing`);
      await ferry[job](bytes);
      equal(bytes.byteLength, 0, `bytes after ${job}`);
    }
  });

  it("what is recycled serves a result of as many bytes, and is gone here", async () => {
    const one = ferryOf({ workers: 1 });
    const widened = () => one.decode(new ArrayBuffer(400), { ...big, to: "float64" });
    const first = await widened();
    equal(first.stats.allocated, 800, "bytes allocated at first");
    // Once, however often it is named.
    one.recycle(first, first);
    equal([first.data.length, (await one.decode(new ArrayBuffer(404), { ...big, to: "float64" })).stats.allocated, (await widened()).stats.allocated], [0, 808, 0]);
  });

  it("keeps 256 MiB of what is recycled, and lets go of the oldest", async () => {
    const one = ferryOf({ workers: 1 });
    const size = 17 * 2 ** 20;
    // int8 as float64: each result has a little more than half of what is kept.
    const widened = (nbytes) => one.decode(new ArrayBuffer(nbytes), { dtype: "int8", to: "float64" });
    for (const nbytes of [size, size + 1]) one.recycle(await widened(nbytes));
    equal((await widened(size + 1)).stats.allocated, 0, "bytes allocated for what came last");
    equal((await widened(size)).stats.allocated, 8 * size, "bytes allocated for what came first");
  });

  it("before a worker runs, recycle does nothing", () => {
    const array = { data: new Float32Array(4) };
    ferryOf().recycle(array);
    equal(array.data.length, 4, "numbers left");
  });

  it("a timeout once the worker runs keeps the buffer, an abort too", async () => {
    await ferry.ready();
    const large = () => new ArrayBuffer(2 ** 27);
    const late = await ferry.decode(large(), { ...big, to: "float64", timeout: 1 }).catch((error) => error);
    equal([late.code, late.buffer], ["timeout", undefined]);
    const [controller, buffer] = [new AbortController(), large()];
    const aborted = ferry.decode(buffer, { ...big, signal: controller.signal }).catch((error) => error);
    controller.abort();
    equal([(await aborted).name, buffer.byteLength], ["AbortError", 0]);
  });
});
