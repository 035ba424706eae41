/* The fields for the parameters of a kernel, by their JSON Schema; or all of them as JSON. */

function showParamFields(item) {
  const { params: { properties = {}, required = [] }, example } = chosenKernel(item);
  const fields = Object.entries(properties).map(([name, schema]) =>
    paramField(item, name, schema, required.includes(name), example?.[name]));
  item.places.params.replaceChildren(...fields);
  setHidden(item.params, !fields.length);
  showJson(item, false);
}

function paramField({ number }, name, schema, isRequired, example) {
  const control = paramControl(schema, example);
  control.dataset.param = name;
  control.dataset.kind = kindOf(schema);
  if (isRequired) control.required = true;
  const spelling = control.dataset.kind === "json" ? "As JSON" : boundsText(schema);
  const hints = [spelling, schema.description ?? ""].filter(Boolean);
  const label = isRequired ? `${name}, required` : name;
  return field(`param-${number}-${name}`, label, control, hints.join(". "));
}

/**
 * What a value of a schema is in the form: numbers are a list, and exact ones a list whose long
 * numbers are text. What has no control of its own is written as JSON.
 */
function kindOf({ type, enum: values, items }) {
  if (values || type === "boolean") return "choice";
  const kind = [type].flat().find((one) => one !== "null");
  if (["integer", "number", "string"].includes(kind)) return kind;
  const kinds = kind === "array" ? [items?.type].flat() : [];
  if (!kinds.some((one) => one === "integer" || one === "number")) return "json";
  return kinds.includes("string") ? "exact numbers" : "numbers";
}

function paramControl(schema, example) {
  const { type, enum: values = [true, false], default: preset, minimum, maximum } = schema;
  const kind = kindOf(schema);
  if (kind === "choice") {
    const select = make("select", {}, ...values.map((value) =>
      make("option", { value: JSON.stringify(value) }, exact(value))));
    if (preset === undefined) select.prepend(make("option", { value: "" }, "not set"));
    select.value = preset === undefined ? "" : JSON.stringify(preset);
    return select;
  }
  const placeholder = preset !== undefined ? fieldText(kind, preset)
    : example !== undefined ? `for example ${fieldText(kind, example)}` : "";
  if (kind !== "integer" && kind !== "number") return input({ placeholder });
  const step = type === "integer" ? "1" : "any";
  const bounds = Object.entries({ min: minimum, max: maximum });
  const known = bounds.filter(([, bound]) => bound !== undefined);
  return input({ type: "number", step, placeholder, ...Object.fromEntries(known) });
}

function boundsText({ minimum: least, maximum: most, items }) {
  const [from, to] = [least ?? items?.minimum, most ?? items?.maximum];
  const bounds = from !== undefined && to !== undefined ? `${from} to ${to}`
    : from !== undefined ? `at least ${from}` : to !== undefined ? `at most ${to}` : "";
  return items ? `Numbers with commas between them${bounds && `, each ${bounds}`}` : bounds;
}

/** A value as the text of its field. */
function fieldText(kind, value) {
  if (value === undefined) return "";
  if (kind === "choice" || kind === "json") return JSON.stringify(value);
  return [value].flat().map(exact).join(", ");
}

function valueOf({ value, dataset: { kind } }) {
  if (kind === "choice") return JSON.parse(value);
  if (kind === "json") return parseJson(value) ?? value;
  if (kind === "numbers") return words(value).map(numberOrText);
  if (kind === "exact numbers") return words(value).map(exactNumber);
  return kind === "integer" || kind === "number" ? numberOrText(value) : value.trim();
}

const paramControls = ({ places }) => [...places.params.querySelectorAll("[data-param]")];

/** The parameters that a kernel of the form has; of JSON that is none, nothing. */
function paramsOf(item) {
  if (item.asJson.checked) {
    const params = parseJson(item.json.value);
    return isObject(params) ? params : {};
  }
  return Object.fromEntries(paramControls(item)
    .filter((control) => control.value.trim())
    .map((control) => [control.dataset.param, valueOf(control)]));
}

/** Puts parameters into their fields; into the JSON, if one of them has no field. */
function fillParams(item, params) {
  const controls = paramControls(item);
  for (const control of controls) {
    const { param, kind } = control.dataset;
    if (param in params) setValue(control, fieldText(kind, params[param]));
  }
  const hasFields = Object.entries(params).every(([name, value]) => controls.some((control) =>
    control.dataset.param === name && control.value === fieldText(control.dataset.kind, value)));
  if (hasFields) return;
  setHidden(item.params, false); // The kernel may have none.
  showJson(item, true);
  item.json.value = JSON.stringify(params, null, 2);
}

/* The switch to JSON and back */

function showJson({ asJson, places }, isJson) {
  asJson.checked = isJson;
  setHidden(places.json, !isJson);
  setHidden(places.params, isJson);
}

function switchToJson(item) {
  const { asJson, json, number } = item;
  const isJson = asJson.checked;
  if (isJson) {
    asJson.checked = false;
    json.value = JSON.stringify(paramsOf(item), null, 2);
    return showJson(item, true);
  }
  const params = parseJson(json.value || "{}");
  showJson(item, true);
  if (!isObject(params)) return showWrong(`params-${number}`, NOT_AN_OBJECT);
  showParamFields(item);
  fillParams(item, params);
  if (asJson.checked) {
    showWrong(`params-${number}`, "the fields cannot show these parameters");
  }
}

const NOT_AN_OBJECT = "this is not a JSON object, such as {\"k\": 3}";

const words = (text) => text.split(/[\s,]+/).filter(Boolean);

/** Text that is no number stays as it is, for the server to say what is wrong with it. */
function numberOrText(text) {
  return text.trim() && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Digits that a double keeps. */
const MOST_DIGITS = 15;

/** A number of more digits stays text, so that it stays exact. */
const exactNumber = (text) =>
  (text.replace(/\D/g, "").length <= MOST_DIGITS ? numberOrText(text) : text);
