/* Begins the page: completes the markup, listens to events, and shows what the address says. */

function completeMarkup() {
  const link = (state) => make("a", { href: `#${state}`, "data-state": state }, state || "all");
  $("filter").append(...["", ...STATES].map((state) => make("li", {}, link(state))));
  $("empty-how").append("Start one with ", make("strong", {}, "New job"), ", or from a shell: ",
    make("br"), make("code", {}, `curl -X POST ${apiUrl()}/compute_min_distance`));
  const views = Object.keys(VIEWS).map((view) => make("li", {}, make("a", { "data-view": view })));
  $("view").append(...views);
  $("whole").append(detail.progress.bar, detail.progress.text);
}

function listen() {
  $("open-form").addEventListener("click", () => {
    location.hash = route.isForm ? listHref(route.state, route.search) : "#new";
  });
  $("start").addEventListener("submit", (event) => { event.preventDefault(); startJob(); });
  $("plan-job").addEventListener("click", planJob);
  for (const type of ["input", "change"]) $("start").addEventListener(type, formChanged);
  $("try-now").addEventListener("click", refresh);
  $("load-more").addEventListener("click", () => act((control) => loadOlder(control, LOAD_SIZE)));
  $("search").addEventListener("input", searchTyped);
  $("find").addEventListener("submit", (event) => { event.preventDefault(); submitSearch(); });
  onConfirmedClick($("cancel"), () => true, () => actOnJob(cancelJob));
  $("retry").addEventListener("click", () => actOnJob(retryJob));
  onCopy($("copy"), () => route.job, () => $("job-id"));
  for (const [name, commandOf] of [["curl", curlCommand], ["pgfold", pgfoldCommand]]) {
    onCopy($(`form-${name}`), () => commandOf(jobOfFields()), () => $("form-command"));
    onCopy($(`job-${name}`), () => commandOf(requestOf(detail.job)), () => $("job-command"));
  }
  onCopy($("log-query"), () => logQuery(detail.job), () => $("log-query-text"));
  $("go").addEventListener("submit", (event) => { event.preventDefault(); goToChunk(); });
  listenToStrip();
  listenToFiles();
  addEventListener("hashchange", followRoute);
  addEventListener("scroll", keepScroll, { passive: true });
  addEventListener("online", refresh);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") refresh();
    else if (!poll.control && !poll.actions) scheduleRefresh();
  });
}

completeMarkup();
listen();
history.scrollRestoration = "manual"; // `enterList` restores it, after showing the list.
setInterval(showCountdown, SECOND);
followRoute();
