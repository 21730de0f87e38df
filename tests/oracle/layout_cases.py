"""Memory layouts: C and Fortran order one into the other, and raw data by offset and strides."""

import itertools

import numpy as np

import floats
from containers import CONTAINERS, raw, text
from expect import columns, expect
from values import make

GROUP = "layout"
SHAPES = [
    (), (5,), (1,), (0,), (2, 3), (1, 7), (7, 1), (0, 4), (4, 0), (1, 1), (2, 3, 4), (3, 1, 5), (1, 3, 1), (2, 0, 3), (5, 4, 3, 2), (1, 2, 1, 3),
    (2, 3, 2, 3, 2), (2, 1, 3, 1, 2), (3, 3, 3, 3, 3), (17, 33), (64, 64), (65, 63), (16, 17, 15), (1000, 3), (3, 1000), (2, 5000, 3), (129, 2, 127),
]  # fmt: skip
DTYPES = ["u1", ">i2", "<f4", ">f8", "<c16", "?", ">f2", "S3", ">U2", "V5", ">M8[s]"]


def write(book, random):
    reordered(book, random)
    strided(book, random)
    packets(book, random)
    refused(book, random)


def reordered(book, random):
    for shape, dtype in itertools.product(SHAPES, DTYPES):
        if np.prod(shape) > 5000 and dtype not in ("u1", ">i2", ">f8"):
            continue
        for order, layout in itertools.product("CF", "CF"):
            array = make(dtype, shape, random, order)
            for container in CONTAINERS if dtype == ">i2" else (["npy", "raw"][len(shape) % 2],):
                source, options = CONTAINERS[container](array, layout=layout)
                what = f"{container} {dtype} {shape} {order} as {layout}"
                tree = expect(array, layout)
                if len(shape) < 2:
                    # What has one axis lies in both orders; which of them it says then is left open.
                    tree.pop("order")
                book.add(GROUP, "C and Fortran order", what, source, options, tree)
    for shape, dtype in (((300, 500, 3), "u1"), ((1000, 1000), ">f4"), ((512, 512), "<f4"), ((100, 70, 11), ">i2"), ((50, 60, 70), "<f8"), ((40, 9, 8, 70), ">f4"), ((9, 8, 7, 6, 50), ">i2")):
        for order, layout in (("C", "F"), ("F", "C")):
            array = make(dtype, shape, random, order)
            source, options = CONTAINERS["npy"](array, layout=layout)
            book.add(GROUP, "large arrays", f"{dtype} {shape} {order} as {layout}", source, options, expect(array, layout))
    for to in ("float64", "uint8"):
        array = make(">i2", (70, 301), random, "F")
        source, options = CONTAINERS["npy"](array, layout="C", to=to, casting="unsafe")
        book.add(GROUP, "C and Fortran order", f"with a cast to {to}", source, options, expect(array, result=array.astype(to)))
    for container in CONTAINERS:
        array = make(">c8", (70, 301), random, "F")
        source, options = CONTAINERS[container](array, layout="C")
        book.add(GROUP, "C and Fortran order", f"{container} >c8", source, options, expect(array))
        array = make([("a", ">i2"), ("n", [("x", "<f8")]), ("s", "S3"), ("v", ">f4", (2,))], (30, 41), random, "F")
        source, options = CONTAINERS[container](array, layout="C")
        book.add(GROUP, "C and Fortran order", f"{container} records", source, options, expect(array))
        array = make([("a", ">i2"), ("n", [("x", "<f8")]), ("s", "S3")], (30, 41), random)
        source, options = CONTAINERS[container](array, layout="F")
        book.add(GROUP, "C and Fortran order", f"{container} records as F", source, options, expect(array, "F"))
    for shape, order, layout in itertools.product(((2, 3), (30, 41), (1, 1), (3, 0), (0,)), "CF", ("", "C", "F")):
        for dtype in ([("a", ">i2"), ("v", "<f4", (2,))], [("v", "u1", (2, 3))]):
            array = make(dtype, shape, random, order)
            source, options = CONTAINERS["raw"](array, **({"layout": layout} if layout else {}))
            tree = expect(array, layout or order)
            for column in columns(tree):
                # What lies in both orders says either.
                if array.size < 2 or array.ndim < 2:
                    column.pop("order", None), column.pop("strides", None)
            book.add(GROUP, "C and Fortran order", f"sub-arrays {dtype} {shape} {order} as {layout}", source, options, tree)
    array = make(">i4", (6, 50), random, "F")
    source, options = CONTAINERS["npy"](array, layout="C", to="bytes")
    tree = {"shape": [6, 50], "order": "C", "array": "Uint8Array", "data": array.tobytes("C")}
    book.add(GROUP, "C and Fortran order", "bytes as they are stored", source, options, tree)


