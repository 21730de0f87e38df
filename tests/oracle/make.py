"""What NumPy says: arrays of every dtype, and what `astype` makes of them.

    python make.py FOLDER

Writes into FOLDER:

    SOURCE.little, SOURCE.big        the array's bytes, in either byte order
    SOURCE-TARGET                    the bytes of array.astype(TARGET), little-endian; where NumPy leaves the value to the
                                     processor (a float beyond an integer's range, NaN), what byteferry promises
    manifest.json                    {"numpy": version, "len": elements,
                                      "sources": {name: type string without its mark},
                                      "casts": [{"from", "to", "casting": the words under which NumPy allows it,
                                                 "first_lost": index of the first value that doesn't survive, or null,
                                                 "undefined": how many values NumPy leaves to the processor}]}

Nothing here is typed by hand that NumPy knows: which casts exist, and under which `casting`, is asked of `numpy.can_cast`.
Every array begins with its dtype's extremes; NumPy converts element by element, so each beginning of an array is a test too.
"""

import json
import pathlib
import sys

import numpy as np

LEN = 100_003
SOURCES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"]
CASTINGS = ["no", "equiv", "safe", "same_kind", "unsafe"]

# (bits of a float's fraction, its unsigned integer)
FLOATS = {"float16": (10, "u2"), "float32": (23, "u4"), "float64": (52, "u8")}


def float_extremes(name):
    """Bit patterns: NaNs quiet and signalling with payloads, infinities, zeros, subnormals, limits, and what lies halfway
    between the numbers of the narrower types."""
    fraction, unsigned = FLOATS[name]
    sign = 1 << (8 * np.dtype(name).itemsize - 1)
    infinity = sign - (1 << fraction)
    quiet = 1 << (fraction - 1)
    patterns = [
        0, 1, 2, (1 << fraction) - 1, 1 << fraction, (1 << fraction) + 1,  # zero, subnormals, the least normal
        infinity - 1, infinity,  # the greatest finite, infinity
        infinity | 1, infinity | (quiet >> 1) | 1, infinity | quiet, infinity | quiet | 5, sign - 1,  # NaNs
    ]
    patterns += [pattern | sign for pattern in patterns]
    values = np.array(patterns, unsigned).view(name)
    with np.errstate(all="ignore"):
        # 0x1.23456p2 and such: asymmetric in their bytes. Then the edges of the integer types and of the narrower floats.
        more = [1.1377766, -1.1377766, 258.0, 65519.0, 65520.0, 65504.0, 2049.0, 2050.0, 2051.0, 1e-8, 5.96e-8, 6.1e-5]
        more += [0.5, 1.5, 2.5, -0.5, -1.5, 254.9, 255.0, 255.5, 127.0, 127.99, -128.0, -128.5, 32767.5, -32768.5]
        more += [2.0**31 - 1, 2.0**31, -(2.0**31), 2.0**32 - 1, 2.0**53, 2.0**53 + 2, 2.0**63, -(2.0**63), 2.0**64]
        more += [1 + 2.0**-11, 1 + 2.0**-11 + 2.0**-30, 1 + 2.0**-24, 1 + 2.0**-24 + 2.0**-50, 3.4028235e38, 3.4028236e38]
        more = np.array(more, "f8").astype(name)
    return np.concatenate([values, more])


def integer_extremes(name):
    info = np.iinfo(name)
    values = {0, 1, 2, 3, 0x12, info.min, info.min + 1, info.max, info.max - 1}
    for bit in range(0, 64):
        for near in (-1, 0, 1, 3):
            values |= {(1 << bit) + near, -(1 << bit) + near}
    values |= {0x0102030405060708 >> (64 - min(64, info.bits)), 65519, 65520, 2049, 2051, 16777217, 16777219, (1 << 53) + 1}
    values |= {(1 << 62) + (1 << 38) + 1, (1 << 40) + (1 << 16) + 1, (1 << 63) - (1 << 9), (1 << 63) + (1 << 10) + 1}
    return np.array(sorted(value for value in values if info.min <= value <= info.max), name)


def source(name, random):
    dtype = np.dtype(name)
    if name == "bool":
        return random.integers(0, 2, LEN).astype(bool)
    extremes = float_extremes(name) if name in FLOATS else integer_extremes(name)
    patterns = random.integers(0, 256, (LEN - len(extremes)) * dtype.itemsize, "u1").view(dtype)
    # Half of them small, as numbers mostly are; bit patterns alone would nearly all be huge.
    small = random.integers(-1000, 1000, len(patterns)).astype(name)
    return np.concatenate([extremes, np.where(random.integers(0, 2, len(patterns)), patterns, small)])


def first_lost(array, cast):
    """Compared as Python's own numbers, which are exact: int with float, too."""
    for index, (before, after) in enumerate(zip(array.tolist(), cast.tolist())):
        if before != after and not (before != before and after != after):
            return index
    return None


def define(array, cast):
    """Floats that are no integer of the target's range: NumPy's result is the processor's, byteferry's is the nearest, and 0 for
    NaN. Puts that into `cast`; returns for how many."""
    if array.dtype.kind != "f" or cast.dtype.kind not in "iu":
        return 0
    info = np.iinfo(cast.dtype)
    whole = np.trunc(array.astype("f8"))
    beyond = ~((whole >= float(info.min)) & (whole < float(info.max) + 1))
    cast[beyond & (whole > 0)] = info.max
    cast[beyond & (whole < 0)] = info.min
    cast[np.isnan(whole)] = 0
    return int(beyond.sum())


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(20261123)
    casts = []
    with np.errstate(all="ignore"):
        for name in SOURCES:
            array = source(name, random)
            assert array.dtype == np.dtype(name) and len(array) == LEN
            big = array.astype(array.dtype.newbyteorder(">"))
            if name in FLOATS:
                # Signalling NaNs are still that: on their way here a processor's float register could have quieted them.
                fraction, unsigned = FLOATS[name]
                bits = array.view(unsigned)
                assert (np.isnan(array) & (bits >> (fraction - 1) & 1 == 0)).sum() >= 4
                assert (big.view(unsigned).byteswap() == bits).all()
            (folder / f"{name}.little").write_bytes(array.astype(array.dtype.newbyteorder("<")).tobytes())
            (folder / f"{name}.big").write_bytes(big.tobytes())
            for target in SOURCES:
                allowed = [casting for casting in CASTINGS if np.can_cast(name, target, casting)]
                cast = array.astype(target, casting="unsafe")
                lost = first_lost(array, cast)
                from_big = big.astype(target, casting="unsafe")
                left_open = define(array, cast)
                define(array, from_big)
                # NumPy itself answers the same whatever the byte order it starts from.
                assert cast.tobytes() == from_big.tobytes(), f"{name} to {target}"
                (folder / f"{name}-{target}").write_bytes(cast.tobytes())
                casts.append(
                    {
                        "from": name,
                        "to": target,
                        "casting": allowed,
                        "first_lost": lost,
                        "undefined": left_open,
                    }
                )
    manifest = {
        "numpy": np.__version__,
        "len": LEN,
        "sources": {name: np.dtype(name).str[1:] for name in SOURCES},
        "casts": casts,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
