// Where a time axis has its marks: at round years, months or days, in UTC.

const MONTHS = [1, 3, 6, 12, 24, 60, 120, 240];
const DAYS = [1, 2, 7, 14];
const DAY = 86400;

/**
 * @param {number} low  seconds since 1970
 * @param {number} high
 * @param {number} most  so many marks, about
 */
export function calendar(low, high, most) {
  const marks = [];
  const days = DAYS.find((days) => (high - low) / DAY / days <= most);
  if (days) {
    for (let at = Math.ceil(low / DAY / days) * days * DAY; at <= high; at += days * DAY) marks.push(at);
    return marks;
  }
  const step = MONTHS.find((months) => (high - low) / DAY / 30.44 / months <= most) ?? 1200;
  const start = new Date(low * 1000);
  for (let month = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / step) * step; ; month += step) {
    const at = Date.UTC(Math.floor(month / 12), month % 12) / 1000;
    if (at > high) return marks;
    if (at >= low) marks.push(at);
  }
}

/** @param {number} seconds  a mark: the first of January tells its year only */
export function label(seconds) {
  const text = new Date(seconds * 1000).toISOString().slice(0, 10);
  return text.replace(/(-01)?-01$/, "");
}
