"""Bytes that are wrong, as NumPy's own writer and reader have them: the rows of TRUST's table for .npy and frame."""

import io
import pickle
import struct

import numpy as np

from containers import CONTAINERS, frame_by_hand, npy_by_hand
from expect import expect
from values import make

GROUP = "bad"


def write(book, random):
    array = make(">f4", (3, 5), random)
    cut(book, array)
    others(book, array)
    headers(book, array)
    shapes(book, array)
    pickles(book)
    nothing(book)
    lengths(book, array, random)
    bools(book)
    frames(book, array)


def add(book, title, what, source, error, options=None, **details):
    book.add(GROUP, title, what, source, options or {}, {"error": error} | details)


def cut(book, array):
    title = "cut"
    for container in ("npy", "frame"):
        whole, _ = CONTAINERS[container](array)
        head = len(whole) - array.nbytes
        for length in sorted({0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 31, 32, 33, 40, 47, 63, head - 1, head, head + 1, len(whole) - 1}):
            part = whole[:length]
            add(book, title, f"{container} after {length} bytes", part, "truncated")
        add(book, title, f"{container} whose payload is cut", whole[:-1], "truncated", says="60")
    for length, width in ((2**32 - 1, 4), (2**31, 4), (65_000, 2), (10_000_000, 4)):
        source = b"\x93NUMPY" + bytes([2 if width == 4 else 1, 0]) + length.to_bytes(width, "little") + b"{" * 100
        add(book, title, f"npy whose header would have {length} bytes", source, "truncated")
    for text, codes in (("'>f4'", "truncated"), ("'>f8'", "truncated")):
        add(book, title, f"npy of {text} longer than its payload", npy_by_hand(text, "(1000000000,)", array.tobytes()), codes)
    add(book, title, "nothing at all, of which something is known", b"", "truncated", {"dtype": ">f4", "shape": [1]})


def others(book, array):
    zipped, compressed = io.BytesIO(), io.BytesIO()
    np.savez(zipped, array)
    np.savez_compressed(compressed, array)
    for what, source, says in (
        ("npz", zipped.getvalue(), "zip"),
        ("npz, compressed", compressed.getvalue(), "zip"),
        ("HDF5", b"\x89HDF\r\n\x1a\n" + bytes(88), "HDF5"),
        ("FITS", b"SIMPLE  =                    T".ljust(2880), "FITS"),
        ("netCDF", b"CDF\x01" + bytes(60), "netCDF"),
        ("GRIB", b"GRIB" + bytes(60), "GRIB"),
        ("gzip", b"\x1f\x8b\x08" + bytes(60), "gzip"),
        ("HTML", b"<!DOCTYPE html><title>Sign in</title>", "HTML"),
        ("JSON", b'{"detail": "not found"}', "JSON"),
        ("text", b"1.0,2.0,3.0\n4.0,5.0,6.0\n", "text"),
        ("bare numbers", array.tobytes(), "dtype"),
    ):
        add(book, "other magic", what, source, "bad-magic", says=says)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        for what, value in (("an array", array), ("a list", [1, 2, 3, 4])):
            source = pickle.dumps(value, protocol)
            add(book, "other magic", f"a pickle of {what}, protocol {protocol}", source, "bad-magic|unsupported-dtype", says="pickle")


