/** What is known of a job besides, by the name it is shown by. */
const FACTS = [
  ["Source", (task) => task.source],
  ["Columns", (task) => task.columns?.join(", ")],
  ["Rows", (task) => task.state !== "completed" && task.estimated_rows
    ? `${count(task.rows)} of about ${count(task.estimated_rows)}` : count(task.rows)],
  ["Rows without a value", (task) => task.skipped > 0 ? count(task.skipped) : null],
  ["Rows/s", (task) => rate(task)],
  ["Elapsed", (task) => duration(task.elapsed_ms)],
  ["Left, about", (task) => left(task)],
  ["Mappers' time", (task) => duration(task.map_ms)],
  ["Failed attempts", (task) => task.failed_attempts > 0 ? count(task.failed_attempts) : null],
  ["Cost, about", (task) => money(task.cost_usd)],
  ["Execution", (task) => task.execution],
  ["Consistency", (task) => task.consistency_reached && task.consistency_reached !== task.consistency
    ? `${task.consistency}, reached ${task.consistency_reached}` : task.consistency],
  ["Warnings", (task) => task.warnings?.join("; ")],
  ["Snapshot held", (task) => isNumber(task.snapshot_held_ms) ? duration(task.snapshot_held_ms) : null],
  ["Largest chunk ÷ mean", (task) => isNumber(task.balance) ? figures.format(task.balance) : null],
  ["Created", (task) => task.created_at, true],
  ["Deadline", (task) => task.state === "pending" ? task.deadline : null, true],
  ["Kept until", (task) => task.expires_at, true],
];

function left({ state, progress: { done, total }, elapsed_ms: elapsed }) {
  return state === "pending" && done > 0 && isNumber(elapsed) ? duration((elapsed * (total - done)) / done) : null;
}

function showFacts(task) {
  const facts = $("facts");
  if (!facts.children.length) {
    facts.append(...FACTS.map(([name, , time]) => make("div", {}, make("dt", {}, name), make("dd", {}, time ? make("time") : ""))));
  }
  FACTS.forEach(([, of, time], at) => {
    const value = of(task);
    const dd = facts.children[at].lastElementChild;
    setHidden(facts.children[at], value === null || value === undefined);
    if (time) setTime(dd.firstElementChild, value);
    else setText(dd, String(value ?? ""));
  });
}

