"""A site that was there before byteferry: aiohttp sends the memory of a NumPy array, as it is.

    python app.py [PORT]
"""

import pathlib
import sys

import numpy as np
from aiohttp import web

# From an instrument that writes big-endian.
arr = (20 + np.arange(12) / 8).astype(">f4").reshape(3, 4)


async def get_array(request):
    return web.Response(body=bytes(arr.data), content_type="application/octet-stream")


async def index(request):
    return web.FileResponse(pathlib.Path(__file__).parent / "static/index.html")


app = web.Application()
app.add_routes([web.get("/", index), web.get("/get/array", get_array), web.static("/static", pathlib.Path(__file__).parent / "static")])

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8082)
