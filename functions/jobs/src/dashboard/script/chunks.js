/* The chunks of a job that are listed: which of them, in which order, a page at a time. */

/** Where the order says what is worth seeing, a page is short; by number it is an overview. */
const PAGE_BY_NUMBER = 100, PAGE = 25;

/** The lists of chunks to choose from, by their names in the address. */
const VIEWS = {
  all: { name: "all", of: (chunks) => chunks },
  open: { name: "open", of: (chunks) => chunks.filter(({ state }) => state === "open") },
  failed: { name: "failed", of: (chunks) => chunks.filter(({ state }) => state === "failed") },
  slowest: { name: "failed and slowest first", of: worstFirst },
};

function worstFirst(chunks) {
  const rank = ({ state }) => ["failed", "done", "open"].indexOf(state);
  return [...chunks].sort((one, other) => rank(one) - rank(other)
    || (other.map_ms ?? 0) - (one.map_ms ?? 0) || one.chunk - other.chunk);
}

/** The view that the address names, else one that suits the size of the job. */
function chosenView(total) {
  if (route.chunk !== null) return "all";
  return route.show || (total > PAGE_BY_NUMBER ? "slowest" : "all");
}

function showChunks(job) {
  const known = store.chunks.filter(Boolean);
  const total = job.progress.total;
  for (const id of ["chunks-panel", "receipts-panel"]) setHidden($(id), !known.length);
  showOverview(job);
  const view = chosenView(total);
  const size = view === "all" ? PAGE_BY_NUMBER : PAGE;
  const listed = VIEWS[view].of(known);
  const first = Math.floor(firstListed(listed) / size) * size;
  const chunks = listed.slice(first, first + size);
  setHidden($("views"), total <= PAGE);
  showViews(known, view);
  showPages(view, { first, size, chunks, total: listed.length });
  showTimeline(job, chunks);
  showReceipts(chunks);
  revealChosenChunk();
}

/** The place in the list of the chunk that the address names, or of its page. */
function firstListed(listed) {
  const at = route.chunk === null ? route.from
    : listed.findIndex(({ chunk }) => chunk >= route.chunk);
  const last = Math.max(0, listed.length - 1);
  return at < 0 ? last : Math.min(at, last);
}

function showViews(known, view) {
  for (const link of $("view").querySelectorAll("a")) {
    const { view: name } = link.dataset;
    const isCounted = name === "open" || name === "failed";
    const size = isCounted ? ` ${count(VIEWS[name].of(known).length)}` : "";
    setText(link, `${VIEWS[name].name}${size}`);
    setAttribute(link, "href", chunksHref({ show: name }));
    if (name === view) setAttribute(link, "aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  setAttribute($("go-chunk"), "max", String(store.chunks.length - 1));
}

function showPages(view, { first, size, chunks, total }) {
  setHidden($("pages"), total <= size && chunks.length > 0);
  const [from, to] = view === "all" ? [chunks[0]?.chunk, chunks.at(-1)?.chunk]
    : [first + 1, first + chunks.length];
  const range = `${count(from)} to ${count(to)} of ${count(total)}`;
  setText($("pages-text"), !total ? "no chunks" : view === "all" ? `chunks ${range}` : range);
  for (const [link, at] of [[$("earlier"), first - size], [$("later"), first + size]]) {
    const isNone = at < 0 || at >= total;
    const losesFocus = isNone && document.activeElement === link;
    if (losesFocus) $("timeline-title").focus({ preventScroll: true });
    setHidden(link, isNone);
    setAttribute(link, "href", chunksHref({ show: view, from: at }));
  }
}

/** The address of some of the job's chunks; its groups stay sorted as they are. */
function chunksHref(query) {
  const { job, sort } = route;
  return `#${job}?${new URLSearchParams({ ...query, ...(sort && { sort }) })}`;
}

function goToChunk() {
  const chunk = Math.min(Number($("go-chunk").value) || 0, store.chunks.length - 1);
  location.hash = chunksHref({ chunk: Math.max(0, chunk) });
}

/** Scrolls to the chunk that the address names, once. */
function revealChosenChunk() {
  const row = route.chunk !== null && detail.receipts.get(route.chunk);
  if (!row?.isConnected || detail.revealed === route) return;
  detail.revealed = route;
  row.scrollIntoView({ block: "center" });
}
