// .npz archives and runs of frames: those that npz/make.py wrote, and some put together by hand.
import { checkArchive } from "./cases.js";
import { equal, equalBytes, ferryOf, npy, ok, rejection, write } from "./support.js";

const cases = await (await fetch("../npz/cases.json")).json();

describe("an archive that NumPy or its like wrote", () => {
  const ferry = ferryOf();
  ok(cases.length > 0, "no archive at all");

  for (const one of cases) {
    const { file, options, error, names } = one;
    it(`${file}${options ? ` ${JSON.stringify(options)}` : ""}: ${error ?? `${Object.keys(names).length} arrays`}`, async () => {
      await checkArchive(ferry, one, new Uint8Array(await (await fetch(`../npz/${encodeURIComponent(file)}`)).arrayBuffer()));
    });
  }
});

describe("an archive made by hand", () => {
  const ferry = ferryOf();
  const one = npy("'>f4'", "(2, 2)", write("Float32", [1, 2, 3, 4]));
  const two = npy("'<i2'", "(3,)", write("Int16", [5, 6, 7], true));
  const both = () => zip([["one.npy", one], ["sub/two.npy", two]]);

  it("gives each array by its name, the file's ending gone, folders kept", async () => {
    const arrays = await ferry.decodeAll(both());
    equal(Object.entries(arrays).map(([name, { data, shape }]) => [name, [...data], shape]), [["one", [1, 2, 3, 4], [2, 2]], ["sub/two", [5, 6, 7], [3]]]);
  });

  it("that comes as a Response or a stream is read as one that is here", async () => {
    const expected = { one: [1, 2, 3, 4], "sub/two": [5, 6, 7] };
    for (const coming of [() => new Response(both()), () => new Response(both()).body]) {
      const arrays = await ferry.decodeAll(coming());
      equal(Object.fromEntries(Object.entries(arrays).map(([name, { data }]) => [name, [...data]])), expected);
      equal((await ferry.list(coming())).map(({ name }) => name), ["one", "sub/two"]);
    }
    await rejection(ferry.decodeAll(await fetch("/status/404")), "http");
    await rejection(ferry.decodeAll(await fetch("/cut")), "network");
    const controller = new AbortController();
    const endless = new ReadableStream({ pull: () => new Promise(() => {}) });
    const pending = ferry.decodeAll(endless, { signal: controller.signal });
    controller.abort("enough");
    equal(await pending.catch((reason) => reason), "enough");
  });

  it("tells how far it is: of what comes, or of what its members take", async () => {
    const length = both().byteLength;
    const members = 2 * 30 + one.byteLength + two.byteLength;
    const inputs = [[() => new Response(both()), length], [() => new Response(both()).body, length], [() => new Blob([both()]), members], [both, members]];
    for (const [input, nbytes] of inputs) {
      const heard = [];
      await ferry.decodeAll(input(), { onProgress: (progress) => heard.push(progress) });
      equal(heard.at(-1), { loaded: nbytes, total: nbytes, phase: "data" });
      equal(heard.filter(({ total, loaded }) => loaded === total).length, 1, "how often the end was told");
    }
    const heard = [];
    await ferry.list(new Response(both()), { onProgress: ({ loaded }) => heard.push(loaded) });
    equal(heard.at(-1), length);
    const picked = [];
    await ferry.decodeAll(new Blob([both()]), { names: ["sub/two"], onProgress: ({ loaded, total }) => picked.push([loaded, total]) });
    equal(picked.at(-1), [30 + two.byteLength, 30 + two.byteLength]);
  });

  it("crosses to the worker in one message, and all of its arrays back in one", async () => {
    const messages = [];
    const createWorker = (script) => {
      const worker = new Worker(new URL(`../dist/${script}`, import.meta.url));
      const post = worker.postMessage.bind(worker);
      worker.postMessage = (message, transfer) => {
        messages.push(["there", transfer.length]);
        post(message, transfer);
      };
      worker.addEventListener("message", ({ data }) => data.ready || messages.push(["back", data.arrays.length]));
      return worker;
    };
    const arrays = await ferryOf({ workers: 1, createWorker }).decodeAll(both());
    equal(messages, [["there", 1], ["back", 2]]);
    // Each lies in memory of its own: that of its .npy.
    equal(Object.values(arrays).map(({ data }) => data.buffer.byteLength), [one.byteLength, two.byteLength]);
  });

  it("lists names and sizes from the directory alone: nothing else needs to be right", async () => {
    const whole = both();
    const listed = (input) => ferry.list(input).then((members) => members.map(({ name, nbytes, compressed }) => [name, nbytes, compressed]));
    const expected = [["one", one.byteLength, one.byteLength], ["sub/two", two.byteLength, two.byteLength]];
    const names = (await ferry.list(whole.slice(0))).map(({ name }) => name.replace(/\.npy$/, ""));
    equal(names, ["one", "sub/two"]);
    const directory = new DataView(whole).getUint32(whole.byteLength - 6, true);
    const gone = whole.slice(0);
    new Uint8Array(gone, 0, directory).fill(0);
    const [there, alone] = [await listed(whole.slice(0)), await listed(new Blob([gone]))];
    equal(there.map(([, nbytes]) => nbytes), expected.map(([, nbytes]) => nbytes), "sizes");
    equal(alone, there, "what is listed without the members");
  });

  it("decodes only the names asked for", async () => {
    const broken = new Uint8Array(both());
    broken[60] ^= 1;
    equal(Object.keys(await ferry.decodeAll(broken, { names: ["sub/two"] })), ["sub/two"]);
    const error = await rejection(ferry.decodeAll(broken), "checksum|bad-header|bad-magic|truncated");
    ok(error.message.includes("one"), `${error.message} does not name the member`);
    await rejection(ferry.decodeAll(both(), { names: ["nowhere"] }), "bad-argument");
  });

  it("passes the other options on to every array", async () => {
    const arrays = await ferry.decodeAll(both(), { to: "float64" });
    equal(Object.values(arrays).map(({ dtype }) => dtype), ["float64", "float64"]);
    await rejection(ferry.decodeAll(both(), { to: "int8" }), "unsafe-cast");
  });

  it("stops at maxBytes, by what comes out", async () => {
    const zeros = npy("'|u1'", "(1000000,)", new ArrayBuffer(1e6));
    const bomb = zip([["a.npy", zeros, await deflate(zeros)]]);
    ok(bomb.byteLength < 10000, "it is small");
    equal((await ferry.decodeAll(bomb.slice(0))).a.size, 1e6);
    await rejection(ferry.decodeAll(bomb.slice(0), { maxBytes: 100000 }), "too-large");
    // It says that it has a thousand bytes only.
    const lies = zip([["a.npy", zeros, await deflate(zeros), 1000]]);
    for (const options of [{ maxBytes: 100000 }, {}]) {
      const error = await rejection(ferry.decodeAll(lies.slice(0), options), "too-large|bad-header|truncated|size-mismatch");
      ok(error.message.includes("a"), error.message);
    }
  });

  it("moves a whole buffer, leaves a view and a Blob, and gives back what it cannot read", async () => {
    const moved = both();
    await ferry.decodeAll(moved);
    equal(moved.byteLength, 0, "byteLength of what was handed over");
    const view = new Uint8Array(both());
    await ferry.decodeAll(view);
    equalBytes(view, both(), "the view");
    const cut = both().slice(0, -30);
    const bytes = cut.slice(0);
    equalBytes((await rejection(ferry.decodeAll(cut), "truncated|bad-header")).buffer, bytes, "the buffer that came back");
  });

  it("has no name twice, and names that JavaScript knows are only names", async () => {
    await rejection(ferry.decodeAll(zip([["a.npy", one], ["a.npy", two]])), "bad-header");
    const arrays = await ferry.decodeAll(zip([["__proto__.npy", one], ["constructor.npy", two], ["../../etc/a.npy", two]]));
    equal(Object.keys(arrays), ["__proto__", "constructor", "../../etc/a"]);
    equal([...Object.entries(arrays)[0][1].data], [1, 2, 3, 4]);
  });
});

