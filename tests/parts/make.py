"""Files of which only parts are read, and what NumPy says those parts are.

    python make.py FOLDER

FOLDER/parts.json: for each file its options, and for each slice of rows the shape and the SHA-256 of what it has, little-endian and
in C order, record by record. sparse.npy has more bytes than 32 bits can count, of which the file system stores a few pages.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np

SLICES = [[0, 10], [5], [-10], [None, 7], [-20, -5], [3, 3], [90, 5000], [10, 5], [None, None], [-5000, 2], [None, -97]]
SPARSE = 6 * 2**30 // 8


def files():
    """(name, array, options to read it with where its header does not say all)."""
    grid = (np.arange(100)[:, None] * 1000 + np.arange(300)).astype(">f4")
    yield "grid.npy", grid, {}
    yield "grid.raw", grid, {"dtype": ">f4", "shape": [100, 300]}
    yield "cube.npy", (np.arange(100 * 6 * 7).reshape(100, 6, 7) - 2000).astype("<i2"), {}
    yield "line.raw", (np.arange(100) * 12345678901).astype(">i8"), {"dtype": ">i8"}
    yield "line.npy", np.asfortranarray(np.linspace(-1, 1, 100).astype(">f8")), {}
    points = np.zeros(100, [("t", ">i8"), ("v", ">f4", (3,)), ("k", "u1")])
    points["t"], points["v"], points["k"] = np.arange(100) * 10**15, np.arange(300).reshape(100, 3), np.arange(100)
    yield "points.npy", points, {}


def little(array):
    """The array's bytes as a page gets them."""
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()


def digest(array):
    """Of all bytes, or of each field's."""
    if array.dtype.names:
        return {name: digest(array[name]) for name in array.dtype.names}
    return hashlib.sha256(little(array)).hexdigest()


def main(folder):
    told = []
    for name, array, options in files():
        if name.endswith(".npy"):
            np.save(folder / name, array, allow_pickle=False)
        else:
            array.tofile(folder / name)
        rows = [{"rows": part, "shape": list(array[slice(*(part + [None])[:2])].shape), "sha256": digest(array[slice(*(part + [None])[:2])])} for part in SLICES]
        told.append({"file": name, "options": options, "slices": rows})
    np.save(folder / "fortran.npy", np.asfortranarray(np.arange(12.0).reshape(3, 4)))
    np.save(folder / "scalar.npy", np.float64(3))
    np.savez(folder / "stored.npz", small=np.arange(5, dtype=">i4"), large=np.arange(500_000, dtype=">f8"), grid=np.ones((3, 4), ">f4"))
    np.savez_compressed(folder / "deflated.npz", small=np.arange(5, dtype=">i4"), large=np.arange(500_000, dtype=">f8") % 1000)
    with open(folder / "sparse.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": ">f8", "fortran_order": False, "shape": (SPARSE,)})
        payload = file.tell()
        for row in (0, 2**29 - 1, 2**29, 2**29 + 1, SPARSE - 2, SPARSE - 1):
            file.seek(payload + 8 * row)
            file.write(np.array(row + 0.25, ">f8").tobytes())
    (folder / "parts.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
