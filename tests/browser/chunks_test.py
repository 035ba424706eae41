"""Jobs of many chunks: the overview, the lists of chunks, and how little is asked for."""

import re
import unittest
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from case import PHONE, BrowserCase
from fake import fake_done, fake_id, fake_job, fake_unrecorded

CHUNKS = 1000
SLOWEST, FAILED, OPEN = 777, (10, 11, 500), 999
ERROR = "no such table"
# A failed job of a hundred chunks was ten thousand pixels high once.
MOST_PIXELS = 4000
# The colours in the middle of the cells of chunks, as text.
COLOURS = """(chunks) => {
  const canvas = document.getElementById("strip");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const at = (place) => Math.floor((place * strip.cell + strip.cell / 2 - 1) * devicePixelRatio);
  return chunks.map((chunk) => {
    const [x, y] = [at(chunk % strip.columns), at(Math.floor(chunk / strip.columns))];
    return data.slice(4 * (y * canvas.width + x), 4 * (y * canvas.width + x) + 3).join();
  });
}"""


class Job:
    """A job whose chunks are asked for in parts, as those of the API."""

    def __init__(self, chunks: list[dict], **fields):
        self.chunks, self.fields, self.asked = chunks, fields, []

    def answer(self, route):
        query = parse_qs(urlsplit(route.request.url).query)
        start, limit = int(query["from"][0]), int(query["limit"][0])
        self.asked.append((start, limit))
        done = sum(chunk["state"] == "done" for chunk in self.chunks)
        progress = {"progress": {"done": done, "total": len(self.chunks)}}
        told = fake_job(0) | progress | self.fields
        route.fulfill(json=told | {"chunks": self.chunks[start : start + limit]})


def chunk_of(number: int) -> dict:
    if number in FAILED:
        return fake_unrecorded(number, "failed", error=ERROR)
    if number == OPEN:
        return fake_unrecorded(number, "open")
    second, took = divmod(number, 20)
    at = f"2026-11-23T05:{second // 60:02}:{second % 60:02}.900Z"
    times = {"map_ms": 9000 if number == SLOWEST else 100 + took}
    return fake_done(number, at, queue_ms=10, read_ms=50, fold_ms=30, **times)


def failed_job() -> Job:
    listed = [{"chunk": chunk, "error": ERROR} for chunk in FAILED]
    chunks = [chunk_of(number) for number in range(CHUNKS)]
    error = f"chunk {FAILED[0]}: {ERROR}"
    return Job(chunks, state="failed", elapsed_ms=None, error=error, failed_chunks=listed)


