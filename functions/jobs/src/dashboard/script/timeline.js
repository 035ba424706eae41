/* ---------- A job's chunks ---------- */

function showChunks(task) {
  const chunks = task.chunks ?? [];
  setHidden($("chunks-panel"), !chunks.length);
  setHidden($("receipts-panel"), !chunks.length);
  const total = task.progress.total;
  const paged = total > CHUNKS_SHOWN;
  setHidden($("pages"), !paged);
  if (paged && chunks.length) showPages(chunks[0].chunk, chunks.at(-1).chunk, total);
  const span = spanOf(task, chunks);
  showAxis(span);
  setChildren($("lanes"), chunks.map((chunk) => showLane(chunk, span)), 1);
  for (const [name, most] of [["many", 16], ["lots", 48]]) $("lanes").classList.toggle(name, chunks.length > most);
  const by = (state) => chunks.filter((chunk) => chunk.state === state).length;
  const again = chunks.filter((chunk) => chunk.attempts > 1).length;
  setAttribute($("lanes"), "aria-label", `Over ${duration(span.end - span.start)}: ${by("done")} chunks done, ${again} of them redelivered, `
    + `${by("open")} open, ${by("failed")} failed. The receipts below have the same numbers.`);
  setChildren($("receipts").querySelector("tbody"), chunks.map(showReceipt));
}

function showPages(first, last, total) {
  setText($("pages-text"), `chunks ${count(first)} to ${count(last)} of ${count(total)}`);
  for (const [link, from] of [[$("earlier"), first - CHUNKS_SHOWN], [$("later"), last + 1]]) {
    const none = from < 0 || from >= total;
    if (none && document.activeElement === link) $("timeline-title").focus({ preventScroll: true });
    setHidden(link, none);
    setAttribute(link, "href", `#${route.job}/${Math.max(0, from)}`);
  }
}

/** When a chunk's message was sent, when a mapper took it, and when it was recorded. */
function timesOf(chunk) {
  const recorded = Date.parse(chunk.recorded_at);
  const taken = recorded - chunk.map_ms;
  return { sent: taken - chunk.queue_ms, taken, recorded };
}

/** The time shown: from the job's creation to its end, or to what its server takes for now. */
function spanOf(task, chunks) {
  const created = Date.parse(task.created_at);
  const times = chunks.filter((chunk) => chunk.state === "done").map(timesOf);
  const start = Math.min(created, ...times.map(({ sent }) => sent));
  const now = task.state === "pending" ? created + (task.elapsed_ms ?? 0) : start;
  return { start, end: Math.max(start + 1, now, ...times.map(({ recorded }) => recorded)) };
}

/** Ticks at round times: 1, 2 or 5 of a power of ten, or of a minute or an hour. */
function showAxis({ start, end }) {
  const length = end - start;
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 20 * SECOND, 30 * SECOND,
    MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, DAY];
  const axis = $("axis");
  const [width, room] = [axis.clientWidth, 64]; // Pixels, of the axis and of a tick's text.
  const step = steps.find((one) => length / one <= Math.min(5, width / room)) ?? DAY;
  const ticks = Array.from({ length: Math.min(6, Math.floor(length / step) + 1) }, (_, at) => at * step);
  while (axis.children.length < ticks.length) axis.append(make("span", { class: "tick" }));
  while (axis.children.length > ticks.length) axis.lastElementChild.remove();
  ticks.forEach((tick, at) => {
    axis.children[at].style.left = `${((tick / length) * 100).toFixed(3)}%`;
    setText(axis.children[at], (1 - tick / length) * width < room ? "" : tickText(tick));
  });
}

const tickText = (ms) => ms === 0 ? "0" : ms < SECOND ? `${ms} ms` : ms < MINUTE ? `${ms / SECOND} s`
  : ms < HOUR ? `${ms / MINUTE} min` : `${ms / HOUR} h`;

function showLane(chunk, span) {
  let lane = job.lanes.get(chunk.chunk);
  if (!lane) {
    const node = make("div", { class: "lane" }, make("b", {}, count(chunk.chunk)), make("u"));
    job.lanes.set(chunk.chunk, lane = { node, bars: new Map() });
  }
  const bars = barsOf(chunk, span);
  place(lane.node.children[1], bars.at(-1)?.to ?? span.end, span.end, span);
  for (const [kind, bar] of lane.bars) setHidden(bar, !bars.some((one) => one.kind === kind));
  for (const { kind, from, to } of bars) {
    const bar = lane.bars.get(kind) ?? make("i", { class: kind });
    if (!lane.bars.has(kind)) lane.node.append(bar);
    lane.bars.set(kind, bar);
    place(bar, from, to, span);
  }
  lane.node.classList.toggle("failed", chunk.state === "failed");
  setText(lane.node.children[1], chunk.state === "failed" ? "failed" : chunk.attempts > 1 ? `×${chunk.attempts}` : "");
  setAttribute(lane.node, "title", laneText(chunk));
  return lane.node;
}

/** Reading and folding take turns, so each is drawn as long as all its turns together. */
function barsOf(chunk, span) {
  if (chunk.state === "failed") return [{ kind: "lost", from: span.start, to: span.end }];
  if (chunk.state !== "done") return [{ kind: "open", from: span.start, to: span.end }];
  const { sent, taken, recorded } = timesOf(chunk);
  const fold = Math.max(taken, recorded - chunk.fold_ms);
  const read = Math.max(taken, fold - chunk.read_ms);
  return [
    { kind: chunk.attempts > 1 ? "wait again" : "wait", from: sent, to: taken },
    { kind: "other", from: taken, to: read }, { kind: "read", from: read, to: fold }, { kind: "fold", from: fold, to: recorded },
  ].filter(({ from, to }) => to > from);
}

function place(bar, from, to, { start, end }) {
  const percent = (ms) => `${((ms / (end - start)) * 100).toFixed(3)}%`;
  bar.style.left = percent(Math.max(0, from - start));
  if (bar.tagName === "I") bar.style.width = percent(to - from);
}

function laneText(chunk) {
  if (chunk.state !== "done") return `chunk ${chunk.chunk}: ${chunk.state}${chunk.error ? `, ${chunk.error}` : ""}`;
  const tries = chunk.attempts > 1 ? `, attempt ${chunk.attempts}` : "";
  return `chunk ${chunk.chunk}: waited ${duration(chunk.queue_ms)}, mapped ${duration(chunk.map_ms)}, of which reading `
    + `${duration(chunk.read_ms)} and folding ${duration(chunk.fold_ms)}${tries}`;
}

