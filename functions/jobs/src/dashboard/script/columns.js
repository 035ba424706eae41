/* The fields for the source and for its columns, from the server's list of sources. */

/** Makes the field of the source a list, if the server lists the sources. */
function showSourceField() {
  const { sources } = form;
  const typed = input({ placeholder: "the first configured" });
  const option = ({ source, problem }) =>
    make("option", { value: source }, problem ? `${source} (not readable)` : source);
  const control = sources.length ? make("select", {}, ...sources.map(option)) : typed;
  if (sources.length) control.addEventListener("change", sourceChanged);
  replaceControl("source", "Source", control);
  showSource();
}

/** Fits the fields that name columns to the chosen source. */
function sourceChanged() {
  showSource();
  form.computed.items.forEach(showColumnFields);
  showConditions();
  showGroups();
}

const chosenSource = () => form.sources.find(({ source }) => source === $("field-source").value);

/** What the server says of a column of the chosen source; of one that is not readable, its type. */
function sourceColumn(name) {
  const { columns = [], filters = [] } = chosenSource() ?? {};
  return [...columns, ...filters].find(({ column }) => column === name);
}

/** The SQL of a column that is an expression with a name; "" for any other. */
function expressionText(name) {
  const { expression } = sourceColumn(name) ?? {};
  return expression ? `= ${expression}` : "";
}

/** Shows which table the source is, what is special about it, and why it cannot be read. */
function showSource() {
  const source = chosenSource();
  if (!source) return showHint("source", "");
  const { table, key, where, estimated_rows: rows, problem } = source;
  const hints = [where ? `${table} where ${where}` : table];
  if (isNumber(rows)) hints.push(`about ${count(rows)} rows`);
  if (!key && !problem) hints.push("without a key, so it needs consistency snapshot");
  showHint("source", hints.join(", "));
  showWrong("source", problem ?? "");
}

/** Makes a field for each column of the kernel; one for all, if the source's are not known. */
function showColumnFields(item) {
  if (isRows(item)) return showRowColumns(item);
  const { columns: parts } = chosenKernel(item);
  const source = chosenSource();
  const place = item.places.columns;
  if (!source) {
    const names = parts.map(({ name }) => name).join(", ");
    const first = parts.length === 1 ? "first" : `first ${parts.length}`;
    const control = input({ placeholder: `the source's ${first}` });
    place.replaceChildren(field(`columns-${item.number}`, `Columns for ${names}`, control));
    return;
  }
  place.replaceChildren(...parts.map(({ name, type }, at) => {
    const suiting = source.columns.filter(({ reads_as: kinds }) => kinds.includes(type));
    const option = ({ column, type: kind }) =>
      make("option", { value: column }, `${column}: ${kind}`);
    const control = make("select", {}, ...suiting.map(option));
    control.addEventListener("change", () =>
      showHint(control.dataset.field, expressionText(control.value)));
    return field(`column-${item.number}-${at}`, `${name} (${type})`, control);
  }));
  fillColumns(item, []);
}

/** The lists of columns of a kernel; none if its columns are typed. */
const columnControls = ({ places }) => [...places.columns.querySelectorAll("select")];
const typedColumns = ({ places }) => places.columns.querySelector("input");

/** Chooses these columns; for one that is not there the first that no other field has. */
function fillColumns(item, columns = []) {
  const typed = typedColumns(item);
  if (typed) {
    typed.value = columns.join(", ");
    return;
  }
  if (isRows(item)) return fillRowColumns(item, columns);
  const taken = new Set(columns);
  columnControls(item).forEach((control, at) => {
    const suiting = [...control.options].map(({ value }) => value);
    const chosen = suiting.includes(columns[at]) ? columns[at]
      : suiting.find((column) => !taken.has(column)) ?? suiting[0];
    if (chosen === undefined) return showWrong(control.dataset.field, "no column of this type");
    control.value = chosen;
    showHint(control.dataset.field, expressionText(chosen));
    taken.add(chosen);
    if (columns[at] === undefined || chosen === columns[at]) return;
    showWrong(control.dataset.field, `“${columns[at]}” is not a column of this type`);
  });
}

function columnsOf(item) {
  const typed = typedColumns(item);
  if (typed) return words(typed.value);
  if (isRows(item)) return rowColumns(item);
  return columnControls(item).map(({ value }) => value).filter(Boolean);
}
