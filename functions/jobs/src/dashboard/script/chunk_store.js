/*
 * The chunks of a job that the server has told about. A chunk that is done stays as it is, so it is
 * asked for once; polls of a pending job ask for some of those that are not.
 */

/** Chunks in the first answer, in one that catches up, and in a poll of a pending job. */
const FIRST_CHUNKS = 100, MANY_CHUNKS = 2500, SOME_CHUNKS = 250;

const store = {
  /** By number: a chunk; null if the server has left it out; undefined before it was asked. */
  chunks: [],
  /** Where the next poll of a pending job begins to look for chunks that are not done. */
  next: 0,
  /** Whether the next poll begins at the first chunk that is not done instead. */
  isFirstsTurn: true,
  /** The most chunks in one answer, fewer if they were too large. */
  most: MANY_CHUNKS,
  /** Grows with every change. */
  version: 0,
};

function forgetChunks() {
  Object.assign(store, { chunks: [], next: 0, isFirstsTurn: true, most: MANY_CHUNKS });
  store.version += 1;
}

/** Forgets the chunks that are not done, to ask for them again. */
function forgetOpenChunks() {
  store.chunks.forEach((chunk, at) => {
    if (chunk?.state !== "done") store.chunks[at] = undefined;
  });
  store.version += 1;
}

const isUnasked = (chunk) => chunk === undefined;
const isUndone = (chunk) => chunk?.state !== "done";
const doneChunks = () => store.chunks.filter((chunk) => chunk?.state === "done");
const hasUnaskedChunks = () => store.chunks.some(isUnasked);

/** Which chunks to ask for next: `limit` of them from `from` on. */
function nextChunks(job) {
  if (!job) return { from: 0, limit: FIRST_CHUNKS };
  const { state, progress: { done } } = job;
  if (hasUnaskedChunks()) return firstChunks(isUnasked, 0, store.most);
  if (state !== "pending") return { from: 0, limit: 0 };
  // Chunks are done in about their order, so those at the front are asked for more often.
  const isBehind = done - doneChunks().length > SOME_CHUNKS;
  const start = store.isFirstsTurn ? 0 : store.next;
  const wanted = firstChunks(isUndone, start, isBehind ? store.most : SOME_CHUNKS);
  store.next = wanted.from + wanted.limit;
  store.isFirstsTurn = !store.isFirstsTurn;
  return wanted;
}

/** From the first wanted chunk at `start` or behind it to the last one of the `most` from there. */
function firstChunks(isWanted, start, most) {
  const { chunks } = store;
  const behind = chunks.findIndex((chunk, at) => at >= start && isWanted(chunk));
  const from = behind < 0 ? chunks.findIndex(isWanted) : behind;
  if (from < 0) return { from: 0, limit: 0 };
  return { from, limit: chunks.slice(from, from + most).findLastIndex(isWanted) + 1 };
}

/**
 * Takes up what an answer has of the chunks that were asked for. Chunks that were not done are asked
 * for again if the job is not as it was `before`.
 */
function storeChunks(job, before, { from, limit }) {
  const { state, progress: { done, total }, chunks = [], chunks_left_out: leftOut } = job;
  const hasEnded = state !== "pending";
  if (before && (before.state !== state || (hasEnded && before.progress.done !== done))) {
    forgetOpenChunks();
  }
  if (store.chunks.length !== total) store.chunks = Array.from({ length: total });
  for (const chunk of chunks) storeChunk(chunk);
  if (leftOut && store.most > SOME_CHUNKS) {
    store.most = SOME_CHUNKS; // This many fit whatever they are.
    return;
  }
  for (let at = from; at < Math.min(from + limit, total); at += 1) store.chunks[at] ??= null;
}

function storeChunk(chunk) {
  const before = store.chunks[chunk.chunk];
  if (before?.state !== chunk.state || before.error !== chunk.error) store.version += 1;
  store.chunks[chunk.chunk] = chunk;
}

/** Asks for the chunks that were not asked for yet, and shows them as they come. */
async function loadChunks(control) {
  while (hasUnaskedChunks()) {
    const wanted = nextChunks(detail.job);
    // That the job has changed meanwhile is for the next poll to find.
    storeChunks(await request(control, "GET", chunksPath(wanted)), null, wanted);
    showFailures(detail.job);
    showChunks(detail.job);
  }
}

const chunksPath = ({ from, limit }) => `${jobPath(route.job)}?from=${from}&limit=${limit}`;
