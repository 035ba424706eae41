/* Buttons that copy a text. */

/**
 * Copies what `textOf()` returns when the button is clicked, and shows it in the element for it, if
 * there is one. Browsers allow that over HTTPS and on this machine only; elsewhere the text is
 * selected.
 */
function onCopy(button, textOf, shownIn = () => null) {
  const name = button.textContent;
  button.addEventListener("click", async () => {
    const text = textOf();
    const shown = shownIn();
    if (shown) setText(shown, text);
    if (shown) setHidden(shown, false);
    try {
      await navigator.clipboard.writeText(text);
      announce("Copied.");
      setText(button, "Copied");
      setTimeout(() => setText(button, name), 2 * SECOND);
    } catch {
      if (!shown) setText(button, text);
      getSelection().selectAllChildren(shown ?? button);
    }
  });
}
