/* Sending the form: to start a job, or to plan what it would take. */

/** The idempotency key of the latest request, and the request as JSON. */
const submission = { key: "", json: "" };

function startJob() {
  if (!checkForm()) return;
  sendForm("Starting …", async (control) => {
    const body = jobOfFields(); // By now, when the lists are loaded.
    const headers = { "content-type": "application/json", "idempotency-key": idempotencyKey(body) };
    const { task_id: id } = await request(control, "POST", "tasks", { body, headers });
    submission.json = ""; // The same form sent again is to start another job.
    showFormNote("Started ");
    $("said").append(make("a", { href: `#${id}`, class: "mono" }, id));
  });
}

function planJob() {
  if (!checkForm()) return;
  sendForm("Planning …", async (control) => {
    const body = jobOfFields();
    const headers = { "content-type": "application/json" };
    const plan = await request(control, "POST", "tasks?dry_run=true", { body, headers });
    showFormNote("");
    // Whoever has changed the form meanwhile would see the plan of another job.
    if (JSON.stringify(jobOfFields()) === JSON.stringify(body)) showPlan(plan, body);
  });
}

/** Sends one request at a time, however often somebody clicks. A note says how it went. */
function sendForm(progressNote, send) {
  const buttons = [$("submit"), $("plan-job")];
  if ($("submit").getAttribute("aria-disabled") === "true") return;
  for (const button of buttons) setAttribute(button, "aria-disabled", "true");
  showFormNote(progressNote);
  forgetPlan();
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
