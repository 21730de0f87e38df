"""What the sites show: an array of NumPy's, written where each of them expects it.

    python make.py SITES
"""

import json
import pathlib
import sys

import numpy as np

sites = pathlib.Path(sys.argv[1])
array = (20 + np.arange(12) / 8).astype(">f4").reshape(3, 4)
for site in ["plain", "classic", "worker", "cdn", "csp", "typescript", "leptos", "vite/public", "vite/dist", "webpack/public"]:
    folder = sites / site
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "temperature.npy", array)

# The same as a Zarr array, version 3, in four chunks.
for site in ["zarrita/public"]:
    folder = sites / site / "temperature.zarr"
    folder.mkdir(parents=True, exist_ok=True)
    metadata = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": array.shape,
        "data_type": "float32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0.0,
        "codecs": [{"name": "bytes", "configuration": {"endian": "big"}}],
    }
    (folder / "zarr.json").write_text(json.dumps(metadata), "utf-8")
    padded = np.zeros((4, 4), ">f4")
    padded[:3] = array
    for row in range(2):
        for column in range(2):
            chunk = folder / "c" / str(row) / str(column)
            chunk.parent.mkdir(parents=True, exist_ok=True)
            chunk.write_bytes(padded[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].tobytes())

# As the pages write it, and JavaScript these numbers.
numbers = ", ".join(f"{value:g}" for value in array.ravel().tolist())
(sites / "expected.json").write_text(json.dumps(f"{array.dtype.name} [3,4] from big-endian: {numbers}"), "utf-8")
