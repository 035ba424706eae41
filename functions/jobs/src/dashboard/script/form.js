/* The form of a new job. Its fields for parameters depend on the kernel. */

/** The kernel that can be chosen until the server has described all of them. */
const MIN_DISTANCE = {
  kernel: "min_distance",
  about: "",
  columns: [{ name: "x1" }, { name: "y1" }, { name: "x2" }, { name: "y2" }],
  params: {
    properties: {
      metric: {
        type: "string", enum: ["euclidean", "haversine", "geodesic"], default: "euclidean",
      },
    },
  },
  pushdown: true,
};

const form = { kernels: [MIN_DISTANCE], hasKernels: false };

function openForm(opens) {
  setHidden($("start"), !opens);
  setAttribute($("open-form"), "aria-expanded", String(opens));
}

function toggleForm() {
  const opens = $("start").hidden;
  openForm(opens);
  if (!opens) return;
  if (!$("fields").children.length) addFields();
  $("field-kernel").focus();
  if (!form.hasKernels) act(loadKernels);
}

async function loadKernels(control) {
  const { kernels } = await request(control, "GET", "kernels");
  Object.assign(form, { kernels, hasKernels: true });
  const names = kernels.map(({ kernel }) => kernel);
  const select = $("field-kernel");
  const chosen = select.value;
  select.replaceChildren(...options(names));
  select.value = names.includes(chosen) ? chosen : names[0];
  showKernel();
}

function addFields() {
  const number = { type: "number", min: "1", max: "10000", inputmode: "numeric", placeholder: "4" };
  $("fields").append(
    field("kernel", "Kernel", choice(form.kernels.map(({ kernel }) => kernel))),
    field("source", "Source", input({ placeholder: "the first configured" })),
    field("columns", "Columns", input()),
    field("chunks", "Chunks", input(number)),
    field("consistency", "Consistency", choice(["per-chunk", "snapshot"])),
    field("execution", "Execution", choice(["streaming", "pushdown"])));
  $("field-kernel").addEventListener("change", showKernel);
  showKernel();
}

/** Fits the form to the chosen kernel. */
function showKernel() {
  const chosen = $("field-kernel").value;
  const { about, columns, params, pushdown } = form.kernels.find(({ kernel }) => kernel === chosen);
  setText($("about"), about);
  showColumns(columns.map(({ name }) => name));
  const [streaming, pushedDown] = $("field-execution").options;
  pushedDown.disabled = !pushdown;
  if (!pushdown) $("field-execution").value = streaming.value;
  for (const old of $("fields").querySelectorAll("[data-param]")) old.parentElement.remove();
  const added = Object.entries(params.properties ?? {}).map(([name, schema]) =>
    paramField(name, schema, params.required?.includes(name)));
  $("fields").firstElementChild.after(...added);
}

function showColumns(names) {
  const control = $("field-columns");
  const first = names.length === 1 ? "first" : `first ${names.length}`;
  setAttribute(control, "placeholder", `the source's ${first}`);
  setText(control.previousElementSibling, `Columns for ${names.join(", ")}`);
}

/** A field for a parameter, by its JSON Schema. */
function paramField(name, schema, isRequired) {
  const control = paramControl(schema);
  control.dataset.param = name;
  control.dataset.type = schema.type ?? "string";
  const required = isRequired ? ", required" : "";
  const about = schema.description ? ` (${schema.description}${required})` : required;
  return field(`param-${name}`, name + about, control);
}

function paramControl({ type, enum: values, default: preset, minimum, maximum }) {
  if (values) {
    const select = choice(values);
    if (preset !== undefined) select.value = preset;
    return select;
  }
  const placeholder = preset === undefined ? "" : [preset].flat().join(", ");
  if (type !== "integer" && type !== "number") return input({ placeholder });
  const bounds = {
    ...(minimum !== undefined && { min: minimum }), ...(maximum !== undefined && { max: maximum }),
  };
  return input({ type: "number", step: type === "integer" ? "1" : "any", placeholder, ...bounds });
}

/* Elements of the form */

function field(name, label, control) {
  control.id = `field-${name}`;
  return make("div", {}, make("label", { for: control.id }, label), control);
}

const options = (values) => values.map((value) => make("option", {}, value));
const choice = (values) => make("select", {}, ...options(values));
const input = (attributes = {}) => make("input", {
  autocomplete: "off", spellcheck: "false", autocapitalize: "none", ...attributes,
});
