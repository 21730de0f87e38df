"""The way back: what `encode` has to write, byte for byte as `numpy.save` and the backend's own frames have it.

A case has `encode`, the options, and `bytes`, what they make; or `error`. What is encoded is the result of decoding `source` with
`options`; or, where `made` is told, a typed array on `source`, as it is or as the `data` of a plain object.

That what was decoded from an .npy goes back into the same .npy is tested with the cases of the other groups, in `encode.js`.
"""

import io
import math
import warnings

import numpy as np

import byteferry
from containers import raw, text
from expect import typed_array
from values import fill, make

GROUP = "encode"


def write(book, random):
    typed(book, random)
    changed(book, random)
    records(book, random)
    frames(book, random)
    refused(book, random)


def saved(array):
    file = io.BytesIO()
    warnings.simplefilter("ignore")  # of names beyond Latin-1
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def swapped(array, mark):
    return array.astype(array.dtype.newbyteorder(mark))


def add(book, title, what, source, options, encode, bytes_of, **more):
    book.add(GROUP, title, what, source, options, {}, encode=encode, bytes=bytes_of, **more)


def typed(book, random):
    """Typed arrays, with nothing said of them, and plain objects that have them for data."""
    for name in "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split():
        for count in (0, 1, 7, 1025):
            array = make(f"<{np.dtype(name).str[1:]}", (count,), random)
            made = {"constructor": typed_array(array.dtype)}
            for order, mark in (("little", "<"), ("big", ">")):
                what = f"{name} ({count},) {order}"
                add(book, "typed arrays", what, array.tobytes(), {}, {"byteOrder": order}, saved(swapped(array, mark)), made=made)
                add(book, "typed arrays", f"{what}, raw", array.tobytes(), {}, {"byteOrder": order, "format": "raw"}, swapped(array, mark).tobytes(), made=made)
        array = make(f"<{np.dtype(name).str[1:]}", (2, 3, 4), random)
        for layout in "CF":
            lies = np.array(array, order=layout)
            made = {"constructor": typed_array(array.dtype), "object": {"shape": [2, 3, 4], "order": layout, "dtype": name}}
            add(book, "plain objects", f"{name} (2, 3, 4) {layout}", lies.tobytes(layout), {}, {"byteOrder": "big"}, saved(swapped(lies, ">")), made=made)
    flags = np.array([True, False, True])
    made = {"constructor": "Uint8Array", "object": {"shape": [3], "dtype": "bool"}}
    add(book, "plain objects", "bool", flags.tobytes(), {}, {}, saved(flags), made=made)
    dates = np.array(["2026-11-23T05:04", "NaT"], "<M8[25s]")
    made = {"constructor": "BigInt64Array", "object": {"shape": [2], "dtype": "datetime64[25s]"}}
    add(book, "plain objects", "datetime64[25s]", dates.tobytes(), {}, {"byteOrder": "big"}, saved(swapped(dates, ">")), made=made)
    waves = make("<c8", (3, 2), random)
    made = {"constructor": "Float32Array", "object": {"shape": [3, 2], "dtype": "complex64", "complex": True}}
    add(book, "plain objects", "complex64", waves.tobytes(), {}, {"byteOrder": "big"}, saved(swapped(waves, ">")), made=made)
    one = np.array(0x0102030405060708, "<i8")
    made = {"constructor": "BigInt64Array", "object": {"shape": [], "dtype": "int64"}}
    add(book, "plain objects", "0-d", one.tobytes(), {}, {"byteOrder": "big"}, saved(swapped(one, ">")), made=made)
    for dtype, strings in (("<U5", ["a", "", "\U0001f600x", "a\0b", "12345"]), ("S5", ["a", "", "\xff\x80", "a\0b", "12345"])):
        array = np.array(strings if dtype[0] == "<" else [string.encode("latin-1") for string in strings], dtype)
        made = {"strings": strings, "object": {"shape": [5], "dtype": array.dtype.name}}
        add(book, "plain objects", dtype, b"", {}, {"byteOrder": "little"}, saved(array), made=made)


