"""The ways in which an array's bytes come to a page: raw, .npy, frame.

Each function returns the bytes, and the options with which they are decoded.
"""

import io
import pathlib
import struct
import sys
import warnings
import zlib

import numpy as np
from numpy.lib import format as npy_format

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "demo/backend"))
import byteferry  # noqa: E402  (the backend's own module lies beside the demo)


def text(dtype):
    """A dtype as it stands in an .npy, a type string without its quotes."""
    descr = npy_format.dtype_to_descr(dtype)
    return descr if isinstance(descr, str) else repr(descr)


def order_of(array):
    """As `numpy.save` has it: what is both is C."""
    return "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"


def raw(array, **options):
    order = order_of(array)
    options = {"dtype": text(array.dtype), **options}
    if array.ndim != 1 or array.dtype.itemsize == 0:
        options["shape"] = list(array.shape)
    if order == "F":
        options["order"] = "F"
    return array.tobytes(order), options


def npy(array, **options):
    file = io.BytesIO()
    warnings.simplefilter("ignore")  # of names beyond Latin-1, which old NumPys cannot read
    np.lib.format.write_array(file, array, allow_pickle=False)
    return file.getvalue(), options


def frame(array, name="", **options):
    return byteferry.dumps(array, name), options


CONTAINERS = {"raw": raw, "npy": npy, "frame": frame}


def npy_by_hand(descr, shape, payload, fortran=False, version=1, header=None):
    """An .npy of what NumPy here cannot write; `descr` with its quotes."""
    if header is None:
        header = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}"
    header = header.encode("utf-8" if version == 3 else "latin-1") if isinstance(header, str) else header
    width = 2 if version == 1 else 4
    length = len(header) + 1
    length += -(8 + width + length) % 64
    return b"\x93NUMPY" + bytes([version, 0]) + length.to_bytes(width, "little") + header.ljust(length - 1) + b"\n" + payload


def frame_by_hand(text, shape, payload, name="", /, **fields):
    """A frame by the table of its format; `fields` replace what would be right."""
    text = text.encode("ascii")
    values = {
        "magic": b"\x93BFY",
        "version": 1,
        "flags": 2,
        "ndim": len(shape),
        "text": len(text),
        "name": len(name.encode()),
        "crc": zlib.crc32(payload),
        "nbytes": len(payload),
        "sequence": 0,
    } | fields
    head = struct.pack("<4sBBHHHIQQ", *values.values()) + struct.pack(f"<{len(shape)}Q", *shape) + text + name.encode()
    return head + bytes(-len(head) % 64) + payload
