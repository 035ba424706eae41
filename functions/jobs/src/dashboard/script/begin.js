/* ---------- Begin ---------- */

function wire() {
  $("open-form").addEventListener("click", toggleForm);
  $("start").addEventListener("submit", (event) => { event.preventDefault(); start(); });
  $("estimate").addEventListener("click", estimate);
  $("try-now").addEventListener("click", refresh);
  $("load-more").addEventListener("click", () => act((control) => loadOlder(control, LOADED)));
  onTwice($("cancel"), () => true, () => actOnJob(cancel));
  $("retry").addEventListener("click", () => actOnJob(retry));
  $("copy").addEventListener("click", copyId);
  history.scrollRestoration = "manual"; // It knows nothing of the list that comes back.
  addEventListener("hashchange", go);
  addEventListener("scroll", () => { if (!route.job) list.lastScroll = scrollY; }, { passive: true });
  addEventListener("online", refresh);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") refresh();
    else if (!poll.control && !poll.actions) schedule();
  });
  setInterval(showCountdown, SECOND);
}

/** Browsers let pages write to the clipboard only over HTTPS; elsewhere the id is selected. */
async function copyId() {
  try {
    await navigator.clipboard.writeText(route.job);
    announce("Copied.");
    setText($("copy"), "Copied");
    setTimeout(() => setText($("copy"), "Copy id"), 2 * SECOND);
  } catch {
    getSelection().selectAllChildren($("job-id"));
  }
}

function showFilter() {
  const link = (state) => make("a", { href: `#${state}`, "data-state": state }, state || "all");
  $("filter").append(...["", ...STATES].map((state) => make("li", {}, link(state))));
  const base = new URL(".", location.href).href.replace(/\/$/, "");
  $("empty-how").append("Start one with ", make("strong", {}, "New job"), ", or from a shell: ", make("br"),
    make("code", {}, `curl -X POST ${base}/compute_min_distance`));
}

$("whole").replaceChildren(job.progress.bar, job.progress.text);
showFilter();
wire();
go();
