"""Casts as a page asks for them: by every name that `to` takes, for every kind of dtype, and for a record's fields.

What NumPy allows is asked of `numpy.can_cast`. Booleans, integers and floats among each other are the work of `make.py`.
"""

import itertools
import math
from fractions import Fraction

import ml_dtypes
import numpy as np

import floats
from containers import CONTAINERS, raw, text
from expect import expect, typed_array
from make import CASTINGS, define
from values import NAT, make

GROUP = "casts"
NUMBERS = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split()
MILLISECONDS = {
    "W": 604_800_000, "D": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1,
    "us": Fraction(1, 10**3), "ns": Fraction(1, 10**6), "ps": Fraction(1, 10**9), "fs": Fraction(1, 10**12), "as": Fraction(1, 10**15),
}  # fmt: skip
REFUSED = {"error": "unsafe-cast"}


def write(book, random):
    spellings(book)
    numbers(book)
    quads(book, random)
    complexes(book, random)
    planes(book, random)
    dates(book, random)
    stored_bytes(book, random)
    fields(book, random)
    lost(book)
    biting(book)


def cast(array, target):
    """As `astype` does, and where NumPy leaves a value to the processor as byteferry promises."""
    with np.errstate(all="ignore"), np.testing.suppress_warnings() as quiet:
        quiet.filter(np.exceptions.ComplexWarning)
        if array.dtype.name in ("bfloat16", "float8_e4m3fn", "float8_e5m2", "float128") and np.dtype(target).kind in "iu":
            array = array.astype("f8")
        result = array.astype(target)
        if array.dtype.kind == "c" and result.dtype.kind in "iu":
            array = array.real
        define(array, result)
    return result


def spellings(book):
    values = np.array([1, 2, 250, 0, 77], ">u2")
    names = {
        "float64": ["float64", "<f8", "f8", "=f8", "d", "double", "float"],
        "float32": ["float32", "<f4", "f4", "single", "f"],
        "int64": ["int64", "<i8", "i8", "q", "longlong"],
        "uint64": ["uint64", "<u8"],
        "int32": ["int32", "<i4", "i", "intc"],
        "uint32": ["uint32", "I"],
        "int16": ["int16", "<i2", "h"],
        "uint16": ["uint16", "<u2"],
        "int8": ["int8", "|i1", "i1", "<i1", "b"],
        "uint8": ["uint8", "|u1", "u1", "B"],
        "bool": ["bool", "?", "|b1", "b1"],
        "complex64": ["complex64", "<c8", "c8", "F"],
        "complex128": ["complex128", "<c16", "D"],
    }
    source, options = raw(values)
    for name, spelt in names.items():
        result = values.astype(name)
        constructor = [] if name in ("bool", "complex64", "complex128") else [{"constructor": typed_array(result.dtype)}]
        for to in spelt + constructor:
            for casting in ("unsafe", "exact"):
                lossy = casting == "exact" and name in ("bool", "int8")
                tree = {"error": "precision-loss", "index": 1 if name == "bool" else 2} if lossy else expect(values, result=result)
                book.add(GROUP, "by every name of a target", f"{to}, {casting}", source, options | {"to": to, "casting": casting}, tree)
    for to, codes in ((">f8", "bad-argument"), (">i2", "bad-argument"), ("float7", "unsupported-dtype|bad-argument"), ("object", "unsupported-dtype"), ("", "unsupported-dtype|bad-argument")):
        book.add(GROUP, "by every name of a target", f"no target: {to!r}", source, options | {"to": to}, {"error": codes})
    for constructor in ("Map", "DataView", "Array"):
        book.add(GROUP, "by every name of a target", f"no target: {constructor}", source, options | {"to": {"constructor": constructor}}, {"error": "bad-argument"})


