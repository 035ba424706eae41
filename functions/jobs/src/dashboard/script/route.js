/*
 * What the page shows, by the fragment of its address:
 *
 *   #           all jobs
 *   #failed     the jobs that failed; likewise the other states
 *   #agg_…      one job
 *   #agg_…/100  one job, with its chunks from 100 on
 */

const CHUNKS_PER_PAGE = 100;

/** `job` is null where the list is shown; `state` is the list's, also while a job is shown. */
let route = { job: null, state: "", from: 0 };

function parseRoute() {
  const [first, second] = location.hash.slice(1).split("/");
  if (!first.startsWith("agg_")) {
    return { job: null, state: STATES.includes(first) ? first : "", from: 0 };
  }
  const page = Math.floor(Number(second) / CHUNKS_PER_PAGE) || 0;
  return { job: first, state: route.state, from: Math.max(0, page * CHUNKS_PER_PAGE) };
}

/** Shows what the address says by now. */
function followRoute() {
  const before = route;
  route = parseRoute();
  setHidden($("list"), route.job !== null);
  setHidden($("job"), route.job === null);
  if (route.job) enterDetail(before);
  else enterList(before);
  showTitle();
  refresh();
}

function showTitle() {
  document.title = route.job ? detailTitle() : listTitle();
}
