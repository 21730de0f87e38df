"""What NumPy says of other people's files: .npy and .npz, and IDX, netCDF 3 and FITS, which NumPy reads by offset and strides.

A case's `source` is a file of the corpus. `gunzip` says that it is to be decompressed first, `before` what goes in front of it (in
hex), `npz` that it is for `decodeAll`, `expect` then being {"names": {name: tree}}.
"""

import csv
import gzip
import io
import math
import struct

import numpy as np

from containers import text
from expect import expect

GROUP = "corpus"
IDX = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
NETCDF = {1: "i1", 2: "S1", 3: ">i2", 4: ">i4", 5: ">f4", 6: ">f8", 7: "u1", 8: ">u2", 9: ">u4", 10: ">i8", 11: ">u8"}
FITS = {"L": "i1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8", "C": ">c8", "M": ">c16"}
BITPIX = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


def write(book, corpus):
    with open(corpus / "MANIFEST.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    readers = {"npy": npy, "npz": npz, "idx": idx, "idx.gz": idx, "netcdf3": netcdf, "fits": fits, "npy-malformed": npy, "npy-malformed-fragment": fragment}
    for row in rows:
        data = (corpus / row["file"]).read_bytes()
        assert len(data) == int(row["bytes"]), row["file"]
        readers[row["format"]](book, row, data)


def add(book, row, what, options, tree, **more):
    book.add(GROUP, row["format"], f"{row['file']} {what}".strip(), row["file"], options, tree, **more)


def npy(book, row, data):
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError) as error:
        assert row["dtype"] == "REFUSED", row["file"]
        return add(book, row, "", {}, {"error": refusal(str(error))})
    descr = np.lib.format.dtype_to_descr(array.dtype)
    assert str(descr) == row["dtype"] and f"{array.shape}" == row["shape"].removesuffix(" F"), row["file"]
    add(book, row, "", {}, npy_tree(array, data))


def npy_tree(array, data):
    # Of an array that is both, such as a single column, only the file itself says how it was meant.
    order = "F" if b"'fortran_order': True" in data.split(b"\n", 1)[0] else "C"
    tree = expect(array, order) | {"source": {"format": "npy", "dtype": text(array.dtype)}, "trailing": 0}
    if array.dtype.kind == "U" and (pairs := array.tolist()) and any(0xD800 <= ord(c) < 0xE000 for word in pairs for c in word):
        # Two halves of an astral character in two code points: whether they are lone is a matter of opinion.
        tree["or"] = [word.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for word in pairs]
        tree.pop("replaced", None)
    return tree


def refusal(message):
    """byteferry's code for what NumPy says."""
    for part, code in (
        ("Object arrays", "unsupported-dtype"),
        ("we only support format version", "bad-header|truncated"),
        ("EOF", "truncated"),
        ("No data left", "truncated"),
        ("pickled", "bad-magic"),
        ("", "bad-header|truncated"),
    ):
        if part in message:
            return code


def npz(book, row, data):
    archive = np.load(io.BytesIO(data), allow_pickle=False)
    names = {}
    for name in archive.files:
        try:
            member = archive.zip.read(f"{name}.npy")
            names[name] = npy_tree(archive[name], member)
        except ValueError as error:
            assert f"{name}=ERR" in row["dtype"], row["file"]
            return add(book, row, "", {}, {"error": refusal(str(error))}, npz=True)
    assert ";".join(f"{name}={archive[name].dtype.str}" for name in names) == row["dtype"], row["file"]
    # The bytes of each go where `Book` knows to put them.
    add(book, row, "", {}, {"fields": names}, npz=True)


def idx(book, row, data):
    if gunzip := row["file"].endswith(".gz"):
        add(book, row, "as it is", {}, {"error": "bad-magic", "says": "gzip"})
        data = gzip.decompress(data)
    if row["dtype"] == "REFUSED":
        return add(book, row, "", {}, {"error": "truncated"}, gunzip=gunzip)
    code, axes = data[2:4]
    shape = struct.unpack(f">{axes}I", data[4 : 4 + 4 * axes])
    raw(book, row, "", data, IDX[code], shape, 4 + 4 * axes, first="{}", gunzip=gunzip)


def raw(book, row, what, data, dtype, shape, offset, strides=None, first="", **more):
    """What lies there, with the MANIFEST as a witness that the header was read right."""
    array = np.ndarray(shape, dtype, data, offset, strides)
    assert first.format(array.ravel()[:3].tolist()) in row["numpy_first3_or_error"], (row["file"], what)
    options = {"format": "raw", "dtype": text(array.dtype), "shape": list(shape), "offset": offset}
    if strides:
        options["strides"] = list(strides)
    add(book, row, what, options, expect(array), **more)


