/*
 * The files of a completed job: a table with a link to each, a page at a time. The links are good
 * for a while only, so a page that stays open asks for new ones.
 */

const FILES_PAGE = 25;
/** For how long links are kept. The server says how long they are good, at the most. */
const RENEW_AFTER = 10 * MINUTE;
/** Characters of a checksum that are shown. */
const SHOWN_DIGITS = 12;

const fileList = {
  /** The first file of the page. */
  from: 0,
  /** The files of the job as the server described them with the page; null before it did. */
  answer: null,
};

function forgetFiles() {
  Object.assign(fileList, { from: 0, answer: null });
}

/** Loads the page that is to be shown, and its links anew if they are old. */
async function loadFiles(control) {
  const { files, task_id: id } = detail.job;
  if (!files) return;
  const { from, answer } = fileList;
  // By the clock of the server.
  const isOld = answer && instantOf(files) - instantOf(answer) > RENEW_AFTER;
  if (answer?.from === from && !isOld) return;
  const path = chunksPath({ from, limit: FILES_PAGE });
  const job = await request(control, "GET", path);
  if (detail.id !== id || !job.files) return;
  fileList.answer = { ...job.files, from };
  showFiles(detail.job);
}

const instantOf = ({ links_expire_at: at }) => Date.parse(at);

function showFiles({ files }) {
  setHidden($("files-panel"), !files);
  if (!files) return;
  const { format, rows, bytes, part_count: parts, columns } = files;
  const size = `${counted(rows, "row")}, ${bytesText(bytes)}`;
  setText($("files-of"), `${format}, ${size} in ${counted(parts, "file")}`);
  setText($("files-columns"), columns.map(({ name, type }) => `${name} ${type}`).join(", "));
  const { answer } = fileList;
  for (const id of ["files-links", "files-table"]) setHidden($(id), !answer);
  if (!answer) return;
  setLink($("files-manifest"), answer.manifest.url);
  setTime($("files-until"), answer.links_expire_at);
  setHidden($("files-table"), !parts);
  const shown = JSON.stringify(answer.parts);
  if ($("files-table").dataset.shown !== shown) {
    $("files-table").dataset.shown = shown;
    const rowsOf = answer.parts.map((part, at) => fileRow(part, answer.from + at));
    $("files-table").querySelector("tbody").replaceChildren(...rowsOf);
  }
  showFilePages(answer, parts);
}

function fileRow({ name, url, rows, bytes, sha256 }, number) {
  const link = make("a", {}, name.split("/").at(-1));
  setLink(link, url);
  const copy = make("button", { type: "button", class: "mono", title: sha256 },
    `${sha256.slice(0, SHOWN_DIGITS)}…`);
  setAttribute(copy, "aria-label", `Copy SHA-256 of file ${number}`);
  onCopy(copy, () => sha256);
  return make("tr", {},
    make("td", { class: "num" }, count(number)),
    make("td", {}, link),
    make("td", { class: "num" }, count(rows)),
    make("td", { class: "num", title: counted(bytes, "byte") }, bytesText(bytes)),
    make("td", {}, copy));
}

/** Makes an element lead to a file, which learns nothing of this page. */
function setLink(element, url) {
  setAttribute(element, "rel", "noreferrer");
  if (/^https?:\/\//.test(url)) setAttribute(element, "href", url);
}

function showFilePages({ from, parts: { length } }, total) {
  setHidden($("files-pages"), total <= FILES_PAGE);
  const last = count(from + length - 1);
  setText($("files-range"), `files ${count(from)} to ${last} of ${count(total)}`);
  for (const [button, at] of filePages()) {
    const isNone = at < 0 || at >= total;
    if (isNone && document.activeElement === button) $("files-title").focus();
    setHidden(button, isNone);
  }
}

const filePages = () => [[$("files-earlier"), fileList.from - FILES_PAGE],
  [$("files-later"), fileList.from + FILES_PAGE]];

function turnFiles(button) {
  const [, from] = filePages().find(([one]) => one === button);
  fileList.from = Math.max(0, from);
  act(loadFiles);
}

function listenToFiles() {
  for (const [button] of filePages()) button.addEventListener("click", () => turnFiles(button));
  const fetchCommand = () => `pgfold fetch --url=${quoted(apiUrl())} ${detail.id}`;
  onCopy($("files-fetch"), fetchCommand, () => $("files-command"));
}
