/* Buttons that copy a text. */

/**
 * Copies what `textOf()` returns when the button is clicked. Browsers allow that over HTTPS and on
 * this machine only; elsewhere the text is selected in the element that shows it.
 */
function onCopy(button, textOf, shownIn) {
  const name = button.textContent;
  button.addEventListener("click", async () => {
    const text = textOf();
    const shown = shownIn();
    setText(shown, text);
    setHidden(shown, false);
    try {
      await navigator.clipboard.writeText(text);
      announce("Copied.");
      setText(button, "Copied");
      setTimeout(() => setText(button, name), 2 * SECOND);
    } catch {
      getSelection().selectAllChildren(shown);
    }
  });
}
