/*
 * The search in the list: for words of a job's id, kernels, source, columns, parameters, groups
 * and conditions. The server does not search, so the page loads older jobs and looks through them, a
 * thousand at a time.
 */

/** Milliseconds after the last key until the address has the search. */
const TYPING = 300;

let searchTimer = 0;

/** The rows of the jobs that match the search: all, if there is none. */
function shownRows() {
  const wanted = route.search.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [...list.rows.values()];
  return rows.filter((row) => wanted.every((word) => searched(row).includes(word)));
}

/** What is searched of a job, which stays as it is. */
function searched(row) {
  const { job } = row;
  row.searched ??= [job.task_id, kernelText(job), job.source, columnsText(job), queryLine(job)]
    .join(" ").toLowerCase();
  return row.searched;
}

function searchTyped() {
  clearTimeout(searchTimer);
  searchTimer = setTimeout(() => {
    if (route.job) return; // Somebody has opened a job meanwhile.
    setAddress(listHref(route.state, $("search").value.trim()));
    followRoute();
  }, TYPING);
}

/** Opens the job of a whole id, wherever in the list it is; else searches now. */
function submitSearch() {
  const text = $("search").value.trim();
  if (/^agg_[0-9a-f-]{36}$/.test(text)) location.hash = text;
  else searchTyped();
}

/** Shows the search of the address, in the field as well unless somebody types there. */
function enterSearch(before) {
  if (document.activeElement !== $("search")) $("search").value = route.search;
  if (before.search === route.search || !list.isKnown) return;
  showList();
  if (route.search && list.next && shownRows().length < POLL_SIZE) {
    act((control) => loadOlder(control, POLL_SIZE));
  }
}

/** What the list has, in words. */
function shownText() {
  const [shown, loaded] = [shownRows().length, list.rows.size];
  const all = list.next ? "" : "all ";
  return route.search ? `${count(shown)} of ${all}${count(loaded)} jobs match`
    : `${all}${count(shown)} shown`;
}

function emptyText() {
  const state = route.state ? `${route.state} job` : "job";
  const among = list.next ? ` among the newest ${count(list.rows.size)}` : "";
  if (route.search) return `No ${state} matches “${route.search}”${among}.`;
  return route.state ? `No ${state}${list.next ? " among the newest" : ""}.` : "No jobs yet.";
}
