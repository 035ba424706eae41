/* ---------- Polling: one request at a time, and the newest wins ---------- */

const SLOWEST = 30 * SECOND;
const poll = { timer: 0, control: null, failures: 0, actions: 0, queue: Promise.resolve(), due: 0, every: 0 };

async function refresh() {
  clearTimeout(poll.timer);
  if (poll.actions > 0) return; // The last of them refreshes.
  poll.control?.abort();
  const control = poll.control = new AbortController();
  try {
    await (route.job ? refreshJob(control) : refreshList(control));
    if (poll.control === control) found();
  } catch (problem) {
    if (poll.control === control) lose(problem);
  }
  if (poll.control !== control) return;
  poll.control = null;
  schedule();
}

/** Does what somebody asked for after what they asked for before, in place of polling. */
function act(work) {
  poll.actions += 1;
  clearTimeout(poll.timer);
  poll.control?.abort();
  poll.control = null;
  const answered = () => work(new AbortController()).then(found);
  poll.queue = poll.queue.then(answered).catch((problem) => {
    if (problem instanceof Refused) found();
    else lose(problem);
  }).finally(() => {
    poll.actions -= 1;
    if (poll.actions === 0) poll.failures ? schedule() : refresh();
  });
}

function schedule() {
  const shown = document.visibilityState === "visible";
  const calm = route.job ? jobPause() : listPause();
  const pause = poll.failures ? Math.min(SLOWEST, SECOND * 2 ** (poll.failures - 1)) : calm;
  poll.every = shown ? pause : SLOWEST;
  poll.due = Date.now() + poll.every;
  clearTimeout(poll.timer);
  poll.timer = setTimeout(refresh, poll.every);
  showLive();
}

function found() {
  if (poll.failures) announce("The server is back.");
  poll.failures = 0;
  setHidden($("lost"), true);
  setText($("lost-alert"), "");
  poll.heard = Date.now();
}

function lose(problem) {
  poll.failures += 1;
  const answered = problem instanceof Refused;
  setHidden($("lost"), false);
  setText($("lost-alert"), answered ? "The server cannot answer," : "Lost the server,");
  setText($("lost-why"), answered ? `${problem.code}: ${problem.message}` : "What is shown is from before.");
}

function showLive() {
  $("live").classList.toggle("lost", poll.failures > 0);
  const heard = poll.heard ? `updated ${new Date(poll.heard).toLocaleTimeString("sv-SE")}` : "not connected";
  setText($("live-text"), poll.failures ? heard : `${heard}, every ${poll.every / SECOND} s`);
  showCountdown();
}

function showCountdown() {
  if (poll.failures) setText($("lost-seconds"), String(Math.max(1, Math.ceil((poll.due - Date.now()) / SECOND))));
}