def headers(book, array):
    payload = array.tobytes()
    good = "{'descr': '>f4', 'fortran_order': False, 'shape': (3, 5), }"
    for major, minor in ((0, 0), (0, 1), (1, 1), (2, 1), (3, 1), (4, 0), (255, 255)):
        source = bytearray(npy_by_hand("'>f4'", "(3, 5)", payload))
        source[6:8] = major, minor
        add(book, "headers", f"version {major}.{minor}", bytes(source), "bad-header")
    for what, header, codes in (
        ("not a dict", "[('descr', '>f4')]", "bad-header"),
        ("a number", "5", "bad-header"),
        ("nothing", "", "bad-header"),
        ("code", "__import__('os').system('true')", "bad-header"),
        ("a call in the dict", good.replace("(3, 5)", "tuple([3, 5])"), "bad-header"),
        ("a sum", good.replace("5", "4 + 1"), "bad-header"),
        ("a lambda", good.replace("False", "lambda: 0"), "bad-header"),
        ("nested 3000 deep", "[" * 3000 + "]" * 3000, "bad-header"),
        ("a shape nested 3000 deep", good.replace("(3, 5)", "(" * 3000 + ")" * 3000), "bad-header"),
        ("a descr nested 3000 deep", good.replace("'>f4'", "[('a', " * 3000 + "'>f4'" + ")]" * 3000), "bad-header"),
        ("never ends", good[:-3], "bad-header"),
        ("a string that never ends", good.replace("'>f4'", "'>f4"), "bad-header"),
        ("no descr", good.replace("'descr': '>f4', ", ""), "bad-header"),
        ("no shape", good.replace("'shape': (3, 5), ", ""), "bad-header"),
        ("a key too many", good.replace("}", "'x': 1}"), "bad-header"),
        ("a key twice", good.replace("}", "'shape': (15,)}"), "bad-header"),
        ("text after the dict", good + " import os", "bad-header"),
        ("two dicts", good + good, "bad-header"),
        ("keys that are no strings", good.replace("'shape'", "7"), "bad-header"),
        ("over 64 KiB", good + " " * 65_540, "bad-header"),
        ("over 64 KiB of dtype", good.replace("'>f4'", "[" + ", ".join(f"('field{i}', '>f4')" for i in range(4000)) + "]"), "bad-header"),
        ("Fortran order of None", good.replace("False", "None"), "bad-header"),
        ("a descr of None", good.replace("'>f4'", "None"), "bad-header"),
        ("a descr of bytes", good.replace("'>f4'", "b'>f4'"), "bad-header|unsupported-dtype"),
        ("a record with a name twice", good.replace("'>f4'", "[('a', '>f4'), ('a', '>f4')]"), "bad-header"),
        ("a title that is a name", good.replace("'>f4'", "[(('b', 'a'), '>f4'), ('b', '>f4')]"), "bad-header"),
        ("a record beyond 2 GiB", good.replace("'>f4'", "[('a', '>f8', (1000000000,)), ('b', 'i4')]"), "bad-header|too-large"),
    ):
        version = 2 if len(header) > 65_000 else 1
        add(book, "headers", what, npy_by_hand("", "", payload, version=version, header=header), codes)
    source = npy_by_hand("", "", payload, version=3, header=good.encode().replace(b"'>f4'", b"[('\xff\xfe', '>f4')]"))
    add(book, "headers", "bad UTF-8 in 3.0", source, "bad-header")
    for descr in ("<i3", "<u3", "<x4", "<M8[foo]", "<M8[0s]", "<M8[-1s]", "<m4", "<f3", "<f5", "<c4", "<q9", ">ibm4", "<i-4", "<U-1", "V-3", "i4,f8", "l", "<f4 ", ""):
        add(book, "dtypes there are not", repr(descr), npy_by_hand(repr(descr), "(3, 5)", payload), "unsupported-dtype|bad-header")


def shapes(book, array):
    for shape, codes in (
        ("5", "bad-header"), ("[3, 5]", "bad-header"), ("(3, 5.0)", "bad-header"), ("('3', 5)", "bad-header"), ("None", "bad-header"), ("(None,)", "bad-header"),
        ("(-1,)", "bad-header"), ("(3, -5)", "bad-header"), ("(0, -5)", "bad-header"), ("(-3, -5)", "bad-header"),
        (f"({'1, ' * 65})", "bad-header|too-large"), ("(4611686018427387904,)", "bad-header|too-large"),
        ("(65536, 65536, 65536, 65536)", "bad-header|too-large"), ("(4294967296, 4294967296)", "bad-header|too-large"), ("(0, 9223372036854775807)", "bad-header|too-large"),
        ("(0, 4294967296, 4294967296)", "bad-header|too-large"), ("(2305843009213693952, 8)", "bad-header|too-large"), ("(18446744073709551617,)", "bad-header|too-large"),
        ("(18446744073709551616, 0)", "bad-header|too-large"), ("(True, 5)", "bad-header"), (f"(1{'0' * 5000},)", "bad-header|too-large"),
    ):  # fmt: skip
        add(book, "shapes", shape[:60], npy_by_hand("'>f4'", shape, array.tobytes()), codes)
    for dims in ([2**62], [2**32, 2**32], [0, 2**63], [2**61, 8], [2**16] * 4):
        nbytes = 0
        add(book, "shapes", f"frame {dims}", frame_by_hand(">f4", dims, b"", nbytes=nbytes), "bad-header|too-large")
    add(book, "shapes", "frame of 65 axes", frame_by_hand(">f4", [1] * 65, bytes(4)), "bad-header|too-large")
    tree = expect(array.reshape((1,) * 62 + (3, 5)))
    assert len(tree["shape"]) == 64
    for container in CONTAINERS:
        book.add(GROUP, "shapes", f"{container} of 64 axes, which is fine", *CONTAINERS[container](array.reshape(tree["shape"])), tree | {"order": "C"})


