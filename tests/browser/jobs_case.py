"""A test with the page open in a browser, and real jobs of the stack."""

import re
import subprocess

from api import Api
from case import BrowserCase

# Chunks of a job that is not done by the time its table is taken away.
LONG_ENOUGH = 300
TASK_ID = re.compile(r"agg_[0-9a-f-]{36}")


class JobsCase(BrowserCase):
    """Its tests see the jobs of one another, and some take the table away from all jobs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.api = Api(cls.settings.api_url)

    @classmethod
    def completed_job(cls) -> str:
        return cls.ended(cls.api.start(), "completed")

    @classmethod
    def failed_job(cls) -> str:
        failed, source = cls.settings.failed_task_id, cls.settings.failing_source
        return cls.ended(failed or cls.api.start(source=source), "failed")

    def jobs_that_lost_their_table(self, jobs: int) -> list[str]:
        """Jobs that failed for want of their table, which is there again by now."""
        if not self.settings.psql:
            self.skipTest("DISPOSABLE_DATABASE is not set")
        task_ids = [self.api.start(source="points", chunks=LONG_ENOUGH) for _ in range(jobs)]
        self.sql("ALTER TABLE points RENAME TO points_taken_away")
        try:
            return [self.ended(task_id, "failed") for task_id in task_ids]
        finally:
            self.sql("ALTER TABLE points_taken_away RENAME TO points")

    def sql(self, statement: str):
        subprocess.run([*self.settings.psql, statement], check=True)

    @classmethod
    def long_job(cls) -> str:
        """A job that is pending for as long as a test takes, and cancelled after its class."""
        task_id = cls.api.start(chunks=2000)
        cls.addClassCleanup(cls.end, task_id)
        return task_id

    @classmethod
    def ended(cls, task_id: str, wanted: str) -> str:
        state = cls.api.wait(task_id)
        if state != wanted:
            raise AssertionError(f"{task_id} is {state}, and should be {wanted}")
        return task_id

    @classmethod
    def end(cls, task_id: str):
        if cls.api.tell(task_id)["state"] == "pending":
            cls.api.cancel(task_id)