describe("a run of frames", () => {
  const ferry = ferryOf();
  const frame = (numbers, name, sequence) => ferry.encode(Float32Array.from(numbers), { format: "frame", name, sequence, byteOrder: "big", checksum: true });

  it("becomes the arrays by their names", async () => {
    const run = joined([await frame([1, 2, 3], "a", 0), await frame([], "b", 1), await frame([4], "c", 2)]);
    const arrays = await ferry.decodeAll(run);
    equal(Object.entries(arrays).map(([name, { data }]) => [name, [...data]]), [["a", [1, 2, 3]], ["b", []], ["c", [4]]]);
  });

  it("loses none for its name", async () => {
    const run = joined([await frame([1], "1", 0), await frame([2], undefined, 1), await frame([3], "1", 2), await frame([4], "2_", 3)]);
    const arrays = await ferry.decodeAll(run.slice(0));
    equal(Object.entries(arrays).map(([name, { data }]) => [name, [...data]]), [["1", [1]], ["2", [3]], ["1_", [2]], ["2_", [4]]]);
    // Whatever the bytes are said to be.
    equal(Object.keys(await ferry.decodeAll(run, { format: "raw", dtype: ">f4", shape: [0] })).length, 4);
  });

  it("with one missing is a gap; cut, or with a bit turned, it is told", async () => {
    const [first, second, third] = [await frame([1, 2, 3], "a", 0), await frame([5], "b", 1), await frame([4], "c", 2)];
    await rejection(ferry.decodeAll(joined([first, third])), "gap");
    await rejection(ferry.decodeAll(joined([first, second]).slice(0, -1)), "truncated");
    const turned = new Uint8Array(joined([first, second, third]));
    turned[turned.length - 1] ^= 1;
    await rejection(ferry.decodeAll(turned), "checksum");
  });
});

