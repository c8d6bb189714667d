// Numbers, sizes and times as people read them.

const NUMBER = new Intl.NumberFormat("en");
const DAY = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
// A date without a time is the same day everywhere.
const DATE = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** Return a whole number with separators. */
export const count = (value) => NUMBER.format(value);

/** Return a number with its noun in the right number. */
export const counted = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

/** Return a size in bytes. */
export function bytes(value) {
  if (value < 1000) return `${value} B`;
  if (value < 1e6) return `${(value / 1e3).toFixed(0)} kB`;
  return `${(value / 1e6).toFixed(1)} MB`;
}

/** Return a similarity or another percentage; 99.99 does not become 100. */
export function pct(value) {
  if (value === null || value === undefined) return "";
  const cut = Math.floor(value * 10) / 10;
  return `${cut.toFixed(1)} %`;
}

/** Return a duration. */
export const ms = (value) => (value < 10 ? `${value.toFixed(1)} ms` : `${count(Math.round(value))} ms`);

/** Return a day or a moment in the reader's time zone; what is none comes back as it is. */
export function moment(text, dayOnly = false) {
  const when = new Date(text);
  if (Number.isNaN(when.getTime())) return String(text);
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return DATE.format(when);
  return (dayOnly ? DAY : MOMENT).format(when);
}
