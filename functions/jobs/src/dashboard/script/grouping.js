/* The groups of the form: columns, or units of their times; and the order of the answer. */

const MOST_GROUPS = 4;
const UNITS = ["minute", "hour", "day", "week", "month", "quarter", "year"];

function newGroup(number) {
  const unit = make("select", {}, make("option", { value: "" }, "the value itself"),
    ...options(UNITS));
  const zone = input({ placeholder: "UTC", list: "time-zones" });
  const nameControl = input({ maxlength: "63" });
  const fields = make("div", { class: "fields" },
    field(`group-column-${number}`, "Column", input()),
    field(`group-unit-${number}`, "Unit", unit),
    field(`group-zone-${number}`, "Time zone", zone),
    field(`group-name-${number}`, "Name in the answer", nameControl));
  const element = make("div", { class: "item", role: "group" }, fields);
  const item = { number, element, unit, zone, nameControl };
  unit.addEventListener("change", () => showUnit(item));
  return item;
}

const groupColumn = ({ number }) => $(`field-group-column-${number}`);

/** Types whose values make no groups. */
const isUngroupable = (column) => literalKind(column) === "number" || /^jsonb?$/.test(column.type);

/** Makes the field of the column a list, if the server lists the columns. */
function showGroupColumn(item, chosen) {
  const columns = chosenSource()?.columns;
  const names = columns?.filter((one) => !isUngroupable(one)).map(({ column }) => column);
  const control = names ? choice(names) : input();
  if (chosen && !setValue(control, chosen)) {
    control.append(...options([chosen]));
    control.value = chosen;
  }
  control.addEventListener("change", () => showUnit(item));
  replaceControl(`group-column-${item.number}`, "Column", control);
  const isThere = !names || !chosen || names.includes(chosen);
  showWrong(`group-column-${item.number}`, isThere ? "" : `“${chosen}” makes no groups`);
}

/** Offers units for times, and a time zone for units of instants. */
function showUnit(item) {
  const { number, unit, zone, nameControl } = item;
  const name = groupColumn(item).value;
  const kind = literalKind(sourceColumn(name));
  showHint(`group-column-${number}`, expressionText(name));
  if (kind !== "unknown" && !isTime(kind)) unit.value = "";
  setHidden(unit.parentElement, kind !== "unknown" && !isTime(kind));
  const hasZone = unit.value !== "" && (kind === "unknown" || kind === "instant");
  if (!hasZone) zone.value = "";
  setHidden(zone.parentElement, !hasZone);
  setAttribute(nameControl, "placeholder", name);
  showHint(`group-unit-${number}`, unit.value === "week" ? "from Monday" : "");
  showOrder();
}

/** Fits the groups to the chosen source. */
function showGroups() {
  for (const item of form.groups.items) {
    showGroupColumn(item, groupColumn(item).value);
    showUnit(item);
  }
}

/** Puts the groups of a job, and their order, into the form. */
function fillGroups({ group_by: groups = [], order_by: order, descending, limit }) {
  form.groups.setSize(groups.length);
  form.groups.items.forEach((item, at) => {
    const { column, unit, time_zone: zone, as: name } = named(groups[at]);
    showGroupColumn(item, column);
    setValue(item.unit, unit ?? "");
    item.zone.value = zone ?? "";
    item.nameControl.value = name ?? "";
    showUnit(item);
  });
  $("field-order_by").value = order ?? "";
  $("field-descending").value = String(descending ?? false);
  $("field-limit").value = limit ?? "";
  showOrder();
}

/** A group of a request as an object; it may be just the name of a column. */
const named = (group) => (isObject(group) ? group : { column: exact(group) });

/** What the form has of groups and their order; what is by default is left out. */
function groupsOfForm() {
  if (!form.groups.items.length) return {};
  const text = (control) => control.value.trim();
  const [order, limit] = [text($("field-order_by")), text($("field-limit"))];
  const groups = form.groups.items.map((item) => {
    const [column, unit, zone, name] = [
      groupColumn(item), item.unit, item.zone, item.nameControl].map(text);
    if (!unit && !name) return column;
    return {
      column, ...(unit && { unit }), ...(zone && { time_zone: zone }), ...(name && { as: name }),
    };
  });
  return {
    group_by: groups,
    ...(order && { order_by: order }),
    ...($("field-descending").value === "true" && { descending: true }),
    ...(limit && { limit: numberOrText(limit) }),
  };
}

/** Offers what the groups can be ordered by: their values, their rows, and numbers of answers. */
function showOrder() {
  setHidden($("fields-order"), !form.groups.items.length);
  const values = form.groups.items.map((item) =>
    item.nameControl.value.trim() || groupColumn(item).value);
  const names = namesOfAnswers();
  const numbers = form.computed.items.flatMap((item, at) =>
    numbersOf(chosenKernel(item).answer).map((number) => `${names[at]}.${number}`));
  const known = [...values, "rows", ...numbers];
  const shown = JSON.stringify(known);
  if ($("orders").dataset.shown === shown) return;
  $("orders").dataset.shown = shown;
  $("orders").replaceChildren(...known.map((value) => make("option", { value })));
}

/** The fields of an answer that are numbers, by its JSON Schema. */
function numbersOf(schema) {
  const parts = [...schema?.oneOf ?? [], ...schema?.anyOf ?? []].flatMap(numbersOf);
  const fields = Object.entries(schema?.properties ?? {}).filter(([, field]) => isNumeric(field));
  return [...new Set([...parts, ...fields.map(([name]) => name)])].sort();
}

const isNumeric = ({ type, oneOf = [], anyOf = [] }) =>
  [type].flat().some((one) => one === "number" || one === "integer")
    || [...oneOf, ...anyOf].some(isNumeric);
