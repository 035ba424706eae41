/* What is wrong with the form, at the field that it is about. */

/** The fields, and what the server's sentences about each have. The first that fits counts. */
const ABOUT = [
  ["parts", /^output(: |\.)parts/],
  ["output", /^(output|the kernel rows writes files)/],
  ["kernel", /^(there is no kernel|kernel must|the kernel rows)/],
  ["columns", /^(columns(:| must| has)|the source has no column|the kernel reads|column )/],
  ["order_by", /^order_by /],
  ["descending", /^descending must/],
  ["limit", /^limit must/],
  ["chunks", /^(with consistency "snapshot" )?chunks must/],
  ["consistency", /(^consistency must|consistency "snapshot")/],
  ["execution", /^execution /],
  ["source", /^(there is no source|source must|table )/],
];

/** Shows an error of the server at the field that it names; false if it names none. */
function showRefusal(message) {
  const control = controlNamed(message);
  if (!control || control.closest("[hidden]")) return false;
  showWrong(control.dataset.field, message);
  control.focus();
  return true;
}

function controlNamed(message) {
  const isNamedIn = (text) => text && message.includes(JSON.stringify(text));
  if (message.startsWith("where: ")) {
    const item = form.conditions.items.find((one) => isNamedIn(columnOf(one).value));
    return item && (needsValue(item) ? valueControl(item) : columnOf(item));
  }
  if (message.startsWith("group_by: ")) {
    const items = form.groups.items;
    if (/time zone "/.test(message)) {
      const zoned = items.find(({ zone }) => isNamedIn(zone.value));
      if (zoned) return zoned.zone;
    }
    const item = items.find((one) => isNamedIn(groupColumn(one).value));
    return item && groupColumn(item);
  }
  if (/^(a name in an answer|two values of an answer)/.test(message)) {
    const items = [...form.computed.items, ...form.groups.items].reverse();
    return items.find(({ nameControl }) =>
      isNamedIn(nameControl.value || nameControl.placeholder))?.nameControl;
  }
  return kernelControlNamed(message);
}

/** The control of a kernel, or of the whole job, that an error names. */
function kernelControlNamed(message) {
  const [, answer, problem] = /^compute: "(.*?)": (.*)$/s.exec(message) ?? [null, null, message];
  const names = namesOfAnswers();
  const items = form.computed.items.filter((_, at) => answer === null || names[at] === answer);
  const item = items.find(({ control }) => problem.startsWith(`parameters of ${control.value}`))
    ?? items[0];
  for (const one of items) {
    const param = paramControls(one).find(({ dataset: { param: name } }) =>
      problem.startsWith(`${name} must`)
        || (problem.startsWith("parameters of") && problem.includes(`\`${name}\``)));
    if (param && !one.asJson.checked) return param;
  }
  if (item && problem.startsWith("parameters of")) return jsonControl(item);
  const [name] = ABOUT.find(([, pattern]) => pattern.test(problem)) ?? [];
  if (name === "kernel") return item?.control;
  if (name !== "columns") return name && $(`field-${name}`);
  const columns = items.flatMap(columnControls);
  return columns.find(({ value }) => problem.includes(`"${value}"`)) ?? columns[0]
    ?? (item && typedColumns(item));
}

/** The field for all parameters of a kernel, which is shown from now on. */
function jsonControl(item) {
  if (!item.asJson.checked) {
    item.asJson.checked = true;
    switchToJson(item);
  }
  return item.json;
}

/** Shows what the form itself knows to be wrong; true if that is nothing. */
function checkForm() {
  forgetWrong();
  const [control, problem] = wrongNumber() ?? wrongParams() ?? repeatedName()
    ?? incompleteCondition() ?? missingOutput() ?? [];
  if (!control) return true;
  showWrong(control.dataset.field, problem);
  control.focus();
  return false;
}

function wrongNumber() {
  const numbers = [...$("start").querySelectorAll("input[type=number]")];
  const wrong = numbers.find((one) => one.validity.badInput && !one.closest("[hidden]"));
  return wrong && [wrong, "this is not a number"];
}

function wrongParams() {
  const wrong = form.computed.items.find(({ asJson, json: { value } }) =>
    asJson.checked && value.trim() && !isObject(parseJson(value)));
  return wrong && [wrong.json, NOT_AN_OBJECT];
}

function repeatedName() {
  const typed = form.computed.items.map(({ nameControl }) => nameControl)
    .filter(({ value }) => value.trim());
  const repeated = typed.find(({ value }, at) =>
    typed.slice(0, at).some((one) => one.value.trim() === value.trim()));
  return repeated && [repeated, "another answer has this name"];
}
