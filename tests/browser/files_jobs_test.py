"""The files of real jobs: their links lead to what the API says of them."""

import hashlib
import re
import time
import unittest
from pathlib import Path

from playwright.sync_api import expect

from jobs_case import JobsCase

# For how long a job may be pending, in seconds.
PATIENCE = 60


class FilesOfJobsTest(JobsCase):
    def completed(self, **body) -> str:
        task_id = self.api.call("POST", "tasks", body)["task_id"]
        deadline = time.monotonic() + PATIENCE
        while (state := self.api.tell(task_id)["state"]) == "pending":
            self.assertLess(time.monotonic(), deadline, "the job stays pending")
            time.sleep(0.2)
        self.assertEqual(state, "completed")
        return task_id

    def check_files(self, task_id: str, count: int) -> list[bytes]:
        """Downloads each file by its link, and compares it with its checksum."""
        self.show_job(task_id)
        rows = self.page.locator("#files-table tbody tr")
        expect(rows).to_have_count(count)
        contents = []
        for row in rows.all():
            with self.page.expect_download() as download:
                row.get_by_role("link").click()
            contents.append(Path(download.value.path()).read_bytes())
            checksum = row.get_by_role("button", name="Copy SHA-256")
            expect(checksum).to_have_attribute("title", hashlib.sha256(contents[-1]).hexdigest())
        return contents

    def test_rows_are_a_file_a_chunk(self):
        columns = ["x1", "y1", "x2", "y2"]
        output = {"format": "csv"}
        task_id = self.completed(kernel="rows", columns=columns, output=output, chunks=2)
        for content in self.check_files(task_id, 2):
            self.assertTrue(content.startswith(b"x1,y1,x2,y2"), content[:80])

    def test_groups_are_written_by_a_second_stage(self):
        task_id = self.completed(
            source="few",
            kernel="summary",
            columns=["y1"],
            group_by=["hundred"],
            output={"format": "jsonl", "parts": 2},
        )
        self.check_files(task_id, 2)
        lanes = self.page.locator(".lane b")
        expect(lanes.filter(has_text=re.compile("^P[01]$"))).to_have_count(2)


if __name__ == "__main__":
    unittest.main()
