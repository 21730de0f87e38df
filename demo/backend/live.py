"""Live frames of a telemetry generator, over chunked HTTP or a WebSocket: the route /live of app.py.

GET /live?rate=60&count=N&from=0&channels=4&samples=64&dtype=%3Ef4

`rate`: frames a second, 0 for as many as the receiver takes; `count`: how many, endless without. A frame is an array of
shape (samples, channels); sample s, counted from the first of frame 0, has in channel c the value ((s * (c + 1)) % 2000) - 1000.
"""

import asyncio
import itertools

import numpy as np
from aiohttp import WSMsgType, web

import byteferry

DEFAULTS = {"rate": 60, "from": 0, "channels": 4, "samples": 64}
LARGEST = 2**26


def telemetry(sequence, samples, channels, dtype):
    """The array of one frame."""
    sample = np.arange(sequence * samples, (sequence + 1) * samples)[:, None]
    return (sample * np.arange(1, channels + 1) % 2000 - 1000).astype(dtype)


async def live(request):
    """Frames until there are enough of them, or nobody listens any more."""
    options, count, dtype = choose(request.query)
    frames = (
        byteferry.dumps(telemetry(number, options["samples"], options["channels"], dtype), "telemetry", number)
        for number in itertools.islice(itertools.count(options["from"]), count)
    )
    if web.WebSocketResponse().can_prepare(request):
        return await to_socket(request, frames, options["rate"])
    response = web.StreamResponse()
    response.content_type = byteferry.MEDIA_TYPE
    await response.prepare(request)
    padding = b""
    async for frame in in_time(frames, options["rate"]):
        await response.write(padding + frame)
        padding = bytes(-len(frame) % 64)
    return response


async def to_socket(request, frames, rate):
    """One message for each frame. What the page has to say, such as its goodbye, has to be listened to meanwhile."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)

    async def send():
        async for frame in in_time(frames, rate):
            await socket.send_bytes(frame)
        await socket.close()

    sending = asyncio.create_task(send())
    try:
        while (await socket.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
            pass
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return socket


async def in_time(frames, rate):
    """The frames, so many a second; late ones follow at once."""
    clock = asyncio.get_running_loop()
    began = clock.time()
    for number, frame in enumerate(frames):
        if rate:
            await asyncio.sleep(max(0, began + number / rate - clock.time()))
        yield frame


def choose(query):
    """The query's numbers, how many frames, and the dtype."""
    try:
        options = {name: int(query.get(name, default)) for name, default in DEFAULTS.items()}
        count = int(query["count"]) if "count" in query else None
        dtype = np.dtype(query.get("dtype", ">f4"))
    except (TypeError, ValueError) as error:
        raise web.HTTPBadRequest(text=f"{error}. There is {', '.join(DEFAULTS)}, count and dtype.\n") from error
    nbytes = options["samples"] * options["channels"] * dtype.itemsize
    if min(*options.values(), count or 0) < 0 or options["from"] >= 2**62 or dtype.kind not in "if":
        raise web.HTTPBadRequest(text="numbers of 0 or more, and a dtype of numbers\n")
    # Each by itself as well: of one of them there may be none.
    if max(nbytes, options["samples"], options["channels"]) > LARGEST:
        raise web.HTTPBadRequest(text=f"at most {LARGEST} bytes to a frame, and as many samples and channels\n")
    return options, count, dtype
