"""Every row of the table of dtypes: both byte orders, raw, .npy and frame, of every size from none to several tiles."""

import math

import ml_dtypes
import numpy as np

import floats
from containers import CONTAINERS, frame_by_hand, npy_by_hand, raw, text
from expect import expect
from values import NAT, fill, make

GROUP = "dtypes"
NUMBERS = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
UNITS = "Y M W D h m s ms us ns ps fs as".split() + "25s 7D 1000ms 3M 10Y 2147483647as".split() + [None]
SMALL = [((), "C"), ((0,), "C"), ((1,), "C"), ((7,), "C"), ((2, 3, 5), "C"), ((4, 3), "F"), ((2, 3, 4), "F"), ((0, 3), "C"), ((1, 1), "C")]

RECORDS = {
    "one field": [("a", "<f4")],
    "mixed byte orders": [("t", ">i8"), ("v", "<f4"), ("w", ">f4"), ("flag", "?"), ("q", "<u2"), ("r", ">u2")],
    "every kind": [
        ("b", "?"), ("i", ">i2"), ("u", "<u8"), ("h", ">f2"), ("f", "<f8"), ("c", ">c8"), ("d", "<c16"), ("M", ">M8[25s]"),
        ("m", "<m8"), ("S", "S3"), ("U", ">U3"), ("V", "V5"), ("after", ">i4"),
    ],
    "nested": [("id", ">u4"), ("at", [("x", ">f8"), ("y", "<f8"), ("name", [("first", "<U2"), ("last", "S5")])]), ("n", "u1")],
    "sub-arrays": [("t", "<i8"), ("v", ">f4", (3,)), ("m", "<i2", (2, 3)), ("s", "S2", (2,)), ("b", "?", 1), ("z", ">c8", (2, 1))],
    "sub-arrays of records": [("k", "u1"), ("p", [("x", ">i2"), ("y", "<f8", (2,)), ("tag", ">U1")], (3,)), ("e", ">i2")],
    "sub-arrays of numbers": [("t", "<i8"), ("v", ">f4", (3,)), ("m", "<i2", (2, 3))],
    "one field": [("a", ">f4")],
    "one sub-array": [("a", "<u2", (3,))],
    "one field behind padding": {"names": ["a"], "formats": ["<u4"], "offsets": [4], "itemsize": 8},
    "one field before padding": {"names": ["a"], "formats": [">f8"], "offsets": [0], "itemsize": 9},
    "one field amid padding, nested": [("n", {"names": ["a"], "formats": ["u1"], "offsets": [2], "itemsize": 4})],
    "a sub-array without elements": [("a", ">i2"), ("none", "<f4", (0,)), ("b", ">i2")],
    "padding between and behind": {"names": ["a", "b", "c"], "formats": ["u1", ">f4", "<i2"], "offsets": [1, 4, 12], "itemsize": 20},
    "alignment": np.dtype([("a", "u1"), ("b", ">f8"), ("c", "<i2")], align=True),
    "padding in a nested record": [("a", ">i2"), ("n", {"names": ["x", "y"], "formats": [">i4", "u1"], "offsets": [0, 7], "itemsize": 9}), ("b", "<i2")],
    "titles": [(("Temperature in K", "t"), ">f4"), (("Druck", "p"), "<f8")],
    "names beyond ASCII": [("größe", ">f4"), ("λ", "<f4"), ("it's", ">i2"), ('"\\', "<i2"), ("a\nb", "u1")],
    "names that JavaScript knows": [("constructor", "<i2"), ("__proto__", ">i4"), ("length", "u1"), ("toString", ">f4"), ("data", "<f4")],
    "numbers for names": [("10", ">i2"), ("2", "<i2"), ("b", "u1"), ("1", ">f4")],
    "strings without length": [("a", "S0"), ("b", ">i2"), ("c", "U0")],
    "3000 bytes": [("t", ">i8"), ("wave", ">f4", (742,)), ("text", "S16"), ("n", "<u8")],
    "300 fields": [(f"f{index}", f"{'<>'[index % 2]}{['i2', 'f4', 'u8', 'f8', 'i4'][index % 5]}") for index in range(300)],
}