def numbers(book):
    """From the floats that are not NumPy's own, and from long doubles."""
    small = np.array([0, -0.0, 1, -1, 1.5, 2.5, -2.5, 0.125, 7, 200, 255, 256, 300, -129, 448, np.inf, -np.inf, np.nan, 40000, -40000])
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2", "float128", "float16"):
        dtype = getattr(ml_dtypes, name, None) or np.dtype(name)
        array = np.concatenate([small.astype(dtype), np.arange(256).astype("u1").view(dtype) if np.dtype(dtype).itemsize == 1 else small.astype(dtype)[::-1]])
        if name == "float128":
            array = np.frombuffer(array.tobytes(), "u1").reshape(-1, 16) * np.array([1] * 10 + [0] * 6, "u1")
            array = array.reshape(-1).view("<f16")
        given = {"dtype": name} if name != "float128" else {"dtype": "<f16"}
        for target in NUMBERS + ["float16", "complex64", "complex128"]:
            for casting in CASTINGS:
                allowed = np.can_cast(array.dtype, target, casting)
                if name not in ("float128", "float16") and casting == "same_kind" and not allowed and target[:3] in ("flo", "com"):
                    continue  # ml_dtypes belong to no kind; floats that they are, byteferry counts them among them
                options = given | {"to": target, "casting": casting}
                tree = REFUSED
                if allowed:
                    tree = expect(array.astype("f8"), result=cast(array, target)) | {"nan": "any", "byteOrder": None if array.itemsize == 1 else "little"}
                book.add(GROUP, f"from {name}", f"to {target}, {casting}", array.tobytes(), options, tree)
        for target in ("float32", "float64"):
            big = array.tobytes() if array.itemsize == 1 else array.view(f"u{array.itemsize}").byteswap().tobytes() if array.itemsize < 16 else array[::-1].tobytes()[::-1]
            if array.itemsize > 1:
                tree = expect(array.astype(">f8"), result=cast(array, target)) | {"nan": "any"}
                mark = ">f16" if name == "float128" else f">{name}" if name == "bfloat16" else ">f2"
                book.add(GROUP, f"from {name}", f"big-endian to {target}", big, {"dtype": mark, "to": target, "casting": "unsafe"}, tree)
        finite = array[np.isfinite(array.astype("f8"))]
        for target in ("float32", "float64"):
            tree = expect(finite.astype("f8"), result=cast(finite, target)) | {"byteOrder": None if array.itemsize == 1 else "little"}
            book.add(GROUP, f"from {name}", f"to {target}, exact", finite.tobytes(), given | {"to": target, "casting": "exact"}, tree)


def quads(book, random):
    """To 64-bit integers: quad has more digits than these. Toward zero, saturated; exact if nothing is cut off."""
    last = [1, 1 << 40, 1 << 47, 1 << 48, 1 << 49, 1 << 50, 1 << 63, 1 << 111, 3 << 48]
    patterns = [sign << 127 | exponent << 112 | fraction for sign in (0, 1) for exponent in (0x3FFE, 0x3FFF, 0x403C, 0x403D, 0x403E, 0x403F) for fraction in [0, *last]]
    patterns += [0x403E << 112 | int(high) << 49 | int(low) for high, low in random.integers(0, 2**49, (50, 2))]
    for target, (least, most) in {"int64": (-(2**63), 2**63 - 1), "uint64": (0, 2**64 - 1)}.items():
        values = [floats.quad(pattern) for pattern in patterns]
        values = [Fraction(0) if isinstance(value, float) else value for value in values]
        result = np.array([min(max(math.trunc(value), least), most) for value in values], target)
        given = {"dtype": "<f16", "longdouble": "quad", "to": target}
        source = b"".join(pattern.to_bytes(16, "little") for pattern in patterns)
        book.add(GROUP, "from quad", f"to {target}, unsafe", source, given | {"casting": "unsafe"}, {"array": typed_array(result.dtype), "data": result.tobytes()})
        for pattern, value, whole in zip(patterns, values, result.tolist()):
            tree = {"array": typed_array(result.dtype), "data": np.array([whole], target).tobytes()} if value == whole else {"error": "precision-loss", "index": 0}
            book.add(GROUP, "from quad", f"{pattern:x} to {target}, exact", pattern.to_bytes(16, "little"), given | {"casting": "exact"}, tree)


