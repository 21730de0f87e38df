"""Archives for the tests of .npz, written by NumPy and by Python's zipfile, and what must come out of them.

    python make.py FOLDER

leaves them in FOLDER, with cases.json: of each file the arrays as NumPy reads them, or the error codes that are right. Whatever
Python's zipfile reads must be read: that is checked here, so that a case cannot be wrong about it.
"""

import io
import json
import pathlib
import struct
import sys
import warnings
import zipfile

import numpy as np

CASES = []
OUT = pathlib.Path(sys.argv[1])


def see(array):
    """What a page sees of an array."""
    # JavaScript has no float16 that every browser knows.
    seen = {"dtype": {"float16": "float32"}.get(array.dtype.name, array.dtype.name), "shape": list(array.shape)}
    if array.flags.f_contiguous and not array.flags.c_contiguous:
        seen["order"] = "F"
    if array.dtype.kind in "iuf":
        first = array.ravel(order="K")[:5].tolist()
        seen["first"] = [str(x) for x in first] if array.dtype.kind in "iu" and array.itemsize == 8 else first
    return seen


def good(file, data, **options):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        # NumPy's own words for a name; np.load itself wants nothing in front of the archive.
        names = {name.removesuffix(".npy"): see(np.load(archive.open(name))) for name in archive.namelist() if not name.endswith("/")}
    case = {"file": file, "names": names}
    write(case, data, options)


def bad(file, data, error, says=None, **options):
    case = {"file": file, "error": error}
    if says:
        case["says"] = says
    write(case, data, options)


def write(case, data, options):
    (OUT / case["file"]).write_bytes(data)
    CASES.append(case | ({"options": options} if options else {}))


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def saved(function=np.savez, **arrays):
    out = io.BytesIO()
    function(out, **arrays)
    return out.getvalue()


