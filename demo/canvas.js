// A canvas with as many pixels as the screen has for it, and the page's colours to draw with.

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {{ context: CanvasRenderingContext2D, width: number, height: number, ratio: number }}  sizes in CSS pixels
 */
export function prepare(canvas) {
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas to draw on");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height, ratio };
}

/** @param {string} name  of a colour in style.css */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Of several lines: each can be told from light and from dark paper, and none is the red of what was read wrongly. */
export const PALETTE = ["#2a8fbd", "#b87a12", "#7a5cc4", "#2f9e6f", "#c0508f", "#7f8a90", "#b36a3c", "#5f8f1f", "#3f6fd0", "#24918f"];

export const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

/** @type {Set<() => void>} */
const redraws = new Set();
const redrawAll = () => redraws.forEach((redraw) => redraw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);

/**
 * Calls `draw` before the next frame and whenever `element` changes its size, `recolour` when the page changes its colours;
 * returns what ends that.
 * @param {Element} element
 * @param {() => void} draw
 * @param {() => void} recolour
 */
export function keepDrawn(element, draw, recolour = draw) {
  // It tells the first size, too.
  const observer = new ResizeObserver(draw);
  observer.observe(element);
  redraws.add(recolour);
  return () => {
    observer.disconnect();
    redraws.delete(recolour);
  };
}
