"""The page for everyone: by keyboard alone, on a phone, in the dark, by its names and contrast."""

import unittest

from playwright.sync_api import Locator, Page, expect

from case import PHONE, BrowserCase

TABS_AT_MOST = 120

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


class ReadingTest(BrowserCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.completed, cls.failed, cls.long = cls.completed_job(), cls.failed_job(), cls.long_job()
        cls.routes = {
            "list": "",
            "job": f"#{cls.completed}",
            "failed": f"#{cls.failed}",
            "pending": f"#{cls.long}",
            "form": "#new",
        }

    def open_route(self, page: Page, route: str):
        if route == "#new":
            self.show(route, page)
            expect(page.get_by_label("Source")).to_be_focused()
            expect(page.locator("#hint-kernel-0")).not_to_be_empty()
        elif route:
            self.show_job(route[1:], page)
        else:
            self.show(page=page)
            expect(self.row(self.completed, page)).to_be_visible()

    def test_a_job_is_started_and_opened_by_keyboard_alone(self):
        self.show()
        self.tab_to(self.page.get_by_role("button", name="New job"))
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_label("Source")).to_be_focused()
        self.tab_to(self.page.get_by_label("Chunks", exact=True))
        self.page.keyboard.type("4")
        self.page.keyboard.press("Enter")
        started = self.page.locator("#said").get_by_role("link")
        row = self.row(started.inner_text())
        expect(row.locator(".state")).to_have_text("completed")
        self.tab_to(row.get_by_role("link"))
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("heading", level=1, name="min_distance")).to_be_focused()
        expect(self.page.locator("#receipts tbody tr")).to_have_count(4)
        self.tab_to(self.page.get_by_role("region", name="Receipts"))

    def tab_to(self, wanted: Locator):
        wanted.wait_for()
        for _ in range(TABS_AT_MOST):
            if wanted.evaluate("element => element === document.activeElement"):
                shown = wanted.evaluate("element => getComputedStyle(element).outlineStyle")
                self.assertNotEqual(shown, "none", "the focus can be seen")
                return
            self.page.keyboard.press("Tab")
        self.fail(f"{wanted} is not reached by Tab")

    def test_nothing_is_cut_off_on_a_phone(self):
        page = self.open_page(viewport=PHONE)
        for name, route in self.routes.items():
            with self.subTest(name):
                self.open_route(page, route)
                self.fits(page)
                self.picture(f"phone-{name}", page)

    def fits(self, page: Page):
        wide = page.evaluate("document.documentElement.scrollWidth")
        self.assertLessEqual(wide, page.evaluate("document.documentElement.clientWidth"))
        self.assertEqual(page.evaluate(CLIPPED), [])

    def test_nothing_is_cut_off_on_a_desktop(self):
        for name, route in self.routes.items():
            with self.subTest(name):
                self.open_route(self.page, route)
                self.fits(self.page)

    def test_dark_is_dark(self):
        page = self.open_page(color_scheme="dark")
        self.open_route(page, "")
        red, green, blue = page.evaluate(
            "getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)"
        )
        self.assertLess(max(red, green, blue), 64)
        self.picture("dark-list", page)
        self.open_route(page, self.routes["job"])
        self.picture("dark-job", page)

    def test_text_stands_out_from_what_is_behind_it(self):
        for scheme in ("light", "dark"):
            page = self.open_page(color_scheme=scheme)
            for name, route in self.routes.items():
                with self.subTest(scheme=scheme, route=name):
                    self.open_route(page, route)
                    self.assertEqual(page.evaluate(PALE), [])

    def test_every_control_has_a_name(self):
        for name, route in self.routes.items():
            with self.subTest(name):
                self.open_route(self.page, route)
                self.assertEqual(self.page.evaluate(NAMELESS), [])


if __name__ == "__main__":
    unittest.main()