def view(book, title, what, memory, array, **options):
    """A case of what NumPy sees as `array`, a view with strides of its own on `memory`, an array of bytes."""
    offset = array.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
    assert np.may_share_memory(array, memory) or array.size == 0
    dtype = options.pop("dtype", text(array.dtype))
    told = {"format": "raw", "dtype": dtype, "shape": list(array.shape), "strides": list(array.strides), "offset": offset}
    tree = options.pop("tree", None) or expect(array, options.get("layout", "C"))
    book.add(GROUP, title, what, memory.tobytes(), told | options, tree)


def strided(book, random):
    views = {
        "backwards": lambda a: a[::-1],
        "backwards along each axis": lambda a: a[::-1, ::-1],
        "backwards in steps": lambda a: a[::-3, 1::2],
        "transposed": lambda a: a.T,
        "every other": lambda a: a[::2, ::3],
        "one column": lambda a: a[:, 3],
        "one row": lambda a: a[4],
        "one element": lambda a: a[5, 6, ...],
        "a window": lambda a: a[3:9, 2:7],
        "none": lambda a: a[3:3, ::2],
        "windows that overlap": lambda a: np.lib.stride_tricks.sliding_window_view(a, (3, 4)),
        "windows along a row, transposed": lambda a: np.lib.stride_tricks.sliding_window_view(a[2], 5).T,
        "a row for each of many": lambda a: np.broadcast_to(a[2], (9, a.shape[1])),
        "a number for all": lambda a: np.broadcast_to(a[1, 2, ...], (4, 1001)),
        "a diagonal": lambda a: np.diagonal(a),
        "axes of one": lambda a: a[:, None, ::-1, None],
        "six axes": lambda a: np.lib.stride_tricks.sliding_window_view(a[:6, :6], (2, 2))[::2, ::-1, :, :, None, None],
    }
    for dtype in ("u1", ">i2", "<u4", ">f4", ">f8", "<i8", ">c8", "<c16", "?", ">f2", ">M8[us]", "S3", ">U2", "V3"):
        memory = np.frombuffer(random.bytes(3), "u1")
        base = make(dtype, (11, 13), random)
        memory = np.concatenate([memory, np.frombuffer(base.tobytes(), "u1"), memory])
        inside = memory[3:-3].view(base.dtype).reshape(base.shape)
        for what, select in views.items():
            for layout in ("", "C", "F") if dtype in (">i2", "u1", ">f8") else ("",):
                view(book, "views", f"{dtype} {what} {layout}", memory, select(inside), **{"layout": layout} if layout else {})
    for dtype, to in ((">i2", "float32"), (">i4", "float64"), ("<u8", "uint8"), (">f8", "float32"), (">c8", "complex128")):
        memory = np.frombuffer(make(dtype, (60, 500), random).tobytes(), "u1")
        array = memory.view(dtype).reshape(60, 500)[::-1, 1::3]
        with np.errstate(all="ignore"):
            tree = expect(array, result=array.astype(to)) | {"nan": "any"}
        view(book, "views", f"{dtype} backwards in steps to {to}", memory, array, to=to, casting="unsafe", tree=tree)
    memory = np.frombuffer(make(">i2", (300, 500), random).tobytes(), "u1")
    image = memory.view(">i2").reshape(300, 500)
    for what, array in (("transposed", image.T), ("backwards", image[::-1, ::-1]), ("overlapping", np.lib.stride_tricks.sliding_window_view(image.ravel(), 64)[::16])):
        view(book, "large views", f"{array.shape} {what}", memory, array)
    tree = {"shape": [500, 300], "order": "C", "array": "Uint8Array", "data": image.T.tobytes()}
    view(book, "large views", "bytes as they are stored", memory, image.T, to="bytes", tree=tree)