def complexes(book, random):
    parts = np.array([1.5, -2.25, 0, -0.0, 3, 250, np.inf, 1, np.nan, 7, -7.75, 100, 0, 5])
    for source, mark in itertools.product(("complex64", "complex128", "complex256", "float32", "float64", "float16", "int16", "int64", "uint8", "bool"), "<>"):
        dtype = np.dtype(source).newbyteorder(mark)
        if dtype.kind == "c":
            array = np.array([complex(a, b) for a, b in zip(parts[::2], parts[1::2])]).astype(dtype)
            if source == "complex256":
                continue
        else:
            array = np.arange(-3, 4).astype(dtype) if dtype.kind == "i" else np.array([0, 1, 2, 3, 200, 5, 1]).astype(dtype)
        targets = ["complex64", "complex128"] + (NUMBERS if dtype.kind == "c" else [])
        for target, casting in itertools.product(targets, CASTINGS):
            given, options = raw(array, to=target, casting=casting)
            allowed = np.can_cast(dtype, np.dtype(target).newbyteorder("<"), casting)
            tree = REFUSED
            if allowed:
                tree = expect(array, result=cast(array, target)) | {"nan": "any"}
            book.add(GROUP, "complex", f"{dtype.str} to {target}, {casting}", given, options, tree)
    for dtype, to in ((">c16", "complex64"), ("<c8", "complex128"), (">c8", "complex64"), (">i4", "complex128"), ("<f4", "complex64")):
        array = make(dtype, (5, 1001), random, "F")
        if dtype == ">i4":
            array[...] %= 1000
        source, options = CONTAINERS["npy"](array, to=to, casting="unsafe")
        book.add(GROUP, "complex", f"npy {dtype} {array.shape} F to {to}", source, options, expect(array, "F", result=cast(array, to)) | {"nan": "any"})
    real = np.array([1, 2.5, 0], ">c16")
    source, options = raw(real, to="float64", casting="exact")
    refused = {"error": "unsafe-cast|precision-loss"}
    book.add(GROUP, "complex", "imaginary parts that would be lost, exact", *raw(real + 1j, to="float64", casting="exact"), refused)
    for casting in ("safe", "same_kind"):
        book.add(GROUP, "complex", f"to float64 though every imaginary part is 0, {casting}", source, options | {"casting": casting}, REFUSED)


def planes(book, random):
    for dtype, shape, order in itertools.product(("<c8", ">c8", "<c16", ">c16"), ((0,), (1,), (7,), (3, 5), (20_001,), ()), "CF"):
        if order == "F" and len(shape) < 2:
            continue
        array = make(dtype, shape, random, order)
        tree = planes_of(expect(array, order))
        for container in CONTAINERS:
            source, options = CONTAINERS[container](array, complex="planes")
            book.add(GROUP, "complex planes", f"{container} {dtype} {shape} {order}", source, options, tree)
    array = make([("t", ">i4"), ("z", ">c8"), ("w", "<c16", (2,))], (50,), random)
    tree = expect(array)
    tree["fields"] = {name: planes_of(field) if field.get("complex") else field for name, field in tree["fields"].items()}
    book.add(GROUP, "complex planes", "columns", *CONTAINERS["npy"](array, complex="planes"), tree)
    array = make(">c16", (33,), random)
    source, options = raw(array, to="complex64", casting="unsafe", complex="planes")
    tree = planes_of(expect(array, result=cast(array, "complex64")) | {"nan": "any"})
    book.add(GROUP, "complex planes", "of complex128 as complex64", source, options, tree)
    for dtype, to, shape in itertools.product(("?", "|u1", ">i2", "<f4", ">f8"), ("complex64", "complex128"), ((), (0,), (7,), (3, 5), (20_001,))):
        array = make(dtype, shape, random)
        source, options = raw(array, to=to, casting="unsafe", complex="planes")
        book.add(GROUP, "complex planes", f"of {dtype} {shape} as {to}", source, options, planes_of(expect(array, result=cast(array, to)) | {"nan": "any"}))


def planes_of(tree):
    """All the real parts, then all the imaginary ones. What itemsize and strides are then is not for a test to say."""
    parts = np.frombuffer(tree["data"], "<u4" if tree["dtype"] == "complex64" else "<u8")
    kept = {key: value for key, value in tree.items() if key not in ("itemsize", "strides")}
    return kept | {"complex": "planes", "data": parts[::2].tobytes() + parts[1::2].tobytes()}