def write(book, random):
    for name in NUMBERS:
        for mark in "<>" if np.dtype(name).itemsize > 1 else "|":
            everywhere(book, name, np.dtype(name).newbyteorder(mark), random)
    for kind, title in (("M", "datetime64"), ("m", "timedelta64")):
        for unit in UNITS:
            for mark in "<>":
                dtype = np.dtype(f"{mark}{kind}8[{unit}]" if unit else f"{mark}{kind}8")
                for shape, order in SMALL[:1] + SMALL[3:6] if unit in ("ns", "25s", None) else SMALL[3:4]:
                    contained(book, title, make(dtype, shape, random, order))
        contained(book, title, make(f">{kind}8[us]", (26001,), random))
        contained(book, title, np.full(5, NAT).view(f"<{kind}8[s]"))
    strings(book, random)
    for dtype in ("V1", "V3", "V10", "V1000"):
        everywhere(book, "V", np.dtype(dtype), random, large=dtype != "V1")
    for title, dtype in RECORDS.items():
        records(book, title, np.dtype(dtype), random)
    apart(book, random)
    ml(book, random)
    longdoubles(book, random)
    raw_only(book, random)


def everywhere(book, title, dtype, random, large=True):
    for shape, order in SMALL:
        contained(book, title, make(dtype, shape, random, order))
    if large:
        for nbytes in (40_000, 210_000):
            contained(book, title, make(dtype, (nbytes // dtype.itemsize | 1,), random), "npy" if nbytes > 100_000 else "frame")
        array = make(dtype, (70, 90_000 // dtype.itemsize // 70 | 1), random, "F")
        contained(book, title, array, "npy")
        offset = 3
        source, options = raw(array, offset=offset)
        what = f"raw {options['dtype']} {array.shape} at offset {offset}"
        book.add(GROUP, title, what, b"\xa5" * offset + source, options, expect(array, options.get("order", "C")))


def contained(book, title, array, *only, tree=None, title_options=None):
    """A case of the array in each container, or in those named."""
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    tree = tree or expect(array, order)
    for name in only or CONTAINERS:
        source, options = CONTAINERS[name](array, **title_options or {})
        more = {"source": {"format": name, "dtype": text(array.dtype)}, "trailing": 0}
        what = f"{name} {text(array.dtype)[:80]} {array.shape} {order}"
        book.add(GROUP, title, what, source, options, tree | more)


def strings(book, random):
    for dtype in ("S1", "S5", "S40", "<U1", ">U1", "<U6", ">U6", ">U40"):
        everywhere(book, dtype.strip("<>"), np.dtype(dtype), random, large=dtype[-2:] != "40")
    hard = [b"", b"\0", b"a\0", b"\0a", b"a\0\0b\0", b"\xff\x80", b"\xc3\xa9", b"abcdef", b"\xef\xbf\xbd", b"      "]
    contained(book, "S with NULs and bytes beyond ASCII", np.array(hard, "S6"))
    words = ["", "\0", "a\0", "\0a", "a\0\0b\0", "\ufeffa", "\U0001f600\U0010ffff", "e\u0301", "\ufffd\ufffe\uffff", "abcdef", "\u0100\u0001", "\r\n\t"]
    for mark in "<>":
        contained(book, "U with NULs, astral characters and marks", np.array(words, f"{mark}U6"))
        # A little and a big-endian letter are each other's: U+0041 is 41000000, or, swapped, beyond Unicode.
        contained(book, "U whose bytes are nearly their own reverse", np.array(["\u4100A", "\u0a0d\u0d0a"], f"{mark}U2"))
        codes = [[0x41, 0xD800], [0xDFFF, 0], [0x110000, 0x42], [0xFFFFFFFF, 0xDC00], [0x10FFFF, 0xFFFF], [0, 0xD801], [0xE000, 0xD7FF]]
        wrong = np.array(codes, f"{mark}u4").view(f"{mark}U2").reshape(-1)
        contained(book, "U with surrogates and codes beyond Unicode", wrong)
        for name, make_source in CONTAINERS.items():
            source, options = make_source(wrong, strict=True)
            what = f"strict, {name} {mark}U2"
            book.add(GROUP, "U with surrogates and codes beyond Unicode", what, source, options, {"error": "precision-loss"})
    for dtype in ("S0", "U0"):
        for shape in ((0,), (7,), (2, 3)):
            # An array of these becomes one of S1 as soon as NumPy allocates it.
            array = np.zeros(shape, [("s", dtype)])["s"]
            tree = expect(array)
            for name, source, options in (
                ("raw", b"", {"dtype": dtype, "shape": list(shape)}),
                ("npy", npy_by_hand(repr(f"|{dtype}"), shape, b""), {}),
                ("frame", frame_by_hand(f"<{dtype}", shape, b""), {}),
            ):
                order = {"byteOrder": None} if name != "frame" and dtype == "S0" else {}
                book.add(GROUP, "strings without length", f"{name} {dtype} {shape}", source, options, tree | order)
    for dtype in ("S7", ">U5"):
        many = fill(np.empty(5003, dtype), random)
        contained(book, f"100 000 strings {dtype}", np.resize(many, 100_000), "npy")


def records(book, title, dtype, random):
    title = f"records: {title}"
    for array_dtype in (dtype, dtype.newbyteorder("S")):
        for shape, order in (((), "C"), ((0,), "C"), ((1,), "C"), ((5,), "C"), ((2, 3), "C"), ((3, 2), "F"), ((2, 3, 2), "F")):
            contained(book, title, make(array_dtype, shape, random, order))
    few = make(dtype, (997,), random)
    count = 230_000 // dtype.itemsize | 1
    contained(book, title, np.resize(few, count), "npy")
    # What NumPy's header cannot say of a field, an offset into the packets can.
    source, options = raw(few[:13], offset=5, shape=[13])
    book.add(GROUP, title, "raw at offset 5, bytes left over", b"\x93" * 5 + source + b"\x77" * 3, options, expect(few[:13]) | {"trailing": 3})


APART = [
    {"names": ["b", "a"], "formats": [">i2", "<f4"], "offsets": [4, 0], "itemsize": 8},
    {"names": ["whole", "low", "high"], "formats": ["<u4", "<u2", "<u2"], "offsets": [0, 0, 2]},
    {"names": ["v", "s"], "formats": [(">f8", (2,)), "S3"], "offsets": [5, 0], "itemsize": 40},
    {"names": ["r"], "formats": [{"names": ["y", "x"], "formats": [">i4", "u1"], "offsets": [3, 1]}], "offsets": [2]},
]


def apart(book, random):
    """Fields that lie apart, overlap or are out of order: no file can say so, a caller can."""
    for fields in APART:
        dtype = np.dtype(fields)
        for shape, order in (((7,), "C"), ((3, 2), "F"), ((3000,), "C")):
            memory = random.integers(0, 256, (*shape, dtype.itemsize), "u1")
            array = memory.view(dtype)[..., 0]
            options = {"dtype": repr(fields), "shape": list(shape)}
            source = array.tobytes("C")
            if order == "F":
                array, source, options = array.reshape(shape, order="F"), array.reshape(shape).tobytes("F"), options | {"order": "F"}
            book.add(GROUP, "records: fields anywhere", f"{fields} {shape} {order}", source, options, expect(array, order))


def ml(book, random):
    """Types that lose their name in an .npy: a `dtype` gives it back."""
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        dtype = np.dtype(getattr(ml_dtypes, name))
        every = np.arange(1 << 8 * dtype.itemsize).astype(f"u{dtype.itemsize}").view(dtype)
        for mark in ("", "<", ">") if dtype.itemsize > 1 else ("", "|"):
            byte_order = {"byteOrder": {"": "little", "<": "little", ">": "big"}[mark]} if dtype.itemsize > 1 else {"byteOrder": None}
            for array in (every, every[77:84], every[:0], every[77], every[:60].reshape(3, 4, 5), np.asfortranarray(every[100:112].reshape(3, 4))):
                array = np.asarray(array)
                order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
                tree = expect(array, order) | byte_order | {"trailing": 0}
                stored = array.byteswap() if mark == ">" else array
                payload, given = stored.tobytes(order), {"dtype": mark + name}
                source, options = CONTAINERS["npy"](stored, **given)
                what = f"{mark}{name} {array.shape} {order}"
                book.add(GROUP, name, f"npy with dtype, {what}", source, options, tree)
                book.add(GROUP, name, f"npy without dtype, {what}", source, {}, {"error": "unsupported-dtype", "says": name})
                shape = {"shape": list(array.shape), "order": order}
                book.add(GROUP, name, f"raw {what}", payload, given | shape, tree)
                source = frame_by_hand(mark + name, array.shape, payload, flags=2 + (order == "F"))
                book.add(GROUP, name, f"frame {what}", source, {}, tree)
        contained_frame = CONTAINERS["frame"](every, name="weights")
        book.add(GROUP, name, "frame as the backend writes it", *contained_frame, expect(every) | {"name": "weights"})
    void = np.dtype([("w", "V2"), ("t", ">i4")])
    values = make(void, (9,), random)
    weights = np.frombuffer(np.ascontiguousarray(values["w"]).tobytes(), ml_dtypes.bfloat16)
    tree = expect(values)
    fields = {"w": expect(weights), "t": tree["fields"]["t"]}
    source, options = CONTAINERS["npy"](values, dtype="[('w', 'bfloat16'), ('t', '>i4')]")
    del fields["w"]["strides"]
    book.add(GROUP, "bfloat16", "npy of records with dtype", source, options, tree | {"fields": fields})


def longdoubles(book, random):
    for bits, precision, width, fraction, integer, value in (
        (80, "x87", 16, 63, 1, floats.x87),
        (80, "x87", 12, 63, 1, floats.x87),
        (128, "quad", 16, 112, 0, floats.quad),
    ):
        patterns = floats.extended_patterns(random, fraction, integer)
        if precision == "x87":
            # Forms of the 8087 that today's processors take for NaN, and subnormals that have the integer bit.
            patterns += [0x7FFF << 64, 0x7FFF << 64 | 5, 0x4000 << 64 | 1 << 62, 1 << 64, 1 << 63, 1 << 79 | 1 << 63 | 3]
        if len(patterns) % 2:
            patterns.append(patterns[20])
        with np.errstate(all="ignore"):
            doubles = np.array([floats.nearest(value(pattern)) for pattern in patterns])
        stored = {"<": b"".join(pattern.to_bytes(width, "little") for pattern in patterns)}
        stored[">"] = b"".join(pattern.to_bytes(width, "big") for pattern in patterns)
        if precision == "x87" and width == 16:
            with np.errstate(all="ignore"):
                same = np.frombuffer(stored["<"], "<f16").astype("f8")
            assert np.array_equal(same, doubles, equal_nan=True), "NumPy and the definition disagree"
        given = {"longdouble": precision} if precision == "quad" else {}
        title = f"long doubles, {precision} in {width} bytes"
        for mark, payload in stored.items():
            for kind, parts in (("f", 1), ("c", 2)):
                code = f"{mark}{kind}{parts * width}"
                results = doubles.view("c16") if parts == 2 else doubles
                every = len(results)
                for shape, order in (((every,), "C"), ((), "C"), ((0,), "C"), ((2, 3), "C"), ((3, 2), "F"), ((every * 40,), "C")):
                    count = math.prod(shape)
                    start = 0 if count >= every else 9
                    part = np.resize(results, count) if count > every else results[start : start + count]
                    itemsize = parts * width
                    bytes_of = (payload * 40)[start * itemsize : (start + count) * itemsize]
                    tree = expect(part.reshape(shape, order=order).astype(part.dtype.newbyteorder(mark)), order)
                    tree |= {"nan": "any", "source": {"dtype": code}}
                    what = f"{code} {shape} {order}"
                    raw_options = given | {"dtype": code, "shape": list(shape), "order": order}
                    if order == "F" or len(shape) < 2 or count > 100:
                        book.add(GROUP, title, f"raw {what}", bytes_of, raw_options, tree)
                    if count <= every:
                        book.add(GROUP, title, f"npy {what}", npy_by_hand(repr(code), shape, bytes_of, order == "F"), given, tree)
                        flags = 2 + (order == "F")
                        book.add(GROUP, title, f"frame {what}", frame_by_hand(code, shape, bytes_of, flags=flags), given, tree)
                if precision == "quad":
                    what = f"raw {code} that nothing tells from x87"
                    book.add(GROUP, title, what, payload, {"dtype": code}, {"error": "unsupported-dtype|bad-argument", "says": "longdouble"})
            if precision == "x87" and width == 16:
                # On 64-bit machines six bytes of each are whatever was in memory.
                garbage = [pattern | int.from_bytes(random.bytes(6), "little") << 80 for pattern in patterns]
                payload = b"".join(pattern.to_bytes(16, {"<": "little", ">": "big"}[mark]) for pattern in garbage)
                tree = expect(doubles.astype(f"{mark}f8")) | {"nan": "any"}
                told = {"dtype": f"{mark}f16", "longdouble": "x87"}
                book.add(GROUP, title, f"{mark}f16 with anything for padding", payload, told, tree)
                refused = {"error": "unsupported-dtype|bad-argument", "says": "longdouble"}
                book.add(GROUP, title, f"{mark}f16 with anything for padding, layout not told", payload, {"dtype": f"{mark}f16"}, refused)
    # As NumPy writes them here, and as fields of records.
    array = np.frombuffer(b"".join(p.to_bytes(16, "little") for p in floats.extended_patterns(random, 63, 1)), "<f16")
    for dtype in ("<f16", ">f16", "<c32", ">c32"):
        part = (array[: array.size // 2 * 2].view("<c32") if "c" in dtype else array).astype(dtype)
        contained(book, "long doubles as NumPy writes them", part)
    for dtype in ([("t", ">i4"), ("x", ">f16"), ("z", "<c32")], [("x", "<f16", (2,)), ("n", "u1")]):
        records_of = np.zeros(6, dtype)
        for index, name in enumerate(np.dtype(dtype).names):
            column = records_of[name]
            if column.dtype.kind in "fc":
                column[...] = part[20 + index : 20 + index + column.size].real.reshape(column.shape)
        contained(book, "long doubles as NumPy writes them", records_of)


def raw_only(book, random):
    """24-bit integers and IBM floats, which are no NumPy types: what they are is written down here."""
    extremes = [0, 1, -1, 2**23 - 1, -(2**23), 0x123456, -0x123456, 0x7F, 0x80, -0x80, 0x8000, 2]
    signed = np.array(extremes + random.integers(-(2**23), 2**23, 11_001).tolist(), "i4")
    unsigned = np.array([2**24 - 1, 0xFEDCBA, 0x800000, 0x010203, 0] + random.integers(0, 2**24, 11_001).tolist(), "u4")
    for mark, order in (("<", "little"), (">", "big")):
        for code, values in (("i3", signed), ("u3", unsigned)):
            for count in (0, 1, 7, values.size, 70_001):
                part = np.resize(values, count)
                source = b"".join((int(value) & 0xFFFFFF).to_bytes(3, order) for value in part)
                tree = expect(part.astype(f"{mark}{code[0]}4")) | {"source": {"format": "raw", "dtype": f"{mark}{code}"}}
                book.add(GROUP, "24-bit integers", f"{mark}{code} ({count},)", source, {"dtype": mark + code}, tree)
            part, shaped = values[:24].reshape(2, 3, 4), {"dtype": mark + code, "shape": [2, 3, 4]}
            source = b"".join((int(value) & 0xFFFFFF).to_bytes(3, order) for value in part.ravel())
            book.add(GROUP, "24-bit integers", f"{mark}{code} (2, 3, 4)", source, shaped, expect(part.astype(f"{mark}{code[0]}4")))
            for container, of_bytes in (("npy", npy_by_hand(repr(mark + code), (24,), source)), ("frame", frame_by_hand(mark + code, (24,), source))):
                book.add(GROUP, "24-bit integers", f"{mark}{code} in {container}", of_bytes, {}, {"error": "unsupported-dtype"})
        patterns = [0, 0x41100000, 0xC1100000, 0x42640000, 0xC276A000, 0x7FFFFFFF, 0xFFFFFFFF, 0x00000001, 0x00100000, 0x40800000, 0x46000001, 0x41012345, 0x80000001]
        patterns += random.integers(0, 2**32, 10_001).tolist()
        values = np.array([floats.nearest(floats.ibm(pattern)) for pattern in patterns], f"{mark}f8")
        for count in (0, 1, 7, values.size):
            source = b"".join(pattern.to_bytes(4, order) for pattern in patterns[:count])
            tree = expect(values[:count]) | {"source": {"format": "raw"}}
            book.add(GROUP, "IBM floats", f"{mark}ibm4 ({count},)", source, {"dtype": f"{mark}ibm4"}, tree)
            narrow = {"dtype": f"{mark}ibm4", "to": "float32", "casting": "unsafe"}
            with np.errstate(all="ignore"):
                single = values[:count].astype("f4")
            book.add(GROUP, "IBM floats", f"{mark}ibm4 ({count},) to float32", source, narrow, expect(values[:count], result=single))


