"""What NumPy reads in .npy files.

    python read.py FOLDER

Prints, as JSON, for every .npy and .bin below FOLDER what `expect` returns.
"""

import json
import pathlib
import sys

import numpy as np


def expect(path):
    """The array's type, shape, strides and order, and its memory, in its own order, as little-endian hex digits; float16 as the
    float32 that byteferry makes of it unless told otherwise. Or that NumPy refuses the file, which it does without a pickle's help."""
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        return {"refused": str(error)}
    # Of an array that is both, such as a single column, only the file itself says how it was meant.
    order = "F" if b"'fortran_order': True" in path.read_bytes().split(b"\n", 1)[0] else "C"
    said = {"descr": np.lib.format.dtype_to_descr(array.dtype), "shape": list(array.shape), "order": order}
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        return said
    default = np.dtype("<f4") if array.dtype.name == "float16" else array.dtype.newbyteorder("<")
    if array.dtype == bool:
        # A byte that is neither 0 nor 1 would be copied as it is.
        array = array.view("u1") != 0
    with np.errstate(all="ignore"):
        return said | {
            "dtype": default.name,
            "strides": list(np.ndarray(array.shape, default, order=order).strides),
            "data": array.astype(default).tobytes("A").hex(),
        }


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".npy", ".bin"))
    json.dump({path.relative_to(folder).as_posix(): expect(path) for path in files}, sys.stdout)
