/*
 * What the page shows, by the fragment of its address, so that a link leads to the same:
 *
 *   #                       all jobs
 *   #failed                 the jobs that failed; likewise the other states
 *   #failed?search=orders   those of them that match
 *   #new?kernel=summary     the form of a new job, filled in, above the list; job_query.js has it all
 *   #agg_…                  one job
 *   #agg_…/100              one job, with its chunks from 100 on
 */

const CHUNKS_PER_PAGE = 100;

/**
 * `job` is null where the list is shown, and `state` and `search` are the list's also while a job is
 * shown. `draft` is what to put into the form; null if the address says nothing of that.
 */
let route = { job: null, isForm: false, draft: null, state: "", search: "", from: 0 };

function parseRoute() {
  const [path, query = ""] = splitOnce(location.hash.slice(1), "?");
  const [first, second] = path.split("/");
  const params = new URLSearchParams(query);
  const { state, search } = route;
  const list = { job: null, isForm: false, draft: null, from: 0 };
  if (first === "new") {
    return { ...list, isForm: true, draft: query ? jobOfQuery(params) : null, state, search };
  }
  if (first.startsWith("agg_")) {
    const page = Math.floor(Number(second) / CHUNKS_PER_PAGE) || 0;
    return { ...list, job: first, state, search, from: Math.max(0, page * CHUNKS_PER_PAGE) };
  }
  return {
    ...list, state: STATES.includes(first) ? first : "", search: params.get("search") ?? "",
  };
}

/** Splits a text in two at the first `mark`, if it has one. */
function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}

/** The fragment of a list. */
function listHref(state, search) {
  return `#${state}${search && `?${new URLSearchParams({ search })}`}`;
}

/** Shows what the address says by now. */
function followRoute() {
  const before = route;
  route = parseRoute();
  setHidden($("list"), route.job !== null);
  setHidden($("job"), route.job === null);
  if (route.job) enterDetail(before);
  else enterList(before);
  if (route.isForm) enterForm(before);
  else openForm(false);
  showTitle();
  refresh();
}

/** Changes the address to what is shown already. */
function setAddress(fragment) {
  if (location.hash !== fragment) history.replaceState(null, "", fragment || "#");
}

function showTitle() {
  document.title = route.job ? detailTitle() : listTitle();
}
