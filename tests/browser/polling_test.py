"""The page keeps up by itself: how often it asks, how much, and what it leaves alone."""

import json
import re
import unittest

from playwright.sync_api import Page, expect

from case import is_poll
from fake import fake_id, fake_job, fake_page
from jobs_case import JobsCase

MOST_BYTES = 50_000
LIST_ROWS = 25

# Keeps in `most` how many requests there were at once that nobody had given up.
COUNT_REQUESTS = """
window.most = 0;
const underWay = new Set();
const send = window.fetch;
window.fetch = (path, options) => {
  for (const other of underWay) if (other.signal.aborted) underWay.delete(other);
  const request = { signal: options.signal };
  underWay.add(request);
  window.most = Math.max(window.most, underWay.size);
  return send(path, options).finally(() => underWay.delete(request));
};
"""


class PollingTest(JobsCase):
    def test_a_lost_server_is_said_until_it_is_back(self):
        self.expected_complaint = "net::ERR_FAILED"
        task_id = self.completed_job()
        self.show()
        expect(self.row(task_id)).to_be_visible()
        self.page.route("**/tasks?*", lambda route: route.abort())
        banner = self.page.locator("#lost")
        expect(banner).to_contain_text("Lost the server")
        expect(banner).to_contain_text(re.compile(r"trying again in\s+\d+ s"))
        expect(self.row(task_id)).to_be_visible()
        self.page.unroute("**/tasks?*")
        expect(banner).to_be_hidden()

    def test_a_server_that_cannot_answer_is_quoted(self):
        self.expected_complaint = "503"
        self.show()
        refusal = {"status": "something went wrong", "error": "the store is unreachable"}
        self.page.route("**/tasks?*", lambda route: route.fulfill(status=503, json=refusal))
        expect(self.page.locator("#lost")).to_contain_text("503: the store is unreachable")

    def test_a_hidden_tab_asks_less_and_a_shown_one_at_once(self):
        self.page.clock.install()
        self.show()
        expect(self.page.locator("#live")).to_contain_text("updated")
        set_visibility(self.page, "hidden")
        expect(self.page.locator("#live")).to_contain_text("every 30 s")
        self.page.clock.pause_at(self.page.evaluate("Date.now()") / 1000 + 1)
        polls = []
        self.page.on("request", lambda request: polls.append(request.url))
        self.page.clock.run_for(15_000)
        self.assertEqual(polls, [])
        with self.page.expect_request(is_poll):
            set_visibility(self.page, "visible")
        expect(self.page.locator("#live")).not_to_contain_text("every 30 s")

    def test_a_pending_job_is_asked_for_every_second(self):
        self.long_job()
        self.show()
        expect(self.page.locator("#live")).to_contain_text("every 1 s")
        expect(self.page).to_have_title(re.compile(r"^\d+\+? running · pgfold$"))

    def test_one_request_at_a_time(self):
        task_id = self.completed_job()
        self.page.add_init_script(COUNT_REQUESTS)
        self.show()
        expect(self.row(task_id)).to_be_visible()
        unanswered = []
        self.page.route("**/tasks?*", lambda route: unanswered.append(route))
        with self.page.expect_request(is_poll):
            pass
        self.row(task_id).get_by_role("link").click()
        expect(self.page.locator(".lane")).to_have_count(4)
        self.page.unroute("**/tasks?*")
        self.page.go_back()
        self.next_poll()
        self.assertEqual(self.page.evaluate("most"), 1)

    def test_a_refresh_of_a_full_list_is_small(self):
        for _ in range(LIST_ROWS - len(self.api.call("GET", "tasks?limit=25")["tasks"])):
            self.api.start(chunks=1)
        self.show()
        expect(self.page.locator("tbody.job")).to_have_count(LIST_ROWS)
        self.assertLess(self.bytes_of_a_refresh(), MOST_BYTES)

    def test_a_refresh_of_a_large_job_is_small(self):
        task_id = self.api.start(chunks=120)
        self.assertEqual(self.api.wait(task_id), "completed")
        response = self.first_answer(f"#{task_id}")
        self.assertEqual(len(response.json()["chunks"]), 100)
        self.assertLess(len(response.body()), MOST_BYTES)

    def first_answer(self, route: str):
        with self.page.expect_response(lambda response: is_poll(response.request)) as told:
            self.show(route)
        return told.value

    def bytes_of_a_refresh(self) -> int:
        """All that is asked from the beginning of one poll to that of the next."""
        asked = []
        self.page.on("request", lambda request: asked.append(request))
        self.next_poll()
        self.next_poll()
        first, second = [at for at, request in enumerate(asked) if is_poll(request)][:2]
        return sum(len(request.response().body()) for request in asked[first:second])

    def test_polls_keep_focus_selection_and_rows(self):
        task_id = self.completed_job()
        self.show()
        link = self.row(task_id).get_by_role("link")
        link.focus()
        self.page.evaluate(
            "([id]) => { const row = document.querySelector(`a[href='#${id}']`).closest('tbody');"
            " row.marked = true;"
            " getSelection().selectAllChildren(row.querySelector('.source')); }",
            [task_id],
        )
        selected = self.page.evaluate("getSelection().toString()")
        self.assertNotEqual(selected, "")
        self.next_poll()
        self.next_poll()
        expect(link).to_be_focused()
        self.assertEqual(self.page.evaluate("getSelection().toString()"), selected)
        self.assertTrue(link.evaluate("link => link.closest('tbody').marked"))

    def test_older_jobs_come_by_the_page_and_stay(self):
        pages = [fake_page(range(100, 75, -1), "more"), fake_page(range(75, 45, -1), None)]

        def answer(route):
            route.fulfill(json=pages["cursor=" in route.request.url])

        self.page.route("**/tasks?*", answer)
        self.show()
        expect(self.page.locator("tbody.job")).to_have_count(25)
        self.page.get_by_role("button", name="Load more").click()
        expect(self.page.locator("tbody.job")).to_have_count(55)
        pages[0] = fake_page(range(101, 76, -1), "more")
        expect(self.page.locator("tbody.job")).to_have_count(56)
        newest = self.page.locator("tbody.job").first.get_by_role("link")
        expect(newest).to_have_attribute("href", f"#{fake_id(101)}")
        expect(self.page.get_by_role("button", name="Load more")).to_be_hidden()

    def test_what_the_server_says_is_text(self):
        markup = "<img src=x onerror=\"document.body.id = 'run'\"><b>bold</b>"
        job = fake_job(1) | {"state": "failed", "error": markup, "kernel": markup}
        job |= {"source": markup, "params": {markup: markup}, "columns": [markup]}
        chunk = {"chunk": 0, "start": markup, "end": None, "state": "failed", "error": markup}
        answer = {"answer_so_far": {markup: [{markup: markup}]}}
        more = answer | {"chunks": [chunk], "failed_chunks": [chunk]}
        listed = {"tasks": [job], "next": None, "queue": None}
        self.page.route("**/tasks?*", lambda route: route.fulfill(json=listed))
        self.page.route("**/tasks/*", lambda route: route.fulfill(json=job | more))
        self.show()
        expect(self.page.locator(".note")).to_have_text(markup)
        self.page.locator("tbody.job").get_by_role("link").click()
        expect(self.page.locator("#job-error")).to_have_text(markup)
        expect(self.page.locator("#receipts")).to_contain_text(markup)
        expect(self.page.locator("#answer")).to_contain_text(markup)
        expect(self.page.locator("main img, main article b:not(.lane b)")).to_have_count(0)
        self.assertEqual(self.page.evaluate("document.body.id"), "")

    def test_keys_beyond_the_doubles_are_shown_to_the_digit(self):
        key = 9007199254740993
        job = fake_job(1) | {"answer": {"distance": 0.5, "pair": {"id": key}}, "chunks": []}
        body = json.dumps(job)
        self.page.route("**/tasks/*", lambda route: route.fulfill(body=body))
        self.show(f"#{fake_id(1)}")
        expect(self.page.locator("#answer")).to_contain_text(str(key))


def set_visibility(page: Page, state: str):
    """What a browser does to a tab that is hidden or shown, as far as the page can tell."""
    page.evaluate(
        "state => { Object.defineProperty(document, 'visibilityState',"
        " { configurable: true, get: () => state });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        state,
    )


if __name__ == "__main__":
    unittest.main()
