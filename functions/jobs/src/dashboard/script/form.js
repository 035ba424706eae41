/*
 * The form of a new job. Its lists of kernels and sources are the server's. The fields for columns
 * and parameters depend on what is chosen; columns.js and params.js make them.
 */

/** The kernel that can be chosen until the server has described all of them. */
const MIN_DISTANCE = {
  kernel: "min_distance",
  about: "",
  columns: ["x1", "y1", "x2", "y2"].map((name) => ({ name, type: "number" })),
  params: {
    properties: {
      metric: {
        type: "string", enum: ["euclidean", "haversine", "geodesic"], default: "euclidean",
      },
    },
  },
  pushdown: true,
};
const DEFAULT_CHUNKS = "4";

const form = {
  kernels: [MIN_DISTANCE],
  /** The sources; empty if the server does not list them, and then their names are typed in. */
  sources: [],
  hasLists: false,
  /** What to put into the form when the server has sent the lists. */
  draft: null,
  /** Of the change of the address, which waits until somebody has typed. */
  timer: 0,
};

function openForm(opens) {
  setHidden($("start"), !opens);
  setAttribute($("open-form"), "aria-expanded", String(opens));
}

/** Opens the form, filled in as the address says; or as it was, if the address says nothing. */
function enterForm(before) {
  const isNew = !$("fields-what").children.length;
  if (isNew) addFields();
  openForm(true);
  if (route.draft) {
    form.draft = form.hasLists ? null : route.draft;
    fillForm(route.draft);
  } else if (!isNew) {
    showFormInAddress();
  }
  if (!before.isForm) $("field-kernel").focus();
  if (!form.hasLists) act(loadLists);
}

/** What happens when a field changes. */
function formChanged() {
  form.draft = null;
  forgetPlan();
  setHidden($("form-command"), true);
  clearTimeout(form.timer);
  form.timer = setTimeout(showFormInAddress, 300);
}

function showFormInAddress() {
  if (route.isForm) setAddress(formHref(jobOfFields()));
}

/** Loads what can be chosen: the kernels, and then the sources, which the server looks at. */
async function loadLists(control) {
  const { kernels } = await request(control, "GET", "kernels");
  showLists({ kernels });
  showLists({ sources: await loadSources(control), hasLists: true });
  form.draft = null;
}

/** Takes up a list, and keeps what is chosen already or in the address. */
function showLists(lists) {
  const job = form.draft ?? jobOfFields();
  Object.assign(form, lists);
  $("field-kernel").replaceChildren(...options(form.kernels.map(({ kernel }) => kernel)));
  showSourceField();
  fillForm(job);
}

/** Returns the sources; none if the server is of a build that does not list them. */
async function loadSources(control) {
  try {
    return (await request(control, "GET", "sources")).sources;
  } catch (problem) {
    if (problem instanceof Refused) return [];
    throw problem;
  }
}

function addFields() {
  const chunks = { type: "number", min: "1", max: "10000", placeholder: DEFAULT_CHUNKS };
  $("fields-what").append(
    field("kernel", "Kernel", choice(form.kernels.map(({ kernel }) => kernel))),
    field("source", "Source", input()));
  $("fields-how").append(
    field("chunks", "Chunks", input(chunks), `1 to ${count(10_000)}`),
    field("consistency", "Consistency", choice(["per-chunk", "snapshot"]),
      "snapshot: all chunks see one instant"),
    field("execution", "Execution", choice(["streaming", "pushdown"])));
  $("fields-json").append(field("params", "Parameters as JSON", make("textarea", { rows: "4" })));
  $("field-kernel").addEventListener("change", () => { showKernel(); showPushdown(); });
  $("params").addEventListener("input", showPushdown);
  $("as-json").addEventListener("change", switchToJson);
  showSourceField();
  showKernel();
  showPushdown();
}

const chosenKernel = () =>
  form.kernels.find(({ kernel }) => kernel === $("field-kernel").value) ?? form.kernels[0];

/** Fits the form to the chosen kernel. */
function showKernel() {
  showHint("kernel", chosenKernel().about);
  showColumnFields();
  showParamFields();
}

/** Offers pushdown where the kernel has it with the parameters that are chosen. */
function showPushdown() {
  const { pushdown, pushdown_params: needed } = chosenKernel();
  const params = paramsOfForm();
  const wrong = Object.entries(needed?.properties ?? {}).find(([name, { const: value }]) =>
    value !== undefined && params[name] !== undefined && params[name] !== value);
  const [streaming, pushedDown] = $("field-execution").options;
  pushedDown.disabled = !pushdown || wrong !== undefined;
  if (pushedDown.disabled && pushedDown.selected) streaming.selected = true;
  showHint("execution", !pushdown ? "this kernel has no pushdown"
    : wrong ? `pushdown needs ${wrong[0]} ${exact(wrong[1].const)}`
    : "pushdown: Postgres looks at every row");
}

/**
 * Puts a job's request into the form. A field that the request leaves out gets its default; so does
 * one with a name that does not exist any more, and then says so.
 */
function fillForm({ kernel, source, columns, params, chunks, consistency, execution }) {
  const hasKernel = setValue($("field-kernel"), kernel ?? form.kernels[0].kernel);
  const hasSource = setValue($("field-source"), source ?? form.sources[0]?.source ?? "");
  showSource();
  showKernel();
  if (form.hasLists && !hasKernel) showWrong("kernel", `there is no kernel “${kernel}”`);
  if (form.hasLists && !hasSource) showWrong("source", `there is no source “${source}”`);
  fillColumns(columns);
  fillParams(params ?? {});
  $("field-chunks").value = chunks ?? "";
  setValue($("field-consistency"), consistency ?? "per-chunk");
  setValue($("field-execution"), execution ?? "streaming");
  showPushdown();
}

/** The job that the form describes. What is left empty is left out, for the server's defaults. */
function jobOfFields() {
  const text = (name) => $(`field-${name}`).value.trim();
  const job = { kernel: text("kernel") };
  if (text("source")) job.source = text("source");
  const columns = columnsOfForm();
  if (columns.length) job.columns = columns;
  const params = paramsOfForm();
  if (Object.keys(params).length) job.params = params;
  if (text("chunks")) job.chunks = numberOrText(text("chunks"));
  return { ...job, consistency: text("consistency"), execution: text("execution") };
}
