// What raw bytes might be. Real measurements are smooth: the reading with the smallest steps is most likely the right one.

/** @type {Record<string, (view: DataView, at: number, little: boolean) => number>} */
const READ = {
  float64: (view, at, little) => view.getFloat64(at, little),
  float32: (view, at, little) => view.getFloat32(at, little),
  int32: (view, at, little) => view.getInt32(at, little),
  int16: (view, at, little) => view.getInt16(at, little),
  uint8: (view, at) => view.getUint8(at),
};
/** @type {Record<string, number>} */
const ITEMSIZE = { float64: 8, float32: 4, int32: 4, int16: 2, uint8: 1 };

/**
 * @param {string} name  of the file; `co2_f4.raw` or `dem-344x403.bin` say something
 * @param {Uint8Array<ArrayBuffer>} start  its first bytes
 * @param {number} size  in bytes
 * @returns {{ dtype: string, order: ">" | "<", shape: string }}
 */
export function guess(name, start, size) {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  /** @type {{ dtype: string, order: ">" | "<", steps: number }} */
  let best = { dtype: "uint8", order: "<", steps: Infinity };
  for (const [dtype, read] of Object.entries(READ)) {
    const itemsize = ITEMSIZE[dtype];
    if (size % itemsize || start.length < 2 * itemsize) continue;
    for (const order of /** @type {const} */ ([">", "<"])) {
      const values = [];
      for (let at = 0; at + itemsize <= start.length; at += itemsize) values.push(read(view, at, order === "<"));
      const steps = roughness(values, dtype.startsWith("float"));
      if (steps < best.steps) best = { dtype, order, steps };
    }
  }
  const lengths = /(\d+)[x×](\d+)/.exec(name);
  const fits = lengths && Number(lengths[1]) * Number(lengths[2]) * ITEMSIZE[best.dtype] === size;
  return { dtype: best.dtype, order: best.order, shape: fits ? `${lengths[1]}, ${lengths[2]}` : "" };
}

/**
 * The mean step from one value to the next, as a share of the whole range. Infinite where the values cannot be meant.
 * @param {number[]} values
 * @param {boolean} floats
 */
function roughness(values, floats) {
  const known = values.filter((value) => !Number.isNaN(value));
  const odd = known.filter((value) => value !== 0 && (Math.abs(value) > 1e15 || Math.abs(value) < 1e-15));
  if (floats && (odd.length > 0 || known.length < values.length / 2)) return Infinity;
  let [least, most, sum] = [Infinity, -Infinity, 0];
  known.forEach((value, i) => {
    if (value < least) least = value;
    if (value > most) most = value;
    if (i) sum += Math.abs(value - known[i - 1]);
  });
  return most > least ? sum / (known.length - 1) / (most - least) : 1;
}
