/* Fields of the form: a label, a control, a hint below it, and what is wrong with its value. */

const options = (values) => values.map((value) => make("option", {}, value));
const choice = (values) => make("select", {}, ...options(values));
const input = (attributes = {}) => make("input", {
  autocomplete: "off", spellcheck: "false", autocapitalize: "none", ...attributes,
});

/** Makes a field. Its control is `field-NAME`, and what is wrong with it is in `wrong-NAME`. */
function field(name, label, control, hint = "") {
  const [hintId, wrongId] = [`hint-${name}`, `wrong-${name}`];
  control.id = `field-${name}`;
  control.dataset.field = name;
  setAttribute(control, "aria-describedby", `${hintId} ${wrongId}`);
  control.addEventListener("input", () => showWrong(name, ""));
  return make("div", { class: "field" },
    make("label", { for: control.id }, label), control,
    make("p", { class: "hint", id: hintId }, hint),
    make("p", { class: "wrong", id: wrongId }));
}

/** Puts another control into a field, which keeps its place, and the focus if the old one had it. */
function replaceControl(name, label, control, hint = "") {
  const before = $(`field-${name}`);
  const hadFocus = document.activeElement === before;
  before.parentElement.replaceWith(field(name, label, control, hint));
  if (hadFocus) control.focus();
}

const showHint = (name, hint) => setText($(`hint-${name}`), hint);

/** Shows below a field what is wrong with it, or nothing if `text` is empty. */
function showWrong(name, text) {
  setText($(`wrong-${name}`), text);
  if (text) setAttribute($(`field-${name}`), "aria-invalid", "true");
  else $(`field-${name}`).removeAttribute("aria-invalid");
}

function forgetWrong() {
  const controls = $("start").querySelectorAll("[data-field]");
  for (const { dataset } of controls) showWrong(dataset.field, "");
}

/** Chooses a value if the control has it as an option, or takes any text; false if it cannot. */
function setValue(control, value) {
  const values = [...control.options ?? []].map((option) => option.value);
  const isPossible = !control.options || values.includes(value);
  if (isPossible) control.value = value;
  return isPossible;
}
