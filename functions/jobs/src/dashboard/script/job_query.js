/* A job's request as the query of the form's address, and back. */

/** The fields of a request that the address has as JSON. */
const JSON_FIELDS = ["params", "compute", "where", "group_by", "output"];

/** The fragment that opens the form with this job. */
function formHref({ columns = [], ...fields }) {
  const isEmpty = (value) => value === undefined
    || (typeof value === "object" && !Object.keys(value).length);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (isEmpty(value)) continue;
    query.set(name, JSON_FIELDS.includes(name) ? JSON.stringify(value) : value);
  }
  for (const column of columns) query.append("column", column);
  return `#new?${query}`;
}

/** The job that the query of an address has; what it does not know is left out. */
function jobOfQuery(query) {
  const job = {};
  for (const name of ["kernel", "source", "consistency", "execution", "order_by"]) {
    if (query.has(name)) job[name] = query.get(name);
  }
  for (const name of ["chunks", "limit"]) {
    if (query.has(name)) job[name] = numberOrText(query.get(name));
  }
  if (query.has("column")) job.columns = query.getAll("column");
  if (query.get("descending") === "true") job.descending = true;
  for (const name of JSON_FIELDS) {
    const value = parseJson(query.get(name));
    const isList = name === "where" || name === "group_by";
    if (isList ? Array.isArray(value) : isObject(value)) job[name] = value;
  }
  return job;
}

/** The fields of a job that its request has as well. */
const REQUEST_FIELDS = ["kernel", "source", "columns", "params", "compute", "where", "group_by",
  "order_by", "descending", "limit", "output", "consistency", "execution"];

/** The request that starts the same job again. */
function requestOf(job) {
  const chunks = sourceChunksOf(job);
  const request = Object.fromEntries(REQUEST_FIELDS.map((name) => [name, job[name]]));
  // An empty source has no chunks, which nobody can ask for.
  return { ...request, descending: job.descending || undefined, chunks: chunks || undefined };
}
