"""Numbers as the page draws and counts them: bars, progress, figures, of answers that are known."""

import re
import unittest

from playwright.sync_api import Locator, Page, expect

from case import BrowserCase
from fake import fake_done, fake_id, fake_job, fake_unrecorded
from jobs_case import JobsCase

# What is drawn in a lane: by the name that the legend has for its looks, where it begins and how
# long it is, in percent of the lane.
BARS = """lane => {
  const looks = (bar) => {
    const { backgroundColor, backgroundImage, backgroundSize } = getComputedStyle(bar);
    const bare = backgroundColor === "rgba(0, 0, 0, 0)" && backgroundImage === "none";
    return bare ? bar : [backgroundColor, backgroundImage, backgroundSize].join();
  };
  const legend = [...document.querySelectorAll("#legend li")];
  const name = (bar) => legend.filter((item) => looks(item.firstElementChild) === looks(bar))
    .map((item) => item.textContent).join(" or ");
  const whole = lane.getBoundingClientRect();
  const percent = (pixels) => Math.round((100 * pixels) / whole.width);
  return [...lane.querySelectorAll("i")].filter((bar) => bar.checkVisibility()).map((bar) => {
    const { left, width } = bar.getBoundingClientRect();
    return [name(bar), percent(left - whole.left), percent(width)];
  });
}"""
# The axis over a lane: each tick's text, and where it stands in percent of the lane.
TICKS = """lane => [...document.querySelectorAll("#axis .tick")].map((tick) => {
  const whole = lane.getBoundingClientRect();
  const left = tick.getBoundingClientRect().left - whole.left;
  return [tick.textContent, Math.round((100 * left) / whole.width)];
})"""
# How much of a progress bar is filled, in percent.
FILLED = """bar => {
  const [fill, whole] = [bar.firstElementChild, bar].map((one) => one.getBoundingClientRect());
  return Math.round((1000 * fill.width) / whole.width) / 10;
}"""


AT_ONCE = fake_done(
    0, "2026-11-23T05:00:00.900Z", queue_ms=100, map_ms=800, read_ms=300, fold_ms=400
)
REDELIVERED = fake_done(
    1,
    "2026-11-23T05:00:02.000Z",
    attempts=3,
    queue_ms=1200,
    map_ms=800,
    read_ms=200,
    fold_ms=500,
)

# Two of four chunks are recorded, the last of them two seconds after the job's creation.
FAILED = fake_job(0) | {
    "state": "failed",
    "error": "chunk 2: division by zero",
    "progress": {"done": 2, "total": 4},
    "elapsed_ms": None,
    "chunks": [
        AT_ONCE,
        REDELIVERED,
        fake_unrecorded(2, "failed", error="division by zero"),
        fake_unrecorded(3, "open"),
    ],
}
PENDING = fake_job(0) | {
    "state": "pending",
    "progress": {"done": 3, "total": 8},
    "estimated_rows": 4_000_000,
    "rows": 1_500_000,
    "elapsed_ms": 2500,
    "cost_usd": 0.0000123,
    "chunks": [AT_ONCE, *(fake_unrecorded(chunk, "open") for chunk in range(1, 8))],
}
COMPLETED = PENDING | {
    "state": "completed",
    "progress": {"done": 8, "total": 8},
    "rows": 4_000_000,
    "elapsed_ms": 5000,
    "answer": {"distance": 0.25, "pair": {"id": 7}},
    "chunks": [AT_ONCE | {"chunk": chunk} for chunk in range(8)],
}
QUEUE = {"waiting": 1234, "in_flight": 56, "dead_letters": 7, "poison": 0}


