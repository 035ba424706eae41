/* The receipts: a table with a row for each chunk. Its head is in markup/job.html. */

/** The class of each column, and its text for a chunk. */
const RECEIPT_COLUMNS = [
  ["num", laneName],
  ["range mono", rangeText],
  ["state", ({ state, attempts, error }) => (
    state === "failed" ? `failed: ${error}` : attempts > 1 ? `${state}, redelivered` : state)],
  ["num", (chunk) => count(chunk.rows)],
  ["num", (chunk) => count(chunk.skipped)],
  ["num", (chunk) => count(chunk.attempts)],
  ["num", (chunk) => count(chunk.duplicates_discarded)],
  ["num", (chunk) => duration(chunk.queue_ms)],
  ["num", (chunk) => duration(chunk.map_ms)],
  ["num", (chunk) => duration(chunk.read_ms)],
  ["num", (chunk) => duration(chunk.fold_ms)],
  ["mono", (chunk) => chunk.snapshot ?? UNKNOWN],
  ["", ({ recorded_at: at }) => (at ? exactTimeOfDay(Date.parse(at)) : UNKNOWN)],
];

function showReceipts(chunks) {
  setChildren($("receipts").querySelector("tbody"), chunks.map(showReceipt));
}

function showReceipt(chunk) {
  const row = detail.receipts.get(chunk.chunk) ?? newReceipt(chunk.chunk);
  row.classList.toggle("failed", chunk.state === "failed");
  row.classList.toggle("chosen", chunk.chunk === route.chunk);
  RECEIPT_COLUMNS.forEach(([, textOf], at) => setText(row.children[at], textOf(chunk)));
  return row;
}

function newReceipt(chunk) {
  const row = make("tr", {}, ...RECEIPT_COLUMNS.map(([name]) => make("td", { class: name })));
  detail.receipts.set(chunk, row);
  return row;
}

/**
 * Which rows of the table are in a chunk: those between two keys, or in blocks of the table. A
 * partition has groups.
 */
function rangeText({ start, end, blocks, partition, partitions }) {
  if (partitions) return `groups of partition ${count(partition)} of ${count(partitions)}`;
  if (blocks) return blocks.map(blocksText).join(", ");
  const bound = (key, none) => (key === null || key === undefined ? none : exact(key));
  return `${bound(start, "the first")} … ${bound(end, "the last")}`;
}

function blocksText({ start, end, relation }) {
  return `blocks ${count(start)} … ${isNumber(end) ? count(end) : "the last"} of ${relation}`;
}
