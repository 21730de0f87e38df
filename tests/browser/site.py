"""The tests' own server: a folder of files, cross-origin isolated, and every way in which a server can disappoint.

    python site.py FOLDER
"""

import asyncio
import gzip
import itertools
import pathlib
import socket
import sys

import numpy as np
from aiohttp import web

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "demo/backend"))
import byteferry  # noqa: E402

routes = web.RouteTableDef()


@routes.get("/status/{status}")
async def status(request):
    return web.Response(status=int(request.match_info["status"]), text="no array here")


@routes.get("/html")
async def html(request):
    return web.Response(text="<!doctype html><html><title>Sign in</title></html>", content_type="text/html")


@routes.get("/stall")
async def stall(request):
    await asyncio.sleep(3600)


WATCHED = {}


@routes.get("/watched/{key}")
async def watched(request):
    """Never answers; /watch/{key} says whether the client still waits."""
    key = request.match_info["key"]
    WATCHED[key] = "open"
    try:
        await asyncio.sleep(3600)
    finally:
        WATCHED[key] = "gone"


@routes.get("/watch/{key}")
async def watch(request):
    return web.Response(text=WATCHED.get(request.match_info["key"], "unknown"))


@routes.get("/cut")
async def cut(request):
    """Says a thousand bytes, sends ten, and hangs up."""
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/octet-stream"})
    await response.prepare(request)
    await response.write(b"0123456789")
    request.transport.close()
    return response


@routes.get("/squeezed/{name}")
async def squeezed(request):
    """dem.npy, dem.bfy or dem.raw, compressed beforehand, as nginx's gzip_static and many a CDN send it: with Content-Length, of what is sent."""
    source = ROOT / "demo/data/dem.npy"
    array = np.load(source)
    bodies = {"dem.npy": source.read_bytes(), "dem.bfy": byteferry.dumps(array, name="dem"), "dem.raw": array.tobytes()}
    body = gzip.compress(bodies[request.match_info["name"]])
    return web.Response(body=body, headers={"Content-Encoding": "gzip", "Content-Type": "application/octet-stream"})


@routes.get("/burst")
async def burst(request):
    """Over a WebSocket: five frames at once, and then a text, which is no frame."""
    sockets = web.WebSocketResponse()
    await sockets.prepare(request)
    for number in range(5):
        await sockets.send_bytes(byteferry.dumps(np.full(100, number, ">f4"), sequence=number))
    await sockets.send_str("that was all")
    await sockets.close()
    return sockets


@routes.get("/frames/{key}")
async def frames(request):
    """Frames without end, a hundred a second; /watch/{key} says whether somebody listens."""
    key = request.match_info["key"]
    WATCHED[key] = "open"
    response = web.StreamResponse()
    try:
        await response.prepare(request)
        for frame in byteferry.stream(np.full(100, number, ">f4") for number in itertools.count()):
            await response.write(frame)
            await asyncio.sleep(0.01)
    finally:
        WATCHED[key] = "gone"


@routes.get("/halved")
async def halved(request):
    """Over a WebSocket: a frame whose message ends too early, and another, whole."""
    sockets = web.WebSocketResponse()
    await sockets.prepare(request)
    first, second = (byteferry.dumps(np.full(100, number, ">f4"), sequence=number, checksum=False) for number in (0, 1))
    await sockets.send_bytes(first[:-100])
    await sockets.send_bytes(second)
    await sockets.close()
    return sockets


@routes.get("/beginning")
async def beginning(request):
    """The first bytes of an .npy, and no word of how many there are."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fo"[: int(request.query.get("bytes", 30))])
    return response


ASKED = {}
FAILED = {}


@routes.get("/ranged/{path:.*}")
async def ranged(request):
    """A file by HTTP's ranges; /asked/PATH tells which bytes were sent. ?ranges=no answers with all, ?version=WORD names the ETag,
    `changing` one for each request, `weak` a weak one, `none` none. ?fail=KEY: the second request of that key is answered with 503."""
    path = request.match_info["path"]
    if key := request.query.get("fail"):
        FAILED[key] = FAILED.get(key, 0) + 1
        if FAILED[key] == 2:
            return web.Response(status=503)
    file = request.app["folder"] / path
    size = file.stat().st_size
    asked = ASKED.setdefault(path, [])
    version = request.query.get("version", "first")
    tag = {"changing": f'"{len(asked)}"', "weak": 'W/"weak"', "none": None}.get(version, f'"{version}"')
    part = request.http_range if request.query.get("ranges") != "no" else slice(None)
    if request.headers.get("If-Range") not in (None, tag):
        part = slice(None)
    start, stop, _ = slice(part.start, part.stop).indices(size)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(stop - start), "Content-Type": "application/octet-stream"} | ({"ETag": tag} if tag else {})
    partial = part.start is not None or part.stop is not None
    if partial:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    entry = [start, start]
    asked.append(entry)
    response = web.StreamResponse(status=206 if partial else 200, headers=headers)
    await response.prepare(request)
    with file.open("rb") as source:
        source.seek(start)
        while entry[1] < stop:
            piece = source.read(min(65536, stop - entry[1]))
            await response.write(piece)
            entry[1] += len(piece)
    return response


@routes.get("/asked/{path:.*}")
async def asked(request):
    """Which bytes of a file were sent since this was last asked."""
    return web.json_response(ASKED.pop(request.match_info["path"], []))


@routes.post("/echo")
async def echo(request):
    assert request.headers["X-Reply"] == "yes"
    return web.Response(body=await request.read())


@routes.get("/as-text/{name}")
async def as_text(request):
    script = (request.app["folder"] / "dist" / request.match_info["name"]).read_text("utf-8")
    # Without nosniff, Chromium runs text as a worker all the same.
    return web.Response(text=script, headers={"X-Content-Type-Options": "nosniff"})


# The first is what the README says to be enough; the other is what most sites begin with.
POLICIES = {
    "csp-enough": "default-src 'none'; worker-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
    "csp": "default-src 'self'; script-src 'self'; worker-src 'self'",
}


@routes.get("/{policy:csp|csp-enough}/{path:.*}")
async def csp(request):
    response = web.FileResponse(request.app["folder"] / request.match_info["path"])
    response.headers["Content-Security-Policy"] = POLICIES[request.match_info["policy"]]
    return response


async def isolate(request, response):
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "no-store"


def main(folder):
    app = web.Application(client_max_size=2**26)
    app["folder"] = folder
    app.on_response_prepare.append(isolate)
    app.add_routes(routes)
    app.router.add_static("/", folder, follow_symlinks=True)
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
    web.run_app(app, sock=listening, print=None, handle_signals=True, handler_cancellation=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
