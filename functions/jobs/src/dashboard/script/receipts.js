function rangeOf({ start, end, blocks }) {
  if (!blocks) return `${start === null || start === undefined ? "the first" : exact(start)} … ${end === null || end === undefined ? "the last" : exact(end)}`;
  const one = (range) => `blocks ${count(range.start)} … ${isNumber(range.end) ? count(range.end) : "the last"} of ${range.relation}`;
  return blocks.map(one).join(", ");
}

/** What a chunk's row says, by column. */
const RECEIPT = [
  ["num", (chunk) => count(chunk.chunk)],
  ["range mono", rangeOf],
  ["state", (chunk) => chunk.state === "done" && chunk.attempts > 1 ? "done, redelivered" : chunk.state],
  ["num", (chunk) => count(chunk.rows)],
  ["num", (chunk) => count(chunk.skipped)],
  ["num", (chunk) => count(chunk.attempts)],
  ["num", (chunk) => count(chunk.duplicates_discarded)],
  ["num", (chunk) => duration(chunk.queue_ms)],
  ["num", (chunk) => duration(chunk.map_ms)],
  ["num", (chunk) => duration(chunk.read_ms)],
  ["num", (chunk) => duration(chunk.fold_ms)],
  ["mono", (chunk) => chunk.snapshot ?? NONE],
  ["", (chunk) => chunk.recorded_at ? clock(Date.parse(chunk.recorded_at)) : NONE],
];

function showReceipt(chunk) {
  let row = job.receipts.get(chunk.chunk);
  if (!row) {
    row = make("tr", {}, ...RECEIPT.map(([name]) => make("td", { class: name })));
    job.receipts.set(chunk.chunk, row);
  }
  row.classList.toggle("failed", chunk.state === "failed");
  RECEIPT.forEach(([, of], at) => setText(row.children[at], of(chunk)));
  return row;
}

