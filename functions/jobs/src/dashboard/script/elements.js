/* ---------- The document ---------- */

const $ = (id) => document.getElementById(id);

/** An element with attributes and children; strings become text. */
function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/* What is as it should be is left alone, which keeps selections and the layout. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}
function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

/** Children in this order. Those that stay are not moved, so they keep the focus. */
function setChildren(parent, children, after = 0) {
  const wanted = new Set(children);
  for (const child of [...parent.children].slice(after)) if (!wanted.has(child)) child.remove();
  children.forEach((child, at) => {
    const there = parent.children[after + at];
    if (there !== child) parent.insertBefore(child, there ?? null);
  });
}

function setTime(node, iso) {
  const instant = Date.parse(iso);
  setText(node, Number.isNaN(instant) ? NONE : relative(instant));
  setAttribute(node, "datetime", iso ?? "");
  if (!Number.isNaN(instant)) setAttribute(node, "title", absolute(instant));
}

function setState(node, state) {
  const known = STATES.includes(state) ? state : "";
  for (const one of STATES) node.classList.toggle(one, one === known);
}

/** Says it to those who cannot see it. */
const announce = (text) => setText($("announce"), text);

