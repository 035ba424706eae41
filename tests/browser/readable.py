"""Scripts that find what somebody could not read, or not name."""

# Elements whose text is wider than they are or runs off the screen. What scrolls by itself may.
CLIPPED = """() => {
  const clipped = [];
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!text || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest(".unseen, .scroll, script, option")) continue;
    const box = element.getBoundingClientRect();
    const inline = getComputedStyle(element).display === "inline";
    const cut = !inline && element.scrollWidth > element.clientWidth + 1;
    if (cut || box.left < 0 || box.right > document.documentElement.clientWidth + 0.5)
      clipped.push(`${element.tagName} ${element.className} ${element.textContent.slice(0, 60)}`);
  }
  return clipped;
}"""

# Texts whose contrast to what is behind them is below that of WCAG AA, 4.5 to 1.
PALE = """() => {
  const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) =>
    0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const pale = [];
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!text || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest(".unseen, script, option")) continue;
    const [one, other] = [parse(getComputedStyle(element).color), behind(element)].map(luminance);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const which = `${element.tagName} ${element.className} ${element.textContent.slice(0, 60)}`;
    if (ratio < 4.5) pale.push(`${ratio.toFixed(2)} ${which}`);
  }
  return pale;
}"""

# Controls that a screen reader could only call "button" or "edit".
NAMELESS = """() => [...document.querySelectorAll(
    "a, button, input, select, textarea, [role=img], [role=progressbar], [role=region]")]
  .filter((element) => element.checkVisibility())
  .filter((element) => !(element.ariaLabel || element.labels?.length || element.textContent.trim()
    || document.getElementById(element.getAttribute("aria-labelledby"))))
  .map((element) => element.outerHTML)"""

# How wide the page is, and how wide what the browser shows of it.
WIDTHS = """(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])(
  document.documentElement)"""
