/* Requests to the API. */

const LONGEST_REQUEST = 20 * SECOND;

/** An error that the server answered with, in its own words. */
class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Sends a request and returns the JSON of the response. Aborting `control` throws, even if the
 * response has arrived by then.
 */
async function request(control, method, path, { body, headers } = {}) {
  const timer = setTimeout(() => control.abort(), LONGEST_REQUEST);
  try {
    const response = await fetch(path, {
      method, headers, body: body && JSON.stringify(body),
      cache: "no-store", signal: control.signal,
    });
    const text = await response.text();
    control.signal.throwIfAborted();
    const json = parseJson(text);
    if (response.ok && json) return json;
    const message = json?.error ?? json?.message ?? `the server answered ${response.status}`;
    throw new Refused(response.status, message);
  } finally {
    clearTimeout(timer);
  }
}

/** Parses JSON; null if it is none, as the error page of a gateway. */
function parseJson(text) {
  try {
    return JSON.parse(text, keepLargeIntegers);
  } catch {
    return null;
  }
}

/** Integers beyond 2^53 become strings; as numbers they would show digits that are wrong. */
function keepLargeIntegers(_, value, context) {
  const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded && /^-?\d+$/.test(context?.source ?? "") ? context.source : value;
}

const jobPath = (id) => `tasks/${encodeURIComponent(id)}`;
