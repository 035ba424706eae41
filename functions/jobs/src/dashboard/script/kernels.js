/*
 * The kernels of the form. A job of one kernel needs no name for its answer; each of several has
 * one. The fields of a kernel are named after its number: `kernel-0`, `params-0`.
 */

/** The most kernels of a job. */
const MOST_KERNELS = 16;

function newKernel(number) {
  const places = Object.fromEntries(["what", "columns", "params", "json"].map((name) =>
    [name, make("div", { class: `fields fields-${name}` })]));
  const asJson = make("input", { type: "checkbox" });
  const params = make("fieldset", {}, make("legend", {}, "Parameters"), places.params, places.json,
    make("label", { class: "switch" }, asJson, " Edit as JSON"));
  const element = make("div", { class: "kernel", role: "group" }, places.what,
    make("fieldset", {}, make("legend", {}, "Columns"), places.columns), params);
  const control = choice(form.kernels.map(({ kernel }) => kernel));
  const nameControl = input({ maxlength: "63" });
  const json = make("textarea", { rows: "4" });
  const item = { number, element, places, params, control, nameControl, asJson, json };
  places.what.append(
    field(`kernel-${number}`, "Kernel", control),
    field(`name-${number}`, "Name of the answer", nameControl, "one kernel needs none"));
  places.json.append(field(`params-${number}`, "Parameters as JSON", json));
  control.addEventListener("change", () => {
    showKernel(item);
    chooseOutput(item);
    showPushdown();
  });
  params.addEventListener("input", showPushdown);
  asJson.addEventListener("change", () => switchToJson(item));
  return item;
}

/** The description of the kernel that is chosen. */
const chosenKernel = ({ control }) =>
  form.kernels.find(({ kernel }) => kernel === control.value) ?? form.kernels[0];

/** Fits the fields to the chosen kernel. */
function showKernel(item) {
  showHint(`kernel-${item.number}`, chosenKernel(item).about);
  setHidden(item.nameControl.parentElement, isRows(item));
  showColumnFields(item);
  showParamFields(item);
}

/** Offers the kernels of the server's list. */
function showKernelLists() {
  for (const { control } of form.computed.items) {
    control.replaceChildren(...options(form.kernels.map(({ kernel }) => kernel)));
  }
}

/** Puts the kernels of a job into the form. */
function fillKernels({ kernel, columns, params, compute }) {
  const asked = isObject(compute)
    ? Object.entries(compute).map(([name, one]) => ({ name, ...one }))
    : [{ name: "", kernel, columns, params }];
  form.computed.setSize(asked.length);
  form.computed.items.forEach((item, at) => fillKernel(item, asked[at] ?? {}));
  showNames();
}

function fillKernel(item, { name = "", kernel, columns, params }) {
  const hasKernel = setValue(item.control, kernel ?? form.kernels[0].kernel);
  item.nameControl.value = name;
  showKernel(item);
  if (form.hasLists && !hasKernel) {
    showWrong(`kernel-${item.number}`, `there is no kernel “${kernel}”`);
  }
  fillColumns(item, columns);
  fillParams(item, params ?? {});
}

/** The kernels that the form has, as a part of the job: one without a name, or several by names. */
function kernelsOfForm() {
  const asked = form.computed.items.map((item) => {
    const [columns, params] = [columnsOf(item), paramsOf(item)];
    return {
      kernel: item.control.value,
      ...(columns.length && { columns }),
      ...(Object.keys(params).length && { params }),
    };
  });
  if (!isNamed()) return asked[0];
  const names = namesOfAnswers();
  return { compute: Object.fromEntries(asked.map((one, at) => [names[at], one])) };
}

/** Whether the job names its answers. */
const isNamed = () => form.computed.items.length > 1
  || form.computed.items.some((item) => !isRows(item) && item.nameControl.value.trim());

/** The names of the answers: those that somebody has typed, for others the kernel's. */
function namesOfAnswers() {
  const taken = new Set();
  return form.computed.items.map(({ nameControl, control }) => {
    const wanted = nameControl.value.trim() || control.value;
    let name = wanted;
    for (let more = 2; taken.has(name); more += 1) name = `${wanted}_${more}`;
    taken.add(name);
    return name;
  });
}

/** Shows as placeholders the names that answers have by default. */
function showNames() {
  const [names, named] = [namesOfAnswers(), isNamed()];
  form.computed.items.forEach(({ nameControl, number }, at) => {
    setAttribute(nameControl, "placeholder", named ? names[at] : "");
    showHint(`name-${number}`, form.computed.items.length > 1 ? "" : "one kernel needs none");
  });
}
