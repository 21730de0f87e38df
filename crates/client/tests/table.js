// The cases that NumPy wrote down (tests/oracle), which tests/browser holds byteferry.js against, for another client with `decode` and
// `encode`. What compares is the same code.

/**
 * Runs the cases of a group.
 * @param {string} group
 * @param {{ decode(input: any, options: object): Promise<any>, encode(array: any, options: object): Promise<any>,
 *   holds(read: object, write: object): boolean }} client
 * @returns {Promise<string>}  how many there were
 */
export async function run(group, client) {
  const { check, supported, titles } = await import(url("/browser/cases.js"));
  const { equal, equalBytes, rejection } = await import(url("/browser/support.js"));
  const told = await teller();
  const ferry = {
    decode: (input, options) => client.decode(input, named(options)).catch(told),
    encode: (array, options) => client.encode(array, options ?? {}).catch(told),
  };
  const encodes = async (one, span) => {
    if (!supported(one)) return false;
    const array = one.made ? make(one.made, span(one.source)) : await ferry.decode(span(one.source), one.options);
    if (one.expect.error) return void (await rejection(ferry.encode(array, one.encode), one.expect.error));
    equalBytes(await ferry.encode(array, one.encode), span(one.bytes));
  };

  const all = (await titles("cases", group)) ?? [];
  const wrong = [];
  let [checked, unheld] = [0, 0];
  for (const { title, file, cases } of all) {
    const bytes = new Uint8Array(await (await fetch(url(`/cases/${file}`))).arrayBuffer());
    const span = ([start, end]) => bytes.subarray(start, end);
    for (const one of cases) {
      try {
        // What Rust has no type for cannot be written there, and byteferry.js must refuse it.
        if (!client.holds(named(one.options), one.encode ?? {})) {
          equal(one.expect.error?.split("|").includes("bad-argument"), true, "whether it is to be refused");
          unheld++;
          continue;
        }
        const done = group === "encode" ? await encodes(one, span) : await check(ferry, one, span);
        if (done !== false) checked++;
      } catch (error) {
        wrong.push(`${title}: ${one.what}: ${error.message ?? error}`);
      }
    }
  }
  if (wrong.length > 0) throw new Error(`${wrong.length} of ${checked + wrong.length} cases\n${wrong.slice(0, 12).join("\n")}`);
  if (checked === 0) throw new Error("nothing was checked");
  return `${checked} cases of ${group} compared with NumPy's, ${unheld} that Rust has no type for`;
}

/**
 * Reads the archives that npz/make.py wrote, and what it says of them, as a view, a Blob, a buffer and a Response.
 * @param {{ decodeAll(input: any, options: object): Promise<[string, any][]>, list(input: any): Promise<string[]> }} client
 * @returns {Promise<string>}  how many there were
 */
export async function archives(client) {
  const { checkArchive } = await import(url("/browser/cases.js"));
  const { equal } = await import(url("/browser/support.js"));
  const told = await teller();
  const ferry = { decodeAll: (input, options) => client.decodeAll(input, options).then(Object.fromEntries, told) };
  const cases = await (await fetch(url("/npz/cases.json"))).json();
  for (const one of cases) {
    const { file, error, names } = one;
    const source = new Uint8Array(await (await fetch(url(`/npz/${encodeURIComponent(file)}`))).arrayBuffer());
    try {
      await checkArchive(ferry, one, source);
      if (!error) equal((await client.list(source)).sort(), Object.keys(names).sort(), "names that are listed");
    } catch (error) {
      throw new Error(`${file}: ${error.message ?? error}`);
    }
  }
  return `${cases.length} archives are what NumPy's like says`;
}

/**
 * Reads rows of the files that parts/make.py wrote: of the file in memory, of a Blob, of an opened Blob, and of an opened address.
 * @param {{ decode(input: any, options: object): Promise<any>,
 *   open(from: any, options: object): Promise<{ rows(start: number | null, stop: number | null): Promise<any> }> }} client
 * @returns {Promise<string>}  how many there were
 */
export async function rows(client) {
  const { sameRows } = await import(url("/browser/cases.js"));
  let count = 0;
  for (const { file, options, slices } of await (await fetch(url("/parts/parts.json"))).json()) {
    const bytes = await (await fetch(url(`/parts/${file}`))).arrayBuffer();
    for (const from of [new Blob([bytes]), url(`/parts/${file}`)]) {
      const array = await client.open(from, options);
      const all = await Promise.all(slices.map(({ rows: [start, stop] }) => array.rows(start, stop)));
      for (const [index, slice] of slices.entries()) await sameRows(all[index], slice, `${file}, opened`);
    }
    for (const input of [() => bytes.slice(), () => new Blob([bytes])]) {
      for (const slice of slices) {
        await sameRows(await client.decode(input(), { ...options, rows: [slice.rows[0] ?? null, slice.rows[1] ?? null] }), slice, file);
      }
    }
    count += slices.length;
  }
  return `${count} slices are NumPy's`;
}

const url = (path) => new URL(path, location.href).href;

/** Makes of an error in Rust one of byteferry.js, which has a class for them. */
async function teller() {
  const { FerryError } = await import(url("/dist/byteferry.js"));
  return (error) => {
    if (error?.name !== "FerryError") throw error;
    throw new FerryError(error.code, error.message, error);
  };
}

/** Options with names in place of typed arrays, which Rust has types for. */
const named = (options) =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name, nameOf(value)]));

function nameOf(value) {
  if (typeof value?.constructor === "string") value = globalThis[value.constructor];
  if (typeof value === "function") {
    // What is no typed array is no dtype either.
    return value.BYTES_PER_ELEMENT && value !== DataView ? value.name.replace(/^Big|Clamped|Array$/g, "").toLowerCase() : false;
  }
  return value && Object.getPrototypeOf(value) === Object.prototype ? named(value) : value;
}

/** A typed array or a plain object, as a case describes it. */
function make({ constructor, object, strings }, bytes) {
  const data = strings ?? new globalThis[constructor](bytes.slice().buffer);
  return object ? { ...object, data } : data;
}
