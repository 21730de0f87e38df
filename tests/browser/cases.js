// What oracle/cases.py wrote down, and results held against it. See there for what a case is, and oracle/expect.py for a tree.
import { FerryError } from "../dist/byteferry.js";
import { equal, equalBytes, ok, rejection, settled, sha256 } from "./support.js";

/** Every property of a result that a tree may name, `data` and `fields` apart. */
const TOLD = ["dtype", "shape", "strides", "order", "byteOrder", "itemsize", "size", "nbytes", "name", "trailing"];
/** Those that are only there where they mean something. */
const SOMETIMES = ["unit", "complex", "replaced"];

/** The titles of a group in a folder, or none if there is no such folder. */
export async function titles(folder, ...groups) {
  const response = await fetch(`../${folder}/cases.json`);
  if (!response.ok) return null;
  const { titles } = await response.json();
  return titles.filter(({ group }) => groups.length === 0 || groups.includes(group)).map((title) => ({ ...title, folder }));
}

/**
 * One test for a title: runs `check(case, span)` on each of its cases, all of them, and tells of those that fail.
 * `span` gives the bytes of a span, as a view on a larger buffer.
 */
export function each({ title, group, folder, file, cases }, check, named = `${group}: ${title}`) {
  it(named, async function () {
    const bytes = new Uint8Array(await (await fetch(`../${folder}/${file}`)).arrayBuffer());
    const span = ([start, end]) => bytes.subarray(start, end);
    const wrong = [];
    let checked = 0;
    for (const one of cases) {
      try {
        if ((await check(one, span)) !== false) checked++;
      } catch (error) {
        wrong.push(`${one.what}: ${error.message ?? error}`);
      }
    }
    this.test.notes = [`${checked} cases`];
    if (wrong.length > 0) throw new Error(`${wrong.length} of ${cases.length} cases\n${wrong.slice(0, 12).join("\n")}`);
    ok(checked > 0, "nothing was checked");
  });
}

/** Options as they are in a case, with what JSON has no word for. */
export function revive(options) {
  const revived = {};
  for (const [name, value] of Object.entries(options)) {
    revived[name] = typeof value?.constructor === "string" ? globalThis[value.constructor] : value && Object.getPrototypeOf(value) === Object.prototype ? revive(value) : value;
  }
  return revived;
}

/** Whether this engine has the typed arrays that the tree and the options ask for. */
export const supported = ({ expect, options }) =>
  "Float16Array" in globalThis || !/Float16Array|"float16"/.test(JSON.stringify([expect.array, options.to]));

/** Decodes one case in each way in which its bytes can be handed over. */
export async function check(ferry, one, span) {
  if (!supported(one)) return false;
  const [source, options] = [span(one.source), revive(one.options)];
  const before = source.length < 1 << 16 ? source.slice() : null;
  const { error: codes, says, settles, ...details } = one.expect;
  if (settles) {
    // Nothing to show, or too much of it: the page must be told either, and soon.
    const outcome = await settled(ferry.decode(source, options).catch((error) => error));
    ok(outcome instanceof FerryError ? ["too-large", "bad-header"].includes(outcome.code) : empty(outcome), `${outcome}`);
  } else if (!codes) {
    compare(await ferry.decode(source, options), one.expect, span);
    // A moved view whose payload lies at an odd place, so that nothing may be taken for aligned.
    const odd = new Uint8Array(source.length + 3);
    odd.set(source, 1);
    compare(await ferry.decode(odd.subarray(1, odd.length - 2), { ...options, transfer: true }), one.expect, span, "it, moved");
  } else {
    await rejection(ferry.decode(source, options), codes);
    const buffer = source.slice().buffer;
    const error = await rejection(ferry.decode(buffer, options), codes);
    equal(buffer.byteLength, 0, "byteLength of what was handed over");
    equalBytes(error.buffer, source, "the buffer that came back");
    if (says) ok(new RegExp(says, "i").test(error.message), `${error.message}: expected ${says}`);
    for (const [name, value] of Object.entries(details)) equal(String(error[name]), String(value), name);
  }
  if (before) equalBytes(source, before, "the source, which is the caller's");
}

const empty = ({ data, fields }) => (fields ? Object.values(fields).every(empty) : data.length === 0);

/** Compares a result with a tree, every property and every bit of it. */
export function compare(array, tree, span, at = "it") {
  for (const name of TOLD) if (name in tree) same(array[name], tree[name], `${name} of ${at}`);
  // A tree without a dtype speaks of the bytes alone.
  if ("dtype" in tree) for (const name of SOMETIMES) if (!(tree.or && name === "replaced")) same(array[name] || undefined, tree[name], `${name} of ${at}`);
  for (const [name, value] of Object.entries(tree.source ?? {})) same(array.source?.[name], value, `source.${name} of ${at}`);
  if (tree.fields) {
    same(array.data, undefined, `data of ${at}`);
    const [names, expected] = [Object.keys(array.fields ?? {}), Object.keys(tree.fields)];
    // JavaScript has names that are numbers first, whatever the order they were given in.
    same(names, expected.some((name) => /^\d+$/.test(name)) ? Object.keys({ ...tree.fields }) : expected, `names of the fields of ${at}`);
    for (const name of expected) compare(array.fields[name], tree.fields[name], span, `${at}.${name}`);
    return;
  }
  same(array.fields, undefined, `fields of ${at}`);
  if (tree.strings) {
    strings(array, JSON.parse(new TextDecoder().decode(span(tree.strings))), tree, at);
  } else if (tree.data) {
    same(array.data?.constructor.name, tree.array, `the type of data of ${at}`);
    numbers(array, span(tree.data), tree, at);
  }
}

