// The benchmark in the page: run here, shown from a link or a file, held against recorded runs.
import { checked, drawTransfer, linkTo, resultsIn, tabulate, throughput } from "./measured.js";
import { describe, tell } from "./problem.js";

/** @typedef {import("./measure/run.js").Results} Results */
/** @typedef {import("./measure/lanes.js").Row} Row */

const HERE = "Measured here";
const LINKED = "From a link, not measured here";
const RECORDED = "Recorded, not measured here";

/** What is said once results from there are shown. @type {Record<string, string>} */
const SHOWN = { [HERE]: "Done.", [LINKED]: "These results are from a link.", [RECORDED]: "These results were recorded on another machine." };
const NOTHING = "Nothing is measured yet.";

/** @param {HTMLElement} section */
export function bench(section) {
  /** @template {HTMLElement} [T=HTMLElement] @param {string} selector */
  const at = (selector) => /** @type {T} */ (section.querySelector(selector));
  const [quick, full, cancel, save, link] = /** @type {HTMLButtonElement[]} */ (["quick", "full", "cancel", "save", "link"].map((it) => at(`[data-do=${it}]`)));
  const bar = /** @type {HTMLProgressElement} */ (at("progress"));
  const recorded = /** @type {HTMLSelectElement} */ (at("select"));
  const [status, count, message, found, chart] = [at("[role=status]"), at(".count"), at(".message"), at(".found"), at(".chart")];
  const figures = /** @type {HTMLTableElement} */ (at(".figures-of"));
  const ratios = /** @type {HTMLTableElement} */ (at(".ratios"));
  let controller = new AbortController();
  let end = () => {};
  /** @type {Results | undefined} */
  let results;
  /** Where those are from. */
  let origin = "";
  /** @type {Results | undefined} */
  let beside;

  at(".unisolated").hidden = crossOriginIsolated;

  /** @param {Results} what  @param {string} from  where they are from, if not from here and now */
  async function show(what, from) {
    [results, origin] = [what, from];
    // Recorded figures beside themselves would say nothing.
    const other = what === beside ? undefined : beside;
    if (from === HERE || section.dataset.state !== "running") status.textContent = SHOWN[from];
    const { BOUNDS, keeps } = await import("./measure/run.js");
    found.hidden = false;
    const { browser = "", version = "", userAgent = "" } = { ...what.versions, ...what.machine };
    at(".about").textContent = [from, what.date.slice(0, 16).replace("T", " "), browser && `${browser} ${version}`, String(userAgent), what.quick ? "a quick run, with small arrays" : ""].filter(Boolean).join(" · ");
    const notes = at(".notes");
    notes.hidden = !what.notes?.length;
    at(".notes ul").replaceChildren(
      ...(what.notes ?? []).map((text) => {
        const item = document.createElement("li");
        item.textContent = text;
        return item;
      }),
    );
    end();
    const of = (/** @type {Results | undefined} */ it) => it?.rows.filter(({ lane }) => lane === "transfer") ?? [];
    end = drawTransfer(chart, of(what), of(other));
    tabulate(figures, what.rows.filter(throughput));
    ratios.tBodies[0].replaceChildren(
      ...Object.entries(BOUNDS).map(([name, { least, most, about }]) => {
        const row = document.createElement("tr");
        const texts = [about, least !== undefined ? `≥ ${least}` : `≤ ${most}`, number(what.ratios[name]), other ? number(other.ratios[name]) : ""];
        texts.forEach((text, i) => {
          const cell = document.createElement(i ? "td" : "th");
          if (!i) cell.setAttribute("scope", "row");
          cell.textContent = text;
          cell.title = i ? "" : name;
          row.append(cell);
        });
        row.cells[3].hidden = !other;
        const kept = keeps(name, what.ratios[name]);
        row.cells[2].className = kept === undefined ? "" : kept ? "kept" : "missed";
        if (kept === false) row.cells[2].textContent += " ✗";
        return row;
      }),
    );
    at(".first-look").hidden = !what.quick;
    at("th.recorded").hidden = !other;
    at("th.recorded").textContent = other ? `${recorded.value}, recorded ${other.date.slice(0, 10)}` : "";
    for (const button of [save, link]) button.disabled = false;
  }

  /** As before anything was measured. */
  function hide() {
    end();
    end = () => {};
    results = undefined;
    found.hidden = save.disabled = link.disabled = true;
    if (section.dataset.state !== "running") status.textContent = NOTHING;
  }

  /** @param {boolean} short */
  async function measure(short) {
    controller = new AbortController();
    tell(message);
    quick.disabled = full.disabled = true;
    cancel.disabled = false;
    cancel.focus();
    section.dataset.state = "running";
    const before = status.textContent;
    try {
      const { LANES, run } = await import("./measure/run.js");
      /** @type {Row[]} */
      const rows = [];
      const measured = await run({
        quick: short,
        // Smaller ones for tests of the page; they measure nothing.
        scale: Number(new URLSearchParams(location.search).get("scale") ?? 1),
        signal: controller.signal,
        onRow: (row) => void rows.push(row),
        onProgress({ lane, done }) {
          bar.value = done;
          count.textContent = `${rows.length} figures so far.`;
          // Screen readers say it anew whenever it is set.
          const text = `${LANES[lane].title}: ${LANES[lane].about} …`;
          if (status.textContent !== text) status.textContent = text;
        },
      });
      bar.value = 1;
      await show(measured, HERE);
      section.dataset.state = "done";
    } catch (error) {
      const cancelled = controller.signal.aborted;
      status.textContent = cancelled ? "Cancelled." : (before ?? "");
      if (!cancelled) tell(message, describe(error));
      section.dataset.state = cancelled ? "cancelled" : "failed";
      bar.value = 0;
    }
    count.textContent = "";
    quick.disabled = full.disabled = false;
    if (document.activeElement === cancel) (short ? quick : full).focus();
    cancel.disabled = true;
  }

  quick.addEventListener("click", () => measure(true));
  full.addEventListener("click", () => measure(false));
  cancel.addEventListener("click", () => controller.abort());

  save.addEventListener("click", () => {
    const anchor = document.createElement("a");
    anchor.href = URL.createObjectURL(new Blob([JSON.stringify(results, null, 1)], { type: "application/json" }));
    anchor.download = `byteferry-${results?.date.slice(0, 10)}.json`;
    anchor.click();
    URL.revokeObjectURL(anchor.href);
  });

  link.addEventListener("click", async () => {
    if (!results) return;
    const url = await linkTo(results);
    history.replaceState(null, "", url);
    try {
      await navigator.clipboard.writeText(url);
      status.textContent = "Copied: the link has the results in it.";
    } catch {
      status.textContent = "The address of this page has the results in it now.";
    }
  });

  recorded.addEventListener("change", async () => {
    tell(message);
    try {
      beside = undefined;
      if (recorded.value) {
        const response = await fetch(`./measure/recorded/${recorded.value}.json`);
        if (!response.ok) throw new Error(`the recorded run: ${response.status} ${response.statusText}`);
        beside = checked(await response.json());
      }
      if (results && origin !== RECORDED) await show(results, origin);
      else if (beside) await show(beside, RECORDED);
      else hide();
    } catch (error) {
      tell(message, describe(error));
    }
  });

  const linked = () =>
    resultsIn(location.hash)
      .then((given) => given && show(given, LINKED).then(() => section.scrollIntoView()))
      .catch((error) => tell(message, `The results in the link cannot be read. ${describe(error)}`));
  addEventListener("hashchange", linked);
  linked();
}

/** @param {number | string | null | undefined} value */
const number = (value) => (typeof value === "number" ? String(Number(value.toPrecision(3))) : (value ?? "–"));
