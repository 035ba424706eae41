"""The list of many jobs: what a row says, and how a job is found among a thousand."""

import unittest
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from case import PHONE, BrowserCase
from fake import fake_id, fake_job

JOBS = 1000
# Which of them read orders.
EVERY = 50


def job(number: int) -> dict:
    orders = {"source": "orders", "columns": ["amount"], "kernel": "summary", "params": {}}
    return fake_job(number) | (orders if number % EVERY == 0 else {})


class ListTest(BrowserCase):
    def setUp(self):
        super().setUp()
        self.answer(self.page)

    def answer(self, page: Page):
        """Answers with a thousand jobs, as the API turns its pages."""

        def answer(route):
            query = parse_qs(urlsplit(route.request.url).query)
            end = int(query["cursor"][0]) if "cursor" in query else JOBS
            start = max(0, end - int(query["limit"][0]))
            tasks = [job(number) for number in range(end - 1, start - 1, -1)]
            following = str(start) if start else None
            route.fulfill(json={"tasks": tasks, "next": following, "queue": None})

        page.route("**/tasks?*", answer)

    def rows(self, page: Page | None = None):
        return (page or self.page).locator("tbody.job")

    def search(self, text: str):
        self.page.get_by_label("Search jobs").fill(text)

    def test_a_row_has_what_its_job_reads(self):
        self.show("#?search=orders")
        expect(self.rows().first.locator(".source")).to_have_text("orders amount")

    def test_an_id_is_short_and_is_copied_whole(self):
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.show()
        button = self.row(fake_id(JOBS - 1)).get_by_role("button", name="Copy id")
        expect(button).to_have_text(f"…{fake_id(JOBS - 1)[-8:]}")
        expect(button).to_have_attribute("title", f"{fake_id(JOBS - 1)}, click to copy")
        button.click()
        expect(button).to_have_text("Copied")
        self.assertEqual(self.page.evaluate("navigator.clipboard.readText()"), fake_id(JOBS - 1))

    def test_a_search_looks_through_older_jobs(self):
        self.show()
        expect(self.rows()).to_have_count(25)
        self.search("Orders summary")
        expect(self.rows()).to_have_count(JOBS // EVERY)
        expect(self.page.locator("#shown")).to_have_text("20 of all 1\u202f000 jobs match")
        self.search("")
        expect(self.rows()).to_have_count(JOBS)

    def test_a_search_is_for_ids_and_parameters_too(self):
        self.show()
        self.search(fake_id(JOBS - 3)[-8:])
        expect(self.rows()).to_have_count(1)
        expect(self.row(fake_id(JOBS - 3))).to_be_visible()
        self.search("no such job")
        expect(self.page.locator("#empty")).to_contain_text("No job matches “no such job”")

    def test_a_search_has_an_address_and_stays(self):
        self.show()
        self.search("orders")
        self.page.wait_for_url("**#?search=orders")
        expect(self.rows()).to_have_count(JOBS // EVERY)
        other = self.open_page()
        self.answer(other)
        other.goto(self.page.url)
        expect(self.rows(other)).to_have_count(JOBS // EVERY)
        expect(other.get_by_label("Search jobs")).to_have_value("orders")

        self.page.get_by_role("link", name="completed", exact=True).click()
        self.page.wait_for_url("**#completed?search=orders")
        expect(self.rows()).to_have_count(JOBS // EVERY)

    def test_a_job_that_is_opened_while_somebody_types_stays_open(self):
        self.page.clock.install()
        self.page.route("**/tasks/*", lambda route: route.fulfill(json=job(1) | {"chunks": []}))
        self.show()
        expect(self.rows()).to_have_count(25)
        self.page.clock.pause_at(self.page.evaluate("Date.now()") / 1000 + 1)
        self.search("orders")
        self.rows().first.get_by_role("link").click()
        self.page.clock.run_for(500)
        expect(self.page.locator("#list")).to_be_hidden()
        expect(self.page.locator("#job")).to_be_visible()

    def test_a_whole_id_opens_its_job(self):
        self.page.route("**/tasks/*", lambda route: route.fulfill(json=job(1) | {"chunks": []}))
        self.show()
        self.search(fake_id(1))
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#job-id")).to_have_text(fake_id(1))

    def test_a_thousand_rows_are_fluent_and_fit(self):
        self.show("#?search=orders")
        expect(self.rows()).to_have_count(JOBS // EVERY)
        self.search("")
        expect(self.rows()).to_have_count(JOBS)
        drawing = (
            "() => { const start = performance.now(); showList();"
            " return performance.now() - start; }"
        )
        fastest = min(self.page.evaluate(drawing) for _ in range(5))
        self.assertLess(fastest, 200, "milliseconds to show every row anew")
        self.page.set_viewport_size(PHONE)
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        self.assertEqual(wide, PHONE["width"])


if __name__ == "__main__":
    unittest.main()
