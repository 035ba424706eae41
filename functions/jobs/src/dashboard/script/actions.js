/* Actions on a job, and the buttons for them. */

/**
 * Calls `action` on a click; where `mustConfirm()`, only on a second click, since rows move and a
 * cancelled job is gone. Escape, or leaving the button, takes the first click back.
 */
function onConfirmedClick(button, mustConfirm, action) {
  button.addEventListener("click", () => {
    if (mustConfirm() && !button.classList.contains("armed")) return arm(button, true);
    arm(button, false);
    action();
  });
  button.addEventListener("blur", () => arm(button, false));
  button.addEventListener("keydown", (event) => {
    if (event.key === "Escape") arm(button, false);
  });
}

/** An armed button acts on the next click. */
function arm(button, armed) {
  button.classList.toggle("armed", armed);
  nameButton(button, button.dataset.text ?? "", button.dataset.label ?? "");
  if (!armed) return;
  button.focus(); // Not every browser focuses a button that is clicked.
  announce("Press again to cancel the job.");
}

/** Sets a button's text, and its label for screen readers, for when it is not armed. */
function nameButton(button, text, label) {
  Object.assign(button.dataset, { text, label });
  const armed = button.classList.contains("armed");
  setText(button, armed ? "Sure?" : text);
  setAttribute(button, "aria-label", armed ? `Sure? ${label}` : label);
}

async function cancelJob(control, id, showNote) {
  await attempt("Not cancelled", showNote, () => request(control, "DELETE", jobPath(id)));
}

async function retryJob(control, id, showNote) {
  const send = () => request(control, "POST", `${jobPath(id)}/retry`);
  const { chunks } = await attempt("Not retried", showNote, send);
  announce(`${chunks} chunks sent again`);
}

/** Sends a request about a job. If that fails, a note next to the job says why. */
async function attempt(failure, showNote, send) {
  showNote("");
  try {
    return await send();
  } catch (problem) {
    const why = problem instanceof Refused ? problem.message : "the server did not answer";
    showNote(`${failure}: ${why}`);
    announce(`${failure}: ${why}`);
    throw problem;
  }
}
