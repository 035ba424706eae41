/** What is asked for. What was left empty is left out, so that the server's defaults hold. */
function formBody() {
  const value = (name) => $(`field-${name}`).value.trim();
  const given = [...$("fields").querySelectorAll("[data-param]")].filter((control) => control.value.trim());
  const param = ({ value: text, dataset: { type } }) => type === "array" ? words(text).map(numberOr)
    : type === "integer" || type === "number" ? numberOr(text) : text.trim();
  const body = { kernel: value("kernel"), consistency: value("consistency"), execution: value("execution"),
    params: Object.fromEntries(given.map((control) => [control.dataset.param, param(control)])) };
  if (value("source")) body.source = value("source");
  if (value("columns")) body.columns = words(value("columns"));
  if (value("chunks")) body.chunks = numberOr(value("chunks"));
  return body;
}

/** The key of a request, so that one that was cut off and is sent again starts no second job. */
function idempotencyKey(body) {
  const told = JSON.stringify(body);
  if (form.keyOf !== told || !form.key) {
    form.key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    form.keyOf = told;
  }
  return form.key;
}

function sayOfForm(text, wrong = false) {
  $("said").classList.toggle("wrong", wrong);
  setText($("said"), text);
}

function start() {
  const body = formBody();
  fromForm("Starting …", async (control) => {
    const headers = { "content-type": "application/json", "idempotency-key": idempotencyKey(body) };
    const told = await ask(control, "POST", "tasks", { body, headers });
    form.key = null;
    sayOfForm("Started ");
    $("said").append(make("a", { href: `#${told.task_id}`, class: "mono" }, told.task_id));
  });
}

function estimate() {
  const body = formBody();
  fromForm("Planning …", async (control) => {
    const headers = { "content-type": "application/json" };
    const plan = await ask(control, "POST", "tasks?dry_run=true", { body, headers });
    sayOfForm(`About ${count(plan.estimated_rows)} rows in ${count(plan.chunks?.length)} chunks, ${duration(plan.estimated_seconds * SECOND)}, `
      + `${money(plan.estimated_cost_usd)}, ${count(plan.connections)} connections at once`);
  });
}

/** Sends what the form says, once however often one presses; what is refused is said beside it. */
function fromForm(meanwhile, work) {
  if ($("submit").getAttribute("aria-disabled") === "true") return;
  for (const button of [$("submit"), $("estimate")]) setAttribute(button, "aria-disabled", "true");
  sayOfForm(meanwhile);
  act(async (control) => {
    try {
      await work(control);
    } catch (problem) {
      sayOfForm(problem instanceof Refused ? problem.message : "The server did not answer. Start again sends the same request, for one job.", true);
      throw problem;
    } finally {
      for (const button of [$("submit"), $("estimate")]) button.removeAttribute("aria-disabled");
    }
  });
}

