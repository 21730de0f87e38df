"""Reads and writes byteferry's frames: an array with its dtype, shape, name and checksum in front of its bytes.

Needs NumPy and the standard library only: copy this file beside your backend.

    byteferry.dumps(array, name="temperature")          # one array as bytes, for any web framework
    byteferry.loads(data).array                         # and back
    byteferry.stream(arrays)                            # chunks of a stream of frames, one after the other
    for frame in byteferry.frames(file): frame.array    # and back, from bytes or from anything with read(n)

    aiohttp:  return web.Response(body=byteferry.dumps(array), content_type=byteferry.MEDIA_TYPE)
    FastAPI:  return Response(byteferry.dumps(array), media_type=byteferry.MEDIA_TYPE)
    Flask:    return Response(byteferry.dumps(array), mimetype=byteferry.MEDIA_TYPE)

Whatever its byte order, an array goes out as it lies in memory: the page's worker does the swapping.
A frame is (integers little-endian):

     0 u8[4]  magic 93 42 46 59                   12 u32  CRC-32 (zlib's) of the payload, else 0
     4 u8     version, 1                          16 u64  payload bytes (0 where unknown)
     5 u8     flags: 1 Fortran order,             24 u64  sequence number in its stream, from 0
              2 CRC-32 present,                   32 u64 x ndim  shape
              4 payload runs to the stream's end  ..  dtype text, ASCII, as in .npy files but without quotes: >f4
     6 u16    ndim, at most 64                    ..  name, UTF-8
     8 u16    bytes of dtype text                 ..  zeros to a multiple of 64; then the payload, and
    10 u16    bytes of name                           zeros to a multiple of 64 if another frame follows
"""

import ast
import io
import math
import struct
import zlib
from typing import NamedTuple

import numpy as np
from numpy.lib import format as npy

MEDIA_TYPE = "application/x-byteferry-frame"
FORTRAN, CHECKSUM, UNKNOWN_LENGTH = 1, 2, 4
MAGIC = b"\x93BFY"
FIXED = struct.Struct("<4sBBHHHIQQ")


class Frame(NamedTuple):
    """An array as it was sent: the array (read-only), its name, its number in the stream."""

    array: np.ndarray
    name: str
    sequence: int


def dumps(array, name="", sequence=0, checksum=True):
    """One array as the bytes of one frame. Fortran-contiguous arrays stay so; strided ones are made contiguous."""
    array = np.asarray(array)
    text, label = _dtype_text(array.dtype), name.encode("utf-8")
    for what, length in (("dtype text", len(text)), ("name", len(label))):
        if length > 0xFFFF:
            raise ValueError(f"a {what} of at most 65535 bytes fits into a frame, this one has {length}")
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    payload = array.tobytes("F" if fortran else "C")
    head = FIXED.pack(
        MAGIC,
        1,
        FORTRAN * fortran | CHECKSUM * checksum,
        array.ndim,
        len(text),
        len(label),
        zlib.crc32(payload) if checksum else 0,
        len(payload),
        sequence,
    )
    head += struct.pack(f"<{array.ndim}Q", *array.shape) + text + label
    return head + bytes(-len(head) % 64) + payload


def loads(data):
    """The one frame in `data`; a ValueError says what is wrong where it isn't exactly that."""
    found = list(frames(data))
    if len(found) != 1:
        raise ValueError(f"expected one frame, found {len(found)}: frames() reads them all")
    return found[0]


def stream(arrays, name="", checksum=True):
    """Yields a frame for each array, numbered from 0, as chunks of bytes; `arrays` may be endless."""
    padding = b""
    for sequence, array in enumerate(arrays):
        chunk = dumps(array, name, sequence, checksum)
        yield padding + chunk
        padding = bytes(-len(chunk) % 64)