def dates(book, random):
    """To float64: milliseconds, since the epoch for dates; NaN for NaT."""
    for kind, (unit, count) in itertools.product("Mm", [(unit, 1) for unit in ["Y", "M", *MILLISECONDS]] + [("s", 25), ("D", 7), ("M", 3), ("Y", 10), ("ns", 100), ("us", 5), ("ms", 1000)]):
        code = f"{kind}8[{count if count > 1 else ''}{unit}]"
        few = [0, 1, -1, 59, 60, 365, -365, 1234, -1970, 719_528, 20_781, int(NAT), 10**6, -(10**9), 3 * 10**9, 5 * 10**15, -(2**53), 86_400_000]
        many = [int(value) for value in random.integers(-(2**62), 2**62, 300)] + [2**63 - 1, -(2**63) + 1, 2**53 + 1]
        for what, values in (("values that survive", few), ("any values", many)):
            exact = [milliseconds(value, unit, count, kind) for value in values]
            if what == "values that survive":
                pairs = [(value, ms) for value, ms in zip(values, exact) if ms is None or Fraction(floats.nearest(ms)) == ms]
                values, exact = [value for value, _ in pairs], [ms for _, ms in pairs]
            result = np.array([np.nan if ms is None else floats.nearest(ms) for ms in exact])
            for mark in "<>":
                array = np.array(values, "i8").view(f"<{code}").astype(f"{mark}{code}")
                source, options = raw(array, to="float64")
                tree = expect(array, result=result) | {"unit": "ms", "nan": "any"} | ({} if what == "values that survive" else {"ulps": 1})
                if kind == "m" and unit in "YM":
                    tree = REFUSED
                title = "dates to milliseconds" if kind == "M" else "time differences to milliseconds"
                book.add(GROUP, title, f"{mark}{code}, {what}", source, options, tree)
                if mark == ">" and what == "values that survive":
                    book.add(GROUP, title, f"npy {code} to Float64Array", CONTAINERS["npy"](array)[0], {"to": {"constructor": "Float64Array"}}, tree)
                    column = np.array(list(zip(range(array.size), array)), [("n", ">i2"), ("t", array.dtype)])
                    fields = expect(column)
                    fields["fields"]["t"] = tree
                    book.add(GROUP, title, f"column of {code}", *raw(column, to={"t": "float64"}), fields if "error" not in tree else tree)
        if count == 1 and unit in ("us", "ns", "ps", "fs", "as"):
            # Up to 2^53 ticks one division rounds them; of micro-, nano- and picoseconds no more is lost beyond.
            most = 2**62 if unit in ("us", "ns", "ps") else 2**53
            values = [1118, -1118, 1_700_000_000_123_456_789 % most, *(int(value) for value in random.integers(-most, most, 2000)), *(int(value) for value in random.integers(-(10**7), 10**7, 2000))]
            result = np.array([floats.nearest(milliseconds(value, unit, count, kind)) for value in values])
            source, options = raw(array := np.array(values, "i8").view(f"<{code}"), to="float64")
            book.add(GROUP, "dates finer than milliseconds", code, source, options, expect(array, result=result) | {"unit": "ms"})
        if kind == "M":
            # NumPy agrees, wherever it can count the milliseconds.
            inside = [value for value in few if value != NAT and abs(ms := milliseconds(value, unit, count, kind)) < 2**62 and ms.denominator == 1]
            numpys = np.array(inside, "i8").view(f"<{code}").astype("M8[ms]").astype("i8").tolist()
            assert numpys == [milliseconds(value, unit, count, kind) for value in inside], code
    for code in ("<M8", ">m8"):
        array = np.array([1, 2, NAT]).view(f"<{code[1:]}").astype(code)
        book.add(GROUP, "dates without a unit", f"{code} to float64", *raw(array, to="float64"), REFUSED)
    for code, to in ((">M8[s]", "float32"), ("<M8[ms]", "int32"), (">M8[D]", "uint8"), ("<m8[s]", "float32"), ("<M8[s]", "complex128"), ("<M8[s]", "bool")):
        array = np.arange(5).view(f"<{code[1:]}").astype(code)
        book.add(GROUP, "dates as other numbers", f"{code} to {to}", *raw(array, to=to), REFUSED)


def milliseconds(value, unit, count, kind):
    if value == NAT:
        return None
    value *= count
    if unit in MILLISECONDS:
        return Fraction(value) * MILLISECONDS[unit]
    year, month = divmod(value, 12) if unit == "M" else (value, 0)
    year += 1970
    # Days from March to March: the leap day is a year's last.
    year, month = (year, month - 2) if month >= 2 else (year - 1, month + 10)
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 - 719_468
    return Fraction(days * 86_400_000)


