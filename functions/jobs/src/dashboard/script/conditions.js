/* The conditions of the form: a column, a comparison and a value each. */

/** The comparisons, by what a condition has; `null` and `not null` are values of `is`. */
const COMPARISONS = {
  eq: "=", ne: "≠", lt: "<", le: "≤", gt: ">", ge: "≥", in: "is one of",
  "null": "is null", "not null": "is not null",
};
/** The most values of all conditions of a job, and so the most conditions. */
const MOST_CONDITIONS = 1000;

function newCondition(number) {
  const comparison = make("select", {}, ...Object.entries(COMPARISONS).map(([value, text]) =>
    make("option", { value }, text)));
  const fields = make("div", { class: "fields" },
    field(`where-column-${number}`, "Column", input()),
    field(`where-comparison-${number}`, "Comparison", comparison),
    field(`where-value-${number}`, "Value", input()));
  const element = make("div", { class: "item", role: "group" }, fields);
  comparison.addEventListener("change", () => showValue(item));
  const item = { number, element, comparison, shownKind: "" };
  return item;
}

const columnOf = ({ number }) => $(`field-where-column-${number}`);
const valueControl = ({ number }) => $(`field-where-value-${number}`);
const needsValue = ({ comparison }) => !comparison.value.endsWith("null");

/** The kind of values that a condition compares with. */
const conditionKind = (item) => literalKind(sourceColumn(columnOf(item).value));

/** Makes the field of the column a list, if the server tells by which columns rows are filtered. */
function showFilterColumn(item, chosen) {
  const names = chosenSource()?.filters.map(({ column }) => column);
  const control = names ? choice(names) : input();
  // A column that is not there any more stays, so that no job of other rows is started.
  if (chosen && !setValue(control, chosen)) {
    control.append(...options([chosen]));
    control.value = chosen;
  }
  control.addEventListener("change", () => showValue(item));
  replaceControl(`where-column-${item.number}`, "Column", control);
  const isThere = !names || !chosen || names.includes(chosen);
  showWrong(`where-column-${item.number}`, isThere ? "" : `rows are not filtered by “${chosen}”`);
}

/** Fits the control of the value to the column and the comparison; keeps its text, if it can. */
function showValue(item) {
  const kind = item.comparison.value === "in" ? "list" : conditionKind(item);
  showHint(`where-column-${item.number}`, expressionText(columnOf(item).value));
  // Somebody may be on the way into a control that can stay.
  if (item.shownKind !== kind) setValueControl(item, valueControl(item).value);
  setHidden(valueControl(item).parentElement, !needsValue(item));
}

function setValueControl(item, text) {
  const isList = item.comparison.value === "in";
  const kind = conditionKind(item);
  const control = isList ? Object.assign(input(), { value: text }) : literalControl(kind, text);
  const hint = isList ? "commas between the values" : LITERAL_HINTS[kind] ?? "";
  item.shownKind = isList ? "list" : kind;
  replaceControl(`where-value-${item.number}`, "Value", control, hint);
}

/** Fits the conditions to the chosen source. */
function showConditions() {
  for (const item of form.conditions.items) {
    showFilterColumn(item, columnOf(item).value);
    showValue(item);
  }
}

/** Puts the conditions of a job into the form. One that has several comparisons becomes several. */
function fillConditions(conditions = []) {
  const asked = conditions.filter(isObject).flatMap(comparisonsOf);
  form.conditions.setSize(asked.length);
  form.conditions.items.forEach((item, at) => fillCondition(item, asked[at]));
}

/** The comparisons of a condition: the column, the comparison, and the value if it has one. */
function comparisonsOf({ column = "", is, ...values }) {
  const nullness = is === undefined ? [] : [[column, is]];
  return [...Object.entries(values).map(([comparison, value]) => [column, comparison, value]),
    ...nullness];
}

function fillCondition(item, [column, comparison, value]) {
  showFilterColumn(item, column);
  setValue(item.comparison, comparison);
  const kind = conditionKind(item);
  setValueControl(item, value === undefined ? ""
    : comparison === "in" ? listText(kind, [value].flat()) : literalText(kind, value));
  showValue(item);
}

const conditionsOfForm = () => form.conditions.items.map((item) => {
  const [column, comparison, kind] = [
    columnOf(item).value.trim(), item.comparison.value, conditionKind(item)];
  if (!needsValue(item)) return { column, is: comparison };
  const text = valueControl(item).value;
  return { column, [comparison]: comparison === "in" ? listOf(kind, text) : literalOf(kind, text) };
});

/** The control of a condition that misses something, and what; nothing if there is none. */
function incompleteCondition() {
  for (const item of form.conditions.items) {
    const [column, control] = [columnOf(item), valueControl(item)];
    if (!column.value.trim()) return [column, "which column?"];
    const mayBeEmpty = ["text", "unknown"].includes(conditionKind(item))
      && item.comparison.value !== "in";
    if (needsValue(item) && !mayBeEmpty && !control.value.trim()) {
      return [control, control.validity.badInput ? "this is not complete" : "a value is missing"];
    }
  }
  return null;
}
