/* The histogram: how many chunks took how long. */

const BUCKETS = 30;

function showHistogram() {
  const { chunks: ascending } = doneTimes();
  setHidden($("durations"), !ascending.length);
  if (!ascending.length) return;
  const shown = String(times.version);
  if ($("histogram").dataset.shown === shown) return;
  $("histogram").dataset.shown = shown;
  const buckets = bucketsOf(ascending);
  const most = Math.max(...buckets.map(({ size }) => size));
  $("histogram").replaceChildren(...buckets.map((bucket) => histogramBar(bucket, most)));
  setText($("histogram-end"), duration(buckets.at(-1).from));
  showTimes(ascending);
}

/** Equal steps from 0 on. The last bucket has the few chunks that took far longer than the rest. */
function bucketsOf(ascending) {
  const step = Math.max(1, Math.ceil((quantile(ascending, 0.99) * 1.1) / BUCKETS));
  const sizes = Array.from({ length: BUCKETS + 1 }, () => 0);
  for (const ms of ascending) sizes[Math.min(BUCKETS, Math.floor(ms / step))] += 1;
  return sizes.map((size, at) =>
    ({ size, from: at * step, to: at < BUCKETS ? (at + 1) * step : null }));
}

function histogramBar({ size, from, to }, most) {
  const range = to === null ? `${duration(from)} and more` : `${duration(from)} to ${duration(to)}`;
  const bar = make("i", {});
  bar.style.height = size ? `max(2px, ${((100 * size) / most).toFixed(1)}%)` : "0";
  return make("span", { title: `${range}: ${counted(size, "chunk")}` }, bar);
}

/** The times in words, the slowest with a link to its chunk. */
function showTimes(ascending) {
  const [fastest, median] = [ascending[0], quantile(ascending, 0.5)].map(duration);
  const chunks = doneChunks().filter(({ partitions }) => !partitions);
  const slowest = chunks.reduce((one, other) => (other.map_ms > one.map_ms ? other : one));
  const link = make("a", { href: chunksHref({ chunk: slowest.chunk }) },
    `chunk ${count(slowest.chunk)}`);
  const facts = [
    ["Fastest", fastest],
    ["Median", median],
    ["95 % within", duration(quantile(ascending, 0.95))],
    ["Slowest", make("span", {}, `${duration(slowest.map_ms)}, `, link)],
  ];
  $("times").replaceChildren(...facts.map(([name, fact]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, fact))));
  setAttribute($("histogram"), "aria-label", `Chunks by their time: the fastest ${fastest}, `
    + `the median ${median}, the slowest ${duration(slowest.map_ms)}.`);
}