def frames(source):
    """Yields the frames of `source`: bytes, or a binary file. A malformed, cut or missing one is a ValueError."""
    read = source.read if hasattr(source, "read") else io.BytesIO(source).read
    following = None
    start = _take(read, FIXED.size, "frame header", end_allowed=True)
    while start:
        frame, length = _frame(start, read)
        if frame.sequence != following and following is not None:
            raise ValueError(f"expected frame {following} of the stream, got frame {frame.sequence}")
        yield frame
        following = frame.sequence + 1
        padding = _take(read, -length % 64, "padding", end_allowed=True)
        if any(padding):
            raise ValueError(f"expected {len(padding)} zeros after a payload of {length} bytes, got {padding.hex(' ')}")
        start = _take(read, FIXED.size, "frame header", end_allowed=True)


def _frame(start, read):
    """The frame that begins with the fixed part `start`, and its payload's length."""
    magic, version, flags, ndim, text_length, label_length, crc, length, sequence = FIXED.unpack(start)
    if magic == b"\x93NUM":
        raise ValueError("expected a frame, got an .npy: np.load reads it; byteferry.js sends a frame where format is 'frame'")
    if magic != MAGIC:
        raise ValueError(f"expected a frame ({MAGIC.hex(' ')}), got {magic.hex(' ')}")
    if version != 1 or flags & ~(FORTRAN | CHECKSUM | UNKNOWN_LENGTH) or ndim > 64:
        raise ValueError(f"expected version 1, flags of 1, 2 and 4, ndim up to 64; got {version}, {flags}, {ndim}")
    head_length = FIXED.size + 8 * ndim + text_length + label_length
    shape = struct.unpack(f"<{ndim}Q", _take(read, 8 * ndim, "shape"))
    dtype = _dtype(_take(read, text_length, "dtype text"))
    name = _take(read, label_length, "name").decode("utf-8")
    if any(_take(read, -head_length % 64, "padding of the header")):
        raise ValueError("expected zeros from the header's end to the payload")
    expected = math.prod(shape) * dtype.itemsize
    if length != (0 if flags & UNKNOWN_LENGTH else expected):
        raise ValueError(f"dtype {dtype} and shape {shape} need {expected} payload bytes, the header says {length}")
    payload = _take(read, expected, "payload")
    if flags & CHECKSUM and zlib.crc32(payload) != crc or not flags & CHECKSUM and crc:
        raise ValueError(f"expected a payload with CRC-32 {crc:08x}, got {zlib.crc32(payload):08x}")
    return Frame(np.ndarray(shape, dtype, payload, order="F" if flags & FORTRAN else "C"), name, sequence), expected


def _take(read, count, what, end_allowed=False):
    """Exactly `count` bytes; b"" at the end if allowed. In pieces: a header that lies must not make us allocate."""
    pieces, missing = [], count
    while missing and (piece := read(min(missing, 1 << 20))):
        pieces.append(piece)
        missing -= len(piece)
    if missing and not (end_allowed and missing == count):
        raise ValueError(f"expected {count} bytes of {what}, the data ends after {count - missing}")
    return b"".join(pieces)


def _dtype_text(dtype):
    if dtype.hasobject:
        raise ValueError(f"dtype {dtype} holds Python objects, which only a pickle can carry: convert it first")
    if dtype.names is not None:
        return ascii(npy.dtype_to_descr(dtype)).encode()
    try:
        lossless = np.dtype(dtype.str) == dtype
    except TypeError:
        lossless = False
    return (dtype.str if lossless else dtype.name).encode()  # ml_dtypes: dtype.str of a bfloat16 is only <V2


def _dtype(text):
    try:
        dtype = npy.descr_to_dtype(ast.literal_eval(text.decode("ascii")) if text[:1] == b"[" else text.decode("ascii"))
    except (TypeError, ValueError, SyntaxError, KeyError, RecursionError, MemoryError) as error:
        raise ValueError(f"expected a dtype as NumPy writes it, got {text[:100]!r}: {error}") from error
    if dtype.hasobject:
        raise ValueError(f"dtype {dtype} holds Python objects: that is a pickle, which is never opened")
    return dtype
