"""What NumPy says the demo's arrays are, as JSON on standard output."""

import hashlib
import json
import pathlib
import sys

import numpy as np

data = pathlib.Path(sys.argv[1])
truth = {}
for entry in json.loads((data / "arrays.json").read_text("utf-8")):
    path = data / entry["file"]
    array = np.load(path) if entry["format"] == "npy" else np.fromfile(path, entry["dtype"]).reshape(entry["shape"])
    native = array.astype(array.dtype.newbyteorder("<"))
    truth[entry["name"]] = {
        "dtype": array.dtype.name,
        "code": array.dtype.str[1:],
        "array": array.dtype.name.capitalize() + "Array",
        "shape": list(array.shape),
        # JSON has no NaN; JavaScript makes it null, too.
        "first": [None if value != value else value.item() for value in native.ravel()[:8]],
        "sha256": hashlib.sha256(native.tobytes()).hexdigest(),
    }
json.dump(truth, sys.stdout)