def changed(book, random):
    """Other dtypes, orders and layouts than the result had."""
    for source, target, casting in (
        ("<f4", "float64", "safe"), (">i2", "float32", "safe"), ("<f8", "float32", "same_kind"), ("<f8", "int16", "unsafe"), (">u4", "bool", "unsafe"),
        ("<i8", "int32", "same_kind"), ("<i2", "complex64", "safe"), (">c16", "complex64", "same_kind"), ("<f4", "complex128", "safe"), ("<f8", "float16", "same_kind"),
    ):  # fmt: skip
        array = np.array([0, 1, -2, 77.5, 1234], "f8").astype(source, casting="unsafe")
        with np.errstate(all="ignore"):
            result = array.astype(target)
        for mark, order in (("<", "little"), (">", "big")):
            encode = {"dtype": target, "casting": casting, "byteOrder": order}
            add(book, "as other types", f"{source} as {order} {target}", *raw(array), encode, saved(swapped(result, mark)))
            named = {"dtype": mark + result.dtype.str[1:], "casting": casting}
            add(book, "as other types", f"{source} as {named['dtype']}", *raw(array), named, saved(swapped(result, mark)))
    for source in ("|i1", ">i2", "<u8", "<f2", "<f4", ">f8"):
        array = np.array([0, 1, 2, -3 if source[1] != "u" else 3, 77], "f8").astype(source)
        x87 = array.astype("clongdouble").view("u1").reshape(-1, 16).copy()
        x87[:, 10:] = 0  # NumPy leaves in the padding what was there
        quads = np.frombuffer(b"".join(quad(x) + bytes(16) for x in array.tolist()), "u1").reshape(-1, 16)
        for dtype, kind, parts in (("c32", "x87", x87), ("c24", "x87", x87[:, :12]), ("c32", "quad", quads)):
            for mark, there in (("<", parts), (">", parts[:, ::-1])):
                encode = {"dtype": mark + dtype, "longdouble": kind, "format": "raw", "casting": "same_kind"}
                add(book, "as complex long doubles", f"{source} as {mark}{dtype}, {kind}", *raw(array), encode, there.tobytes())
    for shape in ((2, 3, 4), (50, 301), (1, 5), (0, 3), (7,)):
        for dtype in ("u1", ">f4", "<f8", ">c8", "S3", ">U2", "V5"):
            for order in "CF":
                for layout in "CF":
                    array = make(dtype, shape, random, order)
                    lies = swapped(np.array(array, order=layout), ">")
                    encode = {"layout": layout, "byteOrder": "big"}
                    add(book, "C and Fortran order", f"{dtype} {shape} {order} as {layout}", saved(array), {}, encode, saved(lies))
    longer = np.array(["abc", "", "\U0001f600"], "<U3")
    for dtype in ("<U3", ">U7", "<U40"):
        add(book, "strings", f"as {dtype}", saved(longer), {}, {"dtype": dtype}, saved(longer.astype(dtype)))
    short = np.array([b"abc", b"", b"\xff"], "S3")
    add(book, "strings", "as S9", saved(short), {}, {"dtype": "S9"}, saved(short.astype("S9")))
    for array in (longer, short):
        for mark, order in (("<", "little"), (">", "big")):
            add(book, "strings", f"{array.dtype} {order}", saved(array), {}, {"byteOrder": order}, saved(swapped(array, mark)))


def quad(x):
    """A number as IEEE's binary128, little-endian."""
    mantissa, exponent = math.frexp(abs(x))
    bits = (math.copysign(1, x) < 0) << 127
    if x:
        bits |= (exponent + 16382) << 112 | (int(math.ldexp(mantissa, 113)) & ((1 << 112) - 1))
    return bits.to_bytes(16, "little")


RECORDS = {
    "packed": [("t", ">i8"), ("v", "<f4"), ("flag", "?"), ("q", ">u2")],
    "nested": [("id", ">u4"), ("at", [("x", ">f8"), ("name", [("first", "<U2"), ("last", "S5")])]), ("n", "u1")],
    "sub-arrays": [("v", ">f4", (3,)), ("m", "<i2", (2, 3)), ("s", "S2", (2,)), ("p", [("x", ">i2"), ("y", "<f8", (2,))], (3,))],
    "every kind": [("b", "?"), ("c", ">c8"), ("M", ">M8[25s]"), ("m", "<m8[D]"), ("S", "S3"), ("U", ">U3"), ("V", "V5"), ("z", ">c16", (2, 1))],
    "beyond ASCII": [("größe", ">f4"), ("λ", "<f4"), ("it's", ">i2")],
    "one field": [("a", ">f4")],
    "3000 bytes": [("t", ">i8"), ("wave", ">f4", (742,)), ("text", "S16"), ("n", "<u8")],
}
GIVEN = {
    "padding": np.dtype({"names": ["a", "b"], "formats": ["u1", ">f4"], "offsets": [1, 4], "itemsize": 12}),
    "alignment": np.dtype([("a", "u1"), ("b", ">f8"), ("c", "<i2")], align=True),
    "titles": np.dtype([(("Temperature in K", "t"), ">f4"), ("p", "<f8")]),
}


