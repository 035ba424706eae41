/* What the list and the detail of a job both show: its state, and how many chunks are done. */

const STATES = ["pending", "completed", "failed", "cancelled", "expired"];

/** Gives an element the class of a state, and takes those of the other states from it. */
function setState(element, state) {
  for (const one of STATES) element.classList.toggle(one, one === state);
}

/** A progress bar and its text. */
function newProgress() {
  const [fill, text] = [make("i"), make("span", { class: "count" })];
  const bar = make("div", { class: "meter", role: "progressbar", "aria-valuemin": "0" }, fill);
  return { fill, text, bar };
}

function showProgress({ fill, text, bar }, job) {
  const { state, progress: { done, total } } = job;
  const share = total ? done / total : state === "completed" ? 1 : 0;
  const width = `${(share * 100).toFixed(2)}%`;
  if (fill.style.width !== width) fill.style.width = width;
  setText(text, `${count(done)} / ${count(total)}`);
  setAttribute(bar, "aria-label", `Chunks done of ${kernelText(job)}`);
  setAttribute(bar, "aria-valuemax", String(Math.max(1, total)));
  setAttribute(bar, "aria-valuenow", String(total ? done : share));
  const what = partitionsOf(job) ? "chunks and partitions" : "chunks";
  setAttribute(bar, "aria-valuetext", `${done} of ${total} ${what}`);
}