def pickles(book):
    objects = np.array([1, "two", None], object)
    file = io.BytesIO()
    np.lib.format.write_array(file, objects)
    add(book, "pickles", "an array of objects", file.getvalue(), "unsupported-dtype", says="pickle")
    record = np.array([(1, "x")], [("a", "i4"), ("b", object)])
    file = io.BytesIO()
    np.lib.format.write_array(file, record)
    add(book, "pickles", "an object in a record", file.getvalue(), "unsupported-dtype", says="pickle")
    texts = np.array(["a", "bcd"], np.dtypes.StringDType())
    file = io.BytesIO()
    np.lib.format.write_array(file, texts)
    add(book, "pickles", "StringDType, which NumPy saves as objects", file.getvalue(), "unsupported-dtype", says="pickle")
    for descr in ("O", "|O", "|O8", "object", "[('a', [('b', '|O8')])]"):
        text = descr if descr.startswith("[") else repr(descr)
        add(book, "pickles", f"npy {descr}", npy_by_hand(text, "(1,)", bytes(8)), "unsupported-dtype", says="pickle")
        add(book, "pickles", f"npy {descr}, whatever dtype is given", npy_by_hand(text, "(1,)", bytes(8)), "unsupported-dtype|bad-argument|size-mismatch", {"dtype": ">i8"})
        add(book, "pickles", f"frame {descr}", frame_by_hand(descr, [1], bytes(8)), "unsupported-dtype", says="pickle")
        add(book, "pickles", f"raw {descr}", bytes(8), "unsupported-dtype", {"dtype": descr}, says="pickle")


def nothing(book):
    """Elements of no bytes, however many: a loop over them would never end."""
    for dtype in ("S0", "V0", "U0"):
        for count in (10**9, 2**40, 2**52):
            tree = {"settles": True}
            book.add(GROUP, "elements of no bytes", f"npy {dtype} {count}", npy_by_hand(f"'|{dtype}'", f"({count},)", b""), {}, tree)
            book.add(GROUP, "elements of no bytes", f"raw {dtype} {count}", b"", {"dtype": dtype, "shape": [count]}, tree)
            book.add(GROUP, "elements of no bytes", f"frame {dtype} {count}", frame_by_hand(f"|{dtype}", [count], b""), {}, tree)
    for descr in ("[('a', 'S0'), ('b', 'V0')]", "[]"):
        book.add(GROUP, "elements of no bytes", f"npy {descr}", npy_by_hand(descr, f"({2**40},)", b""), {}, {"settles": True})
    empty = np.zeros((0, 5, 2**40), "S3")[:, :, :0]
    for container in CONTAINERS:
        book.add(GROUP, "elements of no bytes", f"{container} of no element", *CONTAINERS[container](empty), expect(empty))


def lengths(book, array, random):
    for container in CONTAINERS:
        source, options = CONTAINERS[container](array)
        for more in (b"\0", b"\x93NUMPY", bytes(64), random.bytes(1000)):
            if container == "frame" and not any(more):
                continue  # zeros up to the next multiple of 64 belong to the frame
            tree = expect(array) | {"trailing": len(more)}
            what = f"{container}, {len(more)} bytes left over"
            book.add(GROUP, "data left over", what, source + more, options, tree)
            add(book, "data left over", f"{what}, strict", source + more, "size-mismatch", options | {"strict": True}, expected=array.nbytes)
        book.add(GROUP, "data left over", f"{container}, none, strict", source, options | {"strict": True}, expect(array) | {"trailing": 0})
    record = make([("a", ">i2"), ("s", "S3")], (7,), random)
    for array in (record, record["s"].copy(), make(">U3", (7,), random), make("V5", (7,), random), make(">c8", (7,), random), make(">M8[s]", (7,), random)):
        for container in CONTAINERS:
            source, options = CONTAINERS[container](array)
            add(book, "data left over", f"{container} {array.dtype}, strict", source + b"\1", "size-mismatch", options | {"strict": True})
            if container == "raw":
                options |= {"shape": [7]}
            add(book, "data short", f"{container} {array.dtype}", source[:-1], "truncated", options)
    for dtype in (">f4", "<i8", ">c16", "S3", ">U2", "V5", "[('a', '>i2'), ('b', 'u1')]", "<f16", ">i3"):
        add(book, "data short", f"raw {dtype} of a length that is no multiple", bytes(97), "size-mismatch|truncated", {"dtype": dtype})


