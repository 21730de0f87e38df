// What is measured from the page: bytes on their way to a worker and back, pauses, fetches, the start.
import { Ferry } from "../dist/byteferry.js";
import { fromBase64, toBase64 } from "./base64.js";
import { numbers } from "./dtypes.js";
import { alternate, time } from "./measure.js";
import { SWAPS, copyingWasm, readers } from "./rivals.js";

/** @typedef {import("./lanes.js").Context} Context */
/** @typedef {import("./measure.js").Side} Side */

/** A way that takes longer than this, in milliseconds, is not tried with more bytes. */
const PATIENCE = 700;

/** Bytes there and back, by everything that there is for it. @param {Context} context */
export async function transfer({ bench, quick, signal, size, runs, row, ratio, note, progress }) {
  const ferry = new Ferry({ workers: 1 });
  const most = size(256);
  const sizes = [2 ** 10, 2 ** 14, 2 ** 18, 2 ** 22, size(64), most].filter((nbytes, index, all) => nbytes <= most && all.indexOf(nbytes) === index);
  sizes.sort((a, b) => a - b);
  const gloo = await glooEchoes().catch((error) => (note(`transfer: gloo-worker: ${error}`), undefined));
  /** @type {Map<string, number>} */
  const last = new Map();
  /** @type {{ bytes: number, decode: number, loop: number }[]} */
  const both = [];
  try {
    for (const [index, bytes] of sizes.entries()) {
      // So many that the clock can tell.
      const times = bytes < 2 ** 20 ? (quick ? 10 : 20) : 1;
      let buffer = numbers("float32", bytes);
      const bits = new Uint32Array(bytes / 4).map((_, i) => i % 100);
      const floats = Float32Array.from(bits);
      /** @type {Record<string, () => unknown>} */
      const work = {
        async decode() {
          const array = await ferry.decode(buffer, { dtype: ">f4" });
          buffer = /** @type {any} */ (array.data).buffer;
        },
        async move() {
          buffer = (await bench.ask("echo", { buffer }, [buffer])).buffer;
        },
        clone: () => bench.ask("echo", { buffer, move: false }),
        JSON: async () => Float32Array.from(JSON.parse((await bench.ask("json", { text: JSON.stringify(Array.from(floats)) })).text)),
        base64: async () => fromBase64((await bench.ask("base64", { text: toBase64(new Uint8Array(buffer)) })).text),
        "loop on the page": () => best(buffer),
      };
      if ("SharedArrayBuffer" in globalThis) {
        const shared = new SharedArrayBuffer(bytes);
        work.shared = () => bench.ask("echo", { buffer: shared });
      } else if (!index) note("transfer: no SharedArrayBuffer without the isolation headers");
      if (gloo) {
        work["gloo-worker, bincode"] = await gloo.bincode(bytes);
        work["gloo-worker, JsCodec"] = async () => void (buffer = await gloo.handles(buffer));
      }
      const best = await loopOnPage(buffer);
      for (const [name, took] of last) {
        // These two have a ratio to give.
        const needed = bytes === size(64) && /clone|bincode/.test(name);
        if (took > (quick ? PATIENCE / 10 : PATIENCE) && !needed) delete work[name];
      }
      /** @type {Record<string, Side>} */
      const sides = {};
      for (const [name, job] of Object.entries(work)) sides[name] = () => time(async () => job(), times);
      const taken = await alternate(sides, { runs: bytes > size(64) ? 3 : runs, signal, budget: quick ? 1500 : 15_000 });
      // Growth by as much as the bytes'.
      const factor = (sizes[index + 1] ?? bytes) / bytes;
      for (const [name, ms] of Object.entries(taken)) {
        row({ lane: "transfer", name, dtype: ">f4", bytes, unit: "ms", ...ms });
        last.set(name, ms.median * factor);
      }
      both.push({ bytes, decode: taken.decode.median, loop: taken["loop on the page"].median });
      if (bytes === size(64)) {
        ratio("clone_vs_decode", taken.clone.median / taken.decode.median);
        const bincode = taken["gloo-worker, bincode"];
        if (bincode) ratio("gloo_bincode_vs_decode", bincode.median / taken.decode.median);
      }
      progress(((index + 1) / sizes.length) * 0.8);
    }
    // The first size from which on a job for the worker is done sooner than a loop here.
    const from = both.findLastIndex(({ decode, loop }) => decode >= loop) + 1;
    ratio("crossover_bytes", from < both.length ? both[from].bytes : Infinity);
    await jobs({ ferry, quick, signal, size, row, ratio });
  } finally {
    ferry.close();
    gloo?.end();
  }
  await halves({ signal, size, runs, row, ratio, note });
  await recycling({ signal, size, runs, row, ratio });
}

