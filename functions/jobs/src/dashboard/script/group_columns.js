/* The columns of an answer's groups: their values, their rows, and the parts of their answers. */

/**
 * Returns the columns of these groups: first the values that make them, then their rows, then the
 * parts of their answers, such as `fare.sum`. A column is numeric if all that it has are numbers.
 */
function groupColumns(groups, names) {
  const paths = new Map();
  for (const group of groups) addPaths(paths, group, []);
  const found = [...paths.keys()];
  const isWhole = (name) => found.some((one) => one.startsWith(`${name}.`));
  const rank = (name) => [...names, "rows"].indexOf(name) + 1 || Infinity;
  return found
    // An answer that is NULL for one group has parts for others.
    .filter((name) => !isWhole(name) || names.includes(name))
    .map((name, at) => ({ name, at, rank: rank(name) }))
    .sort((one, other) => (one.rank === other.rank ? one.at - other.at : one.rank - other.rank))
    .map(({ name }) => answerColumn(groups, name, paths.get(name), names.includes(name)));
}

function addPaths(paths, value, path) {
  if (path.length && !isObject(value)) {
    const name = path.join(".");
    if (!paths.has(name)) paths.set(name, path);
    return;
  }
  for (const [name, part] of Object.entries(value)) addPaths(paths, part, [...path, name]);
}

function answerColumn(groups, name, path, isValue) {
  const valueOf = (group) => path.reduce((value, part) => value?.[part], group) ?? null;
  const values = groups.map(valueOf).filter((value) => value !== null);
  const isFigure = isValue ? isValueNumber : isAnswerNumber;
  const isNumeric = values.some((value) => Number.isFinite(Number(value))) && values.every(isFigure);
  return { name, isValue, isNumeric, valueOf };
}

/** A group that a text makes is no number; one that a large integer makes came as its digits. */
const isValueNumber = (value) => typeof value === "number"
  || (/^-?\d{16,}$/.test(value) && !Number.isSafeInteger(Number(value)));

/** Decimals that a double cannot hold are texts in an answer; so are those that are not finite. */
const isAnswerNumber = (value) => typeof value === "number"
  || (typeof value === "string" && /^(-?\d+(\.\d+)?(e[+-]?\d+)?|NaN|-?Infinity)$/i.test(value));

/**
 * Sorts groups by a column: numbers by their value, all else as text. NULL comes last either way,
 * and equal ones stay in the order of the answer.
 */
function sortedGroups(groups, { valueOf, isNumeric }, descending) {
  const keyOf = (value) => (value === null || isNumeric ? value : exact(value));
  const keyed = groups.map((group) => ({ group, key: keyOf(valueOf(group)) }));
  const compare = isNumeric ? compareNumbers : compareTexts;
  const direction = descending ? -1 : 1;
  keyed.sort(({ key: one }, { key: other }) => (one === null || other === null
    ? (one === null) - (other === null) : direction * compare(one, other)));
  return keyed.map(({ group }) => group);
}

const compareTexts = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

/** Compares numbers, and digits of numbers that a double would round. NaN is the greatest. */
function compareNumbers(one, other) {
  const [left, right] = [Number(one), Number(other)];
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.isNaN(left) - Number.isNaN(right);
  if (left !== right) return left - right;
  return typeof one === "string" && typeof other === "string" ? compareDigits(one, other) : 0;
}

/** Compares decimals of any length that differ by less than a double can tell. */
function compareDigits(one, other) {
  const [left, right] = [one, other].map((text) => splitOnce(text, "."));
  const length = Math.max(left[1]?.length ?? 0, right[1]?.length ?? 0);
  const whole = ([digits, fraction = ""]) => digits + fraction.padEnd(length, "0");
  const isPlain = [one, other].every((text) => /^-?\d+(\.\d+)?$/.test(text));
  if (!isPlain) return 0;
  const [a, b] = [whole(left), whole(right)].map(BigInt);
  return a < b ? -1 : a > b ? 1 : 0;
}
