/* What is wrong with the form, at the field that it is about. */

/** The fields, and what the server's sentences about each have. The first that fits counts. */
const ABOUT = [
  ["kernel", /^(there is no kernel|kernel must)/],
  ["columns", /^(columns must|the source has no column|the kernel reads|column )/],
  ["chunks", /^(with consistency "snapshot" )?chunks must/],
  ["consistency", /(^consistency must|consistency "snapshot")/],
  ["execution", /^execution /],
  ["source", /^(there is no source|source must|table )/],
];

/** Shows an error of the server at the field that it names; false if it names none. */
function showRefusal(message) {
  const control = controlNamed(message);
  if (!control) return false;
  showWrong(control.dataset.field, message);
  control.focus();
  return true;
}

function controlNamed(message) {
  const param = paramControls().find(({ dataset: { param: name } }) =>
    message.startsWith(`${name} must`)
      || (message.startsWith("parameters of") && message.includes(`\`${name}\``)));
  if (param || message.startsWith("parameters of")) {
    return $("as-json").checked || !param ? jsonField() : param;
  }
  const [name] = ABOUT.find(([, pattern]) => pattern.test(message)) ?? [];
  if (name !== "columns") return name && $(`field-${name}`);
  const columns = columnControls();
  return columns.find(({ value }) => message.includes(`"${value}"`)) ?? columns[0]
    ?? $("field-columns");
}

/** The field for all parameters, which is shown from now on. */
function jsonField() {
  if (!$("as-json").checked) {
    $("as-json").checked = true;
    switchToJson();
  }
  return $("field-params");
}

/** Shows what the form itself knows to be wrong; true if that is nothing. */
function checkForm() {
  forgetWrong();
  for (const control of $("start").querySelectorAll("input[type=number]")) {
    if (!control.validity.badInput || control.closest("[hidden]")) continue;
    showWrong(control.dataset.field, "this is not a number");
    control.focus();
    return false;
  }
  const json = $("field-params").value.trim();
  if (!$("as-json").checked || !json || isObject(parseJson(json))) return true;
  showWrong("params", NOT_AN_OBJECT);
  $("field-params").focus();
  return false;
}
