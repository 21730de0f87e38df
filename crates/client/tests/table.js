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
  const url = (path) => new URL(path, location.href).href;
  const { check, supported, titles } = await import(url("/browser/cases.js"));
  const { equal, equalBytes, rejection } = await import(url("/browser/support.js"));
  const { FerryError } = await import(url("/dist/byteferry.js"));

  // A FerryError of byteferry.js is a class; of Rust's, a name.
  const told = (error) => {
    if (error?.name !== "FerryError") throw error;
    throw new FerryError(error.code, error.message, error);
  };
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
