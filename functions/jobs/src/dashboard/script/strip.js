/* The strip: all chunks in the order of their numbers, row by row, each a cell of its heat. */

const CELL_SIZES = [16, 12, 10, 8, 6, 5, 4, 3];
/** Pixels that the strip is high at most, if cells can be as small as that. */
const STRIP_HEIGHT = 160;

/** How the cells lie, and what is drawn. */
const strip = { cell: 0, columns: 1, drawn: "" };

function showStrip() {
  const canvas = $("strip");
  const [total, width] = [store.chunks.length, canvas.parentElement.clientWidth];
  const drawn = [store.version, total, width, devicePixelRatio, isDark.matches, route.chunk].join();
  if (!width || strip.drawn === drawn) return;
  const fits = (cell) => Math.ceil(total / Math.floor(width / cell)) * cell <= STRIP_HEIGHT;
  const cell = CELL_SIZES.find(fits) ?? CELL_SIZES.at(-1);
  const columns = Math.floor(width / cell);
  Object.assign(strip, { cell, columns, drawn });
  const [rows, used] = [Math.ceil(total / columns), Math.min(columns, total) * cell];
  canvas.width = used * devicePixelRatio;
  canvas.height = rows * cell * devicePixelRatio;
  canvas.style.width = `${used}px`;
  canvas.style.height = `${rows * cell}px`;
  const brush = canvas.getContext("2d");
  brush.scale(devicePixelRatio, devicePixelRatio);
  drawCells(brush);
  setAttribute(canvas, "aria-label", stripText());
}

/** Draws neighbours of one colour at once, where cells are too small to have gaps. */
function drawCells(brush) {
  const { cell, columns } = strip;
  const median = quantile(doneTimes(), 0.5);
  const style = getComputedStyle(document.documentElement);
  const colours = new Map();
  const colourOf = (heat) => {
    if (!colours.has(heat)) colours.set(heat, style.getPropertyValue(`--${heat}`));
    return colours.get(heat);
  };
  const gap = cell >= 6 ? 1 : 0;
  const heats = store.chunks.map((chunk) => heatOf(chunk, median));
  for (let at = 0; at < heats.length;) {
    const rowEnd = Math.min(heats.length, (Math.floor(at / columns) + 1) * columns);
    let end = at + 1;
    while (!gap && end < rowEnd && heats[end] === heats[at]) end += 1;
    brush.fillStyle = colourOf(heats[at]);
    brush.fillRect((at % columns) * cell, Math.floor(at / columns) * cell,
      (end - at) * cell - gap, cell - gap);
    at = end;
  }
  if (route.chunk === null) return;
  brush.strokeStyle = style.getPropertyValue("--ink");
  brush.lineWidth = 2;
  brush.strokeRect((route.chunk % columns) * cell - 1, Math.floor(route.chunk / columns) * cell - 1,
    cell + 1, cell + 1);
}

function stripText() {
  const inState = (state) => count(store.chunks.filter((chunk) => chunk?.state === state).length);
  const median = quantile(doneTimes(), 0.5);
  const slow = store.chunks.filter((chunk) => heatOf(chunk, median) === SLOW).length;
  return `All chunks by number: ${inState("done")} done, ${count(slow)} of them slow, `
    + `${inState("open")} open, ${inState("failed")} failed.`;
}

/** The number of the chunk below the pointer; -1 if there is none. */
function chunkAt({ offsetX: x, offsetY: y }) {
  const { cell, columns } = strip;
  const at = Math.floor(y / cell) * columns + Math.floor(x / cell);
  return x >= 0 && x < columns * cell && at >= 0 && at < store.chunks.length ? at : -1;
}

function listenToStrip() {
  $("strip").addEventListener("mousemove", (event) => {
    const at = chunkAt(event);
    const chunk = store.chunks[at];
    setAttribute($("strip"), "title", chunk ? laneText(chunk) : at < 0 ? "" : `chunk ${at}`);
  });
  $("strip").addEventListener("click", (event) => {
    const at = chunkAt(event);
    if (at >= 0) location.hash = chunksHref({ chunk: at });
  });
  const redraw = () => { if (detail.job && !$("overview").hidden) showStrip(); };
  addEventListener("resize", redraw);
  isDark.addEventListener("change", redraw);
}
