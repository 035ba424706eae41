/*
 * Values that the columns of rows are compared with: which control the type of a column has, and
 * what its text is in a request.
 */

/**
 * The kind of a column's type, as PostgreSQL names it; of a domain by what kernels can read it as;
 * text, if it is none of the others.
 */
function literalKind({ type, reads_as: kinds = [] } = {}) {
  const name = (type ?? "").replace(/\(.*?\)/, "");
  if (!name) return "unknown";
  if (name === "boolean" || name === "date") return name;
  if (/^(smallint|integer|bigint)$/.test(name)) return "integer";
  if (/^(real|double precision)$/.test(name)) return "number";
  if (name === "numeric") return "decimal";
  const known = ["boolean", "integer", "decimal", "number"].find((kind) => kinds.includes(kind));
  if (!name.startsWith("timestamp")) return known ?? "text";
  return /with time zone$/.test(name) ? "instant" : "timestamp";
}

const isTime = (kind) => ["date", "timestamp", "instant"].includes(kind);

/** What there is to say about the values of a kind. */
const LITERAL_HINTS = {
  instant: "in UTC",
  decimal: "more than 15 digits stay exact",
  text: "nothing is the empty text",
};

/** Makes a control for a value, with this text in it. */
function literalControl(kind, text) {
  if (kind === "boolean") {
    const control = choice(["true", "false"]);
    if (!text || setValue(control, text)) return control;
  }
  const attributes = {
    integer: { type: "number", step: "1" },
    number: { type: "number", step: "any" },
    decimal: { type: "number", step: "any" },
    date: { type: "date" },
    timestamp: { type: "datetime-local", step: "1" },
    instant: { type: "datetime-local", step: "1" },
  }[kind];
  const control = input(attributes);
  control.value = text;
  // Such as NaN, which a control for numbers forgets: as text it stays.
  return control.value || !text ? control : Object.assign(input(), { value: text });
}

/** A value of a request as the text of its control. */
function literalText(kind, value) {
  const text = exact(value);
  if (kind === "unknown") return isAmbiguous(value) ? JSON.stringify(value) : text;
  const [, day, time, fraction = "", zone = ""] = DAY_AND_TIME.exec(text) ?? [];
  if (!day || (kind !== "timestamp" && kind !== "instant")) return text;
  if (kind === "timestamp") return `${day}T${time ?? "00:00:00"}${fraction}`;
  if (/^(Z|[+-]00(:?00)?|)$/i.test(zone)) return `${day}T${time ?? "00:00:00"}${fraction}`;
  const instant = Date.parse(`${day}T${time}${fraction}${zone.replace(/^(.\d\d)$/, "$1:00")}`);
  return Number.isNaN(instant) || fraction.length > 4 ? text
    : new Date(instant).toISOString().replace("Z", "");
}

const DAY_AND_TIME =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** The value of a control's text, as a request has it. */
function literalOf(kind, text) {
  if (kind === "boolean") return { true: true, false: false }[text] ?? text;
  if (kind === "integer") return exactInteger(text.trim());
  if (kind === "number") return numberOrText(text.trim());
  if (kind === "decimal") return exactNumber(text.trim());
  if (kind === "unknown") return guessedLiteral(text);
  const [, day, time, fraction = "", zone] = DAY_AND_TIME.exec(text.trim()) ?? [];
  if (!time || zone || !isTime(kind)) return text;
  const seconds = time.length === 5 ? ":00" : "";
  return `${day}T${time}${seconds}${fraction}${kind === "instant" ? "Z" : ""}`;
}

/**
 * A whole number with all its digits, also where a double would round it. A browser that cannot
 * write those as a number writes a text, which the server refuses.
 */
function exactInteger(text) {
  const number = numberOrText(text);
  const isRounded = typeof number === "number" && !Number.isSafeInteger(number);
  return isRounded && /^-?\d+$/.test(text) ? JSON.rawJSON?.(text) ?? text : number;
}

/** The value of a column whose type is not known: `7` is a number, `"7"` and `Rome` are texts. */
function guessedLiteral(text) {
  const value = parseJson(text);
  return value === null || typeof value === "object" ? text : value;
}

const isAmbiguous = (value) => typeof value === "string" && typeof guessedLiteral(value) !== "string";

/* Lists of values have commas between them; as JSON, if one of the values has a comma itself. */

function listText(kind, values) {
  const texts = values.map((value) => literalText(kind, value));
  const isPlain = texts.every((text) => /^[^\s,[]([^,]*[^\s,])?$/.test(text));
  return isPlain ? texts.join(", ") : JSON.stringify(texts);
}

function listOf(kind, text) {
  const json = text.trim().startsWith("[") ? parseJson(text) : null;
  const texts = Array.isArray(json) ? json.map(exact)
    : text.split(",").map((one) => one.trim()).filter(Boolean);
  return texts.map((one) => literalOf(kind, one));
}
