/*
 * Elements: making them and changing them.
 *
 * A setter leaves alone what already is as it should be. So a poll that brings nothing new does not
 * disturb the focus, a selection or the layout. What the server says is only ever set as text or
 * as an attribute, never as HTML.
 */

const isDark = matchMedia("(prefers-color-scheme: dark)");
const $ = (id) => document.getElementById(id);

/** Makes an element with attributes and children; strings become text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/**
 * Makes these the children of an element, in this order, after the first `kept` it has. Children
 * that stay where they are are not moved, so they keep the focus.
 */
function setChildren(parent, children, kept = 0) {
  const wanted = new Set(children);
  for (const child of [...parent.children].slice(kept)) if (!wanted.has(child)) child.remove();
  children.forEach((child, at) => {
    const present = parent.children[kept + at];
    if (present !== child) parent.insertBefore(child, present ?? null);
  });
}

/** Shows in a <time> how long ago an instant was; pointing at it shows the date. */
function setTime(element, iso) {
  const instant = Date.parse(iso);
  const isKnown = !Number.isNaN(instant);
  setText(element, isKnown ? relativeTime(instant) : UNKNOWN);
  setAttribute(element, "datetime", iso ?? "");
  if (isKnown) setAttribute(element, "title", dateAndTime(instant));
}

/** Makes a screen reader say it. */
const announce = (text) => setText($("announce"), text);
