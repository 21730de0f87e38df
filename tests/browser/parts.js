// Parts of files: rows, members of archives, and only those bytes.
import { sameRows } from "./cases.js";
import { equal, equalBytes, ferryOf, npy, ok, rejection, servers, write } from "./support.js";

const told = await (await fetch("../parts/parts.json")).json();
const at = (file, query = "") => `/ranged/parts/${file}${query}`;
/** Bytes of a file that were sent since this was last asked, request by request. */
const asked = async (file) => (await fetch(`/asked/parts/${file}`)).json();
const nbytes = (requests) => requests.reduce((sum, [begin, end]) => sum + end - begin, 0);
/** As tests/parts/make.py writes it. */
const SPARSE = (6 * 2 ** 30) / 8;

describe("rows", () => {
  const ferry = ferryOf({ workers: 1 });

  for (const { file, options, slices } of told) {
    for (const [where, query] of [["by ranges", ""], ["from a server that has none", "?ranges=no"]]) {
      it(`of ${file} ${where}, as NumPy slices them`, async () => {
        for (const slice of slices) await sameRows(await ferry.fetch(at(file, query), { ...options, rows: slice.rows }), slice, file);
      });
    }
    it(`of ${file} in memory and in a Blob`, async () => {
      const bytes = await (await fetch(`../parts/${file}`)).arrayBuffer();
      for (const slice of slices) {
        await sameRows(await ferry.decode(bytes.slice(0), { ...options, rows: slice.rows }), slice, file);
        await sameRows(await ferry.decode(new Blob([bytes]), { ...options, rows: slice.rows }), slice, file);
      }
    });
    it(`of ${file} that was opened`, async () => {
      const { slices } = told.find((one) => one.file === file);
      const array = await ferry.open(at(file), options);
      const arrays = await Promise.all(slices.map(({ rows }) => array.rows(...rows)));
      for (const [index, slice] of slices.entries()) await sameRows(arrays[index], slice, file);
    });
  }

  it("cross the network alone", async () => {
    const url = at("grid.npy");
    await asked("grid.npy");
    await ferry.fetch(url, { rows: [50, 60] });
    const requests = await asked("grid.npy");
    equal([requests.length, nbytes(requests.slice(1))], [2, 10 * 1200], "requests, and bytes of the second");
    ok(nbytes(requests) <= 10 * 1200 + 4096, `${nbytes(requests)} bytes in all`);
    await ferry.fetch(url, { rows: [0, 2] });
    equal((await asked("grid.npy")).length, 1, "what came with the header is not asked for again");
  });

  it("of an opened array are joined where they are neighbours, and not where they are far apart", async () => {
    const array = await ferry.open(at("grid.npy"));
    equal([array.shape, array.dtype, array.byteOrder, array.nbytes, array.source.format], [[100, 300], "float32", "big", 120000, "npy"]);
    await asked("grid.npy");
    const [a, b, c] = await Promise.all([array.rows(10, 20), array.rows(20, 30), array.rows(15, 22)]);
    equal([a.data[0], b.data[0], c.data[0]], [10000, 20000, 15000]);
    equal(await asked("grid.npy"), [[128 + 10 * 1200, 128 + 30 * 1200]], "one request");
    const [d, e] = await Promise.all([array.rows(10, 11), array.rows(99, 100)]);
    equal([d.data[299], e.data[299]], [10299, 99299]);
    equal((await asked("grid.npy")).length, 2, "two requests");
  });

  it("far behind the header cross the network alone, text as well", async () => {
    for (const [file, itemsize] of [["words.npy", 24], ["texts.npy", 27], ["planes.npy", 8]]) {
      await asked(file);
      const { size } = await ferry.fetch(at(file), { rows: [1500, 1510], complex: "planes" });
      const requests = await asked(file);
      equal([size, nbytes(requests.slice(1))], [10, 10 * itemsize], file);
    }
  });

  it("tell how far they are: of what comes, not of what is skipped", async () => {
    for (const [file, rows, nbytes] of [["grid.npy", [60, 100], 40 * 1200], ["words.npy", [1500, 1510], 10 * 24]]) {
      const heard = [];
      await ferry.fetch(at(file), { rows, onProgress: (progress) => heard.push(progress) });
      equal(heard.at(-1), { loaded: 4096 + nbytes, total: 4096 + nbytes, phase: "data" }, file);
      heard.reduce((before, now) => (ok(now.loaded >= before.loaded && now.total === before.total, `${file} went back`), now));
    }
    const heard = [];
    await ferry.fetch(at("grid.npy"), { rows: [0, 2], onProgress: ({ loaded, total }) => heard.push([loaded, total]) });
    equal(heard, [[4096, 4096]], "what came with the header");
  });

  it("of a Blob: no other bytes of it are read", async () => {
    const blob = await (await fetch("../parts/grid.npy")).blob();
    const heard = [];
    const { shape, data } = await ferry.decode(blob, { rows: [60, 100], onProgress: (progress) => heard.push(progress) });
    equal([shape, data[0], data[11999]], [[40, 300], 60000, 99299]);
    equal(heard.at(-1), { loaded: 4096 + 40 * 1200, total: 4096 + 40 * 1200, phase: "data" });
    await rejection(ferry.decode(new Blob(), { rows: [0, 1] }), "truncated");
    await rejection(ferry.decode(new Blob(["no array at all"]), { rows: [0, 1] }), "bad-magic|truncated");
  });

  it("of a Blob whose first bytes don't tell what long doubles are", async () => {
    const numbers = [1, -2.5, 1e300, 0].map((number) => [number, 1]);
    const padded = new Blob([await ferry.encode({ data: new Float64Array(numbers.flat()), shape: [4, 2] }, { dtype: "<f16" })]);
    const { data } = await ferry.decode(padded, { rows: [1, 3], to: "float64", casting: "unsafe" });
    equal([...data], [-2.5, 1, 1e300, 1]);
  });

  it("leave nothing behind that listens to their signal", async () => {
    const { signal, ...controller } = new AbortController();
    const listening = [];
    signal.addEventListener = (type, listener, options) => {
      listening.push(options?.signal);
      AbortSignal.prototype.addEventListener.call(signal, type, listener, options);
    };
    const array = await ferry.open(at("grid.npy"));
    for (let row = 0; row < 5; row++) equal((await array.rows(row, row + 1, { signal })).data[0], row * 1000);
    equal(listening.map((over) => over?.aborted), [true, true, true, true, true]);
  });

  it("of those that are asked for at once, each may be aborted by itself", async () => {
    const array = await ferry.open(at("grid.npy"));
    const [early, late] = [new AbortController(), new AbortController()];
    const jobs = [array.rows(0, 1, { signal: early.signal }), array.rows(50, 51), array.rows(60, 61, { signal: late.signal })];
    const outcomes = Promise.allSettled(jobs);
    early.abort(new Error("early"));
    setTimeout(() => late.abort(new Error("late")));
    const [first, second, third] = await outcomes;
    equal([String(first.reason), second.value?.data[0]], ["Error: early", 50000]);
    ok(third.value?.data[0] === 60000 || String(third.reason) === "Error: late", `${third.reason}`);
    const all = new AbortController();
    const both = Promise.allSettled([array.rows(0, 1, { signal: all.signal }), array.rows(1, 2, { signal: all.signal })]);
    all.abort("enough");
    equal((await both).map(({ reason }) => reason), ["enough", "enough"]);
  });

  it("are asked for again where the server failed, and nothing else is", async () => {
    await asked("grid.npy");
    const array = await ferry.fetch(at("grid.npy", `?fail=${Math.random()}`), { rows: [50, 60], retries: 2 });
    equal([array.shape, array.data[0]], [[10, 300], 50000]);
    ok(nbytes(await asked("grid.npy")) <= 2 * 4096 + 10 * 1200, "more than the header, twice, and the rows");
  });

  it("are found behind an offset", async () => {
    const { source, shape } = await ferry.open(at("behind.bin"), { offset: 5000 });
    equal([source, shape], [{ format: "npy", dtype: ">i4", offset: 5128 }, [3000]]);
    equal([...(await ferry.fetch(at("behind.bin"), { offset: 5000, rows: [-2] })).data], [2998, 2999]);
  });

  it("of a file that ends within its header: truncated, though nobody says how long it is", async () => {
    for (const query of ["", "?bytes=0"]) {
      await rejection(ferry.open(`/beginning${query}`), "truncated");
      await rejection(ferry.fetch(`/beginning${query}`, { rows: [0, 1] }), "truncated");
    }
  });

  it("of a cut file: those that are not there are truncated, none are none", async () => {
    const cut = (await (await fetch("../parts/line.npy")).arrayBuffer()).slice(0, 528);
    for (const input of [() => cut.slice(0), () => new Blob([cut])]) {
      for (const to of [undefined, "float32"]) {
        equal((await ferry.decode(input(), { rows: [90, 90], to, casting: "unsafe" })).shape, [0]);
        equal((await ferry.decode(input(), { rows: [200], to, casting: "unsafe" })).shape, [0]);
        await rejection(ferry.decode(input(), { rows: [90, 95], to, casting: "unsafe" }), "truncated");
      }
    }
  });

  it("take the other options, too", async () => {
    const array = await ferry.fetch(at("grid.npy"), { rows: [-1], to: "int32", casting: "exact" });
    equal([array.dtype, [...array.data.subarray(0, 3)], array.trailing], ["int32", [99000, 99001, 99002], 0]);
  });

  it("in Fortran order, or of no axis: bad-argument", async () => {
    for (const file of ["fortran.npy", "scalar.npy"]) await rejection(ferry.fetch(at(file), { rows: [0, 1] }), "bad-argument");
    const array = await ferry.open(at("fortran.npy"));
    equal([array.order, array.shape], ["F", [3, 4]]);
    await rejection(array.rows(0, 1), "bad-argument");
    equal([...(await ferry.fetch(at("fortran.npy"))).data], [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
  });

  it("that are none: bad-argument", async () => {
    for (const rows of [3, "0:3", [0, 1, 2], [0.5], ["a"]]) await rejection(ferry.fetch(at("grid.npy"), { rows }), "bad-argument");
  });

  it("of a file that changes meanwhile: http, and never parts of two", async () => {
    await rejection(ferry.fetch(at("grid.npy", "?version=changing"), { rows: [50, 60] }), "http");
    const array = await ferry.open(at("grid.npy", "?version=changing"));
    await rejection(array.rows(50, 60), "http");
  });

  it("beyond 2^32 bytes, of a file that is not read", async () => {
    const array = await ferry.open(at("sparse.npy"));
    equal([array.size, array.nbytes], [SPARSE, 8 * SPARSE]);
    await asked("sparse.npy");
    const [last, middle, first] = await Promise.all([array.rows(-3), array.rows(2 ** 29 - 1, 2 ** 29 + 2), array.rows(0, 2)]);
    equal([...last.data], [0, SPARSE - 2 + 0.25, SPARSE - 1 + 0.25]);
    equal([...middle.data], [2 ** 29 - 0.75, 2 ** 29 + 0.25, 2 ** 29 + 1.25]);
    equal([...first.data], [0.25, 0]);
    equal(nbytes(await asked("sparse.npy")), 6 * 8, "bytes that were sent, but for the first rows, which came with the header");
    equal([...(await ferry.fetch(at("sparse.npy"), { rows: [-1] })).data], [SPARSE - 0.75]);
    equal([...(await ferry.fetch(`${servers.serve}zeros/${2 ** 33}.npy`, { rows: [-2] })).data], [0, 0], "of the embedded server");
  });

  it("an abort stops what nobody waits for", async () => {
    const array = await ferry.open(at("sparse.npy"));
    await rejection(array.rows(0, 1, { to: "float64" }), "bad-argument");
    const controller = new AbortController();
    const all = array.rows(0, 2 ** 27, controller);
    setTimeout(() => controller.abort(), 100);
    await all.then(() => ok(false, "resolved"), ({ name }) => equal(name, "AbortError"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    ok(nbytes(await asked("sparse.npy")) < 2 ** 29, "the download went on");
  });
});

describe("a Blob that was opened", () => {
  const ferry = ferryOf({ workers: 1 });

  it("is read by its rows", async () => {
    for (const { file, options, slices } of told) {
      const array = await ferry.open(await (await fetch(`../parts/${file}`)).blob(), options);
      const arrays = await Promise.all(slices.map(({ rows }) => array.rows(...rows)));
      for (const [index, slice] of slices.entries()) await sameRows(arrays[index], slice, file);
    }
  });

  it("is read by its members, be they stored or deflated", async () => {
    for (const file of ["stored.npz", "deflated.npz"]) {
      const archive = await ferry.open(new File([await (await fetch(`../parts/${file}`)).blob()], file));
      equal(archive.members.map(({ name }) => name).slice(0, 2), ["small", "large"], file);
      const { data } = await archive.get("large", { rows: [-500001, 1000] });
      equal([data.length, data[999]], [1000, 999], file);
      await rejection(archive.get("none"), "bad-argument");
    }
  });

  it("may be larger than memory: no more of it is read than is asked for", async () => {
    // Zeros, a megabyte that is there six thousand times, and two numbers.
    const count = 6 * 2 ** 27 + 2;
    const zeros = new Blob([new Uint8Array(2 ** 20)]);
    const blob = new Blob([npy("'>f8'", `(${count},)`, new ArrayBuffer(0)), ...Array(6 * 2 ** 10).fill(zeros), write("Float64", [1.5, -2])]);
    equal(blob.size, 128 + count * 8);
    const array = await ferry.open(blob);
    equal([array.size, array.byteOrder], [count, "big"]);
    const [last, first] = await Promise.all([array.rows(-3), array.rows(0, 1)]);
    equal([[...last.data], [...first.data]], [[0, 1.5, -2], [0]]);
    equal([...(await ferry.decode(blob, { rows: [-1] })).data], [-2]);
  });

  it("is no array, or is none whose rows can be told: an error by code", async () => {
    await rejection(ferry.open(new Blob()), "truncated");
    await rejection(ferry.open(new Blob(["a,b\n1,2\n".repeat(99)])), "bad-magic");
    await rejection(ferry.open(new Blob([new Uint8Array(16)]), { dtype: "<f16", format: "raw" }), "bad-argument");
  });
});

describe("what is larger than this browser moves", () => {
  const ferry = ferryOf({ workers: 1 });
  it("is refused by its header, and by a way out", async function () {
    if (!/Chrom/.test(navigator.userAgent)) return this.skip();
    const error = await rejection(ferry.fetch(`${servers.serve}zeros/${2 ** 32}.npy`), "too-large");
    equal([error.actual, error.expected], [2 ** 32, 2145386496]);
    ok(/rows/.test(error.message), error.message);
  });
});

describe("an .npz by its parts", () => {
  const ferry = ferryOf({ workers: 1 });

  it("only its directory, and then only a member", async () => {
    await asked("stored.npz");
    const archive = await ferry.open(at("stored.npz"));
    equal(archive.members.map(({ name, nbytes }) => [name, nbytes]), [["small", 148], ["large", 4000128], ["grid", 176]]);
    ok(nbytes(await asked("stored.npz")) < 80000, "bytes for the directory");
    const small = await archive.get("small");
    equal([[...small.data], small.byteOrder], [[0, 1, 2, 3, 4], "big"]);
    ok(nbytes(await asked("stored.npz")) < 80000, "bytes for a small member");
    equal([...(await archive.get("large", { rows: [-2] })).data], [499998, 499999]);
    await rejection(archive.get("none"), "bad-argument");
    // What an archive is opened with is for all of its arrays.
    for (const wrong of [{ to: "float64" }, { retries: 3 }]) await rejection(archive.get("small", wrong), "bad-argument");
  });

  it("deflated", async () => {
    const archive = await ferry.open(at("deflated.npz"));
    const { data } = await archive.get("large");
    equal([data.length, data[999], data[1000], data[499999]], [500000, 999, 0, 999]);
  });

  it("from a server without ranges: http, naming the way out", async () => {
    ok(/decodeAll/.test((await rejection(ferry.open(at("stored.npz", "?ranges=no")), "http")).message));
  });
});
