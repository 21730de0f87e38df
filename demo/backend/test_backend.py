"""Tests of byteferry.py and of app.py over a real socket: python -m unittest discover -s demo/backend"""

import asyncio
import io
import json
import math
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import zlib

import numpy as np
from aiohttp import ClientSession, web

import app
import byteferry

try:
    import ml_dtypes
except ImportError:
    ml_dtypes = None

RECORD = np.dtype([("t", "<i8"), ("v", ">f4", (3,)), ("ok", "?")])
PADDED = np.dtype([("a", "u1"), ("b", ">f8")], align=True)
NAN_BITS = np.array([0x7FA00001, 0xFFC00123, 0x80000000, 1], ">u4").view(">f4")

ARRAYS = {
    "big-endian floats": (np.arange(6).reshape(2, 3) / 7).astype(">f4"),
    "little-endian floats": (np.arange(6).reshape(3, 2) / 7).astype("<f8"),
    "NaN payloads, -0.0, a subnormal": NAN_BITS,
    "half precision": np.array([1.5, -2.25, 65504], ">f2"),
    "booleans": np.array([True, False, True]),
    "bytes": np.arange(256, dtype="u1"),
    "64-bit integers": np.array([-(2**63), 2**53 + 1], ">i8"),
    "complex": np.array([1 + 2j, 3 - 4j], ">c8"),
    "long double": np.array([np.longdouble(1) / 3]),
    "dates": np.array(["2001-12-29", "NaT"], ">M8[D]"),
    "spans": np.arange(3).astype("<m8[25s]"),
    "text, \u00e0 la carte": np.array(["a", "\u00fc\U0001f40d"], ">U3"),
    "byte strings": np.array([b"a", b"bc"], "S3"),
    "void": np.zeros(2, "V5"),
    "records": np.array([(1, (1, 2, 3), True), (2, (4, 5, 6), False)], RECORD),
    "padded records": np.zeros(3, PADDED),
    "a field not in ASCII": np.zeros(1, [("\u00e9t\u00e9 'x'\n", ">i2")]),
    "no dimension": np.array(2.5, ">f4"),
    "no element": np.zeros((0, 4), ">i2"),
    "Fortran order": np.asfortranarray(np.arange(24, dtype=">i2").reshape(2, 3, 4)),
    "every other element": np.arange(20, dtype=">i4")[::2],
    "backwards": np.arange(20, dtype=">i4")[::-1],
    "64 dimensions": np.ones((1,) * 63 + (2,), "<i2"),
}

# Frames as every reader and writer should have them, in one stream. crates/serve/tests/frames.rs tests the Rust side with it.
FIXTURE = pathlib.Path(__file__).resolve().with_name("frames.bfy")


def fixture():
    """What belongs into FIXTURE; after a change to the format, write it anew: FIXTURE.write_bytes(fixture())"""
    data = b""
    portable = {name: array for name, array in ARRAYS.items() if name != "long double"}
    for sequence, (name, array) in enumerate(portable.items()):
        data += bytes(-len(data) % 64) + byteferry.dumps(array, name, sequence, checksum=sequence % 3 != 0)
    return data


def frame(shape=(3,), dtype=b">i2", payload=b"\0\1\0\2\0\3", **changes):
    """A frame put together by hand, with whatever a test wants wrong about it."""
    fixed = {
        "magic": b"\x93BFY",
        "version": 1,
        "flags": 0,
        "ndim": len(shape),
        "dtype_length": len(dtype),
        "name_length": 0,
        "crc": 0,
        "length": len(payload),
        "sequence": 0,
    }
    filler = changes.pop("filler", b"\0")
    head = struct.pack("<4sBBHHHIQQ", *{**fixed, **changes}.values()) + struct.pack(f"<{len(shape)}Q", *shape) + dtype
    return head + filler * (-len(head) % 64) + payload


