// Memory layouts: C and Fortran order, offsets and strides, against NumPy's views.
import { check, each, titles } from "./cases.js";
import { ferryOf } from "./support.js";

const found = await titles("cases", "layout");

describe("as it lies in memory", () => {
  const ferry = ferryOf();
  for (const title of found) each(title, (one, span) => check(ferry, one, span));
});
