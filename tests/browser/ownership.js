// Whose memory it is, for every kind of memory there is; and what cannot be sent at all.
import { equal, equalBytes, ferryOf, ok, rejection, settled, write } from "./support.js";

const four = write("Float32", [1, 2, 3, 4]);
const big = { dtype: ">f4" };

describe("ownership", () => {
  const ferry = ferryOf();

  it("a same-width swap gives the same bytes of memory back, with every one of them", async () => {
    for (const bytes of [4, 64, 4096, 4 * 100003]) {
      const buffer = new ArrayBuffer(bytes);
      const { data, stats } = await ferry.decode(buffer, big);
      equal([buffer.byteLength, data.buffer.byteLength, stats.allocated, stats.plan], [0, bytes, 0, "in-place"], `${bytes} bytes`);
    }
  });

  it("keeps the account of what it allocated: nothing, or the result", async () => {
    for (const [options, plan, allocated] of [
      [{ dtype: "<f4" }, "view", 0],
      [{ dtype: ">f4" }, "in-place", 0],
      [{ dtype: ">i4", to: "float32", casting: "unsafe" }, "in-place", 0],
      [{ dtype: ">f4", to: "float64" }, "into", 800],
      [{ dtype: ">f4", to: "int8", casting: "unsafe" }, "into", 100],
    ]) {
      const { stats } = await ferry.decode(new ArrayBuffer(400), options);
      equal([stats.plan, stats.allocated], [plan, allocated], JSON.stringify(options));
    }
  });

  it("takes no part of a view's buffer but the view's own", async () => {
    const whole = new Uint8Array(1000).fill(9);
    whole.set(new Uint8Array(four), 13);
    const { data, stats } = await ferry.decode(whole.subarray(13, 29), big);
    equal([[...data], data.buffer.byteLength, stats.allocated], [[1, 2, 3, 4], 16, 0]);
    equal(whole.byteLength, 1000, "byteLength of the view");
  });

  it("gives a view's whole buffer back when a moved view is refused", async () => {
    const whole = new Uint8Array(100).fill(9);
    const error = await rejection(ferry.decode(whole.subarray(10, 25), { ...big, transfer: true }), "size-mismatch");
    equalBytes(error.buffer, new Uint8Array(100).fill(9), "the buffer that came back");
    equal(whole.byteLength, 0, "byteLength of the view");
  });

  it("gives no buffer back that it never took", async () => {
    const bytes = new Uint8Array(15).fill(9);
    for (const input of [bytes, new Blob([bytes]), new DataView(bytes.buffer)]) {
      equal((await rejection(ferry.decode(input, big), "size-mismatch")).buffer, undefined);
    }
    equalBytes((await rejection(ferry.decode(bytes.buffer, { ...big, transfer: false }), "size-mismatch")).buffer ?? bytes, bytes);
    equalBytes(bytes, new Uint8Array(15).fill(9), "the bytes");
  });

  it("takes what is another window's", async () => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    const { ArrayBuffer, Uint8Array, Blob, Response } = frame.contentWindow;
    const bytes = () => new Uint8Array(four.slice());
    try {
      for (const make of [() => bytes().buffer, bytes, () => new Blob([bytes()]), () => new Response(bytes()), () => new Response(bytes()).body]) {
        const input = make();
        const { data, stats } = await settled(ferry.decode(input, big));
        equal([...data], [1, 2, 3, 4], `of a ${input.constructor.name}`);
        if (input instanceof ArrayBuffer) equal([input.byteLength, stats.allocated], [0, 0]);
      }
    } finally {
      frame.remove();
    }
  });

  it("takes a resizable buffer, and a view that follows its length", async () => {
    const buffer = new ArrayBuffer(16, { maxByteLength: 64 });
    new Uint8Array(buffer).set(new Uint8Array(four));
    const follower = new Uint8Array(buffer, 4);
    equal([...(await ferry.decode(follower, big)).data], [2, 3, 4]);
    const { data } = await ferry.decode(buffer, big);
    equal([[...data], buffer.byteLength], [[1, 2, 3, 4], 0]);
  });

  it("shares nothing with shared memory", async () => {
    for (const [dtype, little] of [[">f4", false], ["<f4", true]]) {
      const shared = new Uint8Array(new SharedArrayBuffer(16));
      shared.set(new Uint8Array(write("Float32", [1, 2, 3, 4], little)));
      const before = shared.slice();
      const { data } = await ferry.decode(shared.buffer, { dtype });
      equal([...data], [1, 2, 3, 4], dtype);
      equalBytes(shared, before, "the shared bytes");
      if (data.buffer instanceof ArrayBuffer) data.fill(0);
      equalBytes(shared, before, "the shared bytes, the result written");
    }
  });

  it("refuses wasm memory, which cannot be moved, and leaves it as it was; a view of it works", async () => {
    for (const one of [ferry, ferryOf()]) {
      const memory = new WebAssembly.Memory({ initial: 1 });
      new Uint8Array(memory.buffer).set(new Uint8Array(four));
      await rejection(one.decode(memory.buffer, { ...big, shape: [4] }), "bad-argument");
      equal(memory.buffer.byteLength, 65536, "byteLength of wasm memory");
      equal([...(await one.decode(new Uint8Array(memory.buffer, 0, 16), big)).data], [1, 2, 3, 4]);
    }
  });

  it("refuses what is beyond the browser's limit before it moves", async function () {
    // Only Chromium has a limit below what can be allocated.
    if (!/Chrom(e|ium)\//.test(navigator.userAgent)) return this.skip();
    const buffer = new ArrayBuffer(2145386496 + 4);
    for (const one of [ferry, ferryOf()]) {
      const error = await rejection(one.decode(buffer, big), "too-large");
      equal([error.expected, error.actual, buffer.byteLength], [2145386496, 2145386500, 2145386500]);
      for (const array of [new Float32Array(buffer), { data: new Float32Array(buffer) }, { fields: { x: { data: new Float32Array(buffer) } } }]) {
        const sent = await rejection(one.encode(array), "too-large");
        equal([sent.expected, sent.actual], [2145386496, 2145386500]);
      }
      await rejection(one.send("/echo", new Float32Array(buffer)), "too-large");
    }
  });
});

