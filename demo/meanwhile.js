// 256 MB that are fetched while telemetry goes on: how far they are, how to stop them, and what they cost.
import { nextFrame } from "./animation.js";
import { showBytes, showTime } from "./numbers.js";
import { brokeOff, describe, tell } from "./problem.js";

/** @typedef {import("./dist/byteferry.js").Ferry} Ferry */
/** @typedef {import("./telemetry.js").Account} Account */

const NBYTES = 256_000_000;

/**
 * @param {Ferry} ferry
 * @param {HTMLElement} element
 * @param {Account} account  of the telemetry
 */
export function meanwhile(ferry, element, account) {
  /** @param {string} selector */
  const at = (selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  const [start, cancel] = /** @type {HTMLButtonElement[]} */ ([at("#fetch-large"), at("#cancel-large")]);
  const [readout, status, message] = [at(".readout"), at("[role=status]"), at(".message")];
  const bar = /** @type {HTMLProgressElement} */ (at("progress"));
  /** @param {Record<string, string>} figures */
  const show = (figures) => {
    for (const [name, text] of Object.entries(figures)) at(`[data-figure=${name}]`).textContent = text;
  };
  let controller = new AbortController();

  start.addEventListener("click", async () => {
    controller = new AbortController();
    // A button that is disabled loses the keyboard's focus: the other one takes it.
    cancel.disabled = false;
    if (document.activeElement === start) cancel.focus();
    start.disabled = true;
    show({ took: "–", convert: "–", allocated: "–", wasm: "–", arrived: "–", longest: "–" });
    status.textContent = "Fetching …";
    tell(message);
    bar.value = 0;
    account.longest = 0;
    const [began, before] = [performance.now(), account.arrived];
    let came = 0;
    try {
      const array = await ferry.fetch(`./zeros/${NBYTES}.npy`, {
        signal: controller.signal,
        onProgress({ loaded, total = NBYTES }) {
          came = loaded;
          [bar.max, bar.value] = [total, loaded];
          const speed = loaded / 1e3 / Math.max(1, performance.now() - began);
          readout.textContent = `${showBytes(loaded)} of ${showBytes(total)}, ${speed.toFixed(0)} MB/s`;
        },
      });
      const { stats, dtype, size, source } = array;
      ferry.recycle(array);
      show({
        took: showTime(stats.milliseconds.total),
        convert: showTime(stats.milliseconds.convert),
        allocated: stats.allocated ? showBytes(stats.allocated) : "nothing",
        wasm: showBytes(stats.wasmMemory),
      });
      status.textContent = `Done: ${size.toLocaleString("en")} ${dtype} from ${source.dtype}.`;
    } catch (error) {
      const cancelled = controller.signal.aborted;
      status.textContent = cancelled ? `Cancelled when ${showBytes(came)} had come.` : "Failed.";
      if (!cancelled) tell(message, brokeOff(error) ? "The download broke off. The server may have been stopped." : describe(error));
    }
    // A pause at the end shows only in the frame after it.
    await nextFrame();
    await nextFrame();
    show({ arrived: `${account.arrived - before} frames`, longest: account.longest ? showTime(account.longest) : "–" });
    start.disabled = false;
    if (document.activeElement === cancel) start.focus();
    cancel.disabled = true;
  });
  cancel.addEventListener("click", () => controller.abort());
}
