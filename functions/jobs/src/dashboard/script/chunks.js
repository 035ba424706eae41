/* The chunks of a job, a page at a time: a lane of the timeline and a receipt for each. */

function showChunks(job) {
  const { chunks = [], progress: { total } } = job;
  setHidden($("chunks-panel"), !chunks.length);
  setHidden($("receipts-panel"), !chunks.length);
  const isPaged = total > CHUNKS_PER_PAGE;
  setHidden($("pages"), !isPaged);
  if (isPaged && chunks.length) showPages(chunks[0].chunk, chunks.at(-1).chunk, total);
  showTimeline(job, chunks);
  showReceipts(chunks);
}

function showPages(first, last, total) {
  setText($("pages-text"), `chunks ${count(first)} to ${count(last)} of ${count(total)}`);
  for (const [link, from] of [[$("earlier"), first - CHUNKS_PER_PAGE], [$("later"), last + 1]]) {
    const isNone = from < 0 || from >= total;
    const losesFocus = isNone && document.activeElement === link;
    if (losesFocus) $("timeline-title").focus({ preventScroll: true });
    setHidden(link, isNone);
    setAttribute(link, "href", `#${route.job}/${Math.max(0, from)}`);
  }
}
