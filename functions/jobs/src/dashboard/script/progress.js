function newProgress() {
  const [fill, text] = [make("i"), make("span", { class: "count" })];
  const bar = make("div", { class: "meter", role: "progressbar", "aria-valuemin": "0" }, fill);
  return { fill, text, bar, node: make("div", { class: "progress" }, bar, text) };
}

function showProgress({ fill, text, bar }, { kernel, state, progress }) {
  const { done, total } = progress ?? { done: 0, total: 0 };
  const share = total ? done / total : state === "completed" ? 1 : 0;
  const width = `${(share * 100).toFixed(2)}%`;
  if (fill.style.width !== width) fill.style.width = width;
  setText(text, `${count(done)} / ${count(total)}`);
  setAttribute(bar, "aria-label", `Chunks done of ${kernel}`);
  setAttribute(bar, "aria-valuemax", String(Math.max(1, total)));
  setAttribute(bar, "aria-valuenow", String(total ? done : Math.round(share)));
  setAttribute(bar, "aria-valuetext", `${done} of ${total} chunks`);
}

