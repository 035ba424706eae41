/* The facts of a job: a list of names and values. */

/** Each fact by its name. A fact without a value is not shown. */
const FACTS = {
  "Source": (job) => job.source,
  "Columns": (job) => columnsText(job) || null,
  "Where": ({ where = [] }) => where.map(conditionText).join(" and ") || null,
  "Grouped by": (job) => groupsText(job) || null,
  "Order": orderText,
  "Output": outputText,
  "Cut by": (job) => job.cut_by,
  "Partitions done": partitionsText,
  "Rows": ({ state, rows, estimated_rows: estimated }) => (state !== "completed" && estimated
    ? `${count(rows)} of about ${count(estimated)}` : count(rows)),
  "Rows without a value": skippedText,
  "Rows/s": rowRate,
  "Elapsed": (job) => duration(job.elapsed_ms),
  "Left, about": timeLeft,
  "Mappers' time": (job) => duration(job.map_ms),
  "Failed attempts": (job) => (job.failed_attempts > 0 ? count(job.failed_attempts) : null),
  "Cost, about": (job) => money(job.cost_usd),
  "Execution": (job) => job.execution,
  "Consistency": ({ consistency, consistency_reached: reached }) => (
    reached && reached !== consistency ? `${consistency}, reached ${reached}` : consistency),
  "Warnings": (job) => job.warnings?.join("; "),
  // A job that failed may have been taken up again since.
  "Announced as": ({ state, announced }) => (
    announced && announced.state !== state ? announced.state : null),
  "Snapshot held": ({ snapshot_held_ms: held }) => (isNumber(held) ? duration(held) : null),
  "Largest chunk ÷ mean": ({ balance }) => (
    isNumber(balance) ? threeDigits.format(balance) : null),
};

/** How many rows the kernels skipped, each by its name if there are several. */
function skippedText({ skipped, skipped_by: by }) {
  if (!by) return skipped > 0 ? count(skipped) : null;
  return Object.entries(by).map(([name, rows]) => `${name} ${count(rows)}`).join(", ");
}

/** Facts that are instants. */
const DATES = {
  "Created": (job) => job.created_at,
  "Deadline": (job) => (job.state === "pending" ? job.deadline : null),
  "Announced": (job) => job.announced?.at ?? null,
  "Kept until": (job) => job.expires_at,
};

/** How long a pending job still takes, if its chunks go on as they did so far. */
function timeLeft({ state, progress: { done, total }, elapsed_ms: elapsed }) {
  if (state !== "pending" || done === 0 || !isNumber(elapsed)) return null;
  return duration((elapsed * (total - done)) / done);
}

/** The elements of the facts, by name. They stay, so that a selection in them does too. */
const factItems = new Map();

function showFacts(job) {
  for (const [name, factOf] of Object.entries(FACTS)) showFact(name, factOf(job), false);
  for (const [name, dateOf] of Object.entries(DATES)) showFact(name, dateOf(job), true);
}

function showFact(name, value, isDate) {
  const item = factItems.get(name) ?? addFact(name, isDate);
  setHidden(item, value === null || value === undefined);
  const shown = item.lastElementChild;
  if (isDate) setTime(shown.firstElementChild, value);
  else setText(shown, String(value ?? ""));
}

function addFact(name, isDate) {
  const value = make("dd", {}, isDate ? make("time") : "");
  const item = make("div", {}, make("dt", {}, name), value);
  $("facts").append(item);
  factItems.set(name, item);
  return item;
}