describe("what cannot be sent", () => {
  const FORM = () => ({ method: "POST", body: new FormData() });
  for (const [state, warm] of [["before the worker runs", false], ["once it runs", true]]) {
    it(`an option that cannot be cloned, ${state}: bad-argument, and the others go on`, async () => {
      const ferry = ferryOf({ workers: 1 });
      if (warm) await ferry.ready();
      const before = ferry.decode(four.slice(0), big);
      const refused = ferry.decode(four.slice(0), { dtype: () => ">f4" });
      const after = ferry.decode(four.slice(0), big);
      const error = await rejection(refused, "bad-argument", 5000);
      equalBytes(error.buffer, four, "the buffer that came back");
      equal([...(await settled(before)).data, ...(await settled(after)).data], [1, 2, 3, 4, 1, 2, 3, 4]);
    });

    it(`a form as a request's body, ${state}: settles, and the others go on`, async () => {
      const ferry = ferryOf({ workers: 1 });
      if (warm) await ferry.ready();
      const refused = ferry.fetch("/echo", { ...FORM(), headers: { "X-Reply": "yes" }, dtype: "u1" });
      const after = ferry.decode(four.slice(0), big);
      await settled(refused.then(() => {}, (error) => equal(error.code, "bad-argument")));
      equal([...(await settled(after)).data], [1, 2, 3, 4]);
    });
  }

  it("a typed array's constructor as `to`: settles", async () => {
    const told = await settled(ferryOf().decode(four.slice(0), { ...big, to: Float64Array }).then((array) => array.dtype, (error) => error.code));
    ok(["float64", "bad-argument"].includes(told), told);
  });

  it("a shape that is no list is not taken for one", async () => {
    const ferry = ferryOf();
    equal((await ferry.decode(four.slice(0), { ...big, shape: new Uint32Array([2, 2]) })).shape, [2, 2], "shape of a typed array");
    equal((await ferry.decode(four.slice(0), { ...big, shape: [2n, 2] })).shape, [2, 2], "shape of a BigInt");
    for (const shape of [4, {}, "22", true, [[2, 2]], [-1], [null], [NaN]]) {
      equalBytes((await rejection(ferry.decode(four.slice(0), { ...big, shape }), "bad-argument")).buffer, four);
    }
  });

  it("an offset, order, casting or flag that is none", async () => {
    const ferry = ferryOf();
    for (const option of [{ offset: -1 }, { offset: 0.5 }, { offset: "4" }, { offset: NaN }, { order: "A" }, { order: 1 }, { casting: true }, { strict: "no" }, { checksum: 0 }, { format: 7 }, { to: 8 }, { dtype: 4 }, { dtype: "" }]) {
      const error = await rejection(ferry.decode(four.slice(0), { ...big, ...option }), "bad-argument|unsupported-dtype");
      equalBytes(error.buffer, four, JSON.stringify(option));
    }
  });

  it("options that are none", async () => {
    const ferry = ferryOf();
    for (const options of [null, 5, "npy"]) {
      const buffer = four.slice(0);
      const outcome = await settled(ferry.decode(buffer, options).then(() => "resolved", (error) => error.code ?? error.name));
      ok(["bad-argument", "TypeError", "bad-magic"].includes(outcome), `${options}: ${outcome}`);
    }
  });
});