class Frames(unittest.TestCase):
    def test_round_trip(self):
        for what, array in ARRAYS.items():
            for checksum in (True, False):
                with self.subTest(what, checksum=checksum):
                    data = byteferry.dumps(array, name="t\u00eate", sequence=2**40, checksum=checksum)
                    back = byteferry.loads(data)
                    self.assertEqual((back.name, back.sequence), ("t\u00eate", 2**40))
                    self.assertEqual(back.array.dtype, array.dtype)
                    self.assertEqual(back.array.shape, array.shape)
                    self.assertEqual(back.array.tobytes(), array.tobytes())
                    self.assertEqual(np.isfortran(back.array), np.isfortran(array))

    def test_layout_byte_by_byte(self):
        """Against a frame written out by hand from the format's description."""
        array = np.array([[1, 2, 3], [4, 5, 6]], ">i2", order="F")
        payload = bytes.fromhex("0001 0004 0002 0005 0003 0006")
        expected = (
            bytes.fromhex("93 42 46 59  01  03  0200  0300  0200")
            + zlib.crc32(payload).to_bytes(4, "little")
            + bytes.fromhex("0c00000000000000  0700000000000000  0200000000000000  0300000000000000")
            + b">i2"
            + "\u00e9".encode()
            + bytes(11)
            + payload
        )
        self.assertEqual(byteferry.dumps(array, name="\u00e9", sequence=7), expected)

    def test_documented_example(self):
        text = (pathlib.Path(__file__).resolve().parents[2] / "docs/frame-format.md").read_text(encoding="utf-8")
        example = bytes.fromhex(text.split("```")[1])
        array = np.array([[1, 2, 3], [4, 5, 6]], ">i2")
        self.assertEqual(example, byteferry.dumps(array, name="t"))
        self.assertEqual(byteferry.loads(example).array.tolist(), array.tolist())

    def test_other_implementations_agree(self):
        """The bytes that the Rust side reads and writes: both sides are tested against the one committed file."""
        self.assertEqual(FIXTURE.read_bytes(), fixture())
        found = list(byteferry.frames(FIXTURE.read_bytes()))
        self.assertEqual([frame.name for frame in found], [name for name in ARRAYS if name != "long double"])
        for frame in found:
            self.assertEqual(frame.array.tobytes(), ARRAYS[frame.name].tobytes())

    def test_payload_is_64_byte_aligned(self):
        for length in range(130):
            data = byteferry.dumps(np.frombuffer(b"\xab", "u1"), name="x" * length)
            self.assertEqual(data.index(b"\xab", 32) % 64, 0)
            self.assertEqual(data.count(0xAB), 1)

    @unittest.skipUnless(ml_dtypes, "needs ml_dtypes")
    def test_dtypes_of_machine_learning_keep_their_name(self):
        """Their dtype.str says <V2 and <f1 only, which is why they get lost in .npy files."""
        for dtype in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
            data = byteferry.dumps(np.arange(4).astype(dtype))
            self.assertIn(dtype.encode(), data)
            self.assertEqual(byteferry.loads(data).array.dtype.name, dtype)

    def test_stream_of_frames(self):
        arrays = [np.full(count, count, ">f4") for count in (1, 0, 16, 17, 1000)]
        data = b"".join(byteferry.stream(arrays, name="live"))
        self.assertTrue(all(position % 64 == 0 for position in positions(data, byteferry.MAGIC)))
        for source in (data, io.BytesIO(data), Trickle(data)):
            found = list(byteferry.frames(source))
            self.assertEqual([frame.sequence for frame in found], [0, 1, 2, 3, 4])
            self.assertEqual([frame.array.tolist() for frame in found], [array.tolist() for array in arrays])

    def test_endless_stream(self):
        def endless():
            while True:
                yield np.ones(3, ">f4")

        chunks = byteferry.stream(endless())
        self.assertEqual(byteferry.loads(next(chunks)).sequence, 0)
        self.assertEqual(next(chunks).count(byteferry.MAGIC), 1)

    def test_nothing_is_no_frame(self):
        self.assertEqual(list(byteferry.frames(b"")), [])

    def test_unknown_length(self):
        self.assertEqual(byteferry.loads(frame(flags=4, length=0)).array.tolist(), [1, 2, 3])

    def test_malformed(self):
        good = frame()
        self.assertEqual(byteferry.loads(good).array.tolist(), [1, 2, 3])
        two = byteferry.dumps(np.zeros(2)) + bytes(48) + byteferry.dumps(np.zeros(2), sequence=2)
        cases = {
            "an .npy file": (b"\x93NUMPY\x01\x00" + bytes(100), "expected a frame"),
            "empty": (b"", "found 0"),
            "two": (b"".join(byteferry.stream([np.zeros(2)] * 2)), "found 2"),
            "a gap": (two, "expected frame 1 of the stream, got frame 2"),
            "version": (frame(version=2), "expected version 1"),
            "a flag that isn't": (frame(flags=8), "flags of 1, 2 and 4"),
            "65 dimensions": (frame(shape=(1,) * 65), "ndim up to 64"),
            "a length that disagrees": (frame(length=7), "need 6 payload bytes, the header says 7"),
            "a length where none is known": (frame(flags=4), "the header says 6"),
            "a shape that overflows": (frame(shape=(2**63, 2**63), length=0), "the header says 0"),
            "a dimension NumPy cannot have": (frame(shape=(0, 2**63), payload=b""), "dimension"),
            "a lie of 2 TiB": (frame(shape=(2**40,), length=2**41), "expected 2199023255552 bytes of payload"),
            "no dtype": (frame(dtype=b"nonsense"), "expected a dtype"),
            "half a dtype": (frame(dtype=b"[('a', '>i2'"), "expected a dtype"),
            "a dtype 3000 deep": (frame(dtype=b"[" * 3000), "expected a dtype"),
            "code for a dtype": (frame(dtype=b"[__import__('os')]"), "expected a dtype"),
            "a dtype not in ASCII": (frame(dtype=b"\xff"), "expected a dtype"),
            "objects": (frame(dtype=b"|O"), "pickle"),
            "objects in records": (frame(dtype=b"[('a', '|O')]"), "pickle"),
            "a name not in UTF-8": (frame(dtype=b">i2\xff", dtype_length=3, name_length=1), "utf-8"),
            "a header not padded with zeros": (frame(filler=b"x"), "expected zeros"),
            "a CRC-32 that is wrong": (frame(flags=2, crc=1), "expected a payload with CRC-32 00000001"),
            "a CRC-32 that isn't announced": (frame(crc=1), "CRC-32"),
            "something behind it": (good + b"x", "bytes of padding"),
            "zeros are not a frame": (good + bytes(58) + bytes(32), "expected a frame"),
            "no zeros before the next": (good + good, "zeros after a payload of 6 bytes"),
        }
        for end in range(1, len(good)):
            cases[f"cut after {end} bytes"] = (good[:end], "the data ends after")
        for what, (data, message) in cases.items():
            with self.subTest(what):
                with self.assertRaises(ValueError) as caught:
                    byteferry.loads(data)
                self.assertIn(message, str(caught.exception))

    def test_one_flipped_bit_is_noticed(self):
        data = byteferry.dumps(np.arange(50, dtype=">f4"))
        for position in range(64, len(data)):
            flipped = bytearray(data)
            flipped[position] ^= 0x10
            with self.assertRaises(ValueError):
                byteferry.loads(bytes(flipped))

    def test_what_cannot_be_written(self):
        swapped_fields = np.dtype({"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [4, 0]})
        for array, name in (
            (np.array([object()]), ""),
            (np.zeros(1, [("a", "O")]), ""),
            (np.array(["x"], np.dtypes.StringDType()), ""),
            (np.zeros(1, swapped_fields), ""),
            (np.zeros(1), "x" * 65536),
        ):
            with self.subTest(array.dtype), self.assertRaises(ValueError):
                byteferry.dumps(array, name)


class Backend(unittest.TestCase):
    """Every format and order through a real HTTP server, compared with the files themselves."""

    @classmethod
    def setUpClass(cls):
        cls.arrays = {entry["name"]: entry for entry in json.loads((app.DATA / "arrays.json").read_text("utf-8"))}
        cls.loop = asyncio.new_event_loop()
        cls.thread = threading.Thread(target=cls.loop.run_forever)
        cls.thread.start()

        async def start():
            cls.uploads = tempfile.TemporaryDirectory()
            cls.runner = web.AppRunner(app.make_app(uploads=pathlib.Path(cls.uploads.name), limit=2**20))
            await cls.runner.setup()
            site = web.TCPSite(cls.runner, "127.0.0.1", 0)
            await site.start()
            cls.url = f"http://127.0.0.1:{cls.runner.addresses[0][1]}/get/array"

        asyncio.run_coroutine_threadsafe(start(), cls.loop).result(timeout=10)

    @classmethod
    def tearDownClass(cls):
        asyncio.run_coroutine_threadsafe(cls.runner.cleanup(), cls.loop).result(timeout=10)
        cls.uploads.cleanup()
        cls.loop.call_soon_threadsafe(cls.loop.stop)
        cls.thread.join(timeout=10)
        cls.loop.close()

    def get(self, query, method="GET"):
        request = urllib.request.Request(self.url + query, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.headers, response.read()

    def test_every_format_and_order(self):
        for name, entry in self.arrays.items():
            width = int(entry["dtype"][-1])
            payload = (app.DATA / entry["file"]).read_bytes()[-width * math.prod(entry["shape"]) :]
            by_hand = {"big": payload, "little": swapped(payload, width)}
            for order, expected in by_hand.items():
                dtype = entry["dtype"].replace(">", {"big": ">", "little": "<"}[order])
                for kind in ("raw", "npy", "frame"):
                    with self.subTest(name=name, order=order, format=kind):
                        headers, body = self.get(f"?name={name}&format={kind}&order={order}")
                        self.assertEqual(body[-len(expected) :], expected)
                        self.assertEqual(headers["X-Array-Dtype"], dtype)
                        self.assertEqual(headers["X-Array-Shape"], ",".join(map(str, entry["shape"])))
                        self.assertEqual(headers["X-Array-Order"], "C")
                        self.assertEqual(headers["Access-Control-Allow-Origin"], "*")
                        self.assertIn("X-Array-Dtype", headers["Access-Control-Expose-Headers"])
                        self.assertEqual(headers["Cross-Origin-Resource-Policy"], "cross-origin")
                        self.assertEqual(int(headers["Content-Length"]), len(body))
                        if kind == "raw":
                            self.assertEqual(headers["Content-Type"], "application/octet-stream")
                            self.assertEqual(len(body), len(expected))
                        elif kind == "npy":
                            self.assertEqual(headers["Content-Type"], "application/x-npy")
                            array = np.load(io.BytesIO(body))
                            self.assertEqual((array.dtype.str, list(array.shape)), (dtype, entry["shape"]))
                        else:
                            self.assertEqual(headers["Content-Type"], "application/x-byteferry-frame")
                            found = byteferry.loads(body)
                            self.assertEqual(found.array.dtype.str, dtype)
                            self.assertEqual((found.name, list(found.array.shape)), (name, entry["shape"]))

    def test_defaults(self):
        self.assertEqual(self.get("")[1], (app.DATA / "co2.raw").read_bytes())
        self.assertEqual(self.get("?name=dem&format=npy")[1], (app.DATA / "dem.npy").read_bytes())

    def test_in_pieces(self):
        for chunk in (1000, 10**6):
            headers, body = self.get(f"?name=dem&format=npy&chunk={chunk}")
            self.assertEqual((headers["Content-Length"], body), (None, (app.DATA / "dem.npy").read_bytes()))

    def test_head_and_preflight(self):
        headers, body = self.get("?format=npy", method="HEAD")
        self.assertEqual((int(headers["Content-Length"]), body), (128 + 9136, b""))
        headers, _ = self.get("", method="OPTIONS")
        self.assertIn("GET", headers["Access-Control-Allow-Methods"])

    def test_what_there_is_not(self):
        for query, status, hint in (
            ("?name=moon", 404, "co2, dem"),
            ("?format=csv", 400, "raw, npy, frame"),
            ("?order=middle", 400, "big, little"),
            ("?chunk=0", 400, "a number of bytes"),
            ("?chunk=-1", 400, "a number of bytes"),
        ):
            with self.subTest(query), self.assertRaises(urllib.error.HTTPError) as caught:
                self.get(query)
            with caught.exception as answer:
                self.assertEqual(answer.code, status)
                self.assertIn(hint, answer.read().decode())
                self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "*")

    def live(self, query):
        with urllib.request.urlopen(self.url.replace("/get/array", f"/live?{query}"), timeout=10) as answer:
            self.assertEqual(answer.headers["Content-Type"], byteferry.MEDIA_TYPE)
            return list(byteferry.frames(answer))

    def test_live_frames(self):
        for dtype in (">f4", "<f8", ">i2"):
            frames = self.live(f"rate=0&count=5&from=7&samples=3&channels=2&dtype={dtype.replace('>', '%3E').replace('<', '%3C')}")
            self.assertEqual([(frame.sequence, frame.name) for frame in frames], [(number, "telemetry") for number in range(7, 12)])
            samples = np.concatenate([frame.array for frame in frames])
            self.assertEqual({frame.array.dtype.str for frame in frames}, {dtype})
            by_hand = [[(s * (c + 1)) % 2000 - 1000 for c in range(2)] for s in range(21, 36)]
            self.assertEqual(samples.tolist(), by_hand)

    def test_live_frames_by_websocket(self):
        async def listen():
            async with ClientSession() as session, session.ws_connect(self.url.replace("/get/array", "/live?rate=0&count=4&samples=2")) as socket:
                return [byteferry.loads(message.data) async for message in socket]

        frames = asyncio.run(listen())
        self.assertEqual([frame.sequence for frame in frames], [0, 1, 2, 3])
        self.assertEqual(frames[3].array[1].tolist(), [7 * (c + 1) % 2000 - 1000 for c in range(4)])

    def test_live_frames_come_in_time(self):
        began = time.monotonic()
        self.live("rate=50&count=11&samples=1")
        self.assertGreaterEqual(time.monotonic() - began, 0.2)

    def test_live_frames_that_cannot_be(self):
        for query in ("rate=-1", "count=x", "dtype=O", "dtype=nothing", "samples=100000000", "samples=0&channels=100000000", f"from={2**64}"):
            with self.subTest(query), self.assertRaises(urllib.error.HTTPError) as caught:
                self.live(query)
            with caught.exception as answer:
                self.assertEqual(answer.code, 400)

    def send(self, name, body, method="PUT", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url.replace("/get/array", f"/uploads/{name}"), body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read()

    def test_uploads(self):
        for number, (what, array) in enumerate(ARRAYS.items()):
            npy = app.as_npy(array, "")
            bodies = [(npy, {}), (byteferry.dumps(array), {})]
            if array.dtype.names is None and array.size:
                shape = ",".join(map(str, array.shape))
                bodies.append((array.tobytes(), {"X_Array_Dtype": array.dtype.str, "X_Array_Shape": shape}))
            for (body, headers), kind in zip(bodies, ("npy", "frame", "raw")):
                with self.subTest(what, kind=kind):
                    status, answer = self.send(f"{number}.{kind}", body, **headers)
                    self.assertEqual(status, 201, answer)
                    told = json.loads(answer)
                    self.assertEqual((told["format"], told["shape"], told["nbytes"]), (kind, list(array.shape), array.nbytes))
                    self.assertEqual(self.send(f"{number}.{kind}", None, method="GET"), (200, body))

    def test_uploads_that_are_no_arrays(self):
        good = app.as_npy(np.arange(5.0), "")
        pickle = io.BytesIO()
        np.save(pickle, np.array([{}]), allow_pickle=True)
        flipped = bytearray(byteferry.dumps(np.arange(5.0)))
        flipped[-1] ^= 1
        for body in (b"", b"PK", good[:-1], good + b"\0", good[:20], pickle.getvalue(), bytes(flipped), b"no array"):
            self.assertEqual(self.send("bad", body)[0], 422, body[:20])
        self.assertEqual(self.send("bad", b"1234", X_Array_Dtype=">f4", X_Array_Shape="2")[0], 422)
        for dtype in ("f4,(", "[(", "f4\0", "(" * 1000):
            self.assertEqual(self.send("bad", b"1234", X_Array_Dtype=dtype.replace("\0", "%00"))[0], 422, dtype)
        self.assertEqual(self.send(".bad", good)[0], 400)
        self.assertEqual(self.send("large", bytes(2**20 + 1))[0], 413)
        self.assertEqual(self.send("bad", None, method="GET")[0], 404)
        self.assertEqual([name for name in os.listdir(self.uploads.name) if not name[0].isdigit()], [], "nothing is left of them")


class Frameworks(unittest.TestCase):
    """The README's lines, as they stand there."""

    def lines(self, framework):
        readme = pathlib.Path(app.__file__).parents[2] / "README.md"
        (block,) = [block for block in re.findall("```python\n(.*?)```", readme.read_text("utf-8"), re.DOTALL) if f"import {framework}" in block]
        names = {"__name__": framework}
        exec(compile(block, f"README.md, {framework}", "exec"), names)
        return names["app"]

    def check(self, get, put):
        array = byteferry.loads(get("/temperature")).array
        self.assertEqual((array.dtype.str, array.tolist()), (">f4", np.linspace(0, 30, 1000, dtype=">f4").tolist()))
        frames = list(byteferry.frames(get("/live")))
        self.assertEqual([(frame.sequence, frame.array.shape) for frame in frames], [(number, (64, 4)) for number in range(100)])
        self.assertEqual(put("/upload", byteferry.dumps(np.arange(12.0).reshape(3, 4))), (200, {"shape": [3, 4], "sum": 66.0}))
        npy = io.BytesIO()
        np.save(npy, np.arange(3))
        for body, says in ((npy.getvalue(), "np.load"), (b"", "expected one frame"), (byteferry.dumps(np.arange(3))[:-1], "payload")):
            status, answer = put("/upload", body)
            self.assertEqual(status, 422)
            self.assertIn(says, str(answer))

    def test_fastapi(self):
        from fastapi.testclient import TestClient

        client = TestClient(self.lines("FastAPI"))

        def put(path, body):
            answer = client.put(path, content=body)
            return answer.status_code, answer.json()

        self.check(lambda path: client.get(path).content, put)

    def test_flask(self):
        client = self.lines("Flask").test_client()

        def put(path, body):
            answer = client.put(path, data=body)
            return answer.status_code, answer.json or answer.text

        self.check(lambda path: client.get(path).data, put)


class CommandLine(unittest.TestCase):
    def run_app(self, *options):
        script = pathlib.Path(app.__file__)
        return subprocess.run([sys.executable, "-B", script, *options], capture_output=True, text=True, timeout=20)

    def test_port_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            ended = self.run_app("--port", str(port))
        self.assertEqual((ended.returncode, ended.stdout), (1, ""))
        self.assertIn(f"port {port} of 127.0.0.1", ended.stderr)
        self.assertIn("--port", ended.stderr)
        self.assertNotIn("Traceback", ended.stderr)

    def test_no_data(self):
        ended = self.run_app("--data", "nowhere")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("--data", ended.stderr)
        self.assertNotIn("Traceback", ended.stderr)


class Trickle:
    """A source that gives less than it is asked for, as sockets do."""

    def __init__(self, data):
        self.file = io.BytesIO(data)

    def read(self, count):
        return self.file.read(min(count, 7))


def swapped(payload, width):
    """Every element's bytes in reverse, without NumPy's help."""
    return b"".join(payload[at : at + width][::-1] for at in range(0, len(payload), width))


def positions(data, needle):
    """Where `needle` begins in `data`."""
    return [at for at in range(len(data)) if data.startswith(needle, at)]


if __name__ == "__main__":
    unittest.main()
