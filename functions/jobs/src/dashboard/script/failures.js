/* Why a job failed and what to do next, and how the latest attempt at a chunk failed. */

/** Reasons that are shown at once, and below a line that opens the others. */
const SHOWN_REASONS = 5, MOST_REASONS = 100;
/** Ranges of chunks that are named next to a reason. */
const MOST_RANGES = 8;

/** Shows why chunks failed: each reason once, as a missing table fails all chunks alike. */
function showFailures(job) {
  const { state, error = "" } = job;
  const failed = failedChunks(job);
  const leftOut = Math.max(0, (job.failed_chunks?.length ?? 0)
    + (job.failed_chunks_left_out ?? 0) - failed.length);
  setHidden($("failures"), state !== "failed" && !failed.length);
  const all = bothStages(sourceChunksOf(job), partitionsOf(job));
  setText($("failures-of"), failed.length ? `${count(failed.length + leftOut)} of ${all}` : "");
  const isListed = failed.some((chunk) => error === `chunk ${chunk.chunk}: ${chunk.error}`);
  setText($("job-error"), isListed ? "" : error);
  setHidden($("job-error"), isListed || !error);
  showNextStep(job);
  const shown = JSON.stringify(failed.map((chunk) => [chunk.chunk, chunk.error]));
  if ($("reasons").dataset.shown === shown) return;
  $("reasons").dataset.shown = shown;
  showReasons(job, failed, leftOut);
}

/** The chunks that failed, from the job's own list or, if that is shortened, from the chunks. */
function failedChunks({ failed_chunks: listed = [], failed_chunks_left_out: leftOut }) {
  const known = store.chunks.filter((chunk) => chunk?.state === "failed");
  return listed.length && (!leftOut || listed.length > known.length) ? listed : known;
}

/** The reasons of most chunks come first. */
function showReasons(job, failed, leftOut) {
  const chunksOf = Map.groupBy(failed, (chunk) => chunk.error);
  const reasons = [...chunksOf].sort(([, one], [, other]) => other.length - one.length)
    .map(([error, chunks]) => reasonItem(job, error, chunks.map(({ chunk }) => chunk)));
  const more = reasons.slice(SHOWN_REASONS, MOST_REASONS);
  const listed = (items) => make("ul", {}, ...items);
  $("reasons").replaceChildren(listed(reasons.slice(0, SHOWN_REASONS)));
  if (more.length) {
    const summary = make("summary", {}, `${count(reasons.length - SHOWN_REASONS)} more reasons`);
    $("reasons").append(make("details", {}, summary, listed(more)));
  }
  if (leftOut) $("reasons").append(make("p", {}, `and ${counted(leftOut, "chunk")} more`));
}

function reasonItem(job, error, chunks) {
  const which = make("span", { class: "muted" }, chunksText(job, chunks));
  return make("li", {},
    make("span", { class: "times" }, stageCount(job, chunks)),
    make("span", {}, exact(error), " ", which));
}

/** `chunk 7`, `chunks 0–6, 8 and partition 1 of 2`. */
function chunksText(job, numbers) {
  const [partitions, chunks] = split(numbers, (number) => isPartition(job, number));
  const first = sourceChunksOf(job);
  const named = [rangesText("chunk", chunks),
    rangesText("partition", partitions.map((number) => number - first))].filter(Boolean);
  const ofAll = partitions.length ? ` of ${count(partitionsOf(job))}` : "";
  return `${named.join(" and ")}${ofAll}`;
}

/** `chunk 7`, `chunks 0–6, 8, 10–99`; the ranges after the first are only counted. */
function rangesText(what, numbers) {
  if (numbers.length <= 1) return numbers.length ? `${what} ${count(numbers[0])}` : "";
  const all = ranges(numbers);
  const text = ([first, last]) =>
    (first === last ? count(first) : `${count(first)}–${count(last)}`);
  const named = all.slice(0, MOST_RANGES).map(text).join(", ");
  const rest = all.slice(MOST_RANGES).reduce((sum, [first, last]) => sum + last - first + 1, 0);
  return `${what}s ${named}${rest ? ` and ${count(rest)} more` : ""}`;
}

/** The ranges of numbers that ascend: the first and the last of each. */
function ranges(numbers) {
  const found = [];
  for (const number of numbers) {
    const range = found.at(-1);
    if (range && number === range[1] + 1) range[1] = number;
    else found.push([number, number]);
  }
  return found;
}

/** Says what to do about a failed job. */
function showNextStep(job) {
  const { state, progress: { done } } = job;
  const chunks = sourceChunksOf(job);
  const left = bothStages(Math.max(0, chunks - done),
    Math.min(partitionsOf(job), job.progress.total - done));
  setHidden($("next-step"), state !== "failed");
  const kept = done ? `, and keeps the ${count(done)} that are done` : "";
  setText($("next-retry"), "Once the cause is gone, “Retry failed chunks” sends "
    + `${left} again${kept}.`);
}

/** Everything about a job in the functions' logs, for CloudWatch Logs Insights. */
function logQuery({ trace_id: trace }) {
  return "fields @timestamp, @log, level, fields.message, span.chunk, span.attempt, fields.error\n"
    + `| filter coalesce(span.trace_id, trace_id) = "${trace}"\n`
    + "| sort @timestamp";
}

/** Shows the latest error of an attempt, unless it is among the reasons why the job failed. */
function showLastError(job) {
  const { last_error: last, error = "", failed_chunks: failed = [] } = job;
  const reasons = [error, ...failed.map((chunk) => chunk.error)];
  setHidden($("last-error"), !last || reasons.some((reason) => reason.includes(last.error)));
  if (!last) return;
  setText($("last-error-where"), `${chunkName(job, last.chunk)}, attempt ${count(last.attempt)}`);
  setTime($("last-error-at"), last.at);
  setText($("last-error-why"), last.error);
}
