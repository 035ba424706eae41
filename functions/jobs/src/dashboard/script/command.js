/* A job's request as a command for a shell. */

/** The address of the API, which the page came from. */
const apiUrl = () => new URL(".", location.href).href.replace(/\/$/, "");

function curlCommand(job) {
  return `curl -X POST ${quoted(`${apiUrl()}/tasks`)} -H 'content-type: application/json' `
    + `-d ${quoted(JSON.stringify(job))}`;
}

function pgfoldCommand(job) {
  const {
    columns = [], params, where = [], group_by: groups = [], compute, output = {}, ...fields
  } = job;
  const { descending, ...others } = { url: apiUrl(), ...fields };
  const options = Object.entries(others).filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name.replace("_", "-"), value]);
  for (const column of columns) options.push(["column", column]);
  for (const [name, value] of Object.entries(output)) options.push([name, value]);
  if (params && Object.keys(params).length) options.push(["params", JSON.stringify(params)]);
  for (const condition of where) {
    for (const comparison of comparisonsOf(condition)) options.push(["where", whereWord(comparison)]);
  }
  for (const group of groups) options.push(["group-by", groupWord(named(group))]);
  for (const [name, one] of Object.entries(compute ?? {})) {
    options.push(["compute", computeWord(name, one)]);
  }
  const words = options.map(([name, value]) => `--${name}=${quoted(String(value))}`);
  return ["pgfold run", ...words, ...(descending ? ["--descending"] : [])].join(" ");
}

const SIGNS = { eq: "=", ne: "!=", lt: "<", le: "<=", gt: ">", ge: ">=" };

/** `fare>=3`, `city in Rome,Oslo`, `ended_at is not null`. */
function whereWord([column, comparison, value]) {
  const name = spelled(column, /[=<>! ]/);
  if (value === undefined) return `${name} is ${comparison}`;
  if (comparison !== "in") {
    return `${name}${SIGNS[comparison] ?? ` ${comparison} `}${spelled(exact(value), /^[=<>!]/)}`;
  }
  return `${name} in ${[value].flat().map((one) => spelled(exact(one), /[,()]/)).join(",")}`;
}

/** `city`, `day:started_at@Europe/Rome`, `month=month:started_at`. */
function groupWord({ column, unit, time_zone: zone, as: name }) {
  const word = (text) => spelled(text, /[=:@,]/);
  return [
    name ? `${word(name)}=` : "", unit ? `${unit}:` : "", word(column), zone ? `@${word(zone)}` : "",
  ].join("");
}

/** `fare=summary:fare`, with parameters as JSON behind a question mark. */
function computeWord(name, { kernel, columns = [], params = {} }) {
  const names = columns.map((column) => spelled(column, /[=:,?]/)).join(",");
  const json = Object.keys(params).length ? `?${JSON.stringify(params)}` : "";
  return `${spelled(name, /[=:,?]/)}=${kernel}${names && `:${names}`}${json}`;
}

/** A name or value as pgfold reads it: in double quotes, if it would end early without them. */
function spelled(text, stops) {
  const isBare = text && text.trim() === text && !text.startsWith('"') && !stops.test(text);
  return isBare ? text : `"${text.replaceAll('"', '""')}"`;
}

/** A word as a shell reads it. */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
