/* The table that shows the list, with a row for each job. */

function newestFirst(one, other) {
  return other.created - one.created || (one.job.task_id < other.job.task_id ? 1 : -1);
}

function showList() {
  const rows = shownRows().sort(newestFirst);
  rows.forEach(showRow);
  setRows(rows.map((row) => row.body));
  setHidden($("jobs"), !rows.length);
  setHidden($("empty"), rows.length > 0 || !list.isKnown);
  setText($("empty-what"), emptyText());
  setHidden($("empty-how"), route.state !== "" || route.search !== "");
  setHidden($("more"), !list.next && !list.isDeep);
  setHidden($("load-more"), !list.next);
  setText($("shown"), shownText());
  if (!route.job) showTitle();
}

/** Puts rows into the table. If the row that has the focus is not among them, another gets it. */
function setRows(bodies) {
  const focused = document.activeElement?.closest?.(".job");
  const isGone = focused && !bodies.includes(focused);
  const neighbour = focused?.nextElementSibling ?? focused?.previousElementSibling;
  const heir = neighbour?.querySelector("a");
  setChildren($("jobs").firstElementChild, bodies, 2); // After the columns and the head.
  if (isGone) (heir?.isConnected ? heir : $("list-title")).focus();
}

/** Makes a row, whose cells `showRow` fills. A second row below it has a note. */
function newRow(job) {
  const id = job.task_id;
  const cell = (name, attributes, ...children) =>
    make("td", { class: name, role: "cell", ...attributes }, ...children);
  const cells = {
    state: make("span"),
    link: make("a", { href: `#${id}`, title: id }),
    params: make("span", { class: "muted" }),
    id: make("button", { type: "button", class: "short-id mono", title: `${id}, click to copy` },
      `…${id.slice(-8)}`),
    source: make("span"),
    columns: make("span", { class: "muted" }),
    progress: newProgress(),
    rows: cell("num rows", { "data-label": "Rows" }),
    rate: cell("num rate", { "data-label": "Rows/s" }),
    elapsed: cell("num elapsed", { "data-label": "Elapsed" }),
    cost: cell("num cost", { "data-label": "Cost" }),
    time: make("time"),
    button: make("button", { type: "button" }),
    note: make("td", { colspan: "10", role: "cell" }),
  };
  const { bar, text } = cells.progress;
  const mainRow = make("tr", { class: "row", role: "row" },
    cell("state", {}, make("i", { class: "mark" }), cells.state),
    make("th", { class: "name", scope: "row", role: "rowheader" },
      cells.link, " ", cells.id, " ", cells.params),
    cell("source", {}, cells.source, " ", cells.columns),
    cell("progress-cell", {}, make("div", { class: "progress" }, bar, text)),
    cells.rows, cells.rate, cells.elapsed, cells.cost,
    cell("num created", {}, cells.time),
    cell("action", {}, cells.button));
  const noteRow = make("tr", { class: "note", role: "row" }, cells.note);
  const body = make("tbody", { class: "job", role: "rowgroup" }, mainRow, noteRow);
  const row = { job, cells, noteRow, body, note: "", created: 0, lastPoll: 0 };
  setAttribute(cells.id, "aria-label", `Copy id …${id.slice(-8)}`);
  onCopy(cells.id, () => id);
  const isPending = () => row.job.state === "pending";
  onConfirmedClick(cells.button, isPending, () => {
    const action = isPending() ? cancelJob : retryJob;
    act((control) => action(control, id, (note) => { row.note = note; showList(); }));
  });
  return row;
}

function showRow({ job, cells, noteRow, body, note }) {
  setState(body, job.state);
  setText(cells.state, job.state);
  setText(cells.link, kernelText(job));
  setText(cells.params, queryLine(job));
  setText(cells.source, job.source);
  setText(cells.columns, columnsText(job));
  showProgress(cells.progress, job);
  setText(cells.rows, count(job.rows));
  setText(cells.rate, rowRate(job));
  setText(cells.elapsed, duration(job.elapsed_ms));
  setText(cells.cost, money(job.cost_usd));
  setTime(cells.time, job.created_at);
  showRowAction(job, cells);
  const shownNote = note || noteOf(job);
  setText(cells.note, shownNote);
  setHidden(noteRow, !shownNote);
}

function showRowAction(job, { button, link }) {
  const { state, task_id: id } = job;
  const action = { pending: "Cancel", failed: "Retry" }[state];
  if (!action && document.activeElement === button) link.focus();
  setHidden(button, !action);
  if (action) nameButton(button, action, `${action} ${kernelText(job)} ${id}`);
}

/** Why a job failed, or how the latest attempt that failed ended. */
function noteOf(job) {
  const { state, error, last_error: last } = job;
  if (state === "failed") return error ?? "";
  if (state !== "pending" || !last) return "";
  return `${chunkName(job, last.chunk)}, attempt ${count(last.attempt)}: ${last.error}`;
}