class Reader:
    """Big-endian integers and padded strings, one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        return self.data[self.at - count : self.at]

    def integer(self, width=4):
        return int.from_bytes(self.take(width), "big")

    def padded(self, count):
        return self.take(count + -count % 4)[:count]


def netcdf(book, row, data):
    add(book, row, "as it is", {}, {"error": "bad-magic", "says": "netCDF"})
    if row["dtype"] == "REFUSED":
        return
    reader = Reader(data)
    assert reader.take(3) == b"CDF"
    version = reader.integer(1)
    # In version 5 counts have 8 bytes, in 2 only the places of variables do.
    count, place = {1: (4, 4), 2: (4, 8), 5: (8, 8)}[version]
    number = lambda: reader.integer(count)  # noqa: E731
    name = lambda: reader.padded(number()).rstrip(b"\0").decode()  # noqa: E731  (one old file counts a NUL with a name)

    def listed(read):
        reader.integer()  # what kind of list
        return [read() for _ in range(number())]

    def attribute():
        name()
        size = np.dtype(NETCDF[reader.integer()]).itemsize
        reader.padded(size * number())

    def variable():
        label, axes = name(), [number() for _ in range(number())]
        listed(attribute)
        dtype = np.dtype(NETCDF[reader.integer()])
        number()  # its size, which cannot be trusted where it is large
        return label, axes, dtype, reader.integer(place)

    records = number()
    lengths = listed(lambda: (name(), number())[1])
    listed(attribute)
    variables = listed(variable)
    nbytes = {label: dtype.itemsize * math.prod(lengths[axis] for axis in axes if lengths[axis]) for label, axes, dtype, _ in variables}
    in_record = [label for label, axes, _, _ in variables if axes and lengths[axes[0]] == 0]
    # A record has all of them, each padded to 4 bytes; but for one that is alone.
    record = nbytes[in_record[0]] if len(in_record) == 1 else sum(nbytes[label] + -nbytes[label] % 4 for label in in_record)
    assert row["dtype"] == f"CDF{version} " + ";".join(f"{label}={dtype.str}" for label, _, dtype, _ in variables), row["file"]
    for label, axes, dtype, offset in variables:
        shape, strides = [lengths[axis] for axis in axes], None
        if label in in_record:
            shape[0] = records
            strides = (record, *np.ndarray(shape[1:], dtype).strides)
        raw(book, row, label, data, dtype, tuple(shape), offset, strides, first=f"{label}:{{}}")


def fits(book, row, data):
    add(book, row, "as it is", {}, {"error": "bad-magic", "says": "FITS"})
    at, unit = 0, 0
    while at < len(data):
        header = {}
        while "END" not in header:
            card, at = data[at : at + 80].decode("ascii"), at + 80
            value = card[10:].split("/")[0].strip() if not card[10:].lstrip().startswith("'") else card[10:].split("'")[1]
            header[card[:8].strip()] = value.strip()
        at += -at % 2880
        axes = [int(header[f"NAXIS{axis}"]) for axis in range(int(header["NAXIS"]), 0, -1)]
        size = abs(int(header["BITPIX"])) // 8 * int(header.get("GCOUNT", 1)) * (int(header.get("PCOUNT", 0)) + math.prod(axes)) if axes else 0
        if header.get("XTENSION") == "BINTABLE":
            fields = []
            for field in range(1, int(header["TFIELDS"]) + 1):
                form = header[f"TFORM{field}"]
                repeat, code = int(form[:-1] or 1), form[-1]
                assert code == "A" or repeat == 1, form
                fields.append((header[f"TTYPE{field}"], f"S{repeat}" if code == "A" else FITS[code]))
            dtype = np.dtype(fields)
            assert f"HDU{unit}={dtype.descr}" in row["dtype"] and dtype.itemsize == axes[1], row["file"]
            raw(book, row, f"HDU {unit}", data, dtype, (axes[0],), at)
        elif axes:
            dtype = BITPIX[int(header["BITPIX"])]
            assert f"HDU{unit}={dtype}" in row["dtype"], row["file"]
            raw(book, row, f"HDU {unit}", data, dtype, tuple(axes), at, first=f"HDU{unit}:{{}}")
        at += size + -size % 2880
        unit += 1


def fragment(book, row, data):
    """NumPy's own tests put the magic in front of these."""
    before = b"" if data.startswith(b"\x93NUMPY") else b"\x93NUMPY\x01\x00"
    try:
        np.load(io.BytesIO(before + data), allow_pickle=False)
    except ValueError as error:
        return add(book, row, "", {}, {"error": refusal(str(error))}, before=before.hex())
    raise AssertionError(f"NumPy reads {row['file']}")