function strings(array, expected, tree, at) {
  ok(Array.isArray(array.data), `data of ${at} is ${show(array.data)}, expected a list of strings`);
  same(array.data.length, expected.length, `strings in ${at}`);
  const place = tree.logical ? places(array, array.itemsize) : (index) => index;
  expected.forEach((text, index) => {
    const actual = array.data[place(index)];
    if (actual !== text && actual !== tree.or?.[index]) throw new Error(`string ${index} of ${at} is ${show(actual)}, expected ${show(text)}`);
  });
}

function numbers({ data, ...array }, expected, tree, at) {
  same(data.byteLength, expected.length, `bytes of data of ${at}`);
  const actual = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const width = data.BYTES_PER_ELEMENT;
  if (tree.logical) {
    const place = places(array, 1);
    for (let index = 0; index < array.size; index++) {
      const start = place(index);
      element(actual.subarray(start, start + array.itemsize), expected.subarray(index * array.itemsize, (index + 1) * array.itemsize), index);
    }
    return;
  }
  for (let byte = 0; byte < actual.length; byte++) {
    if (actual[byte] === expected[byte]) continue;
    const start = byte - (byte % width);
    element(actual.subarray(start, start + width), expected.subarray(start, start + width), start / width);
    byte = start + width - 1;
  }

  function element(ours, theirs, index) {
    if (ours.every((byte, i) => byte === theirs[i])) return;
    if (tree.nan === "any" && tree.array.startsWith("Float")) {
      const values = [ours, theirs].map((bytes) => [...new data.constructor(Uint8Array.from(bytes).buffer)]);
      if (values[0].every((value, i) => Object.is(value, values[1][i]))) return;
    }
    if (tree.ulps && tree.array === "Float64Array") {
      const [a, b] = [ours, theirs].map((bytes) => new Float64Array(Uint8Array.from(bytes).buffer)[0]);
      if (Math.abs(a - b) <= tree.ulps * Math.abs(b) * 2 ** -52) return;
    }
    throw new Error(`element ${index} of ${at} is ${hex(ours)}, expected ${hex(theirs)}`);
  }
}

/** By the array's strides, where the element lies that is the nth of all in C order. */
function places({ shape, strides, nbytes, itemsize }, unit) {
  const seen = new Set();
  return (index) => {
    let place = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += (index % shape[axis]) * strides[axis];
      index = Math.floor(index / shape[axis]);
    }
    ok(place % itemsize === 0 && place >= 0 && place < nbytes && !seen.has(place), `strides ${show(strides)} of shape ${show(shape)} lead to ${place}`);
    seen.add(place);
    return place / unit;
  };
}

function same(actual, expected, what) {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) throw new Error(`${what} is ${show(actual)}, expected ${show(expected)}`);
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function show(value) {
  const text = JSON.stringify(value, (_, value) => (typeof value === "bigint" ? `${value}n` : value)) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

/** Decodes an archive in each way in which its bytes can be handed over, and holds it against what npz/make.py says of it. */
export async function checkArchive(ferry, { options = {}, error: codes, names, says }, source) {
  const before = source.slice();
  for (const input of [source, new Blob([source]), source.slice().buffer, new Response(source), new Response(source).body]) {
    if (!codes) {
      sameArrays(await ferry.decodeAll(input, options), names);
      continue;
    }
    const error = await rejection(ferry.decodeAll(input, options), codes);
    if (says) ok(error.message.includes(says), `${error.message}: expected ${says}`);
    if (input instanceof ArrayBuffer) equalBytes(error.buffer, before, "the buffer that came back");
  }
  equalBytes(source, before, "the bytes of the view");
}

function sameArrays(arrays, names) {
  equal(Object.keys(arrays).sort(), Object.keys(names).sort(), "names");
  for (const [name, { dtype, shape, first, ...rest }] of Object.entries(names)) {
    const array = arrays[name];
    equal([array.dtype, array.shape], [dtype, shape], name);
    if (first) equal(Array.from(array.data.slice(0, first.length), written), first.map(written), `what ${name} begins with`);
    for (const [property, value] of Object.entries(rest)) equal(array[property], value, `${property} of ${name}`);
  }
}

/** A value that JSON has no word for, as text. */
const written = (value) => (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value)) ? String(value) : value);

/** Rows of an array, held against what parts/make.py says of them. */
export async function sameRows(array, { rows, shape, sha256 }, what) {
  equal(array.shape, shape, `shape of ${what} [${rows}]`);
  equal(await digests(array), sha256, `${what} [${rows}]`);
}

async function digests({ data, fields }) {
  if (Array.isArray(data)) return sha256(new TextEncoder().encode(data.join("\n")));
  if (!fields) return sha256(data);
  const pairs = await Promise.all(Object.entries(fields).map(async ([name, field]) => [name, await digests(field)]));
  return Object.fromEntries(pairs);
}
