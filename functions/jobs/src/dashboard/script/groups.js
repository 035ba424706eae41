/*
 * The groups of an answer: a table that is sorted by any column, a page at a time, with a bar beside
 * each number of one column. The table stays while the answer changes, so its buttons keep the focus.
 */

const GROUPS_ON_PAGE = 100;

const groupTable = {
  /** The job whose groups are shown, and the groups in the order of the answer. */
  id: null, groups: [],
  columns: [],
  /** The groups as they are sorted; by the name of a column, or "" for the order of the answer. */
  sorted: [], sort: "", descending: false,
  /** The column with bars, and the range that they show. */
  bar: null, range: { low: 0, high: 0 },
  first: 0,
  /** The cells of the head, by column. */
  heads: new Map(),
  parts: null,
};

const hasGroups = ({ group_by: groups = [] }, answer) =>
  groups.length > 0 && Array.isArray(answer?.groups);

/** Shows groups in `place`. The first time for a job they are sorted as the address or the job says. */
function showGroupTable(job, { groups, group_count: total }, place) {
  const table = groupTable;
  const names = job.group_by.map(named).map(({ column, as: name }) => name ?? column);
  const isNew = table.id !== job.task_id || !table.parts?.table.isConnected;
  table.groups = groups;
  table.columns = groupColumns(groups, names);
  if (isNew) newGroupTable(job, place);
  setText(table.parts.said, groupsSaid(job, groups.length, total));
  setHidden(table.parts.region, !groups.length);
  sortGroups();
}

function newGroupTable(job, place) {
  const said = make("p", { class: "muted" });
  const [earlier, later] = ["← Earlier groups", "Later groups →"].map((text) =>
    make("button", { type: "button" }, text));
  const text = make("span", { role: "status" });
  const pages = make("p", { class: "pages" }, earlier, text, later);
  const [head, body] = [make("tr"), make("tbody")];
  const table = make("table", {}, make("thead", {}, head), body);
  const region = make("div", {
    class: "scroll groups", role: "region", tabindex: "0", "aria-label": "Groups",
  }, table);
  place.replaceChildren(said, pages, region);
  earlier.addEventListener("click", () => turnGroups(-GROUPS_ON_PAGE));
  later.addEventListener("click", () => turnGroups(GROUPS_ON_PAGE));
  const descending = route.sort.startsWith("-");
  const asked = { sort: route.sort.replace("-", ""), descending };
  const ordered = { sort: job.order_by ?? "", descending: job.descending ?? false };
  Object.assign(groupTable, { id: job.task_id, first: 0, bar: null, heads: new Map() });
  Object.assign(groupTable, route.sort ? asked : ordered);
  groupTable.parts = { said, pages, earlier, later, text, head, body, table, region };
}

/** Says how many groups there are, and which of them the answer leaves out. */
function groupsSaid({ limit, groups_left_out: leftOut = 0 }, listed, total = listed) {
  const groups = (size) => `${count(size)} ${size === 1 ? "group" : "groups"}`;
  const shown = isNumber(limit) && listed < total
    ? `${count(listed)} of ${groups(total)}` : groups(total);
  return leftOut ? `${shown}. ${groups(leftOut)} ${leftOut === 1 ? "is" : "are"} not listed, because `
    + "the answer would be too large; with a limit it lists those that come first." : shown;
}

/** Sorts the groups, and shows the page of them. */
function sortGroups() {
  const table = groupTable;
  const column = table.columns.find(({ name }) => name === table.sort);
  table.sorted = column ? sortedGroups(table.groups, column, table.descending) : table.groups;
  const numeric = table.columns.filter((one) => one.isNumeric && !one.isValue);
  table.bar = column?.isNumeric ? column
    : numeric.find(({ name }) => name === table.bar?.name) ?? numeric[0] ?? null;
  table.range = table.bar ? rangeOf(table.groups.map(table.bar.valueOf)) : { low: 0, high: 0 };
  showGroupHead();
  showGroupPage();
}

