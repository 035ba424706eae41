/*
 * The form of a new job. Its lists of kernels and sources are the server's. The fields for kernels,
 * conditions and groups depend on what is chosen; the files after this one make them.
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
  answer: { properties: { distance: { type: "number" } } },
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
  /** Lists of the kernels, the conditions and the groups. */
  computed: null, conditions: null, groups: null,
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
  if (!before.isForm) $("field-source").focus();
  if (!form.hasLists) act(loadLists);
}

/** What happens when a field changes. */
function formChanged() {
  form.draft = null;
  showNames();
  showOrder();
  showOutput();
  showPushdown();
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
  showKernelLists();
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
  const limit = { type: "number", min: "1", step: "1", placeholder: "all" };
  const order = [["false", "ascending"], ["true", "descending"]];
  $("fields-what").append(field("source", "Source", input()));
  $("fields-order").append(
    field("order_by", "Order groups by", input({ list: "orders", placeholder: "their values" }),
      "a value, rows, or a number of an answer"),
    field("descending", "Order", make("select", {}, ...order.map(([value, text]) =>
      make("option", { value }, text)))),
    field("limit", "List at most", input(limit), "groups"));
  $("fields-how").append(
    field("chunks", "Chunks", input(chunks), `1 to ${count(10_000)}`),
    field("consistency", "Consistency", choice(["per-chunk", "snapshot"]),
      "snapshot: all chunks see one instant"),
    field("execution", "Execution", choice(["streaming", "pushdown"])));
  addOutputFields();
  $("time-zones").append(...Intl.supportedValuesOf("timeZone").map((value) =>
    make("option", { value })));
  addLists();
  showSourceField();
  form.computed.setSize(1);
  showPushdown();
}

function addLists() {
  const list = (name, part, most, more) =>
    new ItemList({ name, place: $(part), button: $(`add-${part}`), most, ...more });
  form.computed = list("Kernel", "kernels", MOST_KERNELS,
    { least: 1, newItem: newKernel, whenAdded: showKernel });
  form.conditions = list("Condition", "conditions", MOST_CONDITIONS, {
    newItem: newCondition,
    whenAdded: (item) => { showFilterColumn(item, ""); showValue(item); },
  });
  form.groups = list("Group", "groups", MOST_GROUPS, {
    newItem: newGroup,
    whenAdded: (item) => { showGroupColumn(item, ""); showUnit(item); },
  });
}

/** Offers pushdown where every kernel has it with the parameters that are chosen. */
function showPushdown() {
  const isAlone = !isNamed() && !form.groups.items.length;
  const problem = form.computed.items.map((item) => notPushedDown(item, isAlone))
    .find((one) => one);
  const [streaming, pushedDown] = $("field-execution").options;
  pushedDown.disabled = problem !== undefined;
  if (pushedDown.disabled && pushedDown.selected) streaming.selected = true;
  showHint("execution", problem ?? "pushdown: Postgres looks at every row");
}

/** Why a kernel of the form cannot be pushed down; nothing if it can. */
function notPushedDown(item, isAlone) {
  const { kernel, pushdown, pushdown_params: needed, pushdown_groups: inGroups } =
    chosenKernel(item);
  if (!pushdown) return `${kernel} has no pushdown`;
  if (!inGroups && !isAlone) return `pushdown of ${kernel} is for it alone, without a name or groups`;
  const params = paramsOf(item);
  const wrong = Object.entries(needed?.properties ?? {}).find(([name, allowed]) => {
    const value = params[name];
    return value !== undefined && (allowed.const !== undefined && value !== allowed.const
      || Array.isArray(value) && value.length > allowed.maxItems);
  });
  if (!wrong) return undefined;
  const [name, { const: value, maxItems }] = wrong;
  return value !== undefined ? `pushdown needs ${name} ${exact(value)}`
    : `pushdown needs at most ${maxItems} ${name}`;
}

/**
 * Puts a job's request into the form. A field that the request leaves out gets its default; so does
 * one with a name that does not exist any more, and then says so.
 */
function fillForm(job) {
  const { source, chunks, consistency, execution } = job;
  const hasSource = setValue($("field-source"), source ?? form.sources[0]?.source ?? "");
  showSource();
  if (form.hasLists && !hasSource) showWrong("source", `there is no source “${source}”`);
  fillKernels(job);
  fillConditions(job.where);
  fillGroups(job);
  fillOutput(job.output);
  $("field-chunks").value = chunks ?? "";
  setValue($("field-consistency"), consistency ?? "per-chunk");
  setValue($("field-execution"), execution ?? "streaming");
  showPushdown();
}

/** The job that the form describes. What is left empty is left out, for the server's defaults. */
function jobOfFields() {
  const text = (name) => $(`field-${name}`).value.trim();
  const { kernel, columns, params, compute } = kernelsOfForm();
  const where = conditionsOfForm();
  return {
    ...(kernel && { kernel }),
    ...(text("source") && { source: text("source") }),
    ...(columns && { columns }),
    ...(params && { params }),
    ...(compute && { compute }),
    ...(where.length && { where }),
    ...groupsOfForm(),
    ...outputOfForm(),
    ...(text("chunks") && { chunks: numberOrText(text("chunks")) }),
    consistency: text("consistency"),
    execution: text("execution"),
  };
}
