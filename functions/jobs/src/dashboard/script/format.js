/* Numbers and times as text. */

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
/** What is shown for a value that is not known. */
const UNKNOWN = "–";
const NARROW_SPACE = "\u202f";

const wholeNumber = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const threeDigits = new Intl.NumberFormat("en-US", {
  maximumSignificantDigits: 3, maximumFractionDigits: 9,
});

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** `1 234 567`, with spaces that do not break. */
function count(value) {
  return isNumber(value) ? wholeNumber.format(value).replaceAll(",", NARROW_SPACE) : UNKNOWN;
}

const BYTES = ["bytes", "kB", "MB", "GB", "TB"];

/** `512 bytes`, `1.23 MB`: with units of a thousand. */
function bytesText(bytes) {
  if (!isNumber(bytes)) return UNKNOWN;
  const steps = Math.floor(Math.log10(Math.max(1, bytes)) / 3);
  const power = Math.min(BYTES.length - 1, steps);
  const text = power ? threeDigits.format(bytes / 1000 ** power) : count(bytes);
  return `${text.replaceAll(",", NARROW_SPACE)} ${bytes === 1 ? "byte" : BYTES[power]}`;
}

function money(dollars) {
  if (!isNumber(dollars)) return UNKNOWN;
  return dollars === 0 ? "$0" : `$${threeDigits.format(dollars).replaceAll(",", NARROW_SPACE)}`;
}

function duration(ms) {
  if (!isNumber(ms)) return UNKNOWN;
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(2)} s`;
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`;
  const twoDigits = (value) => String(Math.floor(value)).padStart(2, "0");
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${twoDigits((ms % MINUTE) / SECOND)} s`;
  return `${Math.floor(ms / HOUR)} h ${twoDigits((ms % HOUR) / MINUTE)} min`;
}

/** How long ago an instant was, or how far ahead it is, by the clock of this computer. */
function relativeTime(instant) {
  const ms = Date.now() - instant;
  const [size, isPast] = [Math.abs(ms), ms >= 0];
  if (isPast && size < 5 * SECOND) return "just now";
  const text = size < MINUTE ? `${Math.round(size / SECOND)} s`
    : size < HOUR ? `${Math.round(size / MINUTE)} min`
    : size < DAY ? `${Math.round(size / HOUR)} h`
    : `${Math.round(size / DAY)} d`;
  return isPast ? `${text} ago` : `in ${text}`;
}

/* Swedish is the locale whose dates and times look like ISO 8601. Both are local time. */
const dateAndTime = (instant) => new Date(instant).toLocaleString("sv-SE");
const timeOfDay = (instant) => new Date(instant).toLocaleTimeString("sv-SE");

/** The time of day to the millisecond. */
function exactTimeOfDay(instant) {
  return `${timeOfDay(instant)}.${String(instant % SECOND).padStart(3, "0")}`;
}

/** A value of JSON with all its digits. */
function exact(value) {
  if (value === null || value === undefined) return "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The rows per second of a job. */
function rowRate({ rows, elapsed_ms: elapsed }) {
  return isNumber(rows) && rows > 0 && elapsed > 0 ? count((rows * SECOND) / elapsed) : UNKNOWN;
}
