"""The page for everyone: by keyboard alone, on a phone, in the dark, by its names and contrast."""

import unittest

from playwright.sync_api import Locator, Page, expect

from case import PHONE
from jobs_case import JobsCase
from readable import CLIPPED, NAMELESS, PALE, WIDTHS

TABS_AT_MOST = 120


class ReadingTest(JobsCase):
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
        needed, shown = page.evaluate(WIDTHS)
        self.assertLessEqual(needed, shown)
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
