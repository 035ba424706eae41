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
  setText($("failures-of"), failed.length
    ? `${count(failed.length + leftOut)} of ${chunkCount(job.progress.total)}` : "");
  const isListed = failed.some((chunk) => error === `chunk ${chunk.chunk}: ${chunk.error}`);
  setText($("job-error"), isListed ? "" : error);
  setHidden($("job-error"), isListed || !error);
  showNextStep(job);
  const shown = JSON.stringify(failed.map((chunk) => [chunk.chunk, chunk.error]));
  if ($("reasons").dataset.shown === shown) return;
  $("reasons").dataset.shown = shown;
  showReasons(failed, leftOut);
}

/** The chunks that failed, from the job's own list or, if that is shortened, from the chunks. */
function failedChunks({ failed_chunks: listed = [], failed_chunks_left_out: leftOut }) {
  const known = store.chunks.filter((chunk) => chunk?.state === "failed");
  return listed.length && (!leftOut || listed.length > known.length) ? listed : known;
}

/** The reasons of most chunks come first. */
function showReasons(failed, leftOut) {
  const chunksOf = Map.groupBy(failed, (chunk) => chunk.error);
  const reasons = [...chunksOf].sort(([, one], [, other]) => other.length - one.length)
    .map(([error, chunks]) => reasonItem(error, chunks.map(({ chunk }) => chunk)));
  const more = reasons.slice(SHOWN_REASONS, MOST_REASONS);
  const listed = (items) => make("ul", {}, ...items);
  $("reasons").replaceChildren(listed(reasons.slice(0, SHOWN_REASONS)));
  if (more.length) {
    const summary = make("summary", {}, `${count(reasons.length - SHOWN_REASONS)} more reasons`);
    $("reasons").append(make("details", {}, summary, listed(more)));
  }
  if (leftOut) $("reasons").append(make("p", {}, `and ${chunkCount(leftOut)} more`));
}

function reasonItem(error, chunks) {
  return make("li", {},
    make("span", { class: "times" }, chunkCount(chunks.length)),
    make("span", {}, exact(error), " ", make("span", { class: "muted" }, chunksText(chunks))));
}

const chunkCount = (chunks) => `${count(chunks)} ${chunks === 1 ? "chunk" : "chunks"}`;

/** `chunk 7`, `chunks 0–6, 8, 10–99`; the ranges after the first are only counted. */
function chunksText(chunks) {
  if (chunks.length === 1) return `chunk ${count(chunks[0])}`;
  const all = ranges(chunks);
  const text = ([first, last]) =>
    (first === last ? count(first) : `${count(first)}–${count(last)}`);
  const named = all.slice(0, MOST_RANGES).map(text).join(", ");
  const rest = all.slice(MOST_RANGES).reduce((sum, [first, last]) => sum + last - first + 1, 0);
  return `chunks ${named}${rest ? ` and ${count(rest)} more` : ""}`;
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
function showNextStep({ state, progress: { done, total } }) {
  setHidden($("next-step"), state !== "failed");
  const kept = done ? `, and keeps the ${count(done)} that are done` : "";
  setText($("next-retry"), "Once the cause is gone, “Retry failed chunks” sends "
    + `${chunkCount(total - done)} again${kept}.`);
}

/** Everything about a job in the functions' logs, for CloudWatch Logs Insights. */
function logQuery({ trace_id: trace }) {
  return "fields @timestamp, @log, level, fields.message, span.chunk, span.attempt, fields.error\n"
    + `| filter coalesce(span.trace_id, trace_id) = "${trace}"\n`
    + "| sort @timestamp";
}

/** Shows the latest error of an attempt, unless it is among the reasons why the job failed. */
function showLastError({ last_error: last, error = "", failed_chunks: failed = [] }) {
  const reasons = [error, ...failed.map((chunk) => chunk.error)];
  setHidden($("last-error"), !last || reasons.some((reason) => reason.includes(last.error)));
  if (!last) return;
  setText($("last-error-where"), `chunk ${count(last.chunk)}, attempt ${count(last.attempt)}`);
  setTime($("last-error-at"), last.at);
  setText($("last-error-why"), last.error);
}
