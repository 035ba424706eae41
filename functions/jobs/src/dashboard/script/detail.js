/* The detail: all that is known of one job. The files after this one show its parts. */

const detail = {
  id: null,
  /** The job as the server described it last; null before it did. */
  job: null,
  progress: newProgress(),
  /** The answer that is shown, as JSON. */
  answer: "",
  /** The lanes of the timeline and the rows of the receipts, by chunk. */
  lanes: new Map(),
  receipts: new Map(),
  /** The route whose chunk was scrolled to. */
  revealed: null,
};

function enterDetail(before) {
  if (detail.id !== route.job) forgetDetail();
  setText($("job-id"), route.job);
  setAttribute($("json"), "href", jobPath(route.job));
  if (before.job === route.job) {
    if (detail.job) showChunks(detail.job);
    return;
  }
  scrollTo(0, 0);
  $("job-title").focus({ preventScroll: true });
}

function forgetDetail() {
  Object.assign(detail, { id: route.job, job: null, answer: "" });
  detail.lanes.clear();
  detail.receipts.clear();
  forgetChunks();
  forgetFiles();
  setHidden($("job-parts"), true);
  for (const id of ["retry", "cancel", "again", "job-commands", "job-command", "log-query-text",
    "files-command"]) setHidden($(id), true);
  setText($("job-kernel"), "Job");
  setText($("job-params"), "");
  setText($("job-state").lastElementChild, "");
  setState($("job-state"), "");
  showJobNote("");
}

const showJobNote = (text) => setText($("job-said"), text);

/** Cancels or retries the job. When the server answers, another job may be shown. */
function actOnJob(action) {
  const id = detail.id;
  const showNote = (text) => { if (detail.id === id) showJobNote(text); };
  act((control) => action(control, id, showNote));
}

async function refreshDetail(control) {
  const wanted = nextChunks(detail.job);
  let job;
  try {
    job = await request(control, "GET", chunksPath(wanted));
  } catch (problem) {
    if (!isAboutJob(problem)) throw problem;
    forgetDetail();
    showJobNote(`${problem.message}. A job is kept for its time to live.`);
    return;
  }
  const wasPending = detail.job?.state === "pending";
  if (wasPending && job.state !== "pending") announce(`The job is ${job.state}.`);
  storeChunks(job, detail.job, wanted);
  detail.job = job;
  showJob(job);
  showTitle();
  await loadChunks(control);
  await loadFiles(control);
}

/** Whether an error is about the job, as that there is none, and not about the server. */
function isAboutJob(problem) {
  return problem instanceof Refused && problem.status < 500 && problem.status !== 429;
}

/** A job that failed may be retried by somebody else; one that completed stays as it is. */
function detailPause() {
  const state = detail.job?.state;
  return state === "pending" ? SECOND : state === "failed" ? 5 * SECOND : LONGEST_PAUSE;
}

function detailTitle() {
  if (!detail.job) return "job · pgfold";
  const { state, progress: { done, total } } = detail.job;
  const first = state === "pending" ? `${done}/${total}` : state;
  return `${first} · ${kernelText(detail.job)} · pgfold`;
}

function showJob(job) {
  setText($("job-kernel"), kernelText(job));
  setText($("job-params"), queryLine(job));
  setText($("job-state").lastElementChild, job.state);
  setState($("job-state"), job.state);
  setState($("whole"), job.state);
  showProgress(detail.progress, job);
  showActions(job);
  showFailures(job);
  showLastError(job);
  showAnswer(job);
  showFiles(job);
  showFacts(job);
  setHidden($("job-parts"), false); // Before the timeline, which has no width while it is hidden.
  showChunks(job);
}

function showActions(job) {
  const { state } = job;
  const isPending = state === "pending", isFailed = state === "failed";
  for (const [button, isShown] of [[$("cancel"), isPending], [$("retry"), isPending || isFailed]]) {
    const losesFocus = !isShown && document.activeElement === button;
    if (losesFocus) $("job-title").focus({ preventScroll: true });
    setHidden(button, !isShown);
  }
  setAttribute($("again"), "href", formHref(requestOf(job)));
  for (const id of ["again", "job-commands"]) setHidden($(id), false);
  nameButton($("cancel"), "Cancel job", `Cancel job ${kernelText(job)}`);
  setText($("retry"), isFailed ? "Retry failed chunks" : "Send missing chunks again");
}