def bools(book):
    bytes_of = bytes([0, 1, 2, 255, 128, 0, 1])
    array = np.frombuffer(bytes_of, "u1")
    result = np.array([0, 1, 1, 1, 1, 0, 1], bool)
    column = np.dtype([("n", ">i2"), ("b", "?")])
    records = b"".join(struct.pack(">hB", index, byte) for index, byte in enumerate(bytes_of))
    for what, source, options in (
        ("raw", bytes_of, {"dtype": "?"}),
        ("npy", npy_by_hand("'|b1'", "(7,)", bytes_of), {}),
        ("frame", frame_by_hand("|b1", [7], bytes_of), {}),
        ("raw with strides", bytes_of, {"format": "raw", "dtype": "?", "shape": [7], "strides": [1]}),
    ):
        book.add(GROUP, "bools other than 0 and 1", what, source, options, expect(array, result=result))
        add(book, "bools other than 0 and 1", f"{what}, strict", source, "precision-loss", options | {"strict": True})
        book.add(GROUP, "bools other than 0 and 1", f"{what} to float32", source, options | {"to": "float32"}, expect(array, result=result.astype("f4")))
    tree = expect(np.frombuffer(records, column))
    book.add(GROUP, "bools other than 0 and 1", "a column", records, {"dtype": "[('n', '>i2'), ('b', '?')]"}, tree)
    add(book, "bools other than 0 and 1", "a column, strict", records, "precision-loss", {"dtype": "[('n', '>i2'), ('b', '?')]", "strict": True})


def frames(book, array):
    dims, payload = array.shape, array.tobytes()
    for what, fields, codes in (
        ("another magic", {"magic": b"\x93BFZ"}, "bad-magic"),
        ("version 0", {"version": 0}, "bad-header"),
        ("version 2", {"version": 2}, "bad-header"),
        ("flag 8", {"flags": 2 | 8}, "bad-header"),
        ("flag 128", {"flags": 2 | 128}, "bad-header"),
        ("an axis too many", {"ndim": 3}, "bad-header|too-large|truncated|unsupported-dtype"),
        ("a dtype text too short", {"text": 1}, "bad-header|unsupported-dtype"),
        ("a dtype text too long", {"text": 30}, "bad-header|unsupported-dtype|truncated"),
        ("a dtype text beyond the end", {"text": 65_535}, "truncated"),
        ("a name beyond the end", {"name": 65_535}, "truncated"),
        ("a payload too short", {"nbytes": 59}, "bad-header"),
        ("a payload too long", {"nbytes": 64}, "bad-header"),
        ("a payload of all there can be", {"nbytes": 2**64 - 1}, "bad-header|too-large"),
        ("a length that is unknown, and told", {"flags": 2 | 4}, "bad-header"),
        ("another checksum", {"crc": 1}, "checksum"),
        ("a checksum of 0", {"crc": 0}, "checksum"),
        ("a checksum that the flags deny", {"flags": 0}, "bad-header"),
    ):
        add(book, "frames", what, frame_by_hand(">f4", dims, payload, **fields), codes)
    source = bytearray(frame_by_hand(">f4", dims, payload))
    source[-1] ^= 1
    add(book, "frames", "a payload with one bit turned", bytes(source), "checksum")
    book.add(GROUP, "frames", "the same, checksum not asked for", bytes(source), {"checksum": False}, expect(np.frombuffer(bytes(source[-60:]), ">f4").reshape(dims)))
    source = bytearray(frame_by_hand(">f4", dims, payload))
    source[len(source) - len(payload) - 1] = 1
    add(book, "frames", "no zeros before the payload", bytes(source), "bad-header")
    for text in (">f4\0", "'>f4'", "f4 ", "[('a', '>f4')", "{'names': ['a'], 'formats': ['>f4']}", "", "[('a', '>f4'), ('a', '>f4')]"):
        add(book, "frames", f"a dtype of {text!r}", frame_by_hand(text, dims, payload), "bad-header|unsupported-dtype")
