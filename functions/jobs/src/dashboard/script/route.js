/* ---------- Where we are: #, #failed, #agg_…, #agg_…/100 ---------- */

const STATES = ["pending", "completed", "failed", "cancelled", "expired"];
const CHUNKS_SHOWN = 100;
let route = { job: null, state: "", from: 0 };

function parseRoute() {
  const [first, second] = location.hash.slice(1).split("/");
  const from = Math.max(0, Math.floor(Number(second) / CHUNKS_SHOWN) * CHUNKS_SHOWN || 0);
  return first.startsWith("agg_") ? { job: first, state: route.state, from }
    : { job: null, state: STATES.includes(first) ? first : "", from: 0 };
}

function go() {
  const before = route;
  route = parseRoute();
  if (!before.job) list.scrolled = list.lastScroll;
  setHidden($("list"), route.job !== null);
  setHidden($("job"), route.job === null);
  if (route.job) enterJob(before);
  else enterList(before);
  showTitle();
  refresh();
}

function showTitle() {
  document.title = route.job ? jobTitle() : listTitle();
}