class ChunksTest(BrowserCase):
    def open_job(self, job: Job, query: str = ""):
        self.page.route("**/tasks/*", job.answer)
        self.show(f"#{fake_id(0)}{query}")
        total = f"/ {len(job.chunks):,}".replace(",", "\u202f")
        expect(self.page.locator("#whole .count")).to_contain_text(total)
        expect(self.page.locator("#loading")).to_be_empty()

    def listed(self) -> list[int]:
        """The chunks of the receipts."""
        numbers = self.page.locator("#receipts tbody td:first-child").all_inner_texts()
        return [int(number.replace("\u202f", "")) for number in numbers]

    def test_every_chunk_is_asked_for_once(self):
        job = failed_job()
        self.open_job(job)
        asked = sorted(number for at, limit in job.asked for number in range(at, at + limit))
        self.assertEqual(asked, list(range(CHUNKS)))
        del job.asked[:]
        self.next_poll()
        self.assertEqual(job.asked, [(0, 0)])

    def test_a_poll_of_a_pending_job_asks_for_what_is_not_done(self):
        chunks = [chunk_of(number) for number in range(300)]
        for number in (100, 101, 250):
            chunks[number] = fake_unrecorded(number, "open")
        job = Job(chunks, state="pending")
        self.open_job(job)
        del job.asked[:]
        self.next_poll()
        self.assertEqual(job.asked[0][0], 10, "the first that failed may be sent again")
        chunks[100] = chunk_of(100)
        expect(self.page.get_by_role("link", name="open 2")).to_be_visible()

    def test_chunks_that_a_retry_completes_are_seen(self):
        job = failed_job()
        self.open_job(job)
        expect(self.page.get_by_role("link", name="failed 3")).to_be_visible()
        for number in (*FAILED, OPEN):
            job.chunks[number] = chunk_of(1) | {"chunk": number}
        job.fields = {"state": "completed", "answer": {"distance": 1}}
        expect(self.page.get_by_role("link", name="failed 0")).to_be_visible()
        expect(self.page.get_by_role("link", name="open 0")).to_be_visible()

    def test_chunks_that_are_too_large_for_one_answer_come_in_smaller_ones(self):
        job = failed_job()

        def answer(route):
            limit = int(parse_qs(urlsplit(route.request.url).query)["limit"][0])
            if limit <= 250:
                job.answer(route)
                return
            left_out = {"chunks_left_out": "the answer would be too large"}
            progress = {"progress": {"done": CHUNKS - 4, "total": CHUNKS}}
            route.fulfill(json=fake_job(0) | job.fields | progress | left_out)

        self.page.route("**/tasks/*", answer)
        self.show(f"#{fake_id(0)}")
        expect(self.page.get_by_role("link", name="failed 3")).to_be_visible()
        expect(self.page.locator("#loading")).to_be_empty()
        self.assertEqual([limit for _, limit in job.asked[:5]], [100, 250, 250, 250, 150])

    def test_failed_and_slow_chunks_come_first(self):
        self.open_job(failed_job())
        self.assertEqual(self.listed()[:4], [*FAILED, SLOWEST])
        self.assertEqual(len(self.listed()), 25)
        expect(self.page.locator("#receipts tbody tr").first).to_contain_text(f"failed: {ERROR}")

    def test_chunks_are_listed_by_state_and_number(self):
        self.open_job(failed_job())
        self.page.get_by_role("link", name="failed 3").click()
        expect(self.page.locator("#receipts tbody tr")).to_have_count(len(FAILED))
        self.assertEqual(self.listed(), [*FAILED])
        self.page.get_by_role("link", name="open 1").click()
        expect(self.page.locator("#receipts tbody tr")).to_have_count(1)
        self.assertEqual(self.listed(), [OPEN])
        self.page.get_by_role("link", name="all", exact=True).click()
        expect(self.page.locator("#receipts tbody tr")).to_have_count(100)
        self.page.get_by_role("link", name="Later chunks").click()
        expect(self.page.locator("#pages-text")).to_contain_text("chunks 100 to 199")
        self.assertEqual(self.listed(), list(range(100, 200)))
        # The address leads there as well.
        route = "#" + self.page.url.partition("#")[2]
        self.show(route)
        expect(self.page.locator("#pages-text")).to_contain_text("chunks 100 to 199")

    def test_a_chunk_is_gone_to_by_its_number(self):
        self.open_job(failed_job())
        self.page.get_by_label("Go to chunk").fill("543")
        self.page.keyboard.press("Enter")
        chosen = self.page.locator("tr.chosen")
        expect(chosen).to_be_in_viewport()
        expect(chosen.locator("td").first).to_have_text("543")
        expect(self.page.locator(".lane.chosen b")).to_have_text("543")

    def test_the_strip_has_a_cell_for_each_chunk(self):
        self.open_job(failed_job())
        canvas = self.page.locator("#strip")
        text = "All chunks by number: 996 done, 1 of them slow, 1 open, 3 failed."
        expect(canvas).to_have_attribute("aria-label", text)
        failed, also_failed, still_open, slow, usual = self.page.evaluate(
            COLOURS, [*FAILED[:2], OPEN, SLOWEST, 0]
        )
        self.assertEqual(failed, also_failed)
        self.assertEqual(len({failed, still_open, slow, usual}), 4)

        shown = self.page.evaluate("({ cell: strip.cell, columns: strip.columns })")
        place = {
            "x": SLOWEST % shown["columns"] * shown["cell"] + 2,
            "y": SLOWEST // shown["columns"] * shown["cell"] + 2,
        }
        canvas.hover(position=place)
        expect(canvas).to_have_attribute("title", re.compile(f"chunk {SLOWEST}: .*mapped 9.00 s"))
        canvas.click(position=place)
        expect(self.page.locator("tr.chosen td").first).to_have_text(str(SLOWEST))

    def test_the_histogram_counts_the_times(self):
        self.open_job(failed_job())
        bars = self.page.locator("#histogram span")
        sizes = [int(title.split(": ")[1].split()[0]) for title in bars.evaluate_all(TITLES)]
        self.assertEqual(sum(sizes), CHUNKS - len(FAILED) - 1)
        self.assertEqual(sizes[-1], 1, "the slowest chunk is beyond the axis")
        times = self.page.locator("#times")
        expect(times).to_contain_text("Fastest100 ms")
        expect(times).to_contain_text(f"Slowest9.00 s, chunk {SLOWEST}")
        times.get_by_role("link").click()
        expect(self.page.locator("tr.chosen td").first).to_have_text(str(SLOWEST))

    def test_all_pages_have_the_axis_of_the_job(self):
        self.open_job(failed_job(), "?show=all")
        ticks = self.page.locator("#axis").inner_text()
        self.page.get_by_role("link", name="Later chunks").click()
        expect(self.page.locator("#pages-text")).to_contain_text("chunks 100 to 199")
        self.assertEqual(self.page.locator("#axis").inner_text(), ticks)

    def test_the_page_of_a_failed_job_is_short(self):
        failed = [fake_unrecorded(number, "failed", error=ERROR) for number in range(100)]
        listed = [{"chunk": number, "error": ERROR} for number in range(100)]
        job = Job(failed, state="failed", error=f"chunk 0: {ERROR}", failed_chunks=listed)
        self.open_job(job)
        height = "document.documentElement.scrollHeight"
        self.assertLess(self.page.evaluate(height), MOST_PIXELS)
        self.page.set_viewport_size(PHONE)
        self.assertLess(self.page.evaluate(height), MOST_PIXELS)
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        self.assertEqual(wide, PHONE["width"])

    def test_ten_thousand_chunks_are_fluent(self):
        chunks = [chunk_of(number) for number in range(10_000)]
        self.open_job(Job(chunks, state="failed", error="lost"))
        drawing = (
            "() => { const start = performance.now(); store.version += 1;"
            " showJob(detail.job); return performance.now() - start; }"
        )
        fastest = min(self.page.evaluate(drawing) for _ in range(5))
        self.assertLess(fastest, 100, "milliseconds to show everything anew")


TITLES = "bars => bars.map((bar) => bar.title)"


if __name__ == "__main__":
    unittest.main()