def packets(book, random):
    """What files and streams really have: one channel, one variable, one trace."""
    packet = np.dtype([("sync", ">u2"), ("channels", ">i2", (6,)), ("t", ">f8"), ("status", "u1")])
    array = make(packet, (12_345,), random)
    memory = np.frombuffer(array.tobytes(), "u1")
    inside = memory.view(packet)
    for channel in (0, 5):
        view(book, "packets", f"channel {channel} of telemetry", memory, inside["channels"][:, channel])
        view(book, "packets", f"channel {channel} of telemetry, backwards, to float64", memory, inside["channels"][::-1, channel],
             to="float64", tree=expect(inside["channels"][::-1, channel], result=inside["channels"][::-1, channel].astype("f8")))  # fmt: skip
    view(book, "packets", "all channels, one after the other", memory, inside["channels"].T)
    view(book, "packets", "times at odd places", memory, inside["t"])
    view(book, "packets", "packets, every third", memory, inside[::3])
    view(book, "packets", "packets, backwards", memory, inside[::-1])

    # SEG-Y: 3600 bytes of headers, then traces, each with a header of 240 bytes.
    traces, samples = 50, 401
    header, patterns = 240, random.integers(0, 2**32, (traces, samples), "u4")
    segy = np.frombuffer(random.bytes(3600 + traces * (header + 4 * samples)), "u1").copy()
    inside = np.ndarray((traces, samples), ">u4", segy, 3600 + header, (header + 4 * samples, 4))
    inside[...] = patterns
    values = np.array([floats.nearest(floats.ibm(int(pattern))) for pattern in patterns.ravel()], ">f8").reshape(patterns.shape)
    view(book, "traces", "IBM floats of all traces", segy, inside, dtype=">ibm4", tree=expect(values))
    view(book, "traces", "IBM floats of one trace", segy, inside[7], dtype=">ibm4", tree=expect(values[7]))
    view(book, "traces", "a time slice", segy, inside[:, 200], dtype=">ibm4", tree=expect(values[:, 200]))
    view(book, "traces", "as samples by traces", segy, inside, dtype=">ibm4", layout="F", tree=expect(values, "F"))

    # Audio: frames of four channels, 24 bits each.
    for mark, order in (("<", "little"), (">", "big")):
        sound = random.integers(-(2**23), 2**23, (9_001, 4))
        memory = np.frombuffer(b"".join((int(value) & 0xFFFFFF).to_bytes(3, order) for value in sound.ravel()), "u1")
        for channel in (0, 3):
            tree = expect(sound[:, channel].astype(f"{mark}i4"))
            told = {"format": "raw", "dtype": f"{mark}i3", "shape": [9_001], "strides": [12], "offset": 3 * channel}
            book.add(GROUP, "sound of 24 bits", f"{mark}i3 channel {channel}", memory.tobytes(), told, tree)
        unsigned = (sound & 0xFFFFFF)[::-1].T
        told = {"format": "raw", "dtype": f"{mark}u3", "shape": [4, 9_001], "strides": [3, -12], "offset": 12 * 9_000}
        book.add(GROUP, "sound of 24 bits", f"{mark}u3 backwards, by channel", memory.tobytes(), told, expect(unsigned.astype(f"{mark}u4")))

    # Record variables of a netCDF file lie interleaved: each record has a part of each of them.
    record = np.dtype([("time", ">f8"), ("wind", ">f4", (3, 7)), ("text", "S6")])
    memory = np.frombuffer(make(record, (777,), random).tobytes(), "u1")
    for name in record.names:
        view(book, "record variables", name, memory, memory.view(record)[name])


def refused(book, random):
    memory = bytes(range(100))
    for what, told in (
        ("one element too many", {"shape": [26], "strides": [4]}),
        ("a stride too long", {"shape": [3], "strides": [49]}),
        ("an offset too far", {"shape": [10], "strides": [4], "offset": 61}),
        ("the last bytes of the last element", {"shape": [2], "strides": [97]}),
        ("two axes together", {"shape": [5, 5], "strides": [20, 5]}),
        ("before the beginning", {"shape": [3], "strides": [-4], "offset": 4}),
        ("before the beginning by a byte", {"shape": [3], "strides": [-4], "offset": 7}),
        ("behind the end, backwards", {"shape": [3], "strides": [-4], "offset": 97}),
        ("one axis out, the other back", {"shape": [2, 2], "strides": [-8, 4], "offset": 4}),
        ("huge strides", {"shape": [3], "strides": [2**52]}),
        ("huge strides back", {"shape": [3], "strides": [-(2**52)], "offset": 50}),
    ):
        case = {"format": "raw", "dtype": ">f4"} | told
        book.add(GROUP, "strides out of bounds", what, memory, case, {"error": "truncated|too-large"})
    for what, told in (
        ("more strides than axes", {"shape": [3], "strides": [4, 4]}),
        ("fewer strides than axes", {"shape": [3, 3], "strides": [4]}),
        ("no shape", {"strides": [4, 4]}),
        ("half a byte", {"shape": [3], "strides": [4.5]}),
        ("text", {"shape": [3], "strides": "4"}),
        ("NaN", {"shape": [3], "strides": [None]}),
    ):
        book.add(GROUP, "strides that are none", what, memory, {"format": "raw", "dtype": ">f4"} | told, {"error": "bad-argument"})
    for container in ("npy", "frame"):
        source, options = CONTAINERS[container](np.arange(12, dtype=">i2"), strides=[2])
        book.add(GROUP, "strides that are none", f"for {container}", source, options, {"error": "bad-argument"})
    for layout in ("A", "K", "c", "", 1):
        book.add(GROUP, "layouts that are none", repr(layout), memory, {"dtype": ">f4", "layout": layout}, {"error": "bad-argument"})
    tree = expect(np.frombuffer(memory, ">f4")[:0])
    for what, told in (("no element, anywhere", {"shape": [0], "strides": [10**6]}), ("no element, at the end", {"shape": [0], "strides": [4], "offset": 100})):
        book.add(GROUP, "strides of nothing", what, memory, {"format": "raw", "dtype": ">f4"} | told, tree)
    for shape, strides in (([5], [20]), ([25], [4]), ([2], [96]), ([1], [10**6]), ([1, 4], [-(10**6), 4])):
        array = np.lib.stride_tricks.as_strided(np.frombuffer(memory, ">f4"), shape, strides)
        case = {"format": "raw", "dtype": ">f4", "shape": shape, "strides": strides}
        book.add(GROUP, "strides that just fit", f"{shape} {strides}", memory, case, expect(array))
