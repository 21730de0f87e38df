"""The tests' own server: a folder of files, cross-origin isolated, and every way in which a server can disappoint.

    python site.py FOLDER
"""

import asyncio
import pathlib
import socket
import sys

from aiohttp import web

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