/**
 * Small jobs, jobs without work, and what a job costs beside its work.
 * @param {Pick<Context, "quick" | "signal" | "size" | "row" | "ratio"> & { ferry: Ferry }} context
 */
async function jobs({ ferry, quick, signal, size, row, ratio }) {
  const nbytes = size(64);
  let [small, echoed] = [new ArrayBuffer(1024), new ArrayBuffer(1024)];
  let [file, large] = [npy("<f4", nbytes), new ArrayBuffer(nbytes)];
  const times = 10;
  const worker = new Worker(new URL("./echo-worker.js", import.meta.url));
  /** @type {(buffer: ArrayBuffer) => Promise<ArrayBuffer>} */
  const echo = (buffer) =>
    new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(buffer, [buffer]);
    });
  const taken = await alternate(
    {
      "decode of 1 KiB": () => time(async () => void (small = bufferOf(await ferry.decode(small, { dtype: ">f4" }))), times),
      "echo of 1 KiB": () => time(async () => void (echoed = await echo(echoed)), times),
      "decode of a native .npy": () => time(async () => void (file = bufferOf(await ferry.decode(file))), times),
      "echo of as many bytes": () => time(async () => void (large = await echo(large)), times),
    },
    // Engines compile what is called again and again, and only then is it what it costs.
    { runs: quick ? 15 : 60, warm: 15, signal, budget: 10_000 },
  );
  worker.terminate();
  for (const [name, ms] of Object.entries(taken)) {
    row({ lane: "transfer", name, dtype: name.includes("npy") ? "<f4" : ">f4", bytes: name.includes("1 KiB") ? 1024 : nbytes, unit: "ms", ...ms });
  }
  ratio("small_call", taken["decode of 1 KiB"].median / taken["echo of 1 KiB"].median);
  ratio("view_call", taken["decode of a native .npy"].median / taken["echo of as many bytes"].median);

  // Both of the same run: from page to page, and in the kernels.
  let [swapped, kernel] = [numbers("float32", nbytes), 0];
  const whole = await alternate(
    {
      async total() {
        const began = performance.now();
        const array = await ferry.decode(swapped, { dtype: ">f4" });
        const took = performance.now() - began;
        [swapped, kernel] = [bufferOf(array), array.stats.milliseconds.convert];
        return took;
      },
      kernel: () => kernel,
    },
    { runs: quick ? 7 : 25, warm: 2, signal },
  );
  row({ lane: "transfer", name: "decode, page to page", dtype: ">f4", bytes: nbytes, unit: "ms", ...whole.total });
  row({ lane: "transfer", name: "decode, in the kernels", dtype: ">f4", bytes: nbytes, unit: "ms", ...whole.kernel });
  ratio("roundtrip_overhead", whole.total.median / whole.kernel.median);
}

/**
 * One array in a SharedArrayBuffer, swapped where it lies: by one worker, and by two.
 * @param {Pick<Context, "signal" | "size" | "runs" | "row" | "ratio" | "note">} context
 */
async function halves({ signal, size, runs, row, ratio, note }) {
  if (!("SharedArrayBuffer" in globalThis)) return note("transfer: two workers need a SharedArrayBuffer");
  const nbytes = size(64);
  const shared = new SharedArrayBuffer(nbytes);
  new Uint8Array(shared).set(new Uint8Array(numbers("float32", nbytes)));
  const [one, two] = [1, 2].map((workers) => new Ferry({ workers }));
  /** @param {Ferry} ferry */
  const job = (ferry) => () => time(() => ferry.decode(shared, { dtype: ">f4", into: shared }));
  try {
    const taken = await alternate(
      { "shared, one worker": job(one), "shared, two workers": job(two) },
      { runs: 2 * runs, warm: 2, signal },
    );
    for (const [name, ms] of Object.entries(taken)) row({ lane: "transfer", name, dtype: ">f4", bytes: nbytes, unit: "ms", ...ms });
    ratio("two_workers", taken["shared, one worker"].median / taken["shared, two workers"].median);
  } finally {
    for (const ferry of [one, two]) ferry.close();
  }
}

/** Widening, into memory that was used before and into memory that was not. @param {Pick<Context, "signal" | "size" | "runs" | "row" | "ratio">} context */
async function recycling({ signal, size, runs, row, ratio }) {
  const nbytes = size(64);
  const template = new Uint8Array(numbers("float32", nbytes));
  const [giving, keeping] = [new Ferry({ workers: 1 }), new Ferry({ workers: 1 })];
  /** @type {(ferry: Ferry, recycle: boolean) => Side} */
  const side = (ferry, recycle) => async () => {
    const array = await ferry.decode(template.slice().buffer, { dtype: ">f4", to: "float64" });
    if (recycle) ferry.recycle(array);
    return array.stats.milliseconds.convert;
  };
  try {
    const taken = await alternate({ recycled: side(giving, true), fresh: side(keeping, false) }, { runs, warm: 2, signal });
    for (const [name, ms] of Object.entries(taken)) row({ lane: "transfer", name: `widening into ${name} memory`, dtype: ">f4", to: "float64", bytes: nbytes, unit: "ms", ...ms });
    ratio("recycled_vs_fresh", taken.fresh.median / taken.recycled.median);
  } finally {
    giving.close();
    keeping.close();
  }
}

