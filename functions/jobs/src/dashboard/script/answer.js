/* Each kernel has an answer of its own; so it is shown by its form. */
function showAnswer(task) {
  const answer = task.answer ?? task.answer_so_far ?? null;
  setHidden($("answer-panel"), answer === null);
  setText($("answer-title"), task.answer ? "Answer" : "Answer so far");
  setText($("answer-of"), task.answer || !answer ? "" : `of ${count(task.rows)} of about ${count(task.estimated_rows)} rows`);
  const told = JSON.stringify(answer);
  if (job.answer === told) return;
  job.answer = told;
  setChildren($("answer"), answer === null ? [] : answerParts(answer));
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

function answerParts(answer) {
  if (!isObject(answer)) return [make("p", { class: "big" }, exact(answer))];
  const entries = Object.entries(answer);
  const scalars = entries.filter(([, value]) => value === null || typeof value !== "object");
  const others = entries.filter(([, value]) => value !== null && typeof value === "object");
  const first = scalars.length === 1 ? [bigFigure(...scalars[0])] : scalars.length ? [facts(scalars)] : [];
  return [...first, ...others.map(([name, value]) => answerPart(name, value))];
}

const bigFigure = (name, value) =>
  make("div", {}, make("div", { class: "muted" }, name), make("div", { class: "big" }, exact(value)));

function facts(entries) {
  const one = ([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, exact(value)));
  return make("dl", { class: "facts" }, ...entries.map(one));
}

function answerPart(name, value) {
  const shown = Array.isArray(value) && value.length && value.every(isObject) ? rowsOf(name, value)
    : isObject(value) ? facts(Object.entries(value))
    : make("p", { class: "mono" }, Array.isArray(value) ? value.map(exact).join(", ") || "none" : exact(value));
  return make("div", {}, make("div", { class: "muted" }, name), shown);
}

/** A list of objects as a table. Objects in them lend their fields. */
function rowsOf(name, values) {
  const flat = (value) => Object.entries(value).flatMap(([key, inner]) => (isObject(inner) ? Object.entries(inner) : [[key, inner]]));
  const rows = values.map((value) => Object.fromEntries(flat(value)));
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const table = make("table", {},
    make("thead", {}, make("tr", {}, ...columns.map((column) => make("th", { scope: "col" }, column)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...columns.map((column) => make("td", { class: "mono" }, exact(row[column])))))));
  return make("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": name }, table);
}

