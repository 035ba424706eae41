/*
 * Polling: the page asks again and again for what it shows, one request at a time.
 *
 * What a user does goes before: it aborts the poll under way, and polling goes on after it.
 */

const LONGEST_PAUSE = 30 * SECOND;

const poll = {
  timer: 0,
  /** Aborts the poll under way; null if there is none. */
  control: null,
  /** Polls and actions in a row that got no answer or a bad one. */
  failures: 0,
  /** Actions of the user that are not done yet. */
  actions: 0,
  /** Settles when the latest action is done. */
  lastAction: Promise.resolve(),
  /** How long to wait for the next poll, and when it is. */
  pause: 0,
  nextAt: 0,
  /** When the server answered last; 0 before it did. */
  answeredAt: 0,
};

/** Polls now. A poll that is already under way is aborted, so that the newest one wins. */
async function refresh() {
  clearTimeout(poll.timer);
  if (poll.actions > 0) return; // The last of them refreshes.
  poll.control?.abort();
  const control = poll.control = new AbortController();
  const isNewest = () => poll.control === control;
  try {
    await (route.job ? refreshDetail(control) : refreshList(control));
    if (isNewest()) serverAnswered();
  } catch (problem) {
    if (isNewest()) serverFailed(problem);
  }
  if (!isNewest()) return;
  poll.control = null;
  scheduleRefresh();
}

/** Runs an action of the user after those before it, and polls after the last one. */
function act(action) {
  poll.actions += 1;
  clearTimeout(poll.timer);
  poll.control?.abort();
  poll.control = null;
  const run = () => action(new AbortController()).then(serverAnswered);
  poll.lastAction = poll.lastAction.then(run).catch((problem) => {
    if (problem instanceof Refused) serverAnswered();
    else serverFailed(problem);
  }).finally(() => {
    poll.actions -= 1;
    if (poll.actions > 0) return;
    if (poll.failures) scheduleRefresh();
    else refresh();
  });
}

/** Failures double the pause, from one second on; nobody waits for a hidden page. */
function scheduleRefresh() {
  const isVisible = document.visibilityState === "visible";
  const pause = poll.failures ? Math.min(LONGEST_PAUSE, SECOND * 2 ** (poll.failures - 1))
    : route.job ? detailPause() : listPause();
  poll.pause = isVisible ? pause : LONGEST_PAUSE;
  poll.nextAt = Date.now() + poll.pause;
  clearTimeout(poll.timer);
  poll.timer = setTimeout(refresh, poll.pause);
  showLive();
}

function serverAnswered() {
  if (poll.failures) announce("The server is back.");
  poll.failures = 0;
  poll.answeredAt = Date.now();
  setHidden($("lost"), true);
  setText($("lost-alert"), "");
}

function serverFailed(problem) {
  poll.failures += 1;
  const answered = problem instanceof Refused;
  setHidden($("lost"), false);
  setText($("lost-alert"), answered ? "The server cannot answer," : "Lost the server,");
  setText($("lost-why"), answered ? `${problem.status}: ${problem.message}`
    : "What is shown is from before.");
}

function showLive() {
  $("live").classList.toggle("lost", poll.failures > 0);
  const when = poll.answeredAt ? `updated ${timeOfDay(poll.answeredAt)}` : "not connected";
  setText($("live-text"), poll.failures ? when : `${when}, every ${poll.pause / SECOND} s`);
  showCountdown();
}

/** Shows how many seconds there are until the next poll, if the last one failed. */
function showCountdown() {
  if (!poll.failures) return;
  const seconds = Math.ceil((poll.nextAt - Date.now()) / SECOND);
  setText($("lost-seconds"), String(Math.max(1, seconds)));
}