/** The range of bars: it begins or ends at 0, or has it inside. */
function rangeOf(values) {
  const finite = values.filter((value) => value !== null).map(Number).filter(Number.isFinite);
  return {
    low: finite.reduce((least, value) => Math.min(least, value), 0),
    high: finite.reduce((most, value) => Math.max(most, value), 0),
  };
}

function showGroupHead() {
  const { columns, heads, parts, sort, descending } = groupTable;
  setChildren(parts.head, columns.map((column) => {
    const head = heads.get(column.name) ?? newGroupHead(column);
    const isSorted = column.name === sort;
    head.classList.toggle("num", column.isNumeric);
    setAttribute(head, "aria-sort", !isSorted ? "none" : descending ? "descending" : "ascending");
    return head;
  }));
}

function newGroupHead({ name }) {
  const button = make("button", { type: "button" }, name);
  button.addEventListener("click", () => sortGroupsBy(name));
  const head = make("th", { scope: "col" }, button);
  groupTable.heads.set(name, head);
  return head;
}

/** Sorts by a column: numbers first from the greatest on, and the second time the other way round. */
function sortGroupsBy(name) {
  const table = groupTable;
  const { isNumeric } = table.columns.find((column) => column.name === name);
  const descending = table.sort === name ? !table.descending : isNumeric;
  Object.assign(table, { sort: name, descending, first: 0 });
  route.sort = `${descending ? "-" : ""}${name}`;
  const { show, from, chunk } = route;
  setAddress(chunksHref({ ...(show && { show }), ...(from && { from }),
    ...(chunk !== null && { chunk }) }));
  sortGroups();
  announce(`sorted by ${name}, ${descending ? "descending" : "ascending"}`);
}

function turnGroups(by) {
  groupTable.first += by;
  showGroupPage();
  groupTable.parts.region.scrollTop = 0;
}

function showGroupPage() {
  const { sorted, columns, bar, range, parts } = groupTable;
  const pages = Math.max(1, Math.ceil(sorted.length / GROUPS_ON_PAGE));
  const page = Math.min(Math.max(0, groupTable.first / GROUPS_ON_PAGE), pages - 1);
  const first = groupTable.first = page * GROUPS_ON_PAGE;
  const shown = sorted.slice(first, first + GROUPS_ON_PAGE);
  parts.body.replaceChildren(...shown.map((group) =>
    make("tr", {}, ...columns.map((column) => groupCell(column, group, column === bar, range)))));
  setHidden(parts.pages, pages === 1);
  setText(parts.text, `groups ${count(first + 1)} to ${count(first + shown.length)} `
    + `of ${count(sorted.length)}`);
  // A button that is disabled keeps the focus.
  setAttribute(parts.earlier, "aria-disabled", String(page === 0));
  setAttribute(parts.later, "aria-disabled", String(page === pages - 1));
}

function groupCell({ isValue, isNumeric, valueOf }, group, hasBar, range) {
  const value = valueOf(group);
  const text = value === null ? make("span", { class: "muted" }, isValue ? "NULL" : UNKNOWN)
    : exact(value);
  const attributes = { class: isNumeric ? "num mono" : "mono" };
  if (isValue) return make("th", { scope: "row", ...attributes }, text);
  return make("td", attributes, text, ...(hasBar ? [groupBar(value, range)] : []));
}

/** A bar from 0 to a value, in a track as long as all values need. */
function groupBar(value, { low, high }) {
  const bar = make("i", {});
  const number = value === null ? NaN : Number(value);
  if (Number.isFinite(number) && high > low) {
    const percentOf = (length) => `${((100 * length) / (high - low)).toFixed(2)}%`;
    bar.style.left = percentOf(Math.min(0, number) - low);
    bar.style.width = percentOf(Math.abs(number));
    bar.classList.toggle("negative", number < 0);
  }
  return make("span", { class: "bar", "aria-hidden": "true" }, bar);
}
