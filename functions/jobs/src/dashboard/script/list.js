/* ---------- The list ---------- */

const REFRESHED = 25, LOADED = 50, MOST_EMPTY_PAGES = 10;
const list = { jobs: new Map(), next: null, deep: false, known: false, busy: false, polls: 0, scrolled: 0, lastScroll: 0, version: 0 };

function enterList(before) {
  for (const link of $("filter").querySelectorAll("a")) {
    if (link.dataset.state === route.state) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  setAttribute($("back"), "href", `#${route.state}`);
  if (before.state !== route.state) forgetList();
  if (!before.job) return;
  scrollTo(0, list.scrolled);
  const from = list.jobs.get(before.job);
  (from?.cells.link ?? $("list-title")).focus({ preventScroll: true });
}

function forgetList() {
  list.jobs.clear();
  Object.assign(list, { next: null, deep: false, known: false, version: list.version + 1 });
  showList();
}

const pageOf = (limit, cursor) =>
  `tasks?limit=${limit}${route.state && `&state=${route.state}`}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`;

/** The newest jobs, and one of those that are pending further down. */
async function refreshList(control) {
  const told = await ask(control, "GET", pageOf(REFRESHED));
  const first = !list.known;
  takeNewest(told);
  showQueue(told.queue);
  showList();
  if (first && told.next && told.tasks.length < REFRESHED) await loadOlder(control, REFRESHED);
  await refreshStraggler(control, new Set(told.tasks.map((task) => task.task_id)));
}

/** Takes the first page in. What it would have named and does not is no longer in the list. */
function takeNewest({ tasks, next }) {
  const named = new Set(tasks.map((task) => task.task_id));
  const joins = tasks.some((task) => list.jobs.has(task.task_id));
  if (!list.deep || (tasks.length >= REFRESHED && !joins)) {
    Object.assign(list, { deep: false, next });
    for (const id of list.jobs.keys()) if (!named.has(id)) list.jobs.delete(id);
  } else {
    const oldest = next === null ? -Infinity : Math.min(...tasks.map((task) => Date.parse(task.created_at)));
    for (const [id, job] of list.jobs) if (!named.has(id) && job.created > oldest) list.jobs.delete(id);
  }
  list.known = true;
  list.polls += 1;
  take(tasks);
}

/** Older jobs, until there are `wanted` more or many pages had none of this state. */
async function loadOlder(control, wanted) {
  const [before, version] = [list.jobs.size, list.version];
  for (let pages = 0; list.next && list.jobs.size < before + wanted && pages < MOST_EMPTY_PAGES; pages += 1) {
    const told = await ask(control, "GET", pageOf(wanted, list.next));
    if (list.version !== version) return; // Another list is shown by now.
    Object.assign(list, { next: told.next, deep: true });
    take(told.tasks);
    showList();
  }
}

/** A job that was pending when it was last seen, on a page that is not refreshed. */
async function refreshStraggler(control, named) {
  const pending = [...list.jobs.values()].filter(({ task }) => task.state === "pending" && !named.has(task.task_id));
  if (!pending.length) return;
  const { task } = pending.reduce((one, other) => (other.seen < one.seen ? other : one));
  try {
    take([await ask(control, "GET", `tasks/${task.task_id}?limit=1`)]);
  } catch (problem) {
    if (!(problem instanceof Refused) || problem.code !== 404) throw problem;
    list.jobs.delete(task.task_id);
  }
  showList();
}

function take(tasks) {
  const ended = [];
  for (const task of tasks) {
    const job = list.jobs.get(task.task_id) ?? newRow(task);
    if (job.task.state === "pending" && task.state !== "pending") ended.push(task);
    if (job.task.state !== task.state) job.note = "";
    Object.assign(job, { task, created: Date.parse(task.created_at), seen: list.polls });
    if (route.state && task.state !== route.state) list.jobs.delete(task.task_id);
    else list.jobs.set(task.task_id, job);
  }
  if (ended.length === 1) announce(`${ended[0].kernel} ${ended[0].state}`);
  else if (ended.length > 1) announce(`${ended.length} jobs ended`);
}

const newestFirst = (one, other) =>
  other.created - one.created || (one.task.task_id < other.task.task_id ? 1 : -1);

function showList() {
  const jobs = [...list.jobs.values()].sort(newestFirst);
  const table = $("jobs").firstElementChild;
  const focused = document.activeElement?.closest?.(".job");
  const gone = focused && !jobs.some((job) => job.body === focused);
  const heir = gone && (focused.nextElementSibling ?? focused.previousElementSibling)?.querySelector("a");
  jobs.forEach(showRow);
  setChildren(table, jobs.map((job) => job.body), 2);
  if (gone) (heir?.isConnected ? heir : $("list-title")).focus();
  setHidden($("jobs"), !jobs.length);
  setHidden($("empty"), jobs.length > 0 || !list.known);
  setText($("empty-what"), !route.state ? "No jobs yet." : `No ${route.state} job${list.next ? " among the newest" : ""}.`);
  setHidden($("empty-how"), route.state !== "");
  setHidden($("more"), !list.next && !list.deep);
  setHidden($("load-more"), !list.next);
  setText($("shown"), list.next ? `${count(jobs.length)} shown` : `all ${count(jobs.length)} shown`);
  if (!route.job) showTitle();
}

function showQueue(queue) {
  if (queue === undefined) return;
  list.busy = queue !== null && queue.waiting + queue.in_flight > 0;
  for (const name of ["waiting", "in_flight", "dead_letters", "poison"]) {
    const figure = $(`queue-${name}`);
    setText(figure, queue ? count(queue[name]) : NONE);
    const bad = queue && queue[name] > 0 && (name === "dead_letters" || name === "poison");
    figure.parentElement.classList.toggle("alarm", Boolean(bad));
  }
  setAttribute($("queue"), "title", queue ? "" : "SQS did not answer");
}

const pendingJobs = () => [...list.jobs.values()].filter(({ task }) => task.state === "pending").length;
const listPause = () => (list.busy || pendingJobs() ? SECOND : 5 * SECOND);

function listTitle() {
  const running = pendingJobs();
  return running ? `${running}${running === list.jobs.size && list.next ? "+" : ""} running · pgfold` : "pgfold";
}

