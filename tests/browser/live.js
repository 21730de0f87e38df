// Frames as they come, over HTTP and by WebSocket, and everything that can go wrong with them.
import { FerryError } from "../dist/byteferry.js";
import { equal, ferryOf, ok, rejection, servers, settled } from "./support.js";

const SERVERS = { "the embedded server": servers.serve, "NumPy behind aiohttp": servers.backend };
/** Sample `s`, counted from the first of frame 0, in channel `c`. */
const value = (s, c) => ((s * (c + 1)) % 2000) - 1000;

const live = (server, query, ws) => {
  const url = new URL(`/live?${query}`, server);
  if (ws) url.protocol = "ws:";
  return url.href;
};

/** What a stream yields until it ends, with what it ends. */
async function take(frames, each = () => {}, most = Infinity) {
  const sequences = [];
  try {
    for await (const frame of frames) {
      sequences.push(frame.sequence);
      await each(frame);
      if (sequences.length >= most) break;
    }
  } catch (error) {
    return { sequences, error };
  }
  return { sequences };
}

function checked({ data, shape, sequence, dtype, name }, [samples, channels], type) {
  equal([shape, dtype, name], [[samples, channels], type, "telemetry"]);
  data.forEach((number, i) => {
    const [s, c] = [sequence * samples + Math.floor(i / channels), i % channels];
    if (number !== value(s, c)) throw new Error(`frame ${sequence}: sample ${s} of channel ${c} is ${number}, expected ${value(s, c)}`);
  });
}

