/*
 * The strip: all chunks in the order of their numbers, row by row, each a cell of its heat. The
 * partitions of a second stage have rows of their own, below a gap.
 */

const CELL_SIZES = [16, 12, 10, 8, 6, 5, 4, 3];
/** Pixels that the strip is high at most, if cells can be as small as that. */
const STRIP_HEIGHT = 160;

/**
 * How the cells lie, and what is drawn. Partitions begin `below` after the chunks before them, in
 * cells.
 */
const strip = { cell: 0, columns: 1, chunks: 0, below: 0, drawn: "" };

function showStrip() {
  const canvas = $("strip");
  const [total, width] = [store.chunks.length, canvas.parentElement.clientWidth];
  const drawn = [store.version, total, width, devicePixelRatio, isDark.matches, route.chunk].join();
  if (!width || strip.drawn === drawn) return;
  const chunks = sourceChunksOf(detail.job);
  const rowsOf = (cell) => {
    const columns = Math.floor(width / cell);
    const gap = chunks < total && chunks > 0 ? 1 : 0;
    return Math.ceil(chunks / columns) + gap + Math.ceil((total - chunks) / columns);
  };
  const fits = (cell) => rowsOf(cell) * cell <= STRIP_HEIGHT;
  const cell = CELL_SIZES.find(fits) ?? CELL_SIZES.at(-1);
  const columns = Math.floor(width / cell);
  const below = chunks ? (Math.ceil(chunks / columns) + 1) * columns - chunks : 0;
  Object.assign(strip, { cell, columns, chunks, below, drawn });
  const [rows, used] = [rowsOf(cell), Math.min(columns, total) * cell];
  canvas.width = used * devicePixelRatio;
  canvas.height = rows * cell * devicePixelRatio;
  canvas.style.width = `${used}px`;
  canvas.style.height = `${rows * cell}px`;
  const brush = canvas.getContext("2d");
  brush.scale(devicePixelRatio, devicePixelRatio);
  drawCells(brush);
  setAttribute(canvas, "aria-label", stripText());
  showStageNote($("strip-stages"), detail.job, "The cells below the gap are the partitions");
}

/** The place of a chunk among the cells, and the chunk at a place. */
const placeOf = (chunk) => (chunk < strip.chunks ? chunk : chunk + strip.below);
function chunkOf(place) {
  const chunk = place < strip.chunks ? place : place - strip.below;
  return chunk >= 0 && chunk < store.chunks.length && placeOf(chunk) === place ? chunk : -1;
}

/** Draws neighbours of one colour at once, where cells are too small to have gaps. */
function drawCells(brush) {
  const { cell, columns } = strip;
  const style = getComputedStyle(document.documentElement);
  const colours = new Map();
  const colourOf = (heat) => {
    if (!colours.has(heat)) colours.set(heat, style.getPropertyValue(`--${heat}`));
    return colours.get(heat);
  };
  const gap = cell >= 6 ? 1 : 0;
  const heats = allHeats();
  for (let at = 0; at < heats.length;) {
    const place = placeOf(at);
    const row = Math.floor(place / columns);
    const isBeside = (other) => Math.floor(placeOf(other) / columns) === row;
    let end = at + 1;
    while (!gap && end < heats.length && isBeside(end) && heats[end] === heats[at]) end += 1;
    brush.fillStyle = colourOf(heats[at]);
    brush.fillRect((place % columns) * cell, row * cell, (end - at) * cell - gap, cell - gap);
    at = end;
  }
  if (route.chunk === null) return;
  const chosen = placeOf(route.chunk);
  brush.strokeStyle = style.getPropertyValue("--ink");
  brush.lineWidth = 2;
  brush.strokeRect((chosen % columns) * cell - 1, Math.floor(chosen / columns) * cell - 1,
    cell + 1, cell + 1);
}

function stripText() {
  const inState = (state) => count(store.chunks.filter((chunk) => chunk?.state === state).length);
  const slow = allHeats().filter((heat) => heat === SLOW).length;
  return `All chunks by number: ${inState("done")} done, ${count(slow)} of them slow, `
    + `${inState("open")} open, ${inState("failed")} failed.`;
}

/** The number of the chunk below the pointer; -1 if there is none. */
function chunkAt({ offsetX: x, offsetY: y }) {
  const { cell, columns } = strip;
  const place = Math.floor(y / cell) * columns + Math.floor(x / cell);
  return x >= 0 && x < columns * cell ? chunkOf(place) : -1;
}

function listenToStrip() {
  $("strip").addEventListener("mousemove", (event) => {
    const at = chunkAt(event);
    const chunk = store.chunks[at];
    setAttribute($("strip"), "title", chunk ? laneText(chunk) : at < 0 ? ""
      : chunkName(detail.job, at));
  });
  $("strip").addEventListener("click", (event) => {
    const at = chunkAt(event);
    if (at >= 0) location.hash = chunksHref({ chunk: at });
  });
  const redraw = () => { if (detail.job && !$("overview").hidden) showStrip(); };
  addEventListener("resize", redraw);
  isDark.addEventListener("change", redraw);
}
