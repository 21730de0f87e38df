"""What a page must see of a NumPy array: the tree that the tests in `browser/` compare a result with.

A tree has the properties of byteferry's NdArray under their names, and beside them

    array    name of the typed array that `data` is
    data     its bytes, little-endian
    strings  or the strings it is a list of
    nan      "any": a NaN may have any sign and payload, as wherever a float changes its width
    ulps     by how many units in the last place a float may be off; 0 where this isn't told
    logical  where the elements lie is byteferry's choice: `data` has them in C order, by their indices
"""

import itertools

import numpy as np

# Results of another type than the source.
WIDER = {"float16": "<f4", "bfloat16": "<f4", "float8_e4m3fn": "<f4", "float8_e5m2": "<f4", "float128": "<f8", "complex256": "<c16"}
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def expect(array, order="C", result=None, logical=False):
    """The tree of `array`, whatever its strides; of `result`, its elements as converted, where that is no default conversion."""
    dtype = array.dtype
    if dtype.names is not None:
        fields = {name: _column(array, name, order, logical) for name in dtype.names}
        return _placed(_shaped(array, order, dtype), logical) | {"fields": fields}
    if dtype.kind in "SU":
        strings, replaced = texts(array.flatten("C" if logical else order))
        tree = _shaped(array, order, dtype) | {"strings": strings}
        return _placed(tree | {"replaced": replaced} if replaced else tree, logical)
    if dtype.kind == "V" and dtype.name not in WIDER:
        return _placed(_shaped(array, order, dtype) | {"array": "Uint8Array", "data": array.tobytes("C" if logical else order)}, logical)
    nan = {}
    if result is None:
        result = default(array)
        nan = {"nan": "any"} if dtype.name in WIDER else {}
    return _placed(_numbers(array, order, result, logical) | nan, logical)


def default(array):
    """The array, little-endian, as the type it has on the page."""
    if array.dtype.kind in "mM":
        # Of those without a unit, NumPy's astype leaves the bytes in the order they have.
        return array.view(array.dtype.byteorder + "i8").astype("<i8").view(array.dtype.newbyteorder("<"))
    if array.dtype == bool:
        # A byte that is neither 0 nor 1 would be copied as it is.
        return array.view("u1") != 0
    with np.errstate(all="ignore"):
        return array.astype(WIDER.get(array.dtype.name, array.dtype.newbyteorder("<")))


def strides(shape, itemsize, order):
    return list(np.ndarray(shape, f"V{itemsize}", order=order).strides)


def texts(flat):
    """Strings without their trailing NULs, and in how many code points were none and became U+FFFD."""
    if flat.dtype.itemsize == 0:
        return [""] * flat.size, 0
    if flat.dtype.kind == "S":
        return [text.decode("latin-1") for text in flat.tolist()], 0
    mark = ">" if flat.dtype.byteorder == ">" else "<"
    codes = np.frombuffer(flat.tobytes(), f"{mark}u4").reshape(flat.size, flat.dtype.itemsize // 4)
    replaced, strings = 0, []
    for row in codes.tolist():
        while row and row[-1] == 0:
            row.pop()
        bad = [code for code in row if code > 0x10FFFF or 0xD800 <= code < 0xE000]
        replaced += len(bad)
        strings.append("".join(REPLACEMENT if code in bad else chr(code) for code in row))
    return strings, replaced


def _numbers(array, order, result, logical):
    result = result.astype(result.dtype.newbyteorder("<"))
    dtype, kind = result.dtype, result.dtype.kind
    tree = _shaped(array, order, dtype)
    if kind in "mM":
        unit, count = np.datetime_data(dtype)
        if unit != "generic":
            tree["unit"] = unit if count == 1 else f"{count}{unit}"
    if kind == "c":
        tree["complex"] = True
    return tree | {"array": typed_array(dtype), "data": result.tobytes("C" if logical else order)}


def typed_array(dtype):
    if dtype == bool:
        return "Uint8Array"
    if dtype.kind in "mM":
        return "BigInt64Array"
    if dtype.kind == "c":
        return f"Float{4 * dtype.itemsize}Array"
    big = "Big" if dtype.kind in "iu" and dtype.itemsize == 8 else ""
    return big + {"i": "Int", "u": "Uint", "f": "Float"}[dtype.kind] + f"{8 * dtype.itemsize}Array"


def _shaped(array, order, dtype):
    return {
        "dtype": dtype.name,
        "shape": list(array.shape),
        "strides": strides(array.shape, dtype.itemsize, order),
        "order": order,
        "byteOrder": byte_order(array.dtype),
        "itemsize": dtype.itemsize,
        "size": array.size,
        "nbytes": array.size * dtype.itemsize,
    }


def byte_order(dtype):
    if dtype.name in ("float8_e4m3fn", "float8_e5m2"):
        return None
    if dtype.name == "bfloat16":
        return "little"
    return {"=": "little", "<": "little", ">": "big", "|": None}[dtype.byteorder]


def _column(array, name, order, logical):
    column = array[name]
    # How the axes of a sub-array lie beside those of an array in Fortran order is nobody's rule.
    return expect(column, order, logical=logical or (order == "F" and column.ndim > array.ndim))


def _placed(tree, logical):
    if not logical:
        return tree
    return {key: value for key, value in tree.items() if key not in ("strides", "order")} | {"logical": True}


def columns(tree):
    """A tree and all those below it."""
    return itertools.chain([tree], *(columns(field) for field in tree.get("fields", {}).values()))
