// Headers that say something wrong, and frames put together by hand from the format's description.
import { equal, equalBytes, ferryOf, npy, ok, rejection, text, write } from "./support.js";

const four = write("Float32", [1, 2, 3, 4]);
const dict = (descr, shape, rest = "") => `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, ${rest}}`;
const headed = (header, version) => npy("", "", four, { header, version });
const begins = (...bytes) => Uint8Array.from([...bytes, ...new Array(80).fill(7)]).buffer;

/** An .npy 3.0 whose text has a byte that is no UTF-8. */
function badUtf8() {
  const bytes = new Uint8Array(headed(dict("[('?', '>f4')]", "(4,)"), 3));
  bytes[bytes.indexOf("?".charCodeAt(0))] = 0xff;
  return bytes.buffer;
}

// what it is, the bytes, code, what the message must say
const NPY = [
  ["a FITS file", begins(...new TextEncoder().encode("SIMPLE  =                    T")), "bad-magic", /FITS/],
  ["a netCDF file", begins(0x43, 0x44, 0x46, 1), "bad-magic", /netCDF/i],
  ["a GRIB file", begins(...new TextEncoder().encode("GRIB")), "bad-magic", /GRIB/],
  ["a bare pickle", begins(0x80, 4, 0x95, 0), "bad-magic|unsupported-dtype", /pickle/],
  ["an .npy that went through a text decoder", begins(0xef, 0xbf, 0xbd, 0x4e, 0x55, 0x4d, 0x50, 0x59), "bad-magic"],
  ["version 1.1", (() => ((b) => ((b[7] = 1), b.buffer))(new Uint8Array(headed(dict("'>f4'", "(4,)")))))(), "bad-header"],
  ["a text over 64 KiB", headed(dict("'>f4'", "(4,)") + " ".repeat(65537), 2), "bad-header", /65/],
  ["an empty text", headed(""), "bad-header"],
  ["text behind the dict", headed(dict("'>f4'", "(4,)") + "exit()"), "bad-header"],
  ["a sum", headed(dict("'>f4'", "(2 + 2,)")), "bad-header"],
  ["a missing key", headed("{'fortran_order': False, 'shape': (4,), }"), "bad-header"],
  ["an extra key", headed(dict("'>f4'", "(4,)", "'more': 1, ")), "bad-header"],
  ["a text that is no UTF-8, in 3.0", badUtf8(), "bad-header"],
  ["65 axes", headed(dict("'>f4'", `(${"1, ".repeat(65)})`)), "bad-header|too-large"],
  ["an axis of True", headed(dict("'>f4'", "(True,)")), "bad-header"],
  ["an axis of text", headed(dict("'>f4'", "('4',)")), "bad-header"],
  ["an axis of 10^400", headed(dict("'>f4'", `(1${"0".repeat(400)},)`)), "bad-header|too-large"],
  ["an order of 0", headed("{'descr': '>f4', 'fortran_order': 0, 'shape': (4,), }"), "bad-header"],
  ["a shape that is a list", headed(dict("'>f4'", "[4]")), "bad-header"],
  ["O8", headed(dict("'O8'", "(2,)")), "unsupported-dtype", /pickle/],
  ["an object deep in a record", headed(dict("[('a', [('b', '>i4'), ('c', '|O')])]", "(1,)")), "unsupported-dtype", /pickle/],
  ["a 3-byte integer", headed(dict("'<i3'", "(5,)")), "unsupported-dtype"],
  ["a unit that there isn't", headed(dict("'<M8[foo]'", "(2,)")), "unsupported-dtype"],
  ["a nameless float of one byte", headed(dict("'<f1'", "(16,)")), "unsupported-dtype", /dtype/],
  ["a nameless type of one byte", headed(dict("'<V1'", "(16,)")), "unsupported-dtype", /dtype/],
  ["a record with a name twice", headed(dict("[('a', '<i4'), ('a', '<i4')]", "(2,)")), "bad-header"],
];

const CRC = (bytes) => {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
};

/** A frame by DESIGN's table, field by field. */
function frame({ version = 1, flags, fortran, checked = true, ndim, shape = [4], dtype = ">f4", name = "x", nbytes, sequence = 0n, payload = four, pad = true, crc }) {
  const names = [dtype, name].map((part) => (typeof part === "string" ? new TextEncoder().encode(part) : part));
  const head = 32 + 8 * shape.length + names[0].length + names[1].length;
  const start = Math.ceil(head / 64) * 64;
  const out = new Uint8Array(pad ? start + Math.ceil(payload.byteLength / 64) * 64 : start + payload.byteLength);
  const view = new DataView(out.buffer);
  out.set([0x93, 0x42, 0x46, 0x59, version, flags ?? (fortran ? 1 : 0) | (checked ? 2 : 0)]);
  view.setUint16(6, ndim ?? shape.length, true);
  view.setUint16(8, names[0].length, true);
  view.setUint16(10, names[1].length, true);
  view.setUint32(12, crc ?? (checked ? CRC(new Uint8Array(payload)) : 0), true);
  view.setBigUint64(16, BigInt(nbytes ?? payload.byteLength), true);
  view.setBigUint64(24, sequence, true);
  shape.forEach((length, i) => view.setBigUint64(32 + 8 * i, BigInt(length), true));
  out.set(names[0], 32 + 8 * shape.length);
  out.set(names[1], 32 + 8 * shape.length + names[0].length);
  out.set(new Uint8Array(payload), start);
  return out.buffer;
}

