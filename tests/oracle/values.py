"""Arrays of any dtype with values that show what goes wrong: no palindromes, extremes first, strings with all that strings have."""

import math

import numpy as np

from make import FLOATS, float_extremes, integer_extremes

# ASCII, Latin-1, beyond, astral, and NUL
LETTERS = "abcXYZ 019~\x01\x7f\x80\xe9\xff\u0394\u03bb\u2028\ufeff\uffff\ue000\U0001f600\U0001d11e\U00010000\U0010ffff\0"
NAT = np.int64(-(2**63))


def fill(array, random):
    """Writes values into an array of any dtype and layout, and returns it."""
    dtype = array.dtype
    if dtype.names is not None:
        # Whatever lies between the fields is not zero.
        for name in dtype.names:
            fill(array[name], random)
    elif array.size:
        array[...] = _values(dtype.newbyteorder("<"), array.size, random).reshape(array.shape)
    return array


def make(dtype, shape, random, order="C"):
    dtype = np.dtype(dtype)
    count = math.prod(shape) * dtype.itemsize
    array = np.ndarray(shape, dtype, bytearray(random.bytes(count)) if count else None, order=order)
    return fill(array, random)


def _values(dtype, count, random):
    kind, size = dtype.kind, dtype.itemsize
    if kind == "b":
        return random.integers(0, 2, count).astype(bool)
    if kind in "iu":
        return _mixed(integer_extremes(dtype.name), count, random)
    if dtype.name in FLOATS:
        return _mixed(float_extremes(dtype.name), count, random)
    if kind == "c" and size <= 16:
        return _values(np.dtype(f"<f{size // 2}"), 2 * count, random).view(dtype)
    if kind in "mM":
        values = _mixed(integer_extremes("int64"), count, random)
        values[1::5] = NAT
        values[2::5] %= 10**9
        return values.view(dtype)
    if kind == "S":
        return np.array([bytes(_word(b"ab~\x00\x7f\x80\xe9\xff", length, random)) for length in random.integers(0, size + 1, count)], dtype)
    if kind == "U":
        return np.array(["".join(_word(LETTERS, length, random)) for length in random.integers(0, size // 4 + 1, count)], dtype)
    if kind == "V" or size == 1:
        return np.frombuffer(random.bytes(count * size), dtype)
    raise TypeError(f"no values of {dtype}")


def _word(letters, length, random):
    return [letters[index] for index in random.integers(0, len(letters), length)]


def _mixed(extremes, count, random):
    """Half extremes, in any order, half any bits at all."""
    unsigned = f"u{extremes.itemsize}"
    bits = np.frombuffer(random.bytes(count * extremes.itemsize), unsigned)
    mixed = np.where(random.integers(0, 2, count, "u1") != 0, random.choice(extremes.view(unsigned), count), bits)
    return mixed.view(extremes.dtype)