/** The longest pause of the page while a large array is decoded. @param {Context} context */
export async function jank({ quick, signal, size, row, ratio, progress }) {
  const nbytes = size(256);
  const ferry = new Ferry({ workers: 1 });
  let buffer = numbers("float32", nbytes);
  const loop = await loopOnPage(numbers("float32", Math.min(nbytes, size(1))));
  try {
    // An idle page is watched for as long as a decode takes.
    await ferry.ready();
    buffer = bufferOf(await ferry.decode(buffer, { dtype: ">f4" }));
    let span = 0;
    const taken = await alternate(
      {
        byteferry: () =>
          longestGap(async () => {
            const array = await ferry.decode(buffer, { dtype: ">f4" });
            buffer = bufferOf(array);
            span = array.stats.milliseconds.total;
          }),
        "idle page": () => longestGap(() => new Promise((resolve) => setTimeout(resolve, span))),
        "loop on the page": () => longestGap(async () => loop(buffer)),
      },
      { runs: quick ? 5 : 11, warm: 1, signal },
    );
    for (const [name, ms] of Object.entries(taken)) row({ lane: "jank", name, dtype: ">f4", bytes: nbytes, unit: "ms", ...ms });
    ratio("jank_ms", Math.max(0, taken.byteferry.median - taken["idle page"].median));
    progress(0.7);

    // Half a gigabyte, once: what its memory has grown to then, it keeps.
    const { stats } = await ferry.decode(new ArrayBuffer(size(512)), { dtype: ">f4" });
    ratio("wasm_memory_mib", stats.wasmMemory / 2 ** 20);
  } finally {
    ferry.close();
  }
}

/**
 * The longest time in which the page could not do anything else, while `work` is done.
 * @param {() => Promise<void>} work
 */
async function longestGap(work) {
  const { port1, port2 } = new MessageChannel();
  let [longest, last, running] = [0, performance.now(), true];
  port1.onmessage = () => {
    const now = performance.now();
    [longest, last] = [Math.max(longest, now - last), now];
    if (running) port2.postMessage(0);
  };
  port2.postMessage(0);
  // It beats before the work begins, and once more when it has ended.
  await new Promise((resolve) => setTimeout(resolve, 20));
  [longest, last] = [0, performance.now()];
  await work();
  await new Promise((resolve) => setTimeout(resolve, 5));
  running = false;
  port1.close();
  return longest;
}

/** A large array from the server. @param {Context} context */
export async function fetching({ bench, quick, signal, size, runs, row, ratio, note }) {
  const bytes = size(128);
  const url = new URL(`../zeros/${bytes}.npy?dtype=%3Ef4`, import.meta.url).href;
  const there = await fetch(url.replace(/zeros\/\d+/, "zeros/4"), { signal }).then(({ ok }) => ok, () => false);
  if (!there) return note("fetch: this server has no arrays of any size; `cargo xtask demo` serves some");
  const ferry = new Ferry({ workers: 1 });
  try {
    const taken = await alternate(
      { "ferry.fetch": () => time(() => ferry.fetch(url)), "fetch().arrayBuffer() in a worker": () => time(() => bench.ask("fetch", { url })) },
      { runs: quick ? 5 : runs, signal },
    );
    for (const [name, ms] of Object.entries(taken)) row({ lane: "fetch", name, dtype: ">f4", bytes, unit: "ms", ...ms });
    ratio("fetch_vs_fetch", taken["ferry.fetch"].median / taken["fetch().arrayBuffer() in a worker"].median);
  } finally {
    ferry.close();
  }
}

/** From nothing to ready, and to a first result. @param {Context} context */
export async function start({ quick, signal, row, ratio }) {
  /** @type {(first: (ferry: Ferry) => Promise<unknown>) => Side} */
  const side = (first) => async () => {
    const began = performance.now();
    const ferry = new Ferry({ workers: 1 });
    await first(ferry);
    const took = performance.now() - began;
    ferry.close();
    return took;
  };
  const taken = await alternate(
    { "to ready": side((ferry) => ferry.ready()), "to the first result": side((ferry) => ferry.decode(new ArrayBuffer(1024), { dtype: ">f4" })) },
    { runs: quick ? 9 : 25, warm: 2, signal },
  );
  for (const [name, ms] of Object.entries(taken)) row({ lane: "start", name, dtype: ">f4", bytes: 1024, unit: "ms", ...ms });
  ratio("ready_ms", taken["to ready"].median);
}

