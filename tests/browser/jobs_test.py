"""Jobs on the page: started, watched, opened, cancelled, failed, sent again."""

import unittest

from playwright.sync_api import expect

from case import number
from fake import fake_job
from jobs_case import TASK_ID, JobsCase


class JobsTest(JobsCase):
    def test_a_job_is_started_watched_to_its_end_and_opened(self):
        self.show()
        self.page.get_by_role("button", name="New job").click()
        self.page.get_by_label("Chunks", exact=True).fill("4")
        self.page.get_by_label("metric").select_option("euclidean")
        self.page.get_by_role("button", name="Start", exact=True).click()

        task_id = self.page.locator("#said").get_by_role("link").inner_text()
        self.assertRegex(task_id, TASK_ID)
        row = self.row(task_id)
        expect(row.locator(".state")).to_have_text("completed")
        expect(row.locator(".count")).to_have_text("4 / 4")
        self.picture("list")

        row.get_by_role("link").click()
        self.shows_what_the_api_tells(task_id)
        self.picture("job")

    def shows_what_the_api_tells(self, task_id: str):
        told = self.api.tell(task_id)
        expect(self.page.get_by_role("heading", name="Answer")).to_be_visible()
        answer = self.page.locator("#answer")
        expect(answer).to_contain_text(str(told["answer"]["distance"]))
        for name, value in told["answer"]["pair"].items():
            expect(answer).to_contain_text(name)
            expect(answer).to_contain_text(str(value))
        expect(self.page.locator(".lane")).to_have_count(4)
        receipts = self.page.locator("#receipts tbody tr")
        expect(receipts).to_have_count(4)
        rows = receipts.locator("td:nth-child(4)").all_inner_texts()
        self.assertEqual([*map(number, rows)], [chunk["rows"] for chunk in told["chunks"]])
        self.assertEqual(sum(map(number, rows)), told["rows"])

    def test_two_kernels_over_some_rows_are_planned_started_and_answered(self):
        self.show()
        with self.page.expect_response("**/sources"):
            self.page.get_by_role("button", name="New job").click()
        form = self.page.locator("#start")
        self.page.get_by_role("button", name="Add a kernel").click()
        kernels = [form.get_by_role("group", name=f"Kernel {at}", exact=True) for at in (1, 2)]
        for kernel, column in zip(kernels, ("x1", "y2"), strict=True):
            kernel.get_by_label("Kernel", exact=True).select_option("summary")
            kernel.get_by_label("Name of the answer").fill(f"of {column}")
            kernel.get_by_label("value (number)").select_option(column)
        self.page.get_by_role("button", name="Add a condition").click()
        condition = form.get_by_role("group", name="Condition 1")
        condition.get_by_label("Column").select_option("id")
        condition.get_by_label("Comparison").select_option("le")
        condition.get_by_label("Value").fill("100")
        self.page.get_by_role("button", name="Plan", exact=True).click()
        expect(self.page.locator("#plan-facts")).to_contain_text("Of all rows, about")
        self.page.get_by_role("button", name="Start", exact=True).click()
        task_id = self.page.locator("#said").get_by_role("link").inner_text()
        expect(self.row(task_id).locator(".state")).to_have_text("completed")

        self.show_job(task_id)
        expect(self.page.locator("#job-params")).to_contain_text("where id ≤ 100")
        told = self.api.tell(task_id)
        self.assertEqual(told["rows"], 100)
        blocks = self.page.locator("#answer section")
        for block, column in zip(blocks.all(), ("x1", "y2"), strict=True):
            expect(block.get_by_role("heading")).to_have_text(f"of {column} summary of {column}")
            expect(block).to_contain_text(str(told["answer"][f"of {column}"]["rows"]))

    def test_back_returns_to_the_list_and_to_the_row(self):
        task_id = self.completed_job()
        self.show()
        self.row(task_id).get_by_role("link").click()
        expect(self.page.locator("#receipts tbody tr")).to_have_count(4)
        self.page.go_back()
        expect(self.row(task_id).get_by_role("link")).to_be_focused()

    def test_a_link_leads_to_a_job(self):
        task_id = self.completed_job()
        self.show_job(task_id)
        expect(self.page.locator("#job-id")).to_have_text(task_id)
        expect(self.page).to_have_title("completed · min_distance · pgfold")

    def test_a_job_is_cancelled_by_a_second_click(self):
        task_id = self.long_job()
        self.show()
        row = self.row(task_id)
        expect(row.locator(".state")).to_have_text("pending")
        row.get_by_role("button", name="Cancel").click()
        expect(row.get_by_role("button", name="Sure?")).to_be_focused()
        self.page.keyboard.press("Escape")
        self.next_poll()
        expect(row.locator(".state")).to_have_text("pending")
        row.get_by_role("button", name="Cancel").click()
        row.get_by_role("button", name="Sure?").click()
        expect(row.locator(".state")).to_have_text("cancelled")
        self.assertEqual(self.api.tell(task_id)["state"], "cancelled")

    def test_a_pending_job_shows_its_chunks_page_by_page_and_is_cancelled(self):
        task_id = self.long_job()
        self.show_job(task_id)
        expect(self.page.locator(".lane")).to_have_count(25)
        self.page.get_by_role("link", name="all", exact=True).click()
        expect(self.page.locator(".lane")).to_have_count(100)
        self.page.get_by_role("link", name="Later chunks").click()
        expect(self.page.locator("#receipts tbody tr").first).to_contain_text("100")
        expect(self.page.get_by_role("link", name="Later chunks")).to_be_visible()
        self.page.get_by_role("button", name="Cancel").click()
        self.page.get_by_role("button", name="Sure?").click()
        expect(self.page.locator("#job-state")).to_have_text("cancelled")
        expect(self.page.get_by_role("button", name="Cancel")).to_be_hidden()

    def test_a_failed_job_says_why(self):
        task_id = self.failed_job()
        told = self.api.tell(task_id)
        self.show("#failed")
        row = self.row(task_id)
        expect(row.locator(".note")).to_contain_text(told["error"])
        expect(row.get_by_role("button", name="Retry")).to_be_visible()
        row.get_by_role("link").click()
        reasons = {failed["error"] for failed in told["failed_chunks"]}
        expect(self.page.locator("#reasons li")).to_have_count(min(100, len(reasons)))
        for reason in reasons:
            expect(self.page.locator("#reasons")).to_contain_text(reason)
        self.picture("failed")

    def test_equal_reasons_are_one_line(self):
        failed = [{"chunk": chunk, "error": "no such table"} for chunk in range(100)]
        failed[7]["error"] = failed[9]["error"] = "no such column"
        error = "chunk 0: no such table"
        self.answer_with({"state": "failed", "error": error, "failed_chunks": failed})
        reasons = self.page.locator("#reasons li")
        expect(reasons).to_have_text(
            [
                "98 chunksno such table chunks 0–6, 8, 10–99",
                "2 chunksno such column chunks 7, 9",
            ]
        )
        expect(self.page.locator("#job-error")).to_be_hidden()
        expect(self.page.locator("#last-error")).to_be_hidden()

    def test_many_reasons_are_folded(self):
        failed = [{"chunk": chunk, "error": f"row {chunk} is wrong"} for chunk in range(20)]
        failed += [{"chunk": 2 * chunk, "error": "no such table"} for chunk in range(20, 40)]
        self.answer_with({"state": "failed", "error": "some failed", "failed_chunks": failed})
        reasons = self.page.locator("#reasons li")
        first = "20 chunksno such table chunks 40, 42, 44, 46, 48, 50, 52, 54 and 12 more"
        expect(reasons.first).to_have_text(first)
        expect(reasons.locator("visible=true")).to_have_count(5)
        self.page.get_by_text("16 more reasons").click()
        expect(reasons.locator("visible=true")).to_have_count(21)
        expect(self.page.locator("#job-error")).to_have_text("some failed")

    def test_a_failed_job_says_what_to_do(self):
        fields = {"state": "failed", "error": "lost", "progress": {"done": 3, "total": 4}}
        self.answer_with(fields | {"trace_id": "1-6b02d940-bd862e3fe1be46a994272793"})
        step = self.page.locator("#next-step")
        expect(step).to_contain_text("sends 1 chunk again, and keeps the 3 that are done")
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        step.get_by_role("button", name="Copy log query").click()
        query = self.page.locator("#log-query-text")
        expect(query).to_contain_text('= "1-6b02d940-bd862e3fe1be46a994272793"')
        expect(step.get_by_role("button", name="Copied")).to_be_visible()
        self.assertEqual(self.page.evaluate("navigator.clipboard.readText()"), query.text_content())

    def test_a_pending_job_shows_its_latest_failed_attempt(self):
        at = "2026-11-23T05:00:02.500Z"
        last = {"chunk": 3, "attempt": 2, "at": at, "error": "postgres is <b>unavailable</b>"}
        self.answer_with({"state": "pending", "failed_attempts": 5, "last_error": last})
        shown = self.page.locator("#last-error")
        expect(shown).to_contain_text("chunk 3, attempt 2")
        expect(shown).to_contain_text("postgres is <b>unavailable</b>")
        expect(shown.locator("time")).to_have_attribute("datetime", at)
        expect(self.page.locator("#facts")).to_contain_text("Failed attempts5")
        expect(self.page.locator("#failures")).to_be_hidden()

    def answer_with(self, fields: dict):
        """Opens a job without chunks, and so without a table, of which the API says this."""
        told = fake_job(1) | {"chunks": []} | fields
        self.page.route("**/tasks/*?from=*", lambda route: route.fulfill(json=told))
        self.show(f"#{told['task_id']}")

    def test_failed_jobs_are_sent_again_and_complete(self):
        in_the_list, by_itself = self.jobs_that_lost_their_table(2)
        self.show()
        row = self.row(in_the_list)
        row.get_by_role("button", name="Retry").click()
        expect(row.locator(".state")).to_have_text("completed")
        expect(row.locator(".note")).to_be_hidden()
        expect(row.locator(".action button")).to_be_hidden()

        self.show_job(by_itself)
        expect(self.page.locator("#failures")).to_contain_text("points")
        self.page.get_by_role("button", name="Retry failed chunks").click()
        expect(self.page.locator("#job-state")).to_have_text("completed")
        expect(self.page.get_by_role("heading", name="Answer", exact=True)).to_be_visible()
        expect(self.page.locator("#failures")).to_be_hidden()
        for task_id in (in_the_list, by_itself):
            told = self.api.tell(task_id)
            self.assertEqual((told["state"], told["rows"]), ("completed", told["estimated_rows"]))

    def test_a_retry_that_is_refused_says_so(self):
        task_id = self.completed_job()
        self.expected_complaint = "409"
        # The page has not heard yet that somebody else's retry has completed the job.
        before = self.api.tell(task_id) | {"state": "failed", "error": "lost"}
        self.page.route("**/tasks/*?from=*", lambda route: route.fulfill(json=before))
        self.show_job(task_id)
        self.page.get_by_role("button", name="Retry failed chunks").click()
        expect(self.page.locator("#job-said")).to_contain_text("Not retried")


if __name__ == "__main__":
    unittest.main()
