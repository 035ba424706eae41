/* Chunks that are named beside a reason. */
const NAMED = 3;

/** `chunk 7`, `chunks 0, 3, 7`, `chunks 0, 3, 7 and 41 more`. */
function namedChunks(chunks) {
  if (chunks.length === 1) return `chunk ${count(chunks[0])}`;
  if (chunks.length <= NAMED + 1) return `chunks ${chunks.map(count).join(", ")}`;
  return `chunks ${chunks.slice(0, NAMED).map(count).join(", ")} and ${count(chunks.length - NAMED)} more`;
}

/* Each reason once: a missing table is that of every chunk. */
function showFailures({ state, error, failed_chunks: failed = [], failed_chunks_left_out: leftOut = 0, chunks = [] }) {
  const named = failed.length ? failed : chunks.filter((chunk) => chunk.state === "failed");
  setHidden($("failures"), state !== "failed" && !named.length);
  const [first] = named;
  setText($("job-error"), first && error === `chunk ${first.chunk}: ${first.error}` ? "" : error ?? "");
  setHidden($("job-error"), !$("job-error").textContent);
  const told = JSON.stringify(named.map(({ chunk, error: why }) => [chunk, why]));
  if ($("reasons").dataset.told === told) return;
  $("reasons").dataset.told = told;
  const reasons = new Map();
  for (const { chunk, error: why } of named) {
    if (!reasons.has(why)) reasons.set(why, []);
    reasons.get(why).push(chunk);
  }
  setChildren($("reasons"), [...reasons].slice(0, CHUNKS_SHOWN).map(([why, of]) =>
    make("li", {}, make("span", {}, namedChunks(of)), make("span", {}, exact(why)))));
  if (reasons.size > CHUNKS_SHOWN) $("reasons").append(make("li", {}, `and ${count(reasons.size - CHUNKS_SHOWN)} more reasons`));
  if (leftOut) $("reasons").append(make("li", {}, `and ${count(leftOut)} more failed chunks`));
}

function showLastError({ last_error: last = null, error = "", failed_chunks: failed = [] }) {
  // A chunk that was given up says what its last attempt met.
  const isTold = last && [error, ...failed.map((chunk) => chunk.error)].some((why) => why.includes(last.error));
  setHidden($("last-error"), !last || isTold);
  if (!last) return;
  setText($("last-error-where"), `chunk ${count(last.chunk)}, attempt ${count(last.attempt)}`);
  setTime($("last-error-at"), last.at);
  setText($("last-error-why"), exact(last.error));
}

