/* ---------- The server ---------- */

const LONGEST_ANSWER = 20 * SECOND;

/** What the server refused, in its own words. */
class Refused extends Error {
  constructor(code, error) {
    super(error);
    this.code = code;
  }
}

/** Integers beyond 2^53 stay text, or keys would be shown that there are not. */
function exactIntegers(_, value, context) {
  const lossy = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return lossy && /^-?\d+$/.test(context?.source ?? "") ? context.source : value;
}

/** One exchange; an answer that comes after `control` was aborted is thrown away. */
async function ask(control, method, path, { body, headers } = {}) {
  const timer = setTimeout(() => control.abort(), LONGEST_ANSWER);
  try {
    const response = await fetch(path, {
      method, headers, body: body && JSON.stringify(body), cache: "no-store", signal: control.signal,
    });
    const text = await response.text();
    control.signal.throwIfAborted();
    let told = null;
    try { told = JSON.parse(text, exactIntegers); } catch { /* A gateway's own words. */ }
    if (response.ok && told) return told;
    throw new Refused(response.status, told?.error ?? told?.message ?? `the server answered ${response.status}`);
  } finally {
    clearTimeout(timer);
  }
}

