/* Sending the form: to start a job, or to estimate what it would take. */

/** The idempotency key of the latest request, and the request as JSON. */
const submission = { key: "", json: "" };

function startJob() {
  if (!checkForm()) return;
  const body = jobOfFields();
  sendForm("Starting …", async (control) => {
    const headers = { "content-type": "application/json", "idempotency-key": idempotencyKey(body) };
    const { task_id: id } = await request(control, "POST", "tasks", { body, headers });
    submission.json = ""; // The same form sent again is to start another job.
    showFormNote("Started ");
    $("said").append(make("a", { href: `#${id}`, class: "mono" }, id));
  });
}

function estimateJob() {
  if (!checkForm()) return;
  const body = jobOfFields();
  sendForm("Planning …", async (control) => {
    const headers = { "content-type": "application/json" };
    const plan = await request(control, "POST", "tasks?dry_run=true", { body, headers });
    showFormNote(`About ${count(plan.estimated_rows)} rows in ${count(plan.chunks?.length)} chunks, `
      + `${duration(plan.estimated_seconds * SECOND)}, ${money(plan.estimated_cost_usd)}, `
      + `${count(plan.connections)} connections at once`);
  });
}

/** Sends one request at a time, however often somebody clicks. A note says how it went. */
function sendForm(progressNote, send) {
  const buttons = [$("submit"), $("estimate")];
  if ($("submit").getAttribute("aria-disabled") === "true") return;
  for (const button of buttons) setAttribute(button, "aria-disabled", "true");
  showFormNote(progressNote);
  act(async (control) => {
    try {
      await send(control);
    } catch (problem) {
      showFormNote(!(problem instanceof Refused)
        ? "The server did not answer. Start again sends the same request, for one job."
        : showRefusal(problem.message) ? "Refused, see the field." : problem.message, true);
      throw problem;
    } finally {
      for (const button of buttons) button.removeAttribute("aria-disabled");
    }
  });
}

function showFormNote(text, isError = false) {
  $("said").classList.toggle("wrong", isError);
  setText($("said"), text);
}

/** A request that got no answer has the same key when it is sent again, so it starts one job. */
function idempotencyKey(body) {
  const json = JSON.stringify(body);
  if (submission.json !== json) {
    const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
    submission.key = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
    submission.json = json;
  }
  return submission.key;
}
