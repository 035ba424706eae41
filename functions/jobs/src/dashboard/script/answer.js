/* The answer of a job. Each kernel has another one, so it is shown by the shape of its JSON. */

function showAnswer(job) {
  const answer = job.answer ?? job.answer_so_far ?? null;
  const isPartial = answer !== null && !job.answer;
  setHidden($("answer-panel"), answer === null);
  setText($("answer-title"), job.answer ? "Answer" : "Answer so far");
  setText($("answer-of"), isPartial
    ? `of ${count(job.rows)} of about ${count(job.estimated_rows)} rows` : "");
  setHidden($("answer-whole"), !job.whole);
  if (job.whole) setLink($("answer-whole").querySelector("a"), job.whole.url);
  const json = JSON.stringify(answer);
  if (detail.answer === json) return;
  detail.answer = json;
  if (hasGroups(job, answer)) return showGroupTable(job, answer, $("answer"));
  $("answer").replaceChildren(...(answer === null ? []
    : job.compute ? namedAnswers(job, answer) : answerParts(answer)));
}

/** The answers of several kernels, each below its name. */
function namedAnswers(job, answers) {
  return computedOf(job).map(({ name, ...computed }) => {
    const what = make("span", { class: "muted" }, computedText(computed));
    return make("section", {}, make("h3", {}, name, " ", what), ...answerParts(answers[name] ?? null));
  });
}

/** A single value is shown large, several as a list; then arrays and objects, each by itself. */
function answerParts(answer) {
  if (!isObject(answer)) return [make("p", { class: "big" }, exact(answer))];
  const isScalar = ([, value]) => value === null || typeof value !== "object";
  const entries = Object.entries(answer);
  const scalars = entries.filter(isScalar);
  const others = entries.filter((entry) => !isScalar(entry));
  const first = scalars.length === 1 ? [largeFigure(...scalars[0])]
    : scalars.length ? [valueList(scalars)] : [];
  return [...first, ...others.map(([name, value]) => answerPart(name, value))];
}

function largeFigure(name, value) {
  const figure = make("div", { class: "big" }, exact(value));
  return make("div", {}, make("div", { class: "muted" }, name), figure);
}

function answerPart(name, value) {
  const isTable = Array.isArray(value) && value.length > 0 && value.every(isObject);
  const shown = isTable ? valueTable(name, value)
    : isObject(value) ? valueList(Object.entries(value))
    : make("p", { class: "mono" }, value.map(exact).join(", ") || "none");
  return make("div", {}, make("div", { class: "muted" }, name), shown);
}

function valueList(entries) {
  const pair = ([name, value]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, exact(value)));
  return make("dl", { class: "facts" }, ...entries.map(pair));
}

/** Objects as the rows of a table. Fields of an object inside them become columns as well. */
function valueTable(name, objects) {
  const fields = ([key, value]) => (isObject(value) ? Object.entries(value) : [[key, value]]);
  const rows = objects.map((object) =>
    Object.fromEntries(Object.entries(object).flatMap(fields)));
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const head = columns.map((column) => make("th", { scope: "col" }, column));
  const cells = (row) => columns.map((column) => make("td", { class: "mono" }, exact(row[column])));
  const table = make("table", {},
    make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...cells(row)))));
  const region = { class: "scroll", role: "region", tabindex: "0", "aria-label": name };
  return make("div", region, table);
}
