/* ---------- One job ---------- */

const job = { id: null, task: null, lanes: new Map(), receipts: new Map(), answer: "", progress: newProgress() };

function enterJob(before) {
  if (job.id !== route.job) forgetJob();
  setText($("job-id"), route.job);
  setAttribute($("json"), "href", `tasks/${encodeURIComponent(route.job)}`);
  if (before.job === route.job) return;
  openForm(false);
  scrollTo(0, 0);
  $("job-title").focus({ preventScroll: true });
}

function forgetJob() {
  Object.assign(job, { id: route.job, task: null, answer: "" });
  job.lanes.clear();
  job.receipts.clear();
  setHidden($("told"), true);
  for (const button of [$("retry"), $("cancel")]) setHidden(button, true);
  setText($("job-kernel"), "Job");
  setText($("job-params"), "");
  setText($("job-state").lastElementChild, "");
  setState($("job-state"), "");
  sayOfJob("");
}

const sayOfJob = (text) => setText($("job-said"), text);

/** By the time there is an answer another job may be shown. */
function actOnJob(action) {
  const id = job.id;
  act((control) => action(control, id, (said) => { if (job.id === id) sayOfJob(said); }));
}

async function refreshJob(control) {
  let task;
  try {
    task = await ask(control, "GET", `tasks/${encodeURIComponent(route.job)}?from=${route.from}&limit=${CHUNKS_SHOWN}`);
  } catch (problem) {
    if (!(problem instanceof Refused) || problem.code >= 500 || problem.code === 429) throw problem;
    forgetJob();
    sayOfJob(`${problem.message}. A job is kept for its time to live.`);
    return;
  }
  if (job.task?.state === "pending" && task.state !== "pending") announce(`The job is ${task.state}.`);
  job.task = task;
  showJob(task);
  showTitle();
}

function jobPause() {
  const state = job.task?.state;
  return state === "pending" ? SECOND : state === "failed" ? 5 * SECOND : SLOWEST;
}

function jobTitle() {
  const task = job.task;
  if (!task) return "job · pgfold";
  const { done, total } = task.progress;
  return `${task.state === "pending" ? `${done}/${total}` : task.state} · ${task.kernel} · pgfold`;
}

function showJob(task) {
  setText($("job-kernel"), task.kernel);
  setText($("job-params"), params(task));
  setState($("job-state"), task.state);
  setText($("job-state").lastElementChild, task.state);
  setState($("whole"), task.state);
  showProgress(job.progress, task);
  showActions(task);
  showFailures(task);
  showLastError(task);
  showAnswer(task);
  showFacts(task);
  setHidden($("told"), false); // So that the timeline has a width to fit its ticks to.
  showChunks(task);
}

function showActions({ state, kernel }) {
  const pending = state === "pending";
  for (const [button, shown] of [[$("cancel"), pending], [$("retry"), pending || state === "failed"]]) {
    if (!shown && document.activeElement === button) $("job-title").focus({ preventScroll: true });
    setHidden(button, !shown);
  }
  nameButton($("cancel"), "Cancel job", `Cancel ${kernel}`);
  setText($("retry"), state === "failed" ? "Retry failed chunks" : "Send missing chunks again");
}

