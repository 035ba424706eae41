/*
 * What the page shows, by the fragment of its address, so that a link leads to the same:
 *
 *   #                       all jobs
 *   #failed                 the jobs that failed; likewise the other states
 *   #failed?search=orders   those of them that match
 *   #new?kernel=summary     the form of a new job, filled in, above the list; see job_query.js
 *   #agg_…                  one job
 *   #agg_…?show=failed      one job, with those of its chunks that failed; `from` turns pages
 *   #agg_…?chunk=1234       one job, with this chunk
 *   #agg_…?sort=-fare.sum   one job, with its groups sorted, here by the sum from the greatest on
 */

/**
 * `job` is null where the list is shown. `state` and `search` are the list's, also while a job is
 * shown. `draft` is what to put into the form; null if the address says nothing of that.
 */
let route = {
  job: null, show: "", from: 0, chunk: null, sort: "", isForm: false, draft: null, state: "", search: "",
};

function parseRoute() {
  const [path, query = ""] = splitOnce(location.hash.slice(1), "?");
  const params = new URLSearchParams(query);
  const { state, search } = route;
  const list = {
    job: null, show: "", from: 0, chunk: null, sort: "", isForm: false, draft: null,
  };
  if (path === "new") {
    return { ...list, isForm: true, draft: query ? jobOfQuery(params) : null, state, search };
  }
  if (path.startsWith("agg_")) {
    const number = (name) => Math.max(0, Math.floor(Number(params.get(name))) || 0);
    const show = params.get("show") in VIEWS ? params.get("show") : "";
    const chunk = params.has("chunk") ? number("chunk") : null;
    const sort = params.get("sort") ?? "";
    return { ...list, job: path, show, from: number("from"), chunk, sort, state, search };
  }
  return {
    ...list, state: STATES.includes(path) ? path : "", search: params.get("search") ?? "",
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