class FiguresTest(BrowserCase):
    def setUp(self):
        super().setUp()
        # Bars are as long as they should be at once.
        self.page.emulate_media(reduced_motion="reduce")

    def tell(self, job: dict, queue: dict | None = None):
        """What the page hears from now on: of one job, in the list and by itself."""
        listed = {name: value for name, value in job.items() if name not in ("chunks", "answer")}
        page = {"tasks": [listed], "next": None, "queue": queue}
        self.page.route("**/tasks?*", lambda route: route.fulfill(json=page))
        self.page.route("**/tasks/*", lambda route: route.fulfill(json=job))

    def test_a_lane_has_a_bar_for_each_thing_that_took_time(self):
        self.tell(FAILED)
        self.show_job(fake_id(0))
        lanes = self.page.locator(".lane")
        expect(lanes).to_have_count(4)
        at_once, redelivered, failed, still_open = (lane.evaluate(BARS) for lane in lanes.all())
        connecting = "connecting, recording"
        self.assertEqual(
            at_once,
            [["waiting", 0, 5], [connecting, 5, 5], ["reading", 10, 15], ["folding", 25, 20]],
        )
        self.assertEqual(
            redelivered,
            [
                ["redelivered", 0, 60],
                [connecting, 60, 5],
                ["reading", 65, 10],
                ["folding", 75, 25],
            ],
        )
        self.assertEqual(failed, [["failed", 0, 100]])
        self.assertEqual(still_open, [["open", 0, 100]])
        self.assertEqual(lanes.locator("b").all_inner_texts(), ["0", "1", "2", "3"])
        self.assertEqual(lanes.locator("u").all_inner_texts(), ["", "×3", "failed", ""])
        self.assertEqual(
            lanes.first.evaluate(TICKS),
            [["0", 0], ["500 ms", 25], ["1 s", 50], ["1.5 s", 75], ["", 100]],
        )
        expect(self.page.get_by_role("img")).to_have_accessible_name(
            "Over 2.00 s: 2 chunks done, 1 of them redelivered, 1 open, 1 failed."
            " The receipts below have the same numbers."
        )

    def test_the_timeline_of_a_pending_job_goes_on_until_now(self):
        self.tell(PENDING | {"elapsed_ms": 9000})
        self.show_job(fake_id(0))
        lanes = self.page.locator(".lane")
        self.assertEqual(lanes.nth(0).evaluate(BARS)[-1], ["folding", 6, 4])
        self.assertEqual(lanes.nth(1).evaluate(BARS), [["open", 0, 100]])

    def test_a_receipt_says_what_its_chunk_took(self):
        self.tell(FAILED)
        self.show_job(fake_id(0))
        receipts = self.page.locator("#receipts")
        heads = receipts.locator("th").all_inner_texts()
        cells = receipts.locator("tbody tr").nth(1).locator("td").all_inner_texts()
        told = dict(zip(heads, cells, strict=True))
        expected = {
            "Chunk": "1",
            "State": "done, redelivered",
            "Rows": "500",
            "Attempts": "3",
            "Waited": "1.20 s",
            "Mapped": "800 ms",
            "Reading": "200 ms",
            "Folding": "500 ms",
        }
        self.assertEqual(told, told | expected)

    def test_the_queues_are_counted(self):
        self.tell(COMPLETED, QUEUE)
        self.show()
        expect(figure(self.page, "waiting")).to_have_text("1\u202f234")
        expect(figure(self.page, "in flight")).to_have_text("56")
        expect(figure(self.page, "dead letters")).to_have_text("7")
        expect(figure(self.page, "poison")).to_have_text("0")
        # Those for people to look at, if there are any.
        self.assertEqual(self.page.locator("#queue .alarm dt").all_inner_texts(), ["dead letters"])

        self.tell(COMPLETED, None)
        for name in ("waiting", "in flight", "dead letters", "poison"):
            expect(figure(self.page, name)).to_have_text("–")
        expect(self.page.locator("#queue .alarm")).to_have_count(0)

    def test_a_row_says_how_far_a_job_is_and_what_it_costs(self):
        self.tell(PENDING)
        self.show()
        row = self.row(fake_id(0))
        self.is_at(row, 3, 8)
        expect(row.locator(".rows")).to_have_text("1\u202f500\u202f000")
        expect(row.locator(".rate")).to_have_text("600\u202f000")
        expect(row.locator(".elapsed")).to_have_text("2.50 s")
        expect(row.locator(".cost")).to_have_text("$0.0000123")

    def test_a_job_says_how_far_it_is_and_what_it_costs(self):
        self.tell(PENDING)
        self.show_job(fake_id(0))
        self.is_at(self.page.locator("#whole"), 3, 8)
        names = self.page.locator("#facts dt:visible").all_inner_texts()
        values = self.page.locator("#facts dd:visible").all_inner_texts()
        told = dict(zip(names, values, strict=True))
        expected = {
            "Rows": "1\u202f500\u202f000 of about 4\u202f000\u202f000",
            "Rows/s": "600\u202f000",
            "Elapsed": "2.50 s",
            "Left, about": "4.17 s",
            "Mappers' time": "900 ms",
            "Cost, about": "$0.0000123",
        }
        self.assertEqual(told, told | expected)

    def is_at(self, progress: Locator, done: int, total: int):
        expect(progress.locator(".count")).to_have_text(f"{done} / {total}")
        bar = progress.get_by_role("progressbar")
        expect(bar).to_have_attribute("aria-valuenow", str(done))
        expect(bar).to_have_attribute("aria-valuemax", str(total))
        self.assertEqual(bar.evaluate(FILLED), 100 * done / total)

    def test_a_job_is_watched_from_pending_to_its_answer(self):
        self.tell(PENDING)
        self.show_job(fake_id(0))
        expect(self.page.locator("#job-state")).to_have_text("pending")
        expect(self.page).to_have_title("3/8 · min_distance · pgfold")
        expect(self.page.locator("#answer-panel")).to_be_hidden()
        self.is_at(self.page.locator("#whole"), 3, 8)

        self.tell(COMPLETED)
        expect(self.page.locator("#job-state")).to_have_text("completed")
        expect(self.page).to_have_title("completed · min_distance · pgfold")
        expect(self.page.locator("#answer")).to_contain_text("0.25")
        expect(self.page.locator("#announce")).to_have_text("The job is completed.")
        expect(self.page.get_by_role("button", name="Cancel")).to_be_hidden()
        self.is_at(self.page.locator("#whole"), 8, 8)
        for lane in self.page.locator(".lane").all():
            kinds = [kind for kind, _, _ in lane.evaluate(BARS)]
            self.assertEqual(kinds, ["waiting", "connecting, recording", "reading", "folding"])

    def test_a_row_is_watched_from_pending_to_completed(self):
        self.tell(PENDING)
        self.show()
        row = self.row(fake_id(0))
        expect(row.locator(".state")).to_have_text("pending")
        expect(self.page).to_have_title("1 running · pgfold")
        self.is_at(row, 3, 8)

        self.tell(COMPLETED)
        expect(row.locator(".state")).to_have_text("completed")
        expect(self.page).to_have_title("pgfold")
        expect(self.page.locator("#announce")).to_have_text("min_distance completed")
        expect(row.locator(".rate")).to_have_text("800\u202f000")
        self.is_at(row, 8, 8)


class QueuesTest(JobsCase):
    def test_a_job_that_runs_fills_the_queues_that_the_page_counts(self):
        self.long_job()
        self.show()
        expect(figure(self.page, "waiting")).to_have_text(re.compile("[1-9]"))
        expect(figure(self.page, "in flight")).to_have_text(re.compile("[1-9]"))
        told = self.next_poll().json()["queue"]
        self.assertEqual(told.keys(), QUEUE.keys())


def figure(page: Page, name: str) -> Locator:
    """One of the counts of the queues."""
    figures = page.locator("#queue div")
    return figures.filter(has=page.get_by_text(name, exact=True)).locator("dd")


if __name__ == "__main__":
    unittest.main()
