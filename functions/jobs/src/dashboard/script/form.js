/* ---------- Starting a job ---------- */

/** What is known without asking, should GET /kernels not answer. */
const MIN_DISTANCE = {
  kernel: "min_distance", about: "", columns: ["x1", "y1", "x2", "y2"], pushdown: true,
  params: { properties: { metric: { type: "string", enum: ["euclidean", "haversine", "geodesic"], default: "euclidean" } } },
};
const form = { kernels: [MIN_DISTANCE], asked: false, key: null, keyOf: "" };
const kernelName = (kernel) => kernel.kernel ?? kernel.name;

function openForm(opens) {
  setHidden($("start"), !opens);
  setAttribute($("open-form"), "aria-expanded", String(opens));
}

function toggleForm() {
  openForm($("start").hidden);
  if ($("start").hidden) return;
  if (!$("fields").children.length) showForm();
  $("field-kernel").focus();
  if (!form.asked) act(loadKernels);
}

async function loadKernels(control) {
  const { kernels } = await ask(control, "GET", "kernels");
  form.asked = true;
  form.kernels = kernels;
  const select = $("field-kernel");
  const chosen = select.value;
  setChildren(select, kernels.map((kernel) => make("option", {}, kernelName(kernel))));
  select.value = kernels.some((kernel) => kernelName(kernel) === chosen) ? chosen : kernelName(kernels[0]);
  showKernel();
}

function field(name, label, control) {
  control.id = `field-${name}`;
  return make("div", {}, make("label", { for: control.id }, label), control);
}

const choice = (values) => make("select", {}, ...values.map((value) => make("option", {}, value)));
const typed = (attributes) => make("input", { autocomplete: "off", spellcheck: "false", autocapitalize: "none", ...attributes });

function showForm() {
  const kernel = choice(form.kernels.map(kernelName));
  $("fields").append(
    field("kernel", "Kernel", kernel),
    field("source", "Source", typed({ placeholder: "the first configured" })),
    field("columns", "Columns", typed({})),
    field("chunks", "Chunks", typed({ type: "number", min: "1", max: "10000", inputmode: "numeric", placeholder: "4" })),
    field("consistency", "Consistency", choice(["per-chunk", "snapshot"])),
    field("execution", "Execution", choice(["streaming", "pushdown"])));
  kernel.addEventListener("change", showKernel);
  showKernel();
}

const chosenKernel = () => form.kernels.find((kernel) => kernelName(kernel) === $("field-kernel").value) ?? form.kernels[0];

/** A field for each parameter of the chosen kernel, by its JSON Schema. */
function showKernel() {
  const kernel = chosenKernel();
  const schemas = Object.entries(kernel.params?.properties ?? {});
  setText($("about"), kernel.about ?? "");
  const names = (kernel.columns ?? []).map((column) => column.name ?? column);
  setAttribute($("field-columns"), "placeholder", names.length === 1 ? "the source's first" : `the source's first ${names.length}`);
  $("field-columns").previousElementSibling.textContent = `Columns for ${names.join(", ")}`;
  $("field-execution").lastElementChild.disabled = kernel.pushdown === false;
  if (kernel.pushdown === false) $("field-execution").value = "streaming";
  for (const old of $("fields").querySelectorAll("[data-param]")) old.parentElement.remove();
  const fields = schemas.map(([name, schema]) => {
    const required = kernel.params.required?.includes(name) ? ", required" : "";
    const control = paramField(schema);
    control.dataset.param = name;
    control.dataset.type = schema.type ?? "string";
    return field(`param-${name}`, name + (schema.description ? ` (${schema.description}${required})` : required), control);
  });
  $("fields").children[0].after(...fields);
}

function paramField(schema) {
  if (schema.enum) {
    const select = choice(schema.enum);
    if (schema.default !== undefined) select.value = schema.default;
    return select;
  }
  const placeholder = schema.default === undefined ? "" : [schema.default].flat().join(", ");
  if (schema.type !== "integer" && schema.type !== "number") return typed({ placeholder });
  return typed({ type: "number", step: schema.type === "integer" ? "1" : "any", placeholder,
    ...(schema.minimum !== undefined && { min: schema.minimum }), ...(schema.maximum !== undefined && { max: schema.maximum }) });
}

const words = (text) => text.split(/[\s,]+/).filter(Boolean);
/** A number if it is one; else as typed, for the server to say what is wrong with it. */
const numberOr = (text) => (text.trim() && Number.isFinite(Number(text)) ? Number(text) : text);

