/* What a job computes, in words: for the list, the title and the facts of a job. */

/** Values, and conditions, that are named in one line. */
const MOST_NAMED = 6, SHOWN_OF_MORE = 4;

/** The kernels of a job, by the names of their answers; one that is not named has the name "". */
function computedOf({ kernel, columns, params, compute }) {
  return compute ? Object.entries(compute).map(([name, one]) => ({ name, ...one }))
    : [{ name: "", kernel, columns, params }];
}

/** The names of a job's kernels, each once. */
const kernelText = (job) => [...new Set(computedOf(job).map(({ kernel }) => kernel))].join(", ");

/** The columns that the kernels of a job read, each once. */
const columnsText = (job) =>
  [...new Set(computedOf(job).flatMap(({ columns }) => columns ?? []))].join(", ");

/** What a job computes beyond its kernel, in one line. */
function queryLine(job) {
  const { where = [], group_by: groups = [] } = job;
  return [
    job.compute ? shortList(computedOf(job).map(computedText)) : paramsLine(job.params),
    groups.length && `by ${groupsText(job)}`,
    where.length && `where ${shortList(where.map(conditionText), " and ")}`,
    job.output && `as ${job.output.format}`,
  ].filter(Boolean).join(" · ");
}

/** `fare: summary of fare`; without its name if it has none. */
function computedText({ name, kernel, columns = [], params }) {
  const details = paramsLine(params);
  return `${name ? `${name}: ` : ""}${kernel} of ${columns.join(", ")}${details && ` (${details})`}`;
}

/** `fare ≥ 3`; a condition of several comparisons names the column with each. */
const conditionText = (condition) => comparisonsOf(condition).map(([column, comparison, value]) =>
  [column, COMPARISONS[comparison] ?? comparison, ...valueText(comparison, value)].join(" "))
  .join(" and ");

function valueText(comparison, value) {
  if (value === undefined) return [];
  return [comparison === "in" ? shortList([value].flat().map(exact)) : exact(value)];
}

/** `city, day of started_at in Europe/Rome as day`. */
const groupsText = ({ group_by: groups = [] }) => groups.map(named)
  .map(({ column, unit, time_zone: zone, as: name }) => [
    unit ? `${unit} of ${column}` : column,
    zone && `in ${zone}`,
    name && name !== column && `as ${name}`,
  ].filter(Boolean).join(" ")).join(", ");

/** How the groups of a job are ordered, and how many are listed; null if all is by default. */
function orderText({ order_by: by, descending, limit }) {
  const order = by || descending
    ? `${by ?? "their values"}, ${descending ? "descending" : "ascending"}` : "";
  const most = isNumber(limit) ? `at most ${count(limit)}` : "";
  return [order, most].filter(Boolean).join(", ") || null;
}

/** The files that a job writes instead of an answer; null if it writes none. */
function outputText({ output }) {
  if (!output) return null;
  const { format, parts } = output;
  return `${format}, ${parts ? counted(parts, "file") : "a file a chunk"}`;
}

/** Parameters in one line: strings without their names, long lists cut short. */
function paramsLine(params) {
  const param = ([name, value]) => (typeof value === "string" ? value
    : `${name} ${Array.isArray(value) ? shortList(value.map(exact)) : exact(value)}`);
  return Object.entries(params ?? {}).map(param).join(", ");
}

/** The first of many texts, and how many there are. */
function shortList(texts, separator = ", ") {
  if (texts.length <= MOST_NAMED) return texts.join(separator);
  return `${texts.slice(0, SHOWN_OF_MORE).join(separator)}${separator}… (${texts.length})`;
}
