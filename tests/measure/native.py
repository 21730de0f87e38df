"""What NumPy takes for the same, on the same machine: byteswap and astype, with the result in memory that is used again."""

import json
import statistics
import sys
import time

import numpy as np

QUICK = "--quick" in sys.argv
NBYTES = (16 if QUICK else 64) << 20
RUNS = 5 if QUICK else 9


def row(name, dtype, to, nbytes, work):
    times = []
    for run in range(-2, RUNS):
        began = time.perf_counter()
        work()
        took = time.perf_counter() - began
        if run >= 0:
            times.append(took)
    speeds = [nbytes / 1e9 / took for took in times]
    figures = {"median": nbytes / 1e9 / statistics.median(times), "min": min(speeds), "max": max(speeds), "runs": RUNS}
    about = {"lane": "native", "browser": "numpy", "name": name, "dtype": dtype, "bytes": nbytes, "unit": "GB/s"}
    return {**about, **({"to": to} if to else {}), **figures}


def main():
    rows = []
    for dtype in [">i2", ">f4", ">f8", ">c16"]:
        array = np.ones(NBYTES // np.dtype(dtype).itemsize, dtype)
        rows.append(row("byteswap", dtype, "", NBYTES, lambda: array.byteswap(inplace=True)))
    array, copy = np.ones(NBYTES, np.uint8), np.ones(NBYTES, np.uint8)
    rows.append(row("copyto, the same bytes", "|u1", "", NBYTES, lambda: np.copyto(copy, array)))
    for source, to in [
        (">f4", "float32"), (">f4", "float64"), (">f8", "float32"), (">i2", "float32"), (">u2", "float32"),
        (">i4", "float64"), (">i8", "float64"), (">u8", "float64"), (">f2", "float32"), ("|i1", "float32"),
    ]:  # fmt: skip
        # The larger of the two has the size that is told, as on the page.
        count = NBYTES // max(np.dtype(source).itemsize, np.dtype(to).itemsize)
        array, result = np.ones(count, source), np.ones(count, to)
        rows.append(row("astype", source, to, array.nbytes, lambda: np.copyto(result, array, casting="unsafe")))
    print(json.dumps({"version": np.__version__, "rows": rows}))


main()
