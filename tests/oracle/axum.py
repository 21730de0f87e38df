"""Whether a backend in axum, `demo/backend/axum`, sends the arrays that NumPy has, and says of uploads what NumPy says.

    python axum.py URL

URL is where the arrays are. Prints {"numpy": version, "arrays": how many were compared, "uploads": how many were sent,
"cases": {title: [what was wrong]}}.
"""

import io
import json
import pathlib
import socket
import sys
import urllib.error
import urllib.parse
import urllib.request

import ml_dtypes
import numpy as np

import bad_cases
from containers import byteferry, frame, npy, order_of
from values import make

# Bytes that the example takes at most.
LIMIT = 64 << 20
# None; one; a few; several tiles of numbers and an odd rest.
SHAPES = [(), (0,), (1,), (7,), (0, 3), (2, 3, 4), (97, 211)]
NUMBERS = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()
TIMES = "M8[D] M8[25s] M8[ms] M8[us] M8[ns] m8[D] m8[s] m8[ms] m8[us] m8[ns]".split()
# What is no float64, nor becomes one unasked.
OTHERS = ["c8", "c16", "f16", "c32", "S3", "U3", "V5", "M8", "m8", "m8[Y]", [("t", ">i8"), ("v", "<f4", (3,))]]
CODES = (
    "bad-argument bad-magic bad-header unsupported-dtype unsafe-cast precision-loss size-mismatch truncated too-large checksum".split()
)


