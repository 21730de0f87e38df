"""Writes numpy_casts.txt: what NumPy and ml_dtypes make of numbers that kernels.rs asks ours about.

    python numpy_casts.py > numpy_casts.txt

On a machine whose long double is x87's in 16 bytes. A table begins with the source dtype and those it was cast to; its
rows are the bits of each in hexadecimal, "-" where NumPy leaves the result to the processor. The first tables are
numpy.can_cast's, a row for each source.
"""

import random
import warnings

import ml_dtypes
import numpy as np

warnings.simplefilter("ignore", RuntimeWarning)
assert np.finfo(np.longdouble).nmant == 63
random.seed(1)

E4M3FN, E5M2, BFLOAT16 = ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2, ml_dtypes.bfloat16
NARROW = (BFLOAT16, E4M3FN, E5M2)


def bits(array):
    """The bits of each number; of a long double without its padding."""
    size = 10 if array.dtype == np.longdouble else array.dtype.itemsize
    items = array.view(np.uint8).reshape(-1, array.dtype.itemsize)[:, :size]
    return ["%0*x" % (2 * size, int.from_bytes(item.tobytes(), "little")) for item in items]


def table(source, targets):
    source = np.ascontiguousarray(source)
    columns = [bits(source)]
    for target in targets:
        result = source.astype(target)
        column = bits(result)
        if np.dtype(target).kind in "iu":
            whole = np.trunc(source)
            info = np.iinfo(target)
            inside = (whole >= info.min) & (whole <= info.max)
            column = [cell if ok else "-" for cell, ok in zip(column, inside)]
        columns.append(column)
    print(source.dtype.name, *(np.dtype(target).name for target in targets))
    for row in zip(*columns):
        print(*row)
    print()


names = "bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64 float128".split()
dtypes = [np.dtype(name) for name in names] + [np.dtype(narrow) for narrow in NARROW]
for casting in ("no", "equiv", "safe", "same_kind"):
    print("can_cast:" + casting, *(dtype.name for dtype in dtypes))
    for source in dtypes:
        print(source.name, *(int(np.can_cast(source, target, casting)) for target in dtypes))
    print()


def every(dtype):
    return np.arange(256, dtype=np.uint8).view(dtype)


def around(numbers, dtype):
    """Each number with its two neighbours."""
    numbers = np.asarray(numbers, dtype)
    infinity = np.array(np.inf, dtype)
    return np.concatenate([np.nextafter(numbers, -infinity), numbers, np.nextafter(numbers, infinity)])


def middles(dtype):
    """Half-way between each positive float8 and the next, the one beyond the greatest included."""
    numbers = every(dtype)[:128].astype(np.float64)
    numbers = numbers[np.isfinite(numbers)]
    beyond = 2 * numbers[-1] - numbers[-2]
    return (numbers + np.append(numbers[1:], beyond)) / 2


def random_floats(bits_type, float_type, count):
    size = np.dtype(bits_type).itemsize
    return np.frombuffer(random.randbytes(size * count), bits_type).view(float_type)


for dtype in (E4M3FN, E5M2):
    table(every(dtype), (np.float16, np.float32, np.float64))
table(random_floats(np.uint16, BFLOAT16, 60), (np.float16, np.float32, np.float64, *NARROW))

special = [0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 1e-45, -1e-40, 3.4028235e38, -3.39e38, 3.3961775e38]
singles = np.concatenate([
    np.array(special, np.float32),
    around(middles(E4M3FN), np.float32),
    -around(middles(E5M2), np.float32),
    around([1 + 2.0**-8, 1 + 3 * 2.0**-8, 2.0**-126 - 2.0**-134, 3 * 2.0**-134, 2.0**-134], np.float32),
    random_floats(np.uint32, np.float32, 60),
])
table(singles, NARROW)

doubles = np.concatenate([
    np.array(special, np.float64),
    # The middle itself, once it has been rounded to a float32.
    around([1 + 2.0**-8, 1 + 2.0**-4, 1 + 2.0**-3, 464, 61440, 2.0**-10, 2.0**-17], np.float64),
    around([1 + 2.0**-8 + 2.0**-24, 5e-324, 2.0**-1022], np.float64),
    random_floats(np.uint64, np.float64, 30),
    (np.frombuffer(random.randbytes(240), np.int64) / 2.0**40),
])
table(doubles, (*NARROW, np.longdouble))

powers = [1 << k for k in (0, 3, 4, 7, 8, 23, 24, 31, 32, 53, 54, 62)]
integers = [s * (p + d) for p in powers for d in (-1, 0, 1) for s in (1, -1)]
integers += [2**63 - 1, -(2**63), 257 << 24, (257 << 24) + 1, (257 << 32) + 1, 464, 465, 61439, 61440]
integers += [random.randrange(-(2**63), 2**63) >> random.randrange(63) for _ in range(60)]
table(np.array(integers, np.int64), (*NARROW, np.longdouble))
naturals = [2**64 - 1, 2**63, 2**63 + 1, (2**64 - 1) ^ 0x3FF] + [abs(x) for x in integers]
table(np.array(naturals, np.uint64), (*NARROW, np.longdouble))


def x87(exponent, digits, negative=False):
    number = (negative << 79 | exponent << 64 | digits).to_bytes(16, "little")
    return np.frombuffer(number, np.longdouble)[0]


FIRST = 1 << 63
patterns = [
    (0, 0), (0, 1), (0, FIRST - 1), (0, FIRST), (0, FIRST | 5), (1, FIRST), (0x7FFE, 2**64 - 1),
    (0x7FFF, FIRST), (0x7FFF, FIRST | 1), (0x7FFF, FIRST | 1 << 62),
    # What the processor does not take for a number.
    (1, 1 << 62), (0x3FFF, 1 << 62), (0x3FFF, 0), (0x7FFF, 0), (0x7FFF, 1), (0x7FFF, 1 << 62),
]
one = 16383
# Where float64's, float32's, float16's and the float8s' subnormals end, and their greatest numbers are.
edges = (-1076, -1075, -1074, -1023, -1022, -150, -149, -126, -25, -14, -17, -10, -9, 0, 8, 15, 16, 127, 128, 1023, 1024)
ties = [tie + above for tie in (1 << 10, 3 << 10, 1 << 39, 3 << 39, 1 << 52, 7 << 60) for above in (0, 1)]
for exponent in edges:
    for low in (0, 1, 2**63 - 1, *ties):
        if low == 0 or low == 2**63 - 1 or random.random() < 0.5:
            patterns.append((one + exponent, FIRST | low))
patterns += [(one + k, FIRST | random.getrandbits(63)) for k in range(-3, 66, 2)]
patterns += [(random.getrandbits(15), FIRST | random.getrandbits(63)) for _ in range(20)]
wide = np.array([x87(*pattern, negative=i % 3 == 1) for i, pattern in enumerate(patterns)])
table(
    wide,
    (np.float64, np.float32, np.float16, *NARROW, np.bool_, np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64),
)
