/*
 * The timeline: below an axis of time a lane for each chunk, with bars for what took time.
 *
 * A span is the time that the axis shows, from `start` to `end`.
 */

function showTimeline(job, chunks) {
  const span = spanOf(job);
  showAxis(span);
  setChildren($("lanes"), chunks.map((chunk) => showLane(chunk, span)), 1); // After the axis.
  $("lanes").classList.toggle("many", chunks.length > PAGE);
  $("lanes").classList.toggle("lots", chunks.length > 48);
  setAttribute($("lanes"), "aria-label", timelineText(chunks, span));
  const last = partitionsOf(job) - 1;
  showStageNote($("lanes-stages"), job,
    last > 0 ? `P0 to P${last} are the partitions` : "P0 is the partition");
}

function timelineText(chunks, { start, end }) {
  const inState = (state) => chunks.filter((chunk) => chunk.state === state).length;
  const redelivered = chunks.filter((chunk) => chunk.attempts > 1).length;
  return `Over ${duration(end - start)}: ${inState("done")} chunks done, ${redelivered} of them `
    + `redelivered, ${inState("open")} open, ${inState("failed")} failed. `
    + "The receipts below have the same numbers.";
}

/** When the message of a chunk was sent, when a mapper took it, and when it was recorded. */
function timesOf(chunk) {
  const recorded = Date.parse(chunk.recorded_at);
  const taken = recorded - chunk.map_ms;
  return { sent: taken - chunk.queue_ms, taken, recorded };
}

/**
 * From the creation of the job to its last record, or to now while it is pending: the same for all
 * pages of its chunks.
 */
function spanOf(job) {
  const created = Date.parse(job.created_at);
  const chunks = doneChunks().map(timesOf);
  const start = chunks.reduce((least, { sent }) => Math.min(least, sent), created);
  // By the clock of the server, which need not agree with that of this computer.
  const now = job.state === "pending" ? created + job.elapsed_ms : start;
  const end = chunks.reduce((most, { recorded }) => Math.max(most, recorded), now);
  return { start, end: Math.max(start + 1, end) };
}

/** A length of time in percent of the span. */
const percent = (ms, { start, end }) => `${((ms / (end - start)) * 100).toFixed(3)}%`;

/* The axis */

/** Between two ticks of the axis. */
const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500,
  ...[1, 2, 5, 10, 20, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 20, 30].map((minutes) => minutes * MINUTE),
  HOUR, 2 * HOUR, 6 * HOUR, DAY,
];
const MOST_STEPS = 5;
const TICK_WIDTH = 64; // Pixels, with the text.

function showAxis(span) {
  const axis = $("axis");
  const [length, width] = [span.end - span.start, axis.clientWidth];
  const mostSteps = Math.min(MOST_STEPS, width / TICK_WIDTH);
  const step = STEPS.find((one) => length / one <= mostSteps) ?? DAY;
  const steps = Math.min(MOST_STEPS, Math.floor(length / step));
  const ticks = Array.from({ length: steps + 1 }, (_, at) => at * step);
  while (axis.children.length < ticks.length) axis.append(make("span", { class: "tick" }));
  while (axis.children.length > ticks.length) axis.lastElementChild.remove();
  ticks.forEach((tick, at) => {
    const hasRoom = (1 - tick / length) * width >= TICK_WIDTH;
    axis.children[at].style.left = percent(tick, span);
    setText(axis.children[at], hasRoom ? tickText(tick) : "");
  });
}

function tickText(ms) {
  if (ms === 0) return "0";
  if (ms < SECOND) return `${ms} ms`;
  if (ms < MINUTE) return `${ms / SECOND} s`;
  return ms < HOUR ? `${ms / MINUTE} min` : `${ms / HOUR} h`;
}

/* The lanes */

function showLane(chunk, span) {
  const lane = detail.lanes.get(chunk.chunk) ?? newLane(chunk);
  const bars = barsOf(chunk, span);
  for (const [kind, element] of lane.bars) {
    setHidden(element, !bars.some((bar) => bar.kind === kind));
  }
  for (const { kind, from, to } of bars) {
    const { style } = lane.bars.get(kind) ?? newBar(lane, kind);
    style.left = percent(from - span.start, span);
    style.width = percent(to - from, span);
  }
  const isFailed = chunk.state === "failed";
  lane.element.classList.toggle("failed", isFailed);
  lane.element.classList.toggle("chosen", chunk.chunk === route.chunk);
  setAttribute(lane.element, "title", laneText(chunk));
  const end = bars.at(-1)?.to ?? span.end;
  lane.note.style.left = percent(end - span.start, span);
  setText(lane.note, isFailed ? "failed" : chunk.attempts > 1 ? `×${chunk.attempts}` : "");
  return lane.element;
}

function newLane(chunk) {
  const note = make("u");
  const element = make("div", { class: "lane" }, make("b", {}, laneName(chunk)), note);
  const lane = { element, note, bars: new Map() };
  detail.lanes.set(chunk.chunk, lane);
  return lane;
}

/** The number of a chunk; `P0` for a partition. */
const laneName = ({ chunk, partition, partitions }) =>
  (partitions ? `P${count(partition)}` : count(chunk));

function newBar(lane, kind) {
  const element = make("i", { class: kind });
  lane.element.append(element);
  lane.bars.set(kind, element);
  return element;
}

/**
 * The bars of a chunk, each by its classes in timeline.css. A mapper reads and folds by turns; the timeline
 * has one bar for all the reading, and after it one for all the folding.
 */
function barsOf(chunk, span) {
  if (chunk.state === "failed") return [{ kind: "lost", from: span.start, to: span.end }];
  if (chunk.state !== "done") return [{ kind: "open", from: span.start, to: span.end }];
  const { sent, taken, recorded } = timesOf(chunk);
  const fold = Math.max(taken, recorded - chunk.fold_ms);
  const read = Math.max(taken, fold - chunk.read_ms);
  return [
    { kind: chunk.attempts > 1 ? "wait again" : "wait", from: sent, to: taken },
    { kind: "other", from: taken, to: read },
    { kind: "read", from: read, to: fold },
    { kind: "fold", from: fold, to: recorded },
  ].filter(({ from, to }) => to > from);
}

/** What pointing at a lane shows. */
function laneText(chunk) {
  const name = chunkName(detail.job, chunk.chunk);
  if (chunk.state === "failed") return `${name}: failed, ${chunk.error}`;
  if (chunk.state !== "done") return `${name}: ${chunk.state}`;
  return `${name}: waited ${duration(chunk.queue_ms)}, mapped ${duration(chunk.map_ms)}, `
    + `of which reading ${duration(chunk.read_ms)} and folding ${duration(chunk.fold_ms)}`
    + (chunk.attempts > 1 ? `, attempt ${chunk.attempts}` : "");
}