def zipped(members, method=zipfile.ZIP_STORED, comment=b"", zip64=False):
    """An archive of {name: bytes}; as a list of pairs, names may be there twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in dict(members).items() if isinstance(members, dict) else members:
            with archive.open(zipfile.ZipInfo(name) if method == 0 else info(name, method), "w", force_zip64=zip64) as file:
                file.write(data)
        archive.comment = comment
    return out.getvalue()


def info(name, method):
    entry = zipfile.ZipInfo(name)
    entry.compress_type = method
    return entry


def with_zip64_end(data):
    """The same archive with zip64's end records, sizes and offsets in extra fields: as one beyond 4 GiB has them."""
    end = len(data) - 22
    count, size, start = struct.unpack_from("<HII", data, end + 10)
    out, at = bytearray(data[:start]), start
    while at < end:
        record = bytearray(data[at : at + 46])
        n, m, k = struct.unpack_from("<HHH", record, 28)
        name, rest = data[at + 46 : at + 46 + n], data[at + 46 + n : at + 46 + n + m + k]
        compressed, nbytes = struct.unpack_from("<II", record, 20)
        (offset,) = struct.unpack_from("<I", record, 42)
        struct.pack_into("<II", record, 20, 0xFFFFFFFF, 0xFFFFFFFF)
        struct.pack_into("<I", record, 42, 0xFFFFFFFF)
        # Another field in front: the right one has to be looked for.
        extra = struct.pack("<HHI", 0x7777, 4, 1) + struct.pack("<HHQQQ", 1, 24, nbytes, compressed, offset)
        struct.pack_into("<H", record, 30, len(extra) + m)
        out += record + name + extra + rest
        at += 46 + n + m + k
    size, end64 = len(out) - start, len(out)
    out += struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, start)
    out += struct.pack("<IIQI", 0x07064B50, 0, end64, 1)
    return bytes(out) + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def patched(data, member, fields, local=False):
    """Overwrites fields {offset in the directory's record: (format, value)} of one member, and those of its local header on demand."""
    data = bytearray(data)
    at = data.index(b"PK\x01\x02")
    for _ in range(member):
        at = data.index(b"PK\x01\x02", at + 4)
    (start,) = struct.unpack_from("<I", data, at + 42)
    for offset, (form, value) in fields.items():
        struct.pack_into(form, data, at + offset, value)
        if local and offset < 28:
            struct.pack_into(form, data, start + offset - 2, value)
    return bytes(data)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    noise = rng.standard_normal((40, 50)).astype(">f4")
    steps = np.arange(20000, dtype="<i4").reshape(100, 200)
    record = np.array([(1, 2.5), (3, -0.5)], dtype=[("t", "<i8"), ("v", ">f4")])
    several = {
        "noise": noise,
        "steps": steps,
        "fortran": np.asfortranarray(steps[:7, :11]),
        "scalar": np.array(2.5),
        "empty": np.empty((0, 3), "<u2"),
        "long": np.arange(-3, 300, dtype=">i8"),
        "record": record,
        "arr_0": np.ones(3, "float16"),
    }
    stored = saved(**several)
    good("stored.npz", stored)
    good("deflated.npz", saved(np.savez_compressed, **several))
    good("nothing.npz", saved())
    good("zeros.npz", saved(np.savez_compressed, zeros=np.zeros(3_000_000, ">f8")))
    # More than one part of 64 KiB, and nothing that deflate could make smaller.
    good("noise.npz", saved(np.savez_compressed, noise=rng.standard_normal(50_000)))
    good("folders.npz", zipped({"a/": b"", "a/b/c.npy": npy(noise), "a/d.npy": npy(steps), "über/ñ.npy": npy(noise[0])}))
    good("odd-names.npz", zipped({"../../etc/a.npy": npy(noise), "__proto__.npy": npy(steps), ".npy": npy(noise[1]), "a.npy.npy": npy(noise[2])}))
    good("many.npz", zipped({f"m{i:05}.npy": npy(np.array([i], "<i2")) for i in range(3000)}))

    pair = {"one": noise, "two": steps}
    small, small8 = saved(**pair), saved(np.savez_compressed, **pair)
    good("zip64-local.npz", zipped({"one.npy": npy(noise), "two.npy": npy(steps)}, zipfile.ZIP_DEFLATED, zip64=True))
    good("zip64-end.npz", with_zip64_end(small))
    good("zip64-end-deflated.npz", with_zip64_end(small8))
    good("zip64-end-garbage.npz", b"garbage in front" * 9 + with_zip64_end(small8))
    good("garbage-front.npz", b"#!/bin/sh\n" * 1000 + small8)
    good("garbage-behind.npz", small8 + b"\0" * 300)
    good("garbage-both.npz", b"front" + small + b"behind" * 1000)
    good("comment.npz", zipped({"one.npy": npy(noise)}, comment=b"a comment " * 6500))
    good("count-wrong.npz", small[:-12] + struct.pack("<H", 77) + small[-10:])

    # The directory in another order than the members.
    end = len(small) - 22
    size, start = struct.unpack_from("<II", small, end + 12)
    second = small.index(b"PK\x01\x02", start + 4)
    good("directory-reversed.npz", small[:start] + small[second:end] + small[start:second] + small[end:])

    bad("encrypted.npz", patched(small, 1, {8: ("<H", 1)}, local=True), "unsupported-compression", "two")
    bad("bzip2.npz", zipped({"one.npy": npy(noise)}, zipfile.ZIP_BZIP2), "unsupported-compression", "one")
    bad("lzma.npz", zipped({"one.npy": npy(noise)}, zipfile.ZIP_LZMA), "unsupported-compression", "one")
    bad("method-99.npz", patched(small8, 0, {10: ("<H", 99)}, local=True), "unsupported-compression", "one")
    for name, whole in (("stored", small), ("deflated", small8)):
        bad(f"crc-{name}.npz", patched(whole, 1, {16: ("<I", 12345)}, local=True), "checksum", "two")
        for at in (1, 3, 21, 22, 60, len(whole) // 4, len(whole) // 2, start - 1, len(whole) - 100, len(whole) - 23, len(whole) - 22, len(whole) - 4, len(whole) - 1):
            if at < len(whole):
                bad(f"cut-{name}-{at}.npz", whole[:at], "truncated|bad-header|bad-magic")
        bad(f"beginning-gone-{name}.npz", whole[100:], "truncated|bad-header")
    bad("zip64-cut.npz", with_zip64_end(small)[:-30], "truncated|bad-header")
    changed = bytearray(small8)
    (begin,) = struct.unpack_from("<I", small8, small8.index(b"PK\x01\x02") + 20)
    changed[begin // 2] ^= 0x55
    bad("bit-turned.npz", bytes(changed), "checksum|truncated|too-large|bad-header", "one")

    one = zipped({"one.npy": npy(noise)}, zipfile.ZIP_DEFLATED)
    (compressed, nbytes) = struct.unpack_from("<II", one, one.index(b"PK\x01\x02") + 20)
    bad("says-less.npz", patched(one, 0, {24: ("<I", nbytes - 1)}, local=True), "too-large", "one")
    bad("says-more.npz", patched(one, 0, {24: ("<I", nbytes + 1)}, local=True), "truncated", "one")
    bad("says-far-more.npz", patched(one, 0, {24: ("<I", 0xF0000000)}, local=True), "bad-header|too-large", "one")
    bad("compressed-less.npz", patched(one, 0, {20: ("<I", compressed - 9)}, local=True), "truncated|checksum", "one")
    bad("compressed-more.npz", patched(one, 0, {20: ("<I", compressed + 1)}, local=True), "bad-header", "one")
    bomb = zipped({"bomb.npy": npy(np.zeros(40_000_000, "u1"))}, zipfile.ZIP_DEFLATED)
    bad("bomb.npz", bomb, "too-large", "bomb", maxBytes=1_000_000)
    bad("bomb-lies.npz", patched(bomb, 0, {24: ("<I", 1000)}, local=True), "too-large", "bomb")
    bad("stored-sizes.npz", patched(small, 0, {24: ("<I", 64)}, local=True), "bad-header", "one")

    bad("overlap-same.npz", patched(small, 1, {42: ("<I", 0)}), "bad-header")
    bad("overlap-inside.npz", patched(small, 1, {42: ("<I", 200)}), "bad-header")
    bad("overlap-directory.npz", patched(small, 1, {42: ("<I", start - 10)}), "bad-header", "two")
    bad("far-away.npz", patched(small, 1, {42: ("<I", 0xFFFFFFF0)}), "bad-header", "two")
    bad("local-header.npz", patched(small, 0, {42: ("<I", 1)}), "bad-header", "one")
    long_extra = bytearray(small)
    struct.pack_into("<H", long_extra, 28, 0xFFFF)
    bad("local-extra.npz", bytes(long_extra), "bad-header", "one")
    bad("twice.npz", zipped([("a.npy", npy(noise)), ("b.npy", npy(noise)), ("a.npy", npy(steps))]), "bad-header", "a")
    bad("record.npz", small[:second] + b"PX" + small[second + 2 :], "bad-header")
    bad("directory-long.npz", small[:second + 28] + b"\xff\xff" + small[second + 30 :], "truncated|bad-header")
    bad("no-zip.npz", b"<!doctype html><title>404</title>" * 9, "bad-magic")
    bad("no-bytes.npz", b"", "bad-magic")

    (OUT / "cases.json").write_text(json.dumps(CASES, indent=1, ensure_ascii=False), encoding="utf-8")
    print(f"{len(CASES)} archives")


if __name__ == "__main__":
    main()