const refused = ({ error }, codes) => {
  ok(error instanceof FerryError && codes.split("|").includes(error.code), `${error?.code} ${error}, expected ${codes}`);
  return error;
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const upTo = (end, begin = 0) => Array.from({ length: end - begin }, (_, i) => begin + i);

describe("live frames", () => {
  const ferry = ferryOf({ workers: 1 });

  for (const [place, server] of Object.entries(SERVERS)) {
    for (const ws of [false, true]) {
      const over = `${ws ? "by WebSocket" : "over HTTP"} from ${place}`;
      for (const [dtype, type, width] of [[">f4", "float32", 4], ["<f8", "float64", 8], [">i2", "int16", 2]]) {
        it(`${dtype} ${over}: every number of every frame`, async () => {
          const query = `rate=${ws ? 400 : 0}&count=60&from=5&samples=17&channels=3&dtype=${encodeURIComponent(dtype)}`;
          const allocated = [];
          const each = (frame) => (checked(frame, [17, 3], type), allocated.push(frame.stats.allocated));
          const { sequences, error } = await settled(take(ferry.frames(live(server, query, ws), { slow: ws ? "error" : "block", queue: 60 }), each));
          equal([String(error), sequences], ["undefined", upTo(65, 5)]);
          ok(allocated.every((nbytes) => nbytes === 0 || nbytes === 51 * width), `allocated ${allocated}`);
        });
      }
    }

    it(`a steady stream from ${place} allocates nothing`, async () => {
      let allocated = 0;
      const each = ({ stats, sequence }) => (allocated += sequence < 20 ? 0 : stats.allocated);
      const { sequences } = await settled(take(ferry.frames(live(server, "rate=0&count=500")), each), 20000);
      equal(sequences.length, 500, "frames");
      equal(allocated, 0, "bytes allocated for frames 20 to 499");
    });

    it(`converted, widened, and kept where recycle is false, from ${place}`, async () => {
      const kept = [];
      await take(ferry.frames(live(server, "rate=0&count=12&samples=5"), { to: "float64", recycle: false }), (frame) => kept.push(frame));
      equal(kept.length, 12);
      for (const frame of kept) checked(frame, [5, 4], "float64");
    });
  }

  it("what is recycled is gone when the next is asked for", async () => {
    const frames = ferry.frames(live(servers.serve, "rate=0&count=3"));
    const { value: first } = await frames.next();
    equal(first.data.length, 256);
    await frames.next();
    equal(first.data.length, 0);
    await frames.return();
  });

  it("nothing is left over behind a frame, strictly: live, and of a run in one buffer", async () => {
    const url = live(servers.serve, "rate=0&count=5&samples=7");
    const left = [];
    const { error } = await settled(take(ferry.frames(url, { strict: true }), ({ trailing }) => left.push(trailing)));
    equal([String(error), left], ["undefined", [0, 0, 0, 0, 0]]);
    const run = await (await fetch(url)).arrayBuffer();
    const arrays = await ferry.decodeAll(run, { strict: true });
    // JavaScript has names that are numbers first.
    equal(Object.entries(arrays).map(([name, { trailing, sequence }]) => [name, trailing, sequence]), [["1", 0, 1], ["2", 0, 2], ["3", 0, 3], ["4", 0, 4], ["telemetry", 0, 0]]);
  });

  it("an abort ends the loop at once, whatever its reason, and nothing that waits is handed out", async () => {
    for (const reason of [new Error("on purpose"), "enough", null, 0]) {
      const controller = new AbortController();
      const frames = ferry.frames(live(servers.serve, "rate=0&count=20"), { queue: 20, signal: controller.signal });
      await frames.next();
      await pause(100);
      controller.abort(reason);
      equal(await settled(frames.next().then(() => "a frame", (error) => error === reason)), true, String(reason));
    }
  });

  it("a message that ends in the middle of its frame is no frame, and takes nothing of the next", async () => {
    const { sequences, error } = await settled(take(ferry.frames(`ws://${location.host}/halved`, { slow: "error" })));
    equal([sequences, error?.code], [[], "truncated"]);
  });

  for (const ws of [false, true]) {
    const over = ws ? "by WebSocket" : "over HTTP";
    const frames = (query, options) => ferry.frames(live(servers.serve, `rate=${ws ? 400 : 0}&count=40&${query}`, ws), { slow: ws ? "error" : "block", queue: 40, ...options });

    it(`a gap ${over}: an error, or told`, async () => {
      const broken = await settled(take(frames("gap=7")));
      const { expected, actual } = refused(broken, "gap");
      equal([broken.sequences, expected, actual], [upTo(7), 7, 8]);
      const gaps = [];
      const whole = await settled(take(frames("gap=7", { onGap: (gap) => gaps.push(gap) })));
      equal([whole.sequences.length, gaps, String(whole.error)], [39, [{ expected: 7, actual: 8, missed: 1 }], "undefined"]);
    });

    it(`a wrong checksum ${over}: checksum, after all that came before`, async () => {
      const broken = await settled(take(frames("checksum=5")));
      refused(broken, "checksum");
      equal(broken.sequences, upTo(5));
      equal((await settled(take(frames("checksum=5", { checksum: false })))).sequences.length, 40, "frames that were not checked");
    });

    it(`a dropped connection ${over}: told, or opened anew`, async () => {
      const broken = await settled(take(frames("cut=9")));
      refused(broken, ws ? "network|truncated" : "truncated");
      equal(broken.sequences, upTo(9));
      const [again, gaps] = [[], []];
      const twice = await settled(take(frames("cut=9", { reconnect: 2, onReconnect: (told) => again.push(told), onGap: (gap) => gaps.push(gap) }), () => {}, 20), 20000);
      equal([twice.sequences, String(twice.error)], [[...upTo(9), ...upTo(9), 0, 1], "undefined"]);
      equal([again.map(({ attempt, after }) => [attempt, after]), gaps], [[[1, 250], [1, 250]], []]);
      ok(again[0].reason.includes("/live"), again[0].reason);
      // Without onGap as well: a stream that is numbered from 0 again begins anew.
      equal((await settled(take(frames("cut=9", { reconnect: 1 }), () => {}, 12), 20000)).sequences, [...upTo(9), 0, 1, 2]);
      // Numbers that were there already are none that go on, and no beginning.
      const repeated = await settled(take(frames("from=5&cut=9", { reconnect: 1, onGap: (gap) => gaps.push(gap) }), () => {}, 6), 20000);
      equal([repeated.sequences, gaps], [[...upTo(9, 5), 5, 6], [{ expected: 9, actual: 5, missed: 0 }]]);
      refused(await settled(take(frames("from=5&cut=9", { reconnect: 1 })), 20000), "gap");
    });

    it(`a stalled connection ${over} ends with an abort, or after its timeout`, async () => {
      const controller = new AbortController();
      // How soon the first frame comes is the machine's affair: the clock of the abort starts with the last.
      const stalls = ({ sequence }) => void (sequence === 2 && setTimeout(() => controller.abort(), 300));
      const aborted = await settled(take(frames("stall=3", { signal: controller.signal }), stalls));
      equal([aborted.sequences, aborted.error?.name], [upTo(3), "AbortError"]);
      refused(await settled(take(frames("stall=3", { timeout: 300 }))), "timeout");
    });
  }

  it("no server, or an error of it", async () => {
    refused(await settled(take(ferry.frames("ws://127.0.0.1:48999/"))), "network");
    refused(await settled(take(ferry.frames("http://127.0.0.1:9/"))), "network");
    refused(await settled(take(ferry.frames("/status/503"))), "http");
    refused(await settled(take(ferry.frames("/html"))), "bad-magic");
    const again = [];
    refused(await settled(take(ferry.frames("/status/503", { reconnect: 2, onReconnect: (told) => again.push(told.after) })), 20000), "http");
    equal(again, [250, 500]);
  });

  it("the latest is handed out before the error that came after it", async () => {
    const { sequences, error } = await settled(take(ferry.frames(`ws://${location.host}/burst`, { slow: "latest" }), () => pause(50)));
    equal([sequences.at(-1), error?.code], [4, "bad-magic"], `${sequences}`);
  });

  it("a slow consumer gets the latest, or an error, or makes the server wait", async () => {
    const rate = "rate=200&count=120&samples=2";
    for (const ws of [false, true]) {
      const frames = ferry.frames(live(servers.serve, rate, ws), { slow: "latest" });
      const { sequences, error } = await settled(take(frames, () => pause(50)), 20000);
      ok(!error && sequences.length < 60 && sequences.at(-1) === 119, `${error} ${sequences}`);
      equal(frames.dropped + sequences.length, 120, "frames in all");
      const late = await settled(take(ferry.frames(live(servers.serve, rate, ws), { slow: "error", queue: 4 }), () => pause(100)));
      refused(late, "gap");
    }
    const waiting = await settled(take(ferry.frames(live(servers.serve, "rate=0&count=30&samples=4096"), { queue: 2 }), () => pause(10)), 20000);
    equal(waiting.sequences, upTo(30));
    refused(await settled(take(ferry.frames(live(servers.serve, rate, true), { slow: "block" }))), "bad-argument");
    for (const wrong of [{ slow: "newest" }, { queue: 0 }, { queue: -1 }, { queue: 1.5 }, { queue: "x" }, { queue: NaN }, { reconnect: "x" }, { reconnect: -1 }]) {
      for (const ws of [false, true]) refused(await settled(take(ferry.frames(live(servers.serve, rate, ws), wrong))), "bad-argument");
    }
  });

  for (const how of ["break", "an error in the loop", "an abort", "close"]) {
    it(`${how} closes the connection`, async () => {
      const key = `frames-${how.replaceAll(" ", "-")}-${Math.random()}`;
      const own = ferryOf({ workers: 1 });
      const controller = new AbortController();
      const each = () => {
        if (how === "an abort") controller.abort();
        if (how === "an error in the loop") throw new Error("on purpose");
        if (how === "close") own.close();
      };
      const { error } = await settled(take(own.frames(`/frames/${key}`, { signal: controller.signal }), each, how === "break" ? 3 : Infinity));
      equal(typeof error?.code === "string" ? error.code : error?.name, { "an abort": "AbortError", close: "closed", "an error in the loop": "Error" }[how]);
      for (let tries = 0; (await (await fetch(`/watch/${key}`)).text()) !== "gone"; tries++) {
        ok(tries < 100, "the server still sends after 5 s");
        await pause(50);
      }
      if (how !== "close") equal([...(await own.decode(new Uint8Array([0, 7]), { dtype: ">u2" })).data], [7], "the next job");
    });
  }
});