const FRAMES = [
  ["20 bytes of it", frame({}).slice(0, 20), "truncated"],
  ["its header cut", frame({}).slice(0, 50), "truncated"],
  ["its payload cut", frame({ pad: false }).slice(0, -1), "truncated"],
  ["version 2", frame({ version: 2 }), "bad-header"],
  ["an unknown flag", frame({ flags: 8, crc: 0 }), "bad-header"],
  ["65 axes", frame({ ndim: 65 }), "bad-header"],
  ["more axes than it has room for", frame({ ndim: 64 }), "truncated|bad-header"],
  ["a payload of another length than its shape", frame({ nbytes: 12 }), "bad-header"],
  ["a payload of 2^64 - 1 bytes", frame({ nbytes: 2n ** 64n - 1n }), "bad-header|too-large|truncated"],
  ["a shape over 2^53", frame({ shape: [2n ** 40n, 2n ** 40n], nbytes: 0 }), "too-large|bad-header"],
  ["a wrong checksum", frame({ crc: 1 }), "checksum"],
  ["a checksum that its flags deny", frame({ checked: false, crc: 1 }), "bad-header"],
  ["a dtype of nonsense", frame({ dtype: ">q9" }), "unsupported-dtype|bad-header"],
  ["a dtype that is a pickle", frame({ dtype: "|O", shape: [2] }), "unsupported-dtype", /pickle/],
  ["a name that is no UTF-8", frame({ name: new Uint8Array([0xff, 0xfe]) }), "bad-header"],
];

describe("a header that is wrong", () => {
  const ferry = ferryOf();
  for (const [container, table] of [["an .npy with", NPY], ["a frame with", FRAMES]]) {
    for (const [what, bytes, codes, says = /./] of table) {
      it(`${container} ${what}: ${codes}`, async () => {
        const buffer = bytes.slice(0);
        const error = await rejection(ferry.decode(buffer), codes);
        ok(says.test(error.message), error.message);
        equal(buffer.byteLength, 0, "byteLength of what was handed over");
        equalBytes(error.buffer, bytes, "the buffer that came back");
      });
    }
  }

  it("a frame by the book is read: name, order, checksum, what follows", async () => {
    const array = await ferry.decode(frame({ name: "Höhe ⛰", fortran: true, shape: [2, 2], sequence: 2n ** 53n + 1n, pad: false }), { strict: true });
    const { name, order, shape, strides, dtype, byteOrder, source, data, trailing, stats } = array;
    equal({ name, order, shape, strides, dtype, byteOrder }, { name: "Höhe ⛰", order: "F", shape: [2, 2], strides: [4, 8], dtype: "float32", byteOrder: "big" });
    equal([source.format, source.dtype, source.offset % 64, stats.plan, stats.allocated], ["frame", ">f4", 0, "in-place", 0]);
    equal([...data], [1, 2, 3, 4]);
    equal(trailing, 0, "bytes left over");
    equal([...(await ferry.decode(frame({}))).data], [1, 2, 3, 4], "with the zeros that stand before a next frame");
    equal([...(await ferry.decode(frame({ flags: 4, crc: 0, nbytes: 0, pad: false }))).data], [1, 2, 3, 4], "of unknown length");
  });

  it("a dtype option that disagrees with the header is not ignored", async () => {
    for (const [input, dtype] of [[npy("'<f4'", "(4,)", four), ">f4"], [npy("'>f4'", "(4,)", four), ">i4"], [frame({}), "<f4"], [npy("'>f4'", "(4,)", four), ">f8"]]) {
      const before = input.slice(0);
      const error = await rejection(ferry.decode(input, { dtype }), "bad-argument|size-mismatch");
      equalBytes(error.buffer, before, "the buffer that came back");
    }
    equal([...(await ferry.decode(npy("'>f4'", "(4,)", four), { dtype: ">f4" })).data], [1, 2, 3, 4], "the same dtype");
  });

  it("text that could be anything is named", async () => {
    for (const [string, says] of [["<?xml version='1.0'?><x/>", /HTML|XML|text/i], ["1,2,3\n4,5,6\n", /text|nothing/i], ["[1, 2, 3, 4, 5]", /JSON/]]) {
      ok(says.test((await rejection(ferry.decode(text(string)), "bad-magic")).message), string);
    }
  });
});
