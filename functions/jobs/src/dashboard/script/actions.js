/* ---------- Buttons that act on a job ---------- */

/**
 * Acts on a second click where one is too little: rows move, and a job that was cancelled by
 * mistake is gone. Whatever else takes the focus takes the first click back.
 */
function onTwice(button, needsTwo, work) {
  button.addEventListener("click", () => {
    if (needsTwo() && !button.classList.contains("armed")) return arm(button, true);
    arm(button, false);
    work();
  });
  button.addEventListener("blur", () => arm(button, false));
  button.addEventListener("keydown", (event) => { if (event.key === "Escape") arm(button, false); });
}

function arm(button, armed) {
  button.classList.toggle("armed", armed);
  nameButton(button, button.dataset.text ?? "", button.dataset.label ?? "");
  if (!armed) return;
  button.focus(); // Not every browser gives it to a button that is clicked.
  announce("Press again to cancel the job.");
}

function nameButton(button, text, label) {
  Object.assign(button.dataset, { text, label });
  const armed = button.classList.contains("armed");
  setText(button, armed ? "Sure?" : text);
  setAttribute(button, "aria-label", armed ? `Sure? ${label}` : label);
}

async function cancel(control, id, say) {
  await attempt(say, "Not cancelled", () => ask(control, "DELETE", `tasks/${id}`));
}

async function retry(control, id, say) {
  const told = await attempt(say, "Not retried", () => ask(control, "POST", `tasks/${id}/retry`));
  if (told) announce(`${told.chunks} chunks sent again`);
}

/** What the server refuses is said where it was asked. */
async function attempt(say, failing, work) {
  say("");
  try {
    return await work();
  } catch (problem) {
    const why = problem instanceof Refused ? problem.message : "the server did not answer";
    say(`${failing}: ${why}`);
    announce(`${failing}: ${why}`);
    throw problem;
  }
}

