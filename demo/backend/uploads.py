"""Arrays that pages send: checked, then stored, whole or not at all. The route /uploads/NAME of app.py.

PUT or POST /uploads/NAME: an .npy, a frame, or raw bytes with the headers X-Array-Dtype: >f4, X-Array-Shape: 3,100 and, if it
is not C, X-Array-Order: F. GET gives back what was stored.
"""

import math
import os
import re
import tempfile

import numpy as np
from aiohttp import web
from numpy.lib import format as npy

import byteferry

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


class Uploads:
    """A folder that arrays are sent to."""

    def __init__(self, folder, limit):
        self.folder = folder
        self.limit = limit

    def path(self, request):
        """Where the array of that name is, or would be."""
        if self.folder is None:
            raise web.HTTPNotFound(text="nothing is stored here: start the backend with --uploads DIR\n")
        name = request.match_info["name"]
        if not NAME.fullmatch(name):
            raise web.HTTPBadRequest(text="a name has letters, digits, '.', '_' and '-', at most 100, and no '.' first\n")
        return self.folder / name

    async def get(self, request):
        """What was stored."""
        path = self.path(request)
        if not path.is_file():
            raise web.HTTPNotFound(text=f"there is no {path.name}\n")
        return web.FileResponse(path, headers={"Content-Type": "application/octet-stream", "Cache-Control": "no-store"})

    async def put(self, request):
        """Takes an array. Until it is whole, and found to be one, nobody sees it."""
        path = self.path(request)
        if (request.content_length or 0) > self.limit:
            raise self.too_large()
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".", delete=False) as file:
            try:
                await self.receive(request, file)
                described = describe(file, request.headers)
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
        return web.json_response({"name": path.name, **described}, status=201)

    async def receive(self, request, file):
        """The body, as it comes."""
        async for piece in request.content.iter_any():
            file.write(piece)
            if file.tell() > self.limit:
                raise self.too_large()
        file.flush()
        os.fsync(file.fileno())

    def too_large(self):
        """What is answered to more than the limit."""
        return web.HTTPRequestEntityTooLarge(max_size=self.limit, actual_size=self.limit, text=f"at most {self.limit} bytes are taken\n")


def describe(file, headers):
    """What the array in a file is; if it is none, the answer says why."""
    try:
        file.seek(0)
        length = os.fstat(file.fileno()).st_size
        if "X-Array-Dtype" in headers:
            dtype = np.dtype(headers["X-Array-Dtype"])
            shape = tuple(int(axis) for axis in headers.get("X-Array-Shape", "").split(",") if axis)
            return told("raw", dtype, shape, headers.get("X-Array-Order", "C") == "F", length)
        start = file.read(len(byteferry.MAGIC))
        file.seek(0)
        if start == byteferry.MAGIC:
            array = byteferry.loads(file.read()).array
            return told("frame", array.dtype, array.shape, np.isfortran(array), array.nbytes)
        if start != npy.MAGIC_PREFIX[: len(start)] or not start:
            raise ValueError("it begins neither as an .npy nor as a frame, and no header says what raw bytes it has")
        array = np.load(file, allow_pickle=False)
        return told("npy", array.dtype, array.shape, np.isfortran(array), array.nbytes + length - file.tell())
    except (ValueError, TypeError, SyntaxError, EOFError, OSError, MemoryError, OverflowError, RecursionError) as error:
        raise web.HTTPUnprocessableEntity(text=f"this is no array: {error}\n") from error


def told(kind, dtype, shape, fortran, nbytes):
    """As JSON has it, once the bytes are as many as dtype and shape say."""
    expected = math.prod(shape) * dtype.itemsize
    if dtype.hasobject:
        raise ValueError("it holds Python objects: that is a pickle, which is never opened")
    if nbytes != expected or min(shape, default=0) < 0:
        raise ValueError(f"dtype {dtype} and shape {shape} need {expected} bytes, there are {nbytes}")
    return {"format": kind, "dtype": dtype.str, "shape": list(shape), "order": "F" if fortran else "C", "nbytes": nbytes}
