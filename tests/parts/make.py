"""Files of which only parts are read, and what NumPy says those parts are.

    python make.py FOLDER

FOLDER/parts.json: for each file its options, and for each slice of rows the shape and the SHA-256 of what it has, little-endian and
in the order that is asked for, record by record. sparse.npy has more bytes than 32 bits can count, of which the file system stores a few pages.
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
    # What is kept back until all of it is here.
    yield "words.npy", np.array([f"{i:05d}ü" for i in range(2000)], ">U6"), {}
    yield "words.raw", np.array([f"{i:05d}" for i in range(2000)], "S5"), {"dtype": "S5"}
    texts = np.zeros(2000, [("k", ">i4"), ("s", "S7"), ("v", "<f8", (2,))])
    texts["k"], texts["s"], texts["v"] = np.arange(2000), [f"{i:x}" for i in range(2000)], np.arange(4000).reshape(2000, 2)
    yield "texts.npy", texts, {}
    yield "planes.npy", (np.arange(2000) - 1j * np.arange(2000)).astype(">c8"), {"complex": "planes"}
    yield "turned.npy", np.arange(6000).reshape(2000, 3).astype(">i4"), {"layout": "F"}
    yield "turned.raw", np.arange(6000).reshape(2000, 3).astype("<i2"), {"layout": "F", "dtype": "<i2", "shape": [2000, 3], "to": "float64"}


def little(array):
    """The array's bytes as a page gets them."""
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()


def digest(array, options):
    """Of all bytes, or of each field's; of strings, of the lines they are."""
    if array.dtype.names:
        return {name: digest(array[name], options) for name in array.dtype.names}
    if array.dtype.kind in "SU":
        lines = [text.decode() if isinstance(text, bytes) else text for text in array.tolist()]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()
    if options.get("complex") == "planes":
        return hashlib.sha256(little(array.real) + little(array.imag)).hexdigest()
    array = array.astype(options.get("to", array.dtype))
    return hashlib.sha256(little(array.T if options.get("layout") == "F" else array)).hexdigest()


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    told = []
    for name, array, options in files():
        if name.endswith(".npy"):
            np.save(folder / name, array, allow_pickle=False)
        else:
            array.tofile(folder / name)
        slices = [(part, array[slice(*(part + [None])[:2])]) for part in SLICES]
        rows = [{"rows": part, "shape": list(some.shape), "sha256": digest(some, options)} for part, some in slices]
        told.append({"file": name, "options": options, "slices": rows})
    np.save(folder / "fortran.npy", np.asfortranarray(np.arange(12.0).reshape(3, 4)))
    np.save(folder / "scalar.npy", np.float64(3))
    np.save(folder / "behind.npy", np.arange(3000, dtype=">i4"))
    (folder / "behind.bin").write_bytes(bytes(5000) + (folder / "behind.npy").read_bytes())
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
