/* The result of the form: an answer, or files; and the rows themselves instead of kernels. */

const FORMATS = ["parquet", "csv", "jsonl"];
/** Columns that are shown at once to choose from. */
const SHOWN_COLUMNS = 6;

/** Whether the chosen kernel writes the rows themselves, in any columns. */
const isRows = (item) => chosenKernel(item).needs_output === true;

function addOutputFields() {
  const formats = FORMATS.map((format) => make("option", { value: format }, `files: ${format}`));
  const control = make("select", {}, make("option", { value: "" }, "an answer"), ...formats);
  const parts = { type: "number", min: "1", max: "64", step: "1", placeholder: "by rows" };
  $("fields-output").append(field("output", "Write", control),
    field("parts", "Into how many files", input(parts), "1 to 64"));
  $("field-output").addEventListener("change", showOutput);
}

/** Only groups can be written into a number of files. */
function showOutput() {
  const isOfRows = form.computed.items.some(isRows);
  const hasParts = $("field-output").value && form.groups.items.length && !isOfRows;
  setHidden($("field-parts").parentElement, !hasParts);
  showHint("output", isOfRows ? "a file for each chunk" : "");
}

/** Whoever chooses rows needs files. */
function chooseOutput(item) {
  if (isRows(item) && !$("field-output").value) $("field-output").value = FORMATS[0];
  showOutput();
}

function fillOutput({ format = "", parts } = {}) {
  const hasFormat = setValue($("field-output"), format);
  $("field-parts").value = parts ?? "";
  showOutput();
  if (!hasFormat) showWrong("output", `there is no format “${exact(format)}”`);
}

/** The output that the form has, as a part of the job. */
function outputOfForm() {
  const [format, parts] = [$("field-output").value, $("field-parts")];
  if (!format) return {};
  const isAsked = !parts.closest("[hidden]") && parts.value.trim();
  return { output: { format, ...(isAsked && { parts: numberOrText(parts.value.trim()) }) } };
}

/** Shows the columns of the source to choose any of them for a file; one field for all to type. */
function showRowColumns(item) {
  const source = chosenSource();
  const columns = source?.columns.map(({ column, type }) =>
    make("option", { value: column }, `${column}: ${type}`));
  const attributes = { multiple: "", size: String(SHOWN_COLUMNS) };
  const control = columns ? make("select", attributes, ...columns) : input({ placeholder: "all" });
  item.places.columns.replaceChildren(
    field(`columns-${item.number}`, "Columns of the files", control, "all, if none is chosen"));
}

function fillRowColumns(item, columns) {
  const control = item.places.columns.querySelector("select");
  const known = [...control.options].map(({ value }) => value);
  for (const option of control.options) option.selected = columns.includes(option.value);
  const unknown = columns.find((column) => !known.includes(column));
  showWrong(control.dataset.field, unknown === undefined ? ""
    : `the source has no column “${unknown}”`);
}

const rowColumns = ({ places }) =>
  [...places.columns.querySelector("select").selectedOptions].map(({ value }) => value);

/** What is wrong if rows are asked for without files. */
function missingOutput() {
  if (!form.computed.items.some(isRows) || $("field-output").value) return null;
  return [$("field-output"), "rows are written into files: choose a format"];
}
