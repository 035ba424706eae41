/*
 * The overview: a strip with a cell for each chunk of the job, and how many chunks took how long.
 * A chunk's heat is its time compared with the median.
 */

/** From how many chunks on there is an overview; the timeline shows fewer as well. */
const OVERVIEW_FROM = 17;
/** Up to which multiple of the median a cell has each colour; beyond the last it is `slow`. */
const HEATS = [[0.75, "heat-0"], [1.25, "heat-1"], [2, "heat-2"]];
const SLOW = "slow";

/**
 * The times of the chunks that are done, ascending, and those of partitions, of one version of the
 * store.
 */
const times = { version: -1, chunks: [], partitions: [] };

function doneTimes() {
  if (times.version === store.version) return times;
  const timesOf = (done) => done.map((chunk) => chunk.map_ms).sort((one, other) => one - other);
  const [partitions, chunks] = split(doneChunks(), ({ partitions: all }) => all);
  return Object.assign(times, {
    version: store.version, chunks: timesOf(chunks), partitions: timesOf(partitions),
  });
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

/** The colours of all chunks; a partition's time is compared with that of partitions. */
function allHeats() {
  const { chunks, partitions } = doneTimes();
  const [median, ofPartitions] = [chunks, partitions].map((ascending) => quantile(ascending, 0.5));
  return store.chunks.map((chunk) => heatOf(chunk, chunk?.partitions ? ofPartitions : median));
}

/** The name of a chunk's colour in colours.css. */
function heatOf(chunk, median) {
  if (!chunk) return "unknown";
  if (chunk.state !== "done") return chunk.state;
  return HEATS.find(([most]) => chunk.map_ms <= most * median)?.[1] ?? SLOW;
}
