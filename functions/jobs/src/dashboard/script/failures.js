/* Why a job failed, and how the latest attempt at a chunk failed. */

const MOST_REASONS = 100;
/** How many chunks are named next to a reason; `chunksText` names one more if it is the last. */
const MOST_NAMED = 3;

/** Shows why chunks failed: each reason once, as a missing table fails all chunks alike. */
function showFailures(job) {
  const { state, error = "", failed_chunks_left_out: leftOut = 0, chunks = [] } = job;
  const failed = job.failed_chunks?.length ? job.failed_chunks
    : chunks.filter((chunk) => chunk.state === "failed");
  setHidden($("failures"), state !== "failed" && !failed.length);
  const [first] = failed;
  const isListed = first && error === `chunk ${first.chunk}: ${first.error}`;
  setText($("job-error"), isListed ? "" : error);
  setHidden($("job-error"), isListed || !error);
  const shown = JSON.stringify(failed.map((chunk) => [chunk.chunk, chunk.error]));
  if ($("reasons").dataset.shown === shown) return;
  $("reasons").dataset.shown = shown;
  showReasons(failed, leftOut);
}

function showReasons(failed, leftOut) {
  const chunksOf = new Map();
  for (const { chunk, error } of failed) {
    if (!chunksOf.has(error)) chunksOf.set(error, []);
    chunksOf.get(error).push(chunk);
  }
  const reasons = [...chunksOf].slice(0, MOST_REASONS);
  const more = chunksOf.size - reasons.length;
  $("reasons").replaceChildren(...reasons.map(([error, chunks]) =>
    make("li", {}, make("span", {}, chunksText(chunks)), make("span", {}, exact(error)))));
  if (more) $("reasons").append(make("li", {}, `and ${count(more)} more reasons`));
  if (leftOut) $("reasons").append(make("li", {}, `and ${count(leftOut)} more failed chunks`));
}

/** `chunk 7`, `chunks 0, 3, 7`, `chunks 0, 3, 7 and 41 more`. */
function chunksText(chunks) {
  if (chunks.length === 1) return `chunk ${count(chunks[0])}`;
  if (chunks.length <= MOST_NAMED + 1) return `chunks ${chunks.map(count).join(", ")}`;
  const named = chunks.slice(0, MOST_NAMED).map(count).join(", ");
  return `chunks ${named} and ${count(chunks.length - MOST_NAMED)} more`;
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