def stored_bytes(book, random):
    record = [("a", ">i2"), ("n", [("x", "<f8"), ("s", "S3")]), ("v", ">f4", (2,))]
    for dtype in ("?", ">i2", "<f4", ">f8", ">c8", "<f2", "M8[s]", "S5", ">U3", "V7", record):
        for shape, order in (((), "C"), ((0,), "C"), ((7,), "C"), ((3, 4), "F"), ((2, 3, 4), "F"), ((9001,), "C")):
            array = make(dtype, shape, random, order)
            what = f"{text(array.dtype)} {shape} {order}"
            for container in CONTAINERS:
                tree = {"shape": list(shape), "order": order, "array": "Uint8Array", "data": array.tobytes(order)}
                book.add(GROUP, "to bytes as they are stored", f"{container} {what}", *CONTAINERS[container](array, to="bytes"), tree)


def fields(book, random):
    dtype = np.dtype([("t", ">M8[s]"), ("i", ">i2"), ("u", "<u4"), ("at", [("x", ">f4"), ("n", ">i8", (2,))]), ("v", "<f4", (3,)), ("z", ">c8"), ("s", "S4")])
    array = make(dtype, (1001,), random)
    array["at"]["n"] %= 1000

    def changed(tree, path, new):
        head, *rest = path
        field = changed(tree["fields"][head], rest, new) if rest else new
        return tree | {"fields": tree["fields"] | {head: field}}

    def case(what, to, replaced, **options):
        tree = expect(array)
        for path, result, more in replaced:
            column = array
            for name in path:
                column = column[name]
            tree = changed(tree, path, expect(column, result=result) | more)
        for container in CONTAINERS:
            book.add(GROUP, "by field", f"{container} {what}", *CONTAINERS[container](array, to=to, **options), tree)

    i, u, v, at, z = array["i"], array["u"], array["v"], array["at"], array["z"]
    case("none", {}, [])
    case("one", {"i": "float64"}, [(["i"], i.astype("f8"), {})])
    case("type string and constructor", {"i": "<f4", "u": {"constructor": "Float64Array"}}, [(["i"], i.astype("f4"), {}), (["u"], u.astype("f8"), {})])
    case("sub-array", {"v": "float64"}, [(["v"], cast(v, "f8"), {"nan": "any"})])
    case("nested", {"at": {"x": "float64"}, "i": "int32"}, [(["at", "x"], cast(at["x"], "f8"), {"nan": "any"}), (["i"], i.astype("i4"), {})])
    case("nested sub-array", {"at": {"n": "float64"}}, [(["at", "n"], at["n"].astype("f8"), {})])
    case("unsafe", {"u": "int8", "z": "float32"}, [(["u"], u.astype("i1"), {}), (["z"], cast(z, "f4"), {"nan": "any"})], casting="unsafe")
    case("complex", {"z": "complex128"}, [(["z"], cast(z, "c16"), {"nan": "any"})])

    tree = expect(array)
    for name in ("i", "s", "v", "at"):
        column = array[name]
        tree = changed(tree, [name], {"array": "Uint8Array", "data": column.tobytes()})
    book.add(GROUP, "by field", "bytes", *CONTAINERS["npy"](array, to=dict.fromkeys(("i", "s", "v", "at"), "bytes")), tree)

    for what, to, codes in (
        ("unsafe cast in a field", {"u": "int8"}, "unsafe-cast"),
        ("unsafe cast in a nested field", {"at": {"x": "int32"}}, "unsafe-cast"),
        ("no such field", {"nowhere": "int8"}, "bad-argument"),
        ("no such nested field", {"at": {"y": "float64"}}, "bad-argument"),
        ("fields of what has none", {"i": {"x": "float64"}}, "bad-argument"),
        ("strings as numbers", {"s": "float64"}, "unsafe-cast|bad-argument|unsupported-dtype"),
        ("a number for a record", {"at": "float64"}, "unsafe-cast|bad-argument|unsupported-dtype"),
        ("one number type for all", "float64", "unsafe-cast|bad-argument|unsupported-dtype"),
    ):
        book.add(GROUP, "by field", what, *CONTAINERS["npy"](array, to=to), {"error": codes})
    plain = np.arange(5, dtype=">f4")
    book.add(GROUP, "by field", "fields of a plain array", *raw(plain, to={"a": "float64"}), {"error": "bad-argument"})
    for dtype in ("S4", ">U2", "V8"):
        codes = "unsafe-cast|bad-argument|unsupported-dtype"
        book.add(GROUP, "what is no number", f"{dtype} to float64", *raw(make(dtype, (6,), random), to="float64"), {"error": codes})
    two = np.zeros(20_000, [("a", ">i8"), ("b", ">i2")])
    two["a"][12_345] = 2**53 + 1
    error = {"error": "precision-loss", "index": 12_345, "value": str(2**53 + 1)}
    book.add(GROUP, "by field", "a value that would be lost", *raw(two, to={"a": "float64"}), error)
    two["a"][12_345] = 2**53
    tree = expect(two)
    tree["fields"]["a"] = expect(two["a"], result=two["a"].astype("f8"))
    book.add(GROUP, "by field", "none that would be lost", *raw(two, to={"a": "float64"}), tree)


