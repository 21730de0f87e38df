"""A backend as people have it: aiohttp and NumPy, one route that sends an array's bytes to a web page.

    python app.py [--port 8081] [--host 127.0.0.1] [--data ../data] [--uploads DIR]

GET /get/array?name=co2|dem&format=raw|npy|frame&order=big|little   (without them: co2, raw, big)
    &chunk=N  sends it in pieces of N bytes, as a backend does that has not all of it yet: its length is not told
GET /live?rate=60&count=N&channels=4&samples=64&dtype=%3Ef4   frames of telemetry, over HTTP or a WebSocket
PUT, POST, GET /uploads/NAME   arrays that a page sends, where --uploads names a folder for them

The bytes go out as they lie in memory, big-endian unless asked otherwise; the page has byteferry put them right.
The answer's headers X-Array-Dtype, X-Array-Shape and X-Array-Order tell what a raw body is.
"""

import argparse
import io
import json
import pathlib
import socket
import sys

import numpy as np
from aiohttp import web

import byteferry
from live import live
from uploads import Uploads

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
ARRAYS = web.AppKey("arrays", dict)


def load_arrays(folder):
    """The arrays that arrays.json in `folder` describes, by name, as NumPy reads them: big-endian."""
    arrays = {}
    for entry in json.loads((folder / "arrays.json").read_text(encoding="utf-8")):
        path = folder / entry["file"]
        arrays[entry["name"]] = (
            np.load(path)
            if entry["format"] == "npy"
            else np.fromfile(path, entry["dtype"]).reshape(entry["shape"], order=entry["order"])
        )
    return arrays


def as_npy(array, name):
    """The array as the bytes of an .npy file."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


FORMATS = {
    "raw": (lambda array, name: array.tobytes("A"), "application/octet-stream"),
    "npy": (as_npy, "application/x-npy"),
    "frame": (byteferry.dumps, byteferry.MEDIA_TYPE),
}


def choose(request, key, choices, error=web.HTTPBadRequest):
    """The value of one query parameter; the first choice where it isn't given."""
    value = request.query.get(key, next(iter(choices)))
    if value not in choices:
        raise error(text=f"{key}={value}? There is {', '.join(choices)}.\n")
    return value


async def get_array(request):
    """The whole point: the bytes go into `body=`, and nothing has to be listed, printed or encoded."""
    arrays = request.app[ARRAYS]
    name = choose(request, "name", arrays, error=web.HTTPNotFound)
    order = choose(request, "order", {"big": ">", "little": "<"})
    to_bytes, content_type = FORMATS[choose(request, "format", FORMATS)]
    array = arrays[name].astype(arrays[name].dtype.newbyteorder(order))
    headers = {
        "Content-Type": content_type,
        "X-Array-Dtype": array.dtype.str,
        "X-Array-Shape": ",".join(str(length) for length in array.shape),
        "X-Array-Order": "F" if np.isfortran(array) else "C",
    }
    body = to_bytes(array, name)
    if "chunk" not in request.query:
        return web.Response(body=body, headers=headers)
    chunk = request.query["chunk"]
    if not (chunk.isdecimal() and int(chunk)):
        raise web.HTTPBadRequest(text=f"chunk={chunk}? It is a number of bytes.\n")
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    for begin in range(0, len(body), int(chunk)):
        await response.write(body[begin : begin + int(chunk)])
    return response


async def usage(request):
    """For those who open the backend's address itself."""
    return web.Response(text=__doc__.split("\n\n", 1)[1])


async def allow_other_origins(request, response):
    """Lets pages of any origin read the answers, cross-origin isolated ones (COEP: require-corp) included."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "X-Array-Dtype, X-Array-Shape, X-Array-Order"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"


async def preflight(request):
    """What browsers ask before they send headers of the page's own."""
    allowed = {"Access-Control-Allow-Methods": "GET, HEAD, POST, PUT", "Access-Control-Allow-Headers": "*"}
    return web.Response(status=204, headers=allowed)


def make_app(folder=DATA, uploads=None, limit=2**30):
    """The application, ready for web.run_app or a test server."""
    app = web.Application()
    stored = Uploads(uploads, limit)
    app[ARRAYS] = load_arrays(folder)
    app.on_response_prepare.append(allow_other_origins)
    app.add_routes([web.get("/get/array", get_array), web.get("/live", live), web.get("/", usage)])
    app.add_routes([web.get("/uploads/{name}", stored.get), web.put("/uploads/{name}", stored.put), web.post("/uploads/{name}", stored.put)])
    app.add_routes([web.options("/{path:get/array|live|uploads/.*}", preflight)])
    return app


def main():
    """Starts the backend by the command line's options."""
    parser = argparse.ArgumentParser(description="Sends NumPy arrays to web pages.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8081, help="port to listen on, 0 for any (default: %(default)s)")
    parser.add_argument("--data", type=pathlib.Path, default=DATA, help="folder with arrays.json and its arrays")
    parser.add_argument("--uploads", type=pathlib.Path, help="folder that arrays are stored in which pages send")
    parser.add_argument("--upload-limit", type=int, default=2**30, help="bytes such an array may have (default: 1 GiB)")
    options = parser.parse_args()
    if options.uploads and not options.uploads.is_dir():
        sys.exit(f"there is no folder {options.uploads} to store arrays in")
    try:
        app = make_app(options.data, options.uploads, options.upload_limit)
    except OSError as error:
        sys.exit(f"cannot read the arrays: {error}\nName the folder that arrays.json is in with --data.")
    try:
        listener = socket.create_server((options.host, options.port))
    except (OSError, OverflowError) as error:
        sys.exit(
            f"cannot listen on port {options.port} of {options.host}: {error}\n"
            "Is another backend running? Choose another port with --port 8082, or --port 0 for any free one."
        )
    url = f"http://{options.host}:{listener.getsockname()[1]}/get/array"
    web.run_app(app, sock=listener, print=lambda _: print(f"byteferry backend: {url}", flush=True))


if __name__ == "__main__":
    main()