def records(book, random):
    for title, dtype in (RECORDS | GIVEN).items():
        dtype = np.dtype(dtype)
        for shape, order in (((), "C"), ((0,), "C"), ((5,), "C"), ((2, 3), "C"), ((3, 2), "F"), ((max(3, 100_000 // dtype.itemsize),), "C")):
            array = fill(np.zeros(shape, dtype, order=order), random)
            source = saved(array)
            what = f"{title} {shape} {order}"
            add(book, "records", f"{what}, with the dtype they had", source, {}, {"dtype": text(dtype)}, saved(array))
            if title in GIVEN:
                continue
            for mark, byte_order in (("<", "little"), (">", "big")):
                add(book, "records", f"{what}, all {byte_order}", source, {}, {"byteOrder": byte_order}, saved(swapped(array, mark)))


def frames(book, random):
    for dtype in (">f4", "<i8", "?", ">c8", "S3", ">U2", [("a", ">i2"), ("s", "S3")]):
        for shape, order in (((), "C"), ((0,), "C"), ((7,), "C"), ((3, 4), "F")):
            array = fill(np.zeros(shape, dtype, order=order), random)
            for name, sequence, checksum in (("", 0, True), ("Höhe ⛰", 2**40 + 3, True), ("x", 1, False)):
                encode = {"format": "frame", "name": name, "sequence": sequence, "checksum": checksum, "dtype": text(array.dtype)}
                add(book, "frames", f"{text(array.dtype)} {shape} {order} '{name}'", saved(array), {}, encode, byteferry.dumps(array, name, sequence, checksum))


def refused(book, random):
    doubles = np.array([1.5, 300, 0.1], "<f8")
    texts = np.array(["abc", "\u0394"], "<U3")
    record = np.array([(1, 2)], [("a", "<i2"), ("b", "<f4")])
    for what, array, encode, codes in (
        ("a cast that is not safe", doubles, {"dtype": "int8"}, "unsafe-cast"),
        ("values that would be lost", doubles, {"dtype": "float32", "casting": "exact"}, "precision-loss"),
        ("an .npy of bfloat16", doubles, {"dtype": "bfloat16", "casting": "unsafe"}, "unsupported-dtype"),
        ("an .npy of 24-bit integers", doubles, {"dtype": "<i3", "casting": "unsafe"}, "unsupported-dtype"),
        ("objects", doubles, {"dtype": "O"}, "unsupported-dtype"),
        ("a format there is not", doubles, {"format": "csv"}, "bad-argument"),
        ("a byte order there is not", doubles, {"byteOrder": "middle"}, "bad-argument"),
        ("a layout there is not", doubles, {"layout": "K"}, "bad-argument"),
        ("an option there is not", doubles, {"endianness": "big"}, "bad-argument"),
        ("letters that S does not have", texts, {"dtype": "S3"}, "bad-argument|precision-loss|unsafe-cast|unsupported-dtype"),
        ("strings that are too long", texts, {"dtype": "<U2"}, "bad-argument|precision-loss|size-mismatch|unsafe-cast"),
        ("strings as numbers", texts, {"dtype": "<f4"}, "bad-argument|unsafe-cast|unsupported-dtype"),
        ("a record as numbers", record, {"dtype": "<f4"}, "bad-argument|unsafe-cast|unsupported-dtype"),
        ("a field that is missing", record, {"dtype": "[('a', '<i2'), ('c', '<f4')]"}, "bad-argument"),
    ):
        book.add(GROUP, "what is refused", what, saved(array), {}, {"error": codes}, encode=encode)
    four = np.arange(4, dtype="<f4").tobytes()
    for what, made in (
        ("a shape of more than there is", {"constructor": "Float32Array", "object": {"shape": [5], "dtype": "float32"}}),
        ("a shape of less than there is", {"constructor": "Float32Array", "object": {"shape": [3], "dtype": "float32"}}),
        ("a negative shape", {"constructor": "Float32Array", "object": {"shape": [-4], "dtype": "float32"}}),
        ("a shape that is none", {"constructor": "Float32Array", "object": {"shape": "4", "dtype": "float32"}}),
        ("a dtype that the data are not", {"constructor": "Float32Array", "object": {"shape": [4], "dtype": "int16"}}),
        ("an order there is not", {"constructor": "Float32Array", "object": {"shape": [4], "dtype": "float32", "order": "K"}}),
        ("strings without a dtype", {"strings": ["a", "b"], "object": {"shape": [3]}}),
        ("fewer strings than the shape says", {"strings": ["a", "b"], "object": {"shape": [3], "dtype": "str32"}}),
        ("numbers among strings", {"strings": ["a", 5], "object": {"shape": [2], "dtype": "str32"}}),
    ):
        book.add(GROUP, "what is refused", what, four, {}, {"error": "bad-argument|size-mismatch|unsupported-dtype"}, encode={}, made=made)