/** Packages that read .npy, where they can read the file at all. @param {Context} context */
export async function files({ signal, size, runs, row, note }) {
  const others = await readers().catch((error) => (note(`files: ${error}`), undefined));
  if (!others) return;
  const nbytes = size(64);
  const ferry = new Ferry({ workers: 1 });
  try {
    for (const dtype of ["<f4", ">f4", "<f2"]) {
      let file = npy(dtype, nbytes);
      /** @type {any} */
      let array;
      /** @type {Record<string, Side>} */
      const sides = {
        async byteferry() {
          const took = await time(async () => void (array = await ferry.decode(file)));
          // What was converted is no such file any more.
          file = array.stats.plan === "view" ? bufferOf(array) : npy(dtype, nbytes);
          return took;
        },
      };
      for (const [name, read] of [["npyjs", (/** @type {ArrayBuffer} */ buffer) => others.npyjs(buffer)], ["numpy-parser", others.numpyParser]]) {
        // From a copy of a few numbers: right, wrong, or refused.
        const problem = await reads(read, dtype);
        if (problem) note(`files: ${name} reads no ${dtype}: ${problem}`);
        else {
          const own = npy(dtype, nbytes);
          sides[name] = () => time(async () => read(own));
        }
      }
      const taken = await alternate(sides, { runs, signal, budget: 5000 });
      for (const [name, ms] of Object.entries(taken)) row({ lane: "files", name, dtype, bytes: nbytes, unit: "ms", ...ms });
    }
  } finally {
    ferry.close();
  }
}

/**
 * Whether a package reads a file, or why not.
 * @param {(buffer: ArrayBuffer) => any} read
 * @param {string} dtype
 */
async function reads(read, dtype) {
  const file = npy(dtype, 8);
  const view = new DataView(file);
  const little = dtype[0] === "<";
  if (dtype.endsWith("f2")) for (let i = 0; i < 4; i++) view.setUint16(128 + 2 * i, 0x3e00, little);
  else for (let i = 0; i < 2; i++) view.setFloat32(128 + 4 * i, 1.5, little);
  try {
    const { data } = await read(file);
    return data[0] === 1.5 && data[1] === 1.5 ? "" : `it makes ${data[0]} of 1.5`;
  } catch (error) {
    return String(error);
  }
}

/** The memory of an array. @param {import("../dist/byteferry.js").NdArray<any>} array @returns {ArrayBuffer} */
const bufferOf = (array) => array.data.buffer;

/**
 * An .npy file with a header of 128 bytes. Its numbers are written, so that their memory is there.
 * @param {string} dtype
 * @param {number} nbytes
 */
function npy(dtype, nbytes) {
  const dict = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${nbytes / Number(dtype.at(-1))},), }`;
  const header = `\x93NUMPY\x01\x00\x76\x00${dict.padEnd(117)}\n`;
  const file = new Uint8Array(128 + nbytes).fill(0x3c);
  for (let i = 0; i < 128; i++) file[i] = header.charCodeAt(i);
  return file.buffer;
}

/** The quickest of the loops for 4 bytes, in this engine. @param {ArrayBuffer} buffer @returns {Promise<(buffer: ArrayBuffer) => void>} */
async function loopOnPage(buffer) {
  const part = buffer.slice(0, 2 ** 20);
  const loops = Object.values(SWAPS[4]);
  const taken = await alternate(Object.fromEntries(loops.map((loop, i) => [i, () => time(async () => loop(part), 4)])), { runs: 5, warm: 5 });
  const order = Object.keys(taken).sort((a, b) => taken[a].median - taken[b].median);
  return loops[Number(order[0])];
}

/** Workers of gloo-worker's that send back what they are sent, by either codec. */
async function glooEchoes() {
  const { Bytes, Handles } = await copyingWasm();
  const loader = (/** @type {string} */ which) => String(new URL(`./gloo-worker.js?${which}`, import.meta.url));
  /** @type {(answer: any) => void} */
  let settle = () => {};
  const answered = (/** @type {any} */ answer) => settle(answer);
  const [bytes, handles] = [new Bytes(loader("bytes"), answered), new Handles(loader("handles"), answered)];
  const next = (/** @type {() => void} */ send) => new Promise((resolve) => ((settle = resolve), send()));
  return {
    /** Bytes that lie in the app's own memory, as a Rust app's do. @param {number} nbytes */
    bincode: async (nbytes) => {
      bytes.fill(nbytes);
      return () => next(() => bytes.send());
    },
    /** @param {ArrayBuffer} buffer @returns {Promise<ArrayBuffer>} */
    handles: async (buffer) => /** @type {any} */ (await next(() => handles.send(buffer))),
    end() {
      bytes.free();
      handles.free();
    },
  };
}
