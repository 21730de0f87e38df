"""Floats that NumPy does not have on every machine, put together bit by bit from their definitions.

Each function takes the bits as an integer (the most significant bit first, as the definitions have them) and returns the exact
value as a Fraction, or a float for NaN, infinities and -0.0. `nearest` rounds one to a float64, ties to even.
"""

import math
from fractions import Fraction

NAN, INF = math.nan, math.inf


def x87(bits):
    """Extended precision, 80 bits: sign, 15 bits of exponent, 64 of significand, of which the first is the integer bit."""
    sign, exponent, significand = bits >> 79, bits >> 64 & 0x7FFF, bits & (1 << 64) - 1
    if exponent == 0x7FFF:
        # Without the integer bit it is one of the 8087's forms, which today's processors take for NaN.
        return _signed(sign, INF) if significand == 1 << 63 else NAN
    if exponent and not significand >> 63:
        return NAN
    return _signed(sign, Fraction(significand) * Fraction(2) ** (max(exponent, 1) - 16383 - 63))


def quad(bits):
    """IEEE 754 binary128: sign, 15 bits of exponent, 112 of fraction."""
    sign, exponent, fraction = bits >> 127, bits >> 112 & 0x7FFF, bits & (1 << 112) - 1
    if exponent == 0x7FFF:
        return NAN if fraction else _signed(sign, INF)
    if exponent:
        fraction |= 1 << 112
    return _signed(sign, Fraction(fraction) * Fraction(2) ** (max(exponent, 1) - 16383 - 112))


def ibm(bits):
    """IBM System/360 single precision: sign, 7 bits of exponent to the base 16, biased by 64, 24 bits of fraction below the point."""
    sign, exponent, fraction = bits >> 31, bits >> 24 & 0x7F, bits & 0xFFFFFF
    return _signed(sign, Fraction(fraction, 1 << 24) * Fraction(16) ** (exponent - 64))


def nearest(value):
    if isinstance(value, float):
        return value
    try:
        # Integers divide to the nearest float, subnormal ones included.
        return value.numerator / value.denominator
    except OverflowError:
        return INF if value > 0 else -INF


def _signed(sign, value):
    if value == 0:
        return -0.0 if sign else 0.0
    return -value if sign else value


def extended_patterns(random, fraction_bits, integer_bit):
    """Bits of both extended formats: zeros, subnormals, limits, infinities, NaNs, what lies halfway between two float64 and just
    beside it, at float64's ends too; then anything."""
    one = 1 << fraction_bits if integer_bit else 0
    width = fraction_bits + integer_bit

    def of(exponent, fraction=0, sign=0):
        return sign << width + 15 | exponent << width | (one if 0 < exponent else 0) | fraction

    half = 1 << fraction_bits - 53
    patterns = [0, 1, of(0, (1 << fraction_bits) - 1), of(1), of(1, 1), of(0x7FFE, (1 << fraction_bits) - 1), of(0x7FFF)]
    patterns += [of(0x7FFF, 1 << fraction_bits - 1), of(0x7FFF, (1 << fraction_bits - 1) + 5)]
    for exponent in (16383, 16383 + 7, 16383 + 1023, 16383 - 1022, 16383 - 1023, 16383 - 1060, 16383 - 1074, 16383 - 1075, 16383 - 1076):
        for fraction in (0, half - 1, half, half + 1, 3 * half - 1, 3 * half, 3 * half + 1, (1 << fraction_bits) - 1):
            patterns.append(of(exponent, fraction))
    patterns += [of(16383 + 1024), of(16383 + 1023, (1 << fraction_bits) - half), of(16383 + 1023, (1 << fraction_bits) - half - 1)]
    patterns += [pattern | 1 << width + 15 for pattern in patterns]
    for _ in range(200):
        fraction = int.from_bytes(random.bytes(16), "little") & (1 << fraction_bits) - 1
        patterns.append(of(int(random.integers(16383 - 1100, 16383 + 1040)), fraction, int(random.integers(0, 2))))
    return patterns
