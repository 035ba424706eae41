/** A row of the table; its parts are kept to be set again. */
function newRow(task) {
  const id = task.task_id;
  const cell = (name, attributes, ...children) =>
    make("td", { class: name, role: "cell", ...attributes }, ...children);
  const cells = {
    state: make("span"), link: make("a", { href: `#${id}`, title: id }), params: make("span", { class: "muted" }),
    source: cell("source"), progress: newProgress(), time: make("time"),
    rows: cell("num rows", { "data-label": "Rows" }), rate: cell("num rate", { "data-label": "Rows/s" }),
    elapsed: cell("num elapsed", { "data-label": "Elapsed" }), cost: cell("num cost", { "data-label": "Cost" }),
    button: make("button", { type: "button" }), note: make("td", { colspan: "10", role: "cell" }),
  };
  const row = make("tr", { class: "row", role: "row" },
    cell("state", {}, make("i", { class: "mark" }), cells.state),
    make("th", { class: "name", scope: "row", role: "rowheader" }, cells.link, " ", cells.params),
    cells.source, cell("progress-cell", {}, cells.progress.node), cells.rows, cells.rate, cells.elapsed, cells.cost,
    cell("num created", {}, cells.time), cell("action", {}, cells.button));
  const noteRow = make("tr", { class: "note", role: "row" }, cells.note);
  const job = { task, cells, noteRow, note: "", seen: 0, body: make("tbody", { class: "job", role: "rowgroup" }, row, noteRow) };
  onTwice(cells.button, () => job.task.state === "pending", () => {
    const cancels = job.task.state === "pending";
    act((control) => (cancels ? cancel : retry)(control, id, (said) => { job.note = said; showList(); }));
  });
  return job;
}

function showRow({ task, cells, noteRow, note, body }) {
  setState(body, task.state);
  setText(cells.state, task.state);
  setText(cells.link, task.kernel);
  setText(cells.params, params(task));
  setText(cells.source, task.source ?? NONE);
  showProgress(cells.progress, task);
  setText(cells.rows, count(task.rows));
  setText(cells.rate, rate(task));
  setText(cells.elapsed, duration(task.elapsed_ms));
  setText(cells.cost, money(task.cost_usd));
  setTime(cells.time, task.created_at);
  const action = { pending: "Cancel", failed: "Retry" }[task.state];
  if (!action && document.activeElement === cells.button) cells.link.focus();
  setHidden(cells.button, !action);
  if (action) nameButton(cells.button, action, `${action} ${task.kernel} ${task.task_id}`);
  const last = task.last_error;
  const told = { failed: task.error, pending: last && `chunk ${count(last.chunk)}, attempt ${count(last.attempt)}: ${last.error}` };
  const said = note || (told[task.state] ?? "");
  setText(cells.note, said);
  setHidden(noteRow, !said);
}

