// Whether the main thread stalls: a ring that turns with every frame, the time between frames, and two ways to stall it or not.
import { everyFrame, nextFrame } from "./animation.js";
import { colour, FONT, prepare } from "./canvas.js";
import { describe } from "./problem.js";
import { showBytes, showTime } from "./numbers.js";

/** @typedef {import("./dist/byteferry.js").Ferry} Ferry */

const SECONDS = 8;
const COUNT = 64_000_000;

/**
 * @param {Ferry} ferry
 * @param {HTMLElement} section
 */
export function beat(ferry, section) {
  /** @param {string} selector */
  const at = (selector) => /** @type {HTMLElement} */ (section.querySelector(selector));
  const [spinner, strip] = /** @type {HTMLCanvasElement[]} */ ([at("#spinner"), at("#strip")]);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {{ time: number, gap: number }[]} */
  let frames = [];
  let [drawn, visible, longestOfRun] = [0, true, 0];
  new IntersectionObserver(([entry]) => (visible = entry.isIntersecting)).observe(section);

  everyFrame((now, gap) => {
    if (gap !== undefined) {
      frames.push({ time: now, gap });
      longestOfRun = Math.max(longestOfRun, gap);
    }
    while (frames.length && frames[0].time < now - SECONDS * 1000) frames.shift();
    // Who asked for less motion gets the chart twice a second, and a ring that stands still.
    const due = now - drawn >= (still.matches ? 500 : 0);
    if (visible && due && !document.hidden) {
      drawRing(spinner, still.matches ? undefined : now);
      drawStrip(strip, frames, now);
      if (now - drawn > 200 || Math.floor(now / 250) !== Math.floor(drawn / 250)) {
        at("#longest").textContent = showTime(Math.max(0, ...frames.map(({ gap }) => gap)));
      }
      drawn = now;
    }
  });

  const buttons = /** @type {HTMLButtonElement[]} */ ([at("#run-byteferry"), at("#run-loop")]);
  const status = at("#run-status");
  let busy = false;
  /** @param {boolean} now */
  const setBusy = (now) => {
    busy = now;
    for (const button of buttons) button.setAttribute("aria-disabled", String(now));
  };

  /**
   * @param {HTMLElement} row
   * @param {(buffer: ArrayBuffer) => Promise<{ data: ArrayLike<number>, allocated: number }>} decode
   */
  async function run(row, decode) {
    // Not disabled: a button that is loses the keyboard's focus.
    if (busy) return;
    setBusy(true);
    status.textContent = "Making 256 MB of big-endian numbers, in another worker …";
    try {
      const buffer = await bigEndianNumbers();
      status.textContent = "Decoding …";
      // Let that be seen, and the frames settle, before the clock starts.
      for (let i = 0; i < 20; i++) await nextFrame();
      longestOfRun = 0;
      const began = performance.now();
      const { data, allocated } = await decode(buffer);
      const took = performance.now() - began;
      await nextFrame();
      await nextFrame();
      const wrong = [0, 1, 12345, COUNT / 2, COUNT - 1].find((i) => data[i] !== (i & 0xffffff));
      if (wrong !== undefined) throw new Error(`element ${wrong} came out as ${data[wrong]}`);
      const texts = [showTime(took), showTime(longestOfRun), allocated ? showBytes(allocated) : "nothing"];
      row.querySelectorAll("td").forEach((cell, i) => (cell.textContent = texts[i]));
      status.textContent = "Done; five of the numbers looked at, all right.";
    } catch (error) {
      status.textContent = describe(error);
    }
    setBusy(false);
  }

  buttons[0].addEventListener("click", () =>
    run(at("#result-byteferry"), async (buffer) => {
      const { data, stats } = await ferry.decode(buffer, { format: "raw", dtype: ">f4", to: "float32" });
      return { data, allocated: stats.allocated };
    }),
  );
  buttons[1].addEventListener("click", () =>
    run(at("#result-loop"), async (buffer) => {
      const view = new DataView(buffer);
      const data = new Float32Array(COUNT);
      for (let i = 0; i < COUNT; i++) data[i] = view.getFloat32(4 * i, false);
      return { data, allocated: data.byteLength };
    }),
  );
}

/** @returns {Promise<ArrayBuffer>} */
function bigEndianNumbers() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./fill-worker.js", import.meta.url));
    /** @type {(settle: () => void) => void} */
    const end = (settle) => (worker.terminate(), settle());
    worker.onmessage = ({ data }) => end(() => (data instanceof ArrayBuffer ? resolve(data) : reject(new Error(data))));
    worker.onerror = ({ message }) => end(() => reject(new Error(message || "fill-worker.js could not be started")));
    worker.postMessage(COUNT);
  });
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} [now]  without it the ring stands still
 */
function drawRing(canvas, now = 0) {
  const { context, width } = prepare(canvas);
  const [centre, radius] = [width / 2, width / 2 - 6];
  const angle = (now / 1500) * 2 * Math.PI;
  context.lineWidth = 6;
  context.lineCap = "round";
  context.strokeStyle = colour("grid");
  context.beginPath();
  context.arc(centre, centre, radius, 0, 2 * Math.PI);
  context.stroke();
  context.strokeStyle = colour("accent");
  context.beginPath();
  context.arc(centre, centre, radius, angle - 1, angle);
  context.stroke();
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{ time: number, gap: number }[]} frames
 * @param {number} now
 */
function drawStrip(canvas, frames, now) {
  const { context, width, height } = prepare(canvas);
  const most = [50, 100, 200, 500, 1000, 2000, 5000].find((limit) => frames.every(({ gap }) => gap <= limit)) ?? 10000;
  const y = (/** @type {number} */ gap) => height - 1 - (Math.min(gap, most) / most) * (height - 8);
  context.font = FONT;
  context.textBaseline = "top";
  context.fillStyle = colour("grid");
  context.fillRect(0, y(most), width, 1);
  context.fillRect(0, y(most / 2), width, 1);
  const [good, bad] = [colour("accent"), colour("wrong")];
  for (const { time, gap } of frames) {
    const x = width * (1 - (now - time) / (SECONDS * 1000));
    const w = Math.max(1, (width * gap) / (SECONDS * 1000) - 0.5);
    context.fillStyle = gap > 50 ? bad : good;
    context.fillRect(x - w, y(gap), w, height - y(gap));
  }
  context.fillStyle = colour("soft");
  context.fillText(`${most} ms`, 2, y(most) + 3);
  context.fillText(`${most / 2} ms`, 2, y(most / 2) + 3);
}