def lost(book):
    """The error names the first value that doesn't survive, wherever it lies."""
    for dtype, to, casting, bad, says in (
        (">i8", "float64", "safe", 2**53 + 1, "9007199254740993"),
        ("<i8", "float64", "safe", -(2**53) - 1, "-9007199254740993"),
        (">u8", "float64", "safe", 2**64 - 1, "18446744073709551615"),
        (">u8", "complex128", "safe", 2**64 - 1, "18446744073709551615"),
        (">f8", "float32", "exact", 0.1, "0.1"),
        ("<f8", "int32", "exact", 0.5, "0.5"),
        (">f4", "int8", "exact", 128.0, "128"),
        (">i2", "uint8", "exact", -1, "-1"),
        ("<u4", "float32", "exact", 2**24 + 1, "16777217"),
        (">f8", "int64", "exact", 2.0**63, "9223372036854775808|9223372036854776000|9.22"),
        (">f8", "int32", "exact", np.nan, "NaN"),
        ("<f4", "uint32", "exact", np.inf, "Infinity"),
    ):
        for index in (0, 1, 4999, 20_000):
            array = np.ones(20_001, dtype)
            array[index] = bad
            array[-1] = bad
            error = {"error": "precision-loss", "index": index, "says": says}
            book.add(GROUP, "what would be lost", f"{dtype} to {to}, {casting}, at {index}", *raw(array, to=to, casting=casting), error)
        array = np.asfortranarray(np.ones((30, 40), dtype))
        array[3, 7] = bad
        error = {"error": "precision-loss", "index": 7 * 30 + 3, "says": says}
        what = f"{dtype} to {to}, {casting}, in Fortran order"
        book.add(GROUP, "what would be lost", what, *CONTAINERS["npy"](array, to=to, casting=casting), error)


def biting(book):
    """TRUST's section on casts that bite."""
    title = "casts that bite"
    doubles = np.array([0.1, 1e39, -1e39, 1e-46, 1.401298464324817e-45, 16777217, 16777219, np.inf, -np.inf, np.nan, -0.0], ">f8")
    book.add(GROUP, title, "float64 to float32", *raw(doubles, to="float32", casting="same_kind"), expect(doubles, result=cast(doubles, "f4")) | {"nan": "any"})
    singles = np.array([65519, 65520, -65519, -65520, 5.96e-8, 2.98e-8, 2.99e-8, 2049, 2051, np.nan, np.inf, -0.0], ">f4")
    book.add(GROUP, title, "float32 to float16", *raw(singles, to="float16", casting="same_kind"), expect(singles, result=cast(singles, "f2")) | {"nan": "any"})
    assert cast(singles, "f2")[:2].tolist() == [65504.0, np.inf]
    bad = np.array([np.nan, np.inf, -np.inf, 1e10, -1e10, 255.9, 256, -0.5, -1, 127.5, 2.0**31, 2.0**63, 2.0**64], ">f8")
    for target in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"):
        book.add(GROUP, title, f"float64 to {target}, same_kind", *raw(bad, to=target, casting="same_kind"), REFUSED)
        book.add(GROUP, title, f"float64 to {target}, unsafe", *raw(bad, to=target, casting="unsafe"), expect(bad, result=cast(bad, target)))
        wide = np.array([0x0102030405060708, -1, 2**31, -(2**31) - 1, 2**63 - 1, -(2**63), 255, 256], ">i8")
        book.add(GROUP, title, f"int64 to {target}, unsafe", *raw(wide, to=target, casting="unsafe"), expect(wide, result=wide.astype(target)))
    big = np.array([2**53, -(2**53), 2**53 + 2, 2**63 - 2**10, 0], ">i8")
    book.add(GROUP, title, "int64 to float64, every value survives", *raw(big, to="float64"), expect(big, result=big.astype("f8")))
