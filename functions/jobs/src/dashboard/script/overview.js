/*
 * The overview: a strip with a cell for each chunk of the job, and how many chunks took how long.
 * A chunk's heat is its time compared with the median.
 */

/** From how many chunks on there is an overview; the timeline shows fewer as well. */
const OVERVIEW_FROM = 17;
/** Up to which multiple of the median a cell has each colour; beyond the last it is `slow`. */
const HEATS = [[0.75, "heat-0"], [1.25, "heat-1"], [2, "heat-2"]];
const SLOW = "slow";

/** The times of the chunks that are done, ascending, of one version of the store. */
const times = { version: -1, ascending: [] };

function doneTimes() {
  if (times.version !== store.version) {
    times.ascending = doneChunks().map((chunk) => chunk.map_ms).sort((one, other) => one - other);
    times.version = store.version;
  }
  return times.ascending;
}

/** The time that this share of the chunks took at most. */
const quantile = (ascending, share) => ascending[Math.ceil(share * ascending.length) - 1] ?? 0;

function showOverview({ progress: { total } }) {
  const isShown = total >= OVERVIEW_FROM && store.chunks.some(Boolean);
  setHidden($("overview"), !isShown);
  if (!isShown) return;
  const asked = store.chunks.filter((chunk) => !isUnasked(chunk)).length;
  setText($("loading"), asked < total ? `loading, ${count(asked)} of ${count(total)}` : "");
  showStrip();
  showHistogram();
}

/** The name of a chunk's colour in colours.css. */
function heatOf(chunk, median) {
  if (!chunk) return "unknown";
  if (chunk.state !== "done") return chunk.state;
  return HEATS.find(([most]) => chunk.map_ms <= most * median)?.[1] ?? SLOW;
}
