/* A job's request as the query of the form's address, and as a command for a shell. */

/** The fragment that opens the form with this job. */
function formHref({ columns = [], params, ...fields }) {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(known);
  for (const column of columns) query.append("column", column);
  if (params && Object.keys(params).length) query.set("params", JSON.stringify(params));
  return `#new?${query}`;
}

/** The job that the query of an address has; what it does not know is left out. */
function jobOfQuery(query) {
  const job = {};
  for (const name of ["kernel", "source", "consistency", "execution"]) {
    if (query.has(name)) job[name] = query.get(name);
  }
  if (query.has("chunks")) job.chunks = numberOrText(query.get("chunks"));
  if (query.has("column")) job.columns = query.getAll("column");
  const params = parseJson(query.get("params"));
  if (isObject(params)) job.params = params;
  return job;
}

/** The request that starts the same job again. */
function requestOf({ kernel, source, columns, params, progress, consistency, execution }) {
  const chunks = progress.total || undefined; // An empty source has none, which nobody can ask for.
  return { kernel, source, columns, params, chunks, consistency, execution };
}

/* Commands */

/** The address of the API, which the page came from. */
const apiUrl = () => new URL(".", location.href).href.replace(/\/$/, "");

function curlCommand(job) {
  return `curl -X POST ${quoted(`${apiUrl()}/tasks`)} -H 'content-type: application/json' `
    + `-d ${quoted(JSON.stringify(job))}`;
}

function pgfoldCommand({ columns = [], params, ...fields }) {
  const options = Object.entries({ url: apiUrl(), ...fields })
    .filter(([, value]) => value !== undefined);
  for (const column of columns) options.push(["column", column]);
  if (params && Object.keys(params).length) options.push(["params", JSON.stringify(params)]);
  return ["pgfold run", ...options.map(([name, value]) => `--${name}=${quoted(String(value))}`)]
    .join(" ");
}

/** A word as a shell reads it. */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
