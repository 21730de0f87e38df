// Telemetry as it comes: four lines that scroll with every frame, and how often frames come and are drawn.
import { everyFrame } from "./animation.js";
import { FONT, colour, keepDrawn, prepare } from "./canvas.js";
import { showTime } from "./numbers.js";
import { brokeOff, describe, tell } from "./problem.js";

/** @typedef {import("./dist/byteferry.js").Ferry} Ferry */
/**
 * What has happened since the page was opened: frames of telemetry that came, times that they were drawn, and the longest time
 * between two frames of the page since it was last set to 0.
 * @typedef {{ arrived: number, drawn: number, longest: number }} Account
 */

const [RATE, CHANNELS, SAMPLES] = [60, 4, 16];
/** What the server sends lies between these. */
const [LEAST, MOST] = [-1000, 999];
/** As much as is seen, as far back as the longest gap is told, and as long as rates are reckoned over. */
const [SECONDS, LOOKBACK, MEASURED] = [4, 8000, 2000];
const LENGTH = SECONDS * RATE * SAMPLES;
const PALETTE = ["accent", "convert", "header", "fetch"];

/**
 * Runs while it is seen, from its first half coming into view, unless it is paused or the visitor asked for less motion.
 * @param {Ferry} ferry
 * @param {HTMLElement} element
 * @returns {Account}
 */
export function telemetry(ferry, element) {
  /** @param {string} selector */
  const at = (selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  const canvas = /** @type {HTMLCanvasElement} */ (at("canvas"));
  const [button, message] = [at("button"), at(".message")];
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const account = { arrived: 0, drawn: 0, longest: 0 };
  const [arrivals, drawings] = [rate(), rate()];

  // One after the other, each line's samples lie in a ring; `count` have come in all.
  const lines = Array.from({ length: CHANNELS }, () => new Float32Array(LENGTH));
  let count = 0;
  /** @type {{ time: number, gap: number }[]}  between frames of the page */
  let gaps = [];
  /** @type {AbortController | undefined}  while it runs */
  let running;

  /** Whether it is to run when it is seen. Should it fail, it is tried again when the visitor says so. */
  let wanted = !still.matches;

  async function run() {
    const controller = (running = new AbortController());
    const { signal } = controller;
    count = 0;
    gaps = [];
    for (const each of [arrivals, drawings]) each.clear();
    button.textContent = "Pause telemetry";
    tell(message);
    try {
      const url = `./live?rate=${RATE}&channels=${CHANNELS}&samples=${SAMPLES}`;
      for await (const { data, shape } of ferry.frames(url, { to: "float32", signal })) {
        if (signal.aborted) break;
        // The frame's memory is used again for another one: what is kept is copied.
        for (let s = 0; s < shape[0]; s++, count++) {
          for (let c = 0; c < CHANNELS; c++) lines[c][count % LENGTH] = data[s * CHANNELS + c];
        }
        account.arrived++;
        arrivals.add();
      }
      if (!signal.aborted) throw { code: "network" };
    } catch (error) {
      if (signal.aborted) return;
      tell(message, explain(error));
      wanted = false;
      stop();
    }
  }

  function stop() {
    running?.abort();
    running = undefined;
    button.textContent = "Start telemetry";
    showRates();
  }

  function showRates() {
    at("[data-figure=drawn]").textContent = running ? drawings.text() : "–";
    at("[data-figure=arrived]").textContent = running ? arrivals.text() : "–";
  }

  button.addEventListener("click", () => {
    wanted = !running;
    if (running) stop();
    else run();
  });
  new IntersectionObserver(
    ([{ isIntersecting, intersectionRatio }]) => {
      if (running && !isIntersecting) stop();
      else if (!running && wanted && intersectionRatio >= 0.5) run();
    },
    { threshold: [0, 0.5] },
  ).observe(element);

  const draw = () => drawLines(canvas, lines, count);
  keepDrawn(canvas, draw);
  let [drawnAt, shownAt] = [0, 0];
  everyFrame((now, gap) => {
    if (gap !== undefined) {
      account.longest = Math.max(account.longest, gap);
      gaps.push({ time: now, gap });
    }
    while (gaps.length && gaps[0].time < now - LOOKBACK) gaps.shift();
    if (!running || now - drawnAt < (still.matches ? 500 : 0)) return;
    drawnAt = now;
    if (count) {
      draw();
      account.drawn++;
      drawings.add();
    }
    if (now - shownAt < 250) return;
    shownAt = now;
    showRates();
    at("[data-figure=longest]").textContent = `${showTime(Math.max(0, ...gaps.map(({ gap }) => gap)))} in 8 s`;
  });
  return account;
}

/** @param {unknown} error */
function explain(error) {
  const { code, status } = /** @type {{ code?: string, status?: number }} */ (error);
  if (code === "http" && status === 404) return "This server sends no telemetry: it has nothing at /live. byteferry-serve has.";
  if (brokeOff(error)) return "The telemetry broke off. The server may have been stopped.";
  return describe(error);
}

/** How often something happens, by the last two seconds, or since it first did. */
function rate() {
  let [began, times] = [NaN, /** @type {number[]} */ ([])];
  return {
    clear: () => ([began, times] = [NaN, []]),
    add() {
      const now = performance.now();
      if (began) times.push(now);
      else began = now;
    },
    text() {
      const now = performance.now();
      times = times.filter((time) => time > now - MEASURED);
      const span = Math.min(now - began, MEASURED);
      return span > 500 ? `${((1000 * times.length) / span).toFixed(0)} a second` : "…";
    },
  };
}

/**
 * The newest sample is at the right edge.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array[]} lines  each a ring
 * @param {number} count  samples that came in all
 */
function drawLines(canvas, lines, count) {
  const { context, width, height } = prepare(canvas);
  context.font = FONT;
  const named = (/** @type {number} */ c) => `channel ${c + 1}`;
  // Room for the names at the left, and for the times below.
  const left = Math.ceil(context.measureText(named(0)).width) + 10;
  const bottom = height - 20;
  const lane = bottom / lines.length;
  const [soft, grid] = [colour("soft"), colour("grid")];
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  const first = Math.max(0, count - LENGTH);
  lines.forEach((line, c) => {
    const top = c * lane;
    context.fillStyle = grid;
    context.fillRect(0, Math.round(top + lane) - 1, width, 1);
    context.fillStyle = soft;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(named(c), 0, top + lane / 2);
    context.strokeStyle = colour(PALETTE[c]);
    context.beginPath();
    for (let k = first; k < count; k++) {
      const x = left + (width - left) * (1 - (count - 1 - k) / (LENGTH - 1));
      context.lineTo(x, top + 5 + ((MOST - line[k % LENGTH]) / (MOST - LEAST)) * (lane - 10));
    }
    context.stroke();
  });
  context.fillStyle = soft;
  context.textBaseline = "bottom";
  context.fillText(`−${SECONDS} s`, left, height);
  context.textAlign = "right";
  context.fillText("now", width, height);
}
