/*
 * The list: which jobs are in it. Each poll asks for the newest page, which is merged with older
 * pages that were loaded on request.
 */

const POLL_SIZE = 25, LOAD_SIZE = 50;
/** Jobs in a page that is looked through for a search: the most that the server sends. */
const SEARCH_SIZE = 100;
/** How many pages in a row to load where few of the jobs are those that are asked for. */
const MOST_PAGES = 10;

const list = {
  /** A row for each job, by its id; table.js makes and shows them. */
  rows: new Map(),
  /** The cursor of the next older page; null after the last one. */
  next: null,
  /** Whether there are pages after the first. */
  isDeep: false,
  /** Whether the server has answered yet. */
  isKnown: false,
  /** Whether there are chunks in the queue. */
  isBusy: false,
  polls: 0,
  /** Grows whenever the list is emptied, to be filled with jobs of another state. */
  generation: 0,
  /** Where the list was scrolled to last, in pixels. */
  scroll: 0,
};

function enterList(before) {
  for (const link of $("filter").querySelectorAll("a")) {
    setAttribute(link, "href", listHref(link.dataset.state, route.search));
    if (link.dataset.state === route.state) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  setAttribute($("back"), "href", listHref(route.state, route.search));
  if (before.state !== route.state) forgetList();
  enterSearch(before);
  if (!before.job || route.isForm) return;
  scrollTo(0, list.scroll);
  const row = list.rows.get(before.job);
  (row?.cells.link ?? $("list-title")).focus({ preventScroll: true });
}

/** Remembers where the list is scrolled to, for when somebody comes back from a job. */
function keepScroll() {
  if (!route.job) list.scroll = scrollY;
}

function forgetList() {
  list.rows.clear();
  Object.assign(list, { next: null, isDeep: false, isKnown: false });
  list.generation += 1;
  showList();
}

function listPath(limit, cursor) {
  const state = route.state && `&state=${route.state}`;
  return `tasks?limit=${limit}${state}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`;
}

/** Asks for the newest jobs, and for one that is pending on an older page. */
async function refreshList(control) {
  const page = await request(control, "GET", listPath(POLL_SIZE));
  const isFirst = !list.isKnown;
  mergeNewest(page);
  showQueue(page.queue);
  showList();
  const isShort = page.tasks.length < POLL_SIZE;
  const isSearched = shownRows().length < page.tasks.length;
  if (isFirst && page.next && (isShort || isSearched)) await loadOlder(control, POLL_SIZE);
  await refreshOlder(control, new Set(page.tasks.map((job) => job.task_id)));
}

/** Merges the newest page with the list. A job that it should have and has not is gone. */
function mergeNewest({ tasks: jobs, next }) {
  const ids = new Set(jobs.map((job) => job.task_id));
  const overlaps = jobs.some((job) => list.rows.has(job.task_id));
  if (!list.isDeep || (jobs.length >= POLL_SIZE && !overlaps)) {
    // There are no older pages, or a gap before them: begin with this page again.
    Object.assign(list, { isDeep: false, next });
    for (const id of list.rows.keys()) if (!ids.has(id)) list.rows.delete(id);
  } else {
    const oldest = next === null ? -Infinity
      : Math.min(...jobs.map((job) => Date.parse(job.created_at)));
    for (const [id, row] of list.rows) {
      if (!ids.has(id) && row.created > oldest) list.rows.delete(id);
    }
  }
  list.isKnown = true;
  list.polls += 1;
  updateRows(jobs);
}

/** Loads older pages until there are `wanted` more jobs that match the search. */
async function loadOlder(control, wanted) {
  const [before, generation, { search }] = [shownRows().length, list.generation, route];
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    if (!list.next || shownRows().length >= before + wanted) return;
    const path = listPath(search ? SEARCH_SIZE : wanted, list.next);
    const page = await request(control, "GET", path);
    if (list.generation !== generation || route.search !== search) return; // Another list by now.
    Object.assign(list, { next: page.next, isDeep: true });
    updateRows(page.tasks);
    showList();
  }
}

/**
 * Asks for one pending job that polls do not return any more, since newer ones have pushed it to an
 * older page: each time for the one that was not heard of for longest.
 */
async function refreshOlder(control, polledIds) {
  const rows = pendingRows().filter(({ job }) => !polledIds.has(job.task_id));
  if (!rows.length) return;
  const { job } = rows.reduce((one, other) => (other.lastPoll < one.lastPoll ? other : one));
  try {
    updateRows([await request(control, "GET", `${jobPath(job.task_id)}?limit=1`)]);
  } catch (problem) {
    if (!(problem instanceof Refused) || problem.status !== 404) throw problem;
    list.rows.delete(job.task_id);
  }
  showList();
}

/** Updates the rows of these jobs, and announces those that ended since the last poll. */
function updateRows(jobs) {
  const ended = [];
  for (const job of jobs) {
    const row = list.rows.get(job.task_id) ?? newRow(job);
    if (row.job.state === "pending" && job.state !== "pending") ended.push(job);
    if (row.job.state !== job.state) row.note = "";
    Object.assign(row, { job, created: Date.parse(job.created_at), lastPoll: list.polls });
    if (route.state && job.state !== route.state) list.rows.delete(job.task_id);
    else list.rows.set(job.task_id, row);
  }
  if (ended.length === 1) announce(`${kernelText(ended[0])} ${ended[0].state}`);
  else if (ended.length > 1) announce(`${ended.length} jobs ended`);
}

const pendingRows = () => [...list.rows.values()].filter(({ job }) => job.state === "pending");
const listPause = () => (list.isBusy || pendingRows().length ? SECOND : 5 * SECOND);

function listTitle() {
  const running = pendingRows().length;
  if (!running) return "pgfold";
  const mayBeMore = running === list.rows.size && list.next;
  return `${running}${mayBeMore ? "+" : ""} running · pgfold`;
}

/** Shows how many messages are in the queues; the server may not know. */
function showQueue(queue) {
  list.isBusy = queue !== null && queue.waiting + queue.in_flight > 0;
  for (const name of ["waiting", "in_flight", "dead_letters", "poison"]) {
    const figure = $(`queue-${name}`);
    setText(figure, queue ? count(queue[name]) : UNKNOWN);
    const needsAttention = name === "dead_letters" || name === "poison";
    figure.parentElement.classList.toggle("alarm", needsAttention && queue?.[name] > 0);
  }
  setAttribute($("queue"), "title", queue ? "" : "SQS did not answer");
}