/** Frames one behind the other, each at a multiple of 64. */
function joined(frames) {
  const starts = [0];
  for (const { byteLength } of frames) starts.push(Math.ceil((starts.at(-1) + byteLength) / 64) * 64);
  const out = new Uint8Array(starts.at(-2) + frames.at(-1).byteLength);
  frames.forEach((frame, i) => out.set(new Uint8Array(frame), starts[i]));
  return out.buffer;
}

async function deflate(buffer) {
  return new Response(new Blob([buffer]).stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer();
}

/** A zip archive of [name, bytes, deflated?, size as told?]. */
function zip(members) {
  const [local, central] = [[], []];
  let at = 0;
  for (const [name, bytes, deflated, told = bytes.byteLength] of members) {
    const stored = deflated ?? bytes;
    const label = new TextEncoder().encode(name);
    const head = new Uint8Array(26);
    const view = new DataView(head.buffer);
    view.setUint16(0, 20, true);
    view.setUint16(4, deflated ? 8 : 0, true);
    view.setUint32(10, crc32(new Uint8Array(bytes)), true);
    view.setUint32(14, stored.byteLength, true);
    view.setUint32(18, told, true);
    view.setUint16(22, label.length, true);
    const more = new Uint8Array(14);
    new DataView(more.buffer).setUint32(10, at, true);
    const parts = [Uint8Array.of(0x50, 0x4b, 3, 4), head, label, new Uint8Array(stored)];
    local.push(...parts);
    central.push(Uint8Array.of(0x50, 0x4b, 1, 2, 20, 0), head, more, label);
    at += parts.reduce((sum, { length }) => sum + length, 0);
  }
  const end = new Uint8Array(22);
  const view = new DataView(end.buffer);
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, members.length, true);
  view.setUint16(10, members.length, true);
  view.setUint32(12, central.reduce((sum, { length }) => sum + length, 0), true);
  view.setUint32(16, at, true);
  const parts = [...local, ...central, end];
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((start, part) => (out.set(part, start), start + part.length), 0);
  return out.buffer;
}

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