class Report:
    """What was wrong, by title; and how much was looked at."""

    def __init__(self, url):
        self.base = url.removesuffix("/arrays")
        self.cases, self.arrays, self.uploads = {}, 0, 0

    def check(self, title, right, problem):
        """A title of which nothing is wrong is told, too."""
        problems = self.cases.setdefault(title, [])
        if not right:
            problems.append(problem)

    def ask(self, path, data=None, method=None, headers=None):
        """Status, headers and body of an answer, whatever the status."""
        request = urllib.request.Request(self.base + path, data, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def post(self, data):
        """Status and JSON of what is said of an upload."""
        self.uploads += 1
        status, headers, body = self.ask("/statistics", bytes(data), headers={"Content-Type": "application/octet-stream"})
        assert headers["Content-Type"] == "application/json", f"{status}, {headers['Content-Type']}, {body[:100]}"
        return status, json.loads(body, parse_constant=lambda word: f"{word} is not JSON")


def sent():
    """The arrays that the example has, made by NumPy."""
    return {
        "telemetry": np.arange(-6, 6).reshape(3, 4).astype(">i2"),
        "pressure": (np.float32(1000) + np.arange(24, dtype="f4") / np.float32(3)).reshape((2, 3, 4), order="F").astype(">f4"),
        "time": (np.datetime64("2026-11-24T02:00:00.000000001", "ns") + np.arange(5) * np.timedelta64(40, "ms")).astype(">M8[ns]"),
    }


def same(array, other):
    """Dtype with its byte order, shape, order and every byte."""
    return (
        (array.dtype.str, array.shape, order_of(array)) == (other.dtype.str, other.shape, order_of(other))
        and array.tobytes("A") == other.tobytes("A")
    )  # fmt: skip


def arrays(report):
    """What is fetched, against NumPy's own."""
    own = sent()
    status, headers, body = report.ask("/arrays")
    title = "all arrays in one answer"
    report.check(title, status == 200 and headers["Content-Type"] == byteferry.MEDIA_TYPE, f"{status}, {headers}")
    report.check(title, headers["Content-Length"] == str(len(body)), f"Content-Length is {headers['Content-Length']}")
    found = list(byteferry.frames(body))
    report.check(title, [frame.name for frame in found] == list(own), f"names {[frame.name for frame in found]}")
    report.check(title, [frame.sequence for frame in found] == [0, 1, 2], f"numbers {[frame.sequence for frame in found]}")
    for name, sequence in zip(own, range(3)):
        got = found[sequence].array
        report.check(title, same(got, own[name]), f"{name} is {got!r}, NumPy has {own[name]!r}")
        report.arrays += 1
    # To the last byte what byteferry.py sends of them, padding and checksums included.
    written = b""
    for sequence, (name, array) in enumerate(own.items()):
        written += bytes(-len(written) % 64) + byteferry.dumps(array, name, sequence)
    report.check(title, body == written, "other bytes than byteferry.py's")
    for name, array in own.items():
        title = f"the array {name}"
        status, headers, body = report.ask(f"/arrays/{name}")
        report.check(title, status == 200 and headers["Content-Length"] == str(len(body)), f"{status}, {headers}")
        report.check(title, same(byteferry.loads(body).array, array), f"{byteferry.loads(body)}, NumPy has {array!r}")
        # The elements as they lie in NumPy's memory are the end of the body: nothing was converted.
        report.check(title, body.endswith(array.tobytes("A")), "other bytes than NumPy's")
        report.arrays += 1
        status, headers, body = report.ask(f"/arrays/{name}", method="HEAD")
        report.check(title, (status, body) == (200, b"") and int(headers["Content-Length"]) > array.nbytes, f"HEAD: {status}, {headers}")


def refused(array):
    """The code with which an array is refused, and which element is to blame; none if it is taken."""
    dtype = array.dtype
    if dtype.name in ("float128", "complex256"):
        # Of a long double, the type string does not say which it is.
        return "unsupported-dtype", None
    if dtype.kind in "mM":
        # Time that has no length in milliseconds.
        return ("unsafe-cast", None) if dtype.name in ("datetime64", "timedelta64", "timedelta64[Y]") else None
    if not np.can_cast(dtype, "f8", "safe"):
        return "unsafe-cast", None
    if dtype.kind in "iu" and dtype.itemsize == 8:
        # Python's own comparison of int with float is exact.
        for index, value in enumerate(array.ravel("A").tolist()):
            if float(value) != value:
                return "precision-loss", index
    return None


def as_float64(array):
    """As NumPy has it; of dates and time spans, the milliseconds."""
    if array.dtype.kind == "M":
        return (array - np.datetime64(0, "ms")) / np.timedelta64(1, "ms")
    if array.dtype.kind == "m":
        return array / np.timedelta64(1, "ms")
    return array.astype("f8")


def differs(told, array):
    """What in the JSON is not what NumPy says of the array; nothing if all is."""
    numbers = np.asarray(as_float64(array)).ravel()
    finite = numbers[np.isfinite(numbers)]
    expected = {
        # Of bfloat16 and the like, dtype.str does not say what they are.
        "dtype": array.dtype.name if array.dtype.kind == "V" or array.dtype.name.startswith("float8") else array.dtype.str,
        "shape": list(array.shape),
        "order": order_of(array),
        "size": array.size,
        "finite": len(finite),
    }
    for key, value in expected.items():
        if told.get(key) != value:
            return f"{key} is {told.get(key)!r}, NumPy has {value!r}"
    figures = [told["min"], told["max"], told["mean"]]
    if not len(finite):
        return None if figures == [None] * 3 else f"figures {figures} of no finite number"
    # Below a millisecond, whole and rest are rounded one by one.
    ulps = 1 if array.dtype.kind in "mM" and np.datetime_data(array.dtype)[0] in ("us", "ns") else 0
    for key, value in (("min", finite.min()), ("max", finite.max())):
        if not isinstance(told[key], float) or abs(told[key] - value) > ulps * np.spacing(abs(value)):
            return f"{key} is {told[key]}, NumPy has {value!r}"
    with np.errstate(over="ignore"):
        mean, magnitude = finite.mean(), np.abs(finite).sum()
    if np.isinf(mean):
        return None if told["mean"] is None else f"mean is {told['mean']}, NumPy has {mean}"
    if np.isinf(magnitude):
        return None  # on the way to a sum of such numbers, the order decides what overflows
    # To add n numbers one by one is off by n / 2 epsilon of their mean magnitude at most; NumPy's own sum by less.
    within = np.finfo("f8").eps * magnitude + ulps * np.spacing(np.abs(finite).max())
    if not isinstance(told["mean"], float) or abs(told["mean"] - mean) > within:
        return f"mean is {told['mean']}, NumPy has {mean!r}, and may be off by {within}"
    return None


def upload(report, title, what, data, array):
    status, told = report.post(data)
    refusal = refused(array)
    if refusal is None:
        problem = differs(told, array) if status == 200 else f"{status}, {told}, but NumPy casts it"
    else:
        problem = None if (status, told.get("code"), told.get("index")) == (400, *refusal) else f"{status}, {told}, not {refusal}"
    report.check(title, problem is None, f"{what}: {problem}")


def orders(shape):
    return "CF" if len(shape) > 1 else "C"


def uploads(report, random):
    """Arrays of every dtype, byte order, order and container, against NumPy's own figures."""
    for base in NUMBERS + TIMES + OTHERS:
        for mark in "<>":
            dtype = np.dtype(base).newbyteorder(mark) if isinstance(base, str) else np.dtype(base)
            for shape in SHAPES:
                for order in orders(shape):
                    array = filled(dtype, shape, random, order)
                    variants = {"extremes": array}
                    if dtype.kind in "iu" and dtype.itemsize == 8:
                        # Half as many bits: all of them survive.
                        variants["small"] = small(array)
                    for which, variant in variants.items():
                        for container in (npy, frame):
                            source, _ = container(variant)
                            what = f"{container.__name__} {mark}{shape} in order {order}, {which}"
                            upload(report, f"upload of {base}", what, source, variant)
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        for shape in SHAPES:
            array = random.integers(0, 256, (*shape, np.dtype(name).itemsize), "u1").view(name).reshape(shape)
            upload(report, f"upload of {name}", f"{shape}", byteferry.dumps(array), array)
    title = "upload of what adds up to more than a float64"
    upload(report, title, "two", npy(np.full(2, 1.7e308, ">f8"))[0], np.full(2, 1.7e308, ">f8"))
    for version in ((2, 0), (3, 0)):
        file, array = io.BytesIO(), make(">f4", (4, 5), random)
        np.lib.format.write_array(file, array, version)
        upload(report, f"upload of version {version[0]}", "npy", file.getvalue(), array)


def filled(dtype, shape, random, order):
    """An array with values that show what goes wrong."""
    if dtype.name in ("float128", "complex256"):
        return np.zeros(shape, dtype, order)  # none is looked at
    if dtype.kind not in "mM" or np.datetime_data(dtype)[0] in ("generic", "Y"):
        return make(dtype, shape, random, order)
    # Ticks that are float64s, as are their milliseconds; and NaT.
    array = np.asarray(random.integers(-(10**6), 10**6, shape) * 7919, dtype="i8", order=order).astype(dtype, order="A")
    if array.size > 2:
        array[(-1,) * array.ndim] = "NaT"
    return array


def small(array):
    return np.asarray(array // 2**32).astype(array.dtype, order="A")


class Uploaded:
    """A book of cases that sends each as an upload, and compares codes."""

    def __init__(self, report):
        self.report = report

    def add(self, group, title, what, source, options, expect, **details):
        if options:
            return  # raw bytes, and what a page asks for
        status, told = self.report.post(source)
        title = f"bad: {title}"
        if "error" in expect:
            right = status == 400 and told["code"] in expect["error"].split("|")
        else:
            # What a page takes, an upload is taken or refused: in any case, answered.
            right = status == 200 or status == 400 and told["code"] in CODES
        self.report.check(title, right, f"{what}: {status}, {told}, not {expect.get('error', 'settled')}")


def broken(report, random):
    """Bytes cut everywhere, and with each byte of the header turned into others."""
    for title, whole, read in (
        ("npy", npy(make(">i2", (2, 5), random))[0], lambda data: np.load(io.BytesIO(data), allow_pickle=False)),
        ("frame", frame(make(">i2", (2, 5), random), "name")[0], lambda data: byteferry.loads(data).array),
    ):
        for length in range(len(whole)):
            status, told = report.post(whole[:length])
            report.check(f"bad: {title} cut anywhere", (status, told.get("code")) == (400, "truncated"), f"after {length}: {status}, {told}")
        head = len(whole) - 20
        for index in range(head):
            for value in {0, 0xFF, whole[index] ^ 1, whole[index] ^ 0x80, int(random.integers(256))} - {whole[index]}:
                data = bytearray(whole)
                data[index] = value
                status, told = report.post(data)
                if status == 200:
                    # Whatever the header says now, NumPy reads the same in it.
                    try:
                        problem = differs(told, read(bytes(data)))
                    except (ValueError, EOFError, SyntaxError) as error:
                        problem = f"taken, but refused by NumPy: {error}"
                else:
                    problem = None if status == 400 and told["code"] in CODES else f"{status}, {told}"
                report.check(f"bad: {title} with a byte of its header turned", problem is None, f"byte {index} is {value}: {problem}")
    for length in (1, 8, 64, 4096):
        for _ in range(20):
            noise = random.bytes(length)
            status, told = report.post(noise)
            report.check("bad: noise", status == 400 and told["code"] in ("bad-magic", "truncated"), f"{noise[:8].hex()}: {status}, {told}")
    two = b"".join(byteferry.stream([np.arange(3, dtype=">f4")] * 2))
    status, told = report.post(two)
    report.check("bad: two frames at once", (status, told.get("code")) == (400, "size-mismatch"), f"{status}, {told}")


def http(report):
    """What a server owes browsers, and itself."""
    status, told = report.post(npy(np.zeros(LIMIT - 128, "u1"))[0])
    report.check("as many bytes as are taken", status == 200 and told["finite"] == LIMIT - 128, f"{status}, {told}")
    status, told = report.post(bytes(LIMIT + 1))
    report.check("a byte more", (status, told["code"]) == (413, "too-large"), f"{status}, {told}")

    # A body that breaks off, and one that is not chunked as it says: no answer is owed, but the next one is.
    url = urllib.parse.urlsplit(report.base)
    start = b"POST /statistics HTTP/1.1\r\nHost: localhost\r\n"
    for rest in (b"Content-Length: 100\r\n\r\n\x93NUMPY", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"Content-Length: -1\r\n\r\n"):
        with socket.create_connection((url.hostname, url.port), timeout=60) as connection:
            connection.sendall(start + rest)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(1000)
        report.check("a body that breaks off", answer == b"" or answer.startswith(b"HTTP/1.1 400 "), f"{rest}: {answer}")

    title = "what is not there"
    for path, data, expected in (("/arrays/none", None, 404), ("/arrays/%ff", None, 400), ("/none", None, 404), ("/arrays", b"x", 405), ("/statistics", None, 405)):
        status, headers, body = report.ask(path, data)
        report.check(title, status == expected, f"{path}: {status}, {body}")
        report.check(title, headers["Access-Control-Allow-Origin"] == "*", f"{path} cannot be read by pages: {headers}")
    status, _, body = report.ask("/arrays/none")
    report.check(title, json.loads(body)["code"] == "bad-argument", body)

    title = "the answer that its documentation shows"
    _, _, body = report.ask("/statistics", npy(np.arange(100).astype(">f4").reshape(4, 25))[0])
    documented = (pathlib.Path(__file__).resolve().parents[2] / "demo/backend/axum/src/main.rs").read_text(encoding="utf-8")
    report.check(title, f"//! {body.decode()}\n" in documented, f"{body} is answered")

    title = "pages of other origins"
    asks = {"Origin": "http://page.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    status, headers, _ = report.ask("/statistics", method="OPTIONS", headers=asks)
    allowed = [headers[f"Access-Control-Allow-{what}"] for what in ("Origin", "Methods", "Headers")]
    report.check(title, status == 200 and allowed == ["*"] * 3, f"{status}, {headers}")
    _, headers, _ = report.ask("/arrays", headers={"Origin": "http://page.example"})
    told = headers["Access-Control-Allow-Origin"], headers["Cross-Origin-Resource-Policy"]
    report.check(title, told == ("*", "cross-origin"), f"{headers}")


def main(url):
    report, random = Report(url), np.random.default_rng(20261124)
    arrays(report)
    uploads(report, random)
    bad_cases.write(Uploaded(report), random)
    broken(report, random)
    http(report)
    # After all that, it still answers.
    arrays(report)
    json.dump({"numpy": np.__version__, "arrays": report.arrays, "uploads": report.uploads, "cases": report.cases}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
