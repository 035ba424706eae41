/* ---------- Numbers and times as text ---------- */

const NONE = "–";
const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const figures = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3, maximumFractionDigits: 9 });

/** Groups of three digits, with a narrow space between that does not break. */
function count(value) {
  return isNumber(value) ? whole.format(value).replaceAll(",", "\u202f") : NONE;
}

function duration(ms) {
  if (!isNumber(ms)) return NONE;
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(2)} s`;
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`;
  const two = (value) => String(Math.floor(value)).padStart(2, "0");
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${two((ms % MINUTE) / SECOND)} s`;
  return `${Math.floor(ms / HOUR)} h ${two((ms % HOUR) / MINUTE)} min`;
}

function money(dollars) {
  if (!isNumber(dollars)) return NONE;
  return dollars === 0 ? "$0" : `$${figures.format(dollars).replaceAll(",", "\u202f")}`;
}

function rate(task) {
  if (!isNumber(task.rows) || !task.rows || !(task.elapsed_ms > 0)) return NONE;
  return count((task.rows * SECOND) / task.elapsed_ms);
}

/** How far away an instant is, of which the clock of this computer is the judge. */
function relative(instant) {
  const ms = Date.now() - instant;
  const [size, past] = [Math.abs(ms), ms >= 0];
  if (past && size < 5 * SECOND) return "just now";
  const said = size < MINUTE ? `${Math.round(size / SECOND)} s` : size < HOUR ? `${Math.round(size / MINUTE)} min`
    : size < DAY ? `${Math.round(size / HOUR)} h` : `${Math.round(size / DAY)} d`;
  return past ? `${said} ago` : `in ${said}`;
}

/** Local time in ISO's order. */
const absolute = (instant) => new Date(instant).toLocaleString("sv-SE");

/** Local time of day, to the millisecond. */
const clock = (instant) => `${new Date(instant).toLocaleTimeString("sv-SE")}.${String(instant % SECOND).padStart(3, "0")}`;

/** A scalar as it is, every digit of it. */
function exact(value) {
  if (value === null || value === undefined) return "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A job's parameters in a line: words speak for themselves, of a long list only its beginning. */
function params(task) {
  const one = (value) => !Array.isArray(value) ? exact(value)
    : value.length <= 6 ? value.map(exact).join(", ") : `${value.slice(0, 4).map(exact).join(", ")}, … (${value.length})`;
  const named = ([name, value]) => (typeof value === "string" ? value : `${name} ${one(value)}`);
  return Object.entries(task.params ?? {}).map(named).join(", ");
}

