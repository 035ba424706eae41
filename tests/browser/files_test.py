"""Results as files: what a job shows of them and of its stages, how the form asks for them."""

import re
import unittest
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Route, expect

from case import DESKTOP, PHONE, BrowserCase
from fake import FAKE_PLAN, fake_done, fake_id, fake_job, fake_unrecorded
from query_form import QueryFormCase
from readable import CLIPPED, NAMELESS, PALE, WIDTHS

STORAGE = "https://bucket.example"
PARTS = 60
CHUNKS, PARTITIONS = 20, 3
ERROR = "s3 is unavailable"
# The colour in the middle of the cell of each of these chunks.
COLOURS = """(chunks) => {
  const canvas = document.getElementById("strip");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const at = (place) => Math.floor((place * strip.cell + strip.cell / 2 - 1) * devicePixelRatio);
  return chunks.map(placeOf).map((place) => {
    const [x, y] = [at(place % strip.columns), at(Math.floor(place / strip.columns))];
    return data.slice(4 * (y * canvas.width + x), 4 * (y * canvas.width + x) + 3).join();
  });
}"""


def file_of(number: int, signature: str) -> dict:
    name = f"results/{fake_id(0)}/part-{number:05}-5f0c.parquet"
    return {
        "name": name,
        "url": f"{STORAGE}/{name}?{signature}",
        "rows": 1000 + number,
        "bytes": 1_234_567 + number,
        "sha256": f"{number:064x}",
    }


class Files:
    """A completed job with files, which are asked for in parts, as those of the API."""

    def __init__(self, parts: int = PARTS, **more):
        self.parts, self.more = parts, more
        self.asked: list[tuple[int, int]] = []
        self.signature, self.minute = "old", 0

    def answer(self, route: Route):
        query = parse_qs(urlsplit(route.request.url).query)
        start, limit = int(query["from"][0]), int(query["limit"][0])
        self.asked.append((start, limit))
        numbers = range(start, min(start + limit, self.parts))
        files = {
            "format": "parquet",
            "columns": [
                {"name": "city", "type": "text", "sql_type": "text"},
                {"name": "fare", "type": "numeric(12,2)", "sql_type": "numeric(12,2)"},
            ],
            "rows": 61_770,
            "bytes": 74_075_790,
            "part_count": self.parts,
            "parts": [file_of(number, self.signature) for number in numbers],
            "manifest": {
                "name": "results/manifest.json",
                "url": f"{STORAGE}/manifest.json?{self.signature}",
            },
            "links_expire_at": f"2026-11-23T06:{self.minute:02}:00.000Z",
        }
        job = fake_job(0) | {"kernel": "rows", "columns": ["city", "fare"], "params": {}}
        output = {"output": {"format": "parquet"}, "files": files, "chunks": []}
        route.fulfill(json=job | output | self.more)


class FilesTest(BrowserCase):
    def open_files(self, files: Files):
        self.page.route("**/tasks/*", files.answer)
        self.show(f"#{fake_id(0)}")
        expect(self.page.locator("#files-panel")).to_be_visible()

    def poll(self):
        """Makes the page ask now; a completed job is not asked for soon."""
        with self.page.expect_response(re.compile(r"\?from=0&limit=0$")):
            self.page.evaluate("refresh()")

    def rows(self):
        return self.page.locator("#files-table tbody tr")

    def test_a_job_with_files_has_a_table_of_links_instead_of_an_answer(self):
        self.open_files(Files(parts=2))
        expect(self.page.locator("#files-of")).to_have_text(
            "parquet, 61\u202f770 rows, 74.1 MB in 2 files"
        )
        expect(self.page.locator("#files-columns")).to_have_text("city text, fare numeric(12,2)")
        expect(self.page.locator("#answer-panel")).to_be_hidden()
        expect(self.rows()).to_have_count(2)
        cells = self.rows().nth(1).locator("td")
        expect(cells).to_have_text(
            ["1", "part-00001-5f0c.parquet", "1\u202f001", "1.23 MB", "000000000000…"]
        )
        link = cells.nth(1).get_by_role("link")
        expect(link).to_have_attribute("href", file_of(1, "old")["url"])
        expect(link).to_have_attribute("rel", "noreferrer")
        manifest = self.page.get_by_role("link", name="Manifest")
        expect(manifest).to_have_attribute("href", f"{STORAGE}/manifest.json?old")
        until = self.page.locator("#files-until")
        expect(until).to_have_attribute("datetime", "2026-11-23T06:00:00.000Z")
        expect(self.page.locator("#files-pages")).to_be_hidden()

    def test_a_checksum_and_the_command_that_downloads_are_copied(self):
        self.open_files(Files(parts=2))
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        read = "navigator.clipboard.readText()"
        self.page.get_by_role("button", name="Copy SHA-256 of file 1").click()
        expect(self.page.locator("#announce")).to_have_text("Copied.")
        self.assertEqual(self.page.evaluate(read), file_of(1, "old")["sha256"])
        self.page.get_by_role("button", name="Copy download command").click()
        expect(self.page.get_by_role("button", name="Copied")).to_be_visible()
        base = self.settings.dashboard_url.removesuffix("/dashboard")
        self.assertEqual(self.page.evaluate(read), f"pgfold fetch --url={base} {fake_id(0)}")

    def test_many_files_are_a_page_at_a_time(self):
        files = Files()
        self.open_files(files)
        expect(self.rows()).to_have_count(25)
        for button, shown, first in (
            ("Later files", "files 25 to 49 of 60", "25"),
            ("Later files", "files 50 to 59 of 60", "50"),
            ("Earlier files", "files 25 to 49 of 60", "25"),
        ):
            self.page.get_by_role("button", name=button).click()
            expect(self.page.locator("#files-range")).to_have_text(shown)
            expect(self.rows().first.locator("td").first).to_have_text(first)
        self.assertIn((50, 25), files.asked)
        # A poll asks for no file, and the page stays.
        self.poll()
        expect(self.page.locator("#files-range")).to_have_text("files 25 to 49 of 60")
        self.assertEqual(files.asked[-1], (0, 0))

    def test_links_are_renewed_before_they_expire(self):
        files = Files(parts=2)
        self.open_files(files)
        link = self.rows().first.get_by_role("link")
        expect(link).to_have_attribute("href", re.compile(r"\?old$"))
        files.signature, files.minute = "newer", 5
        self.poll()
        expect(link).to_have_attribute("href", re.compile(r"\?old$"))
        files.signature, files.minute = "new", 30
        self.poll()
        expect(link).to_have_attribute("href", re.compile(r"\?new$"))

    def test_a_result_without_rows_has_no_table(self):
        self.open_files(Files(parts=0))
        expect(self.page.get_by_role("link", name="Manifest")).to_be_visible()
        expect(self.page.locator("#files-table")).to_be_hidden()

    def test_files_are_readable_by_everyone(self):
        for scheme, viewport in (("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE)):
            self.page = self.open_page(color_scheme=scheme, viewport=viewport)
            with self.subTest(scheme=scheme, viewport=viewport):
                self.open_files(Files())
                expect(self.rows()).to_have_count(25)
                for complaints in (PALE, NAMELESS, CLIPPED):
                    self.assertEqual(self.page.evaluate(complaints), [])
                needed, shown = self.page.evaluate(WIDTHS)
                self.assertLessEqual(needed, shown)
                self.picture(f"files-{scheme}-{viewport['width']}")


def chunk_of(number: int) -> dict:
    at = f"2026-11-23T05:00:{number:02}.900Z"
    # Partitions take as long as only slow chunks do.
    times = {"queue_ms": 10, "read_ms": 50, "fold_ms": 30, "map_ms": 100}
    if number < CHUNKS:
        return fake_done(number, at, **times)
    rows_of = {"partition": number - CHUNKS, "partitions": PARTITIONS}
    done = fake_done(number, at, **times | {"map_ms": 900}) | rows_of
    return {name: value for name, value in done.items() if name not in ("start", "end")}


def unrecorded(number: int, state: str, **more) -> dict:
    """A chunk, or partition, that is open or failed."""
    rows_of = {
        name: value
        for name, value in chunk_of(number).items()
        if name in ("partition", "partitions")
    }
    return fake_unrecorded(number, state, **more) | rows_of


class SecondStageTest(BrowserCase):
    def open_stages(self, chunks: list[dict], **fields):
        done = sum(chunk["state"] == "done" for chunk in chunks)
        job = fake_job(0) | {
            "group_by": ["city"],
            "output": {"format": "csv", "parts": PARTITIONS},
            "progress": {"done": done, "total": len(chunks)},
        }

        def answer(route: Route):
            query = parse_qs(urlsplit(route.request.url).query)
            start, limit = int(query["from"][0]), int(query["limit"][0])
            route.fulfill(json=job | fields | {"chunks": chunks[start : start + limit]})

        self.page.route("**/tasks/*", answer)
        self.show(f"#{fake_id(0)}")
        expect(self.page.locator("#whole .count")).to_contain_text(f"/ {len(chunks)}")
        expect(self.page.locator("#loading")).to_be_empty()

    def fact(self, name: str):
        of_name = self.page.locator("#facts > div").filter(has_text=name)
        return of_name.filter(visible=True).locator("dd")

    def test_partitions_are_the_last_lanes_and_rows_and_named_as_such(self):
        last = CHUNKS + PARTITIONS - 1
        chunks = [chunk_of(number) for number in range(last)] + [unrecorded(last, "open")]
        self.open_stages(chunks, state="pending")
        lanes = self.page.locator(".lane")
        expect(lanes).to_have_count(CHUNKS + PARTITIONS)
        expect(lanes.nth(CHUNKS).locator("b")).to_have_text("P0")
        expect(lanes.last).to_have_attribute("title", "partition 2 of 3: open")
        note = "P0 to P2 are the partitions of the second stage, which merges groups into files."
        expect(self.page.locator("#lanes-stages")).to_have_text(note)
        rows = self.page.locator("#receipts tbody tr")
        expect(rows.nth(CHUNKS).locator("td").first).to_have_text("P0")
        expect(rows.nth(CHUNKS).locator("td").nth(1)).to_have_text("groups of partition 0 of 3")
        expect(self.fact("Partitions done")).to_have_text("2 of 3")
        expect(self.fact("Output")).to_have_text("csv, 3 files")

    def test_a_partition_is_compared_with_partitions_in_rows_of_their_own(self):
        self.open_stages([chunk_of(number) for number in range(CHUNKS + PARTITIONS)])
        canvas = self.page.locator("#strip")
        text = "All chunks by number: 23 done, 0 of them slow, 0 open, 0 failed."
        expect(canvas).to_have_attribute("aria-label", text)
        chunk, partition = self.page.evaluate(COLOURS, [0, CHUNKS])
        self.assertEqual(chunk, partition)
        note = self.page.locator("#strip-stages")
        expect(note).to_contain_text("The cells below the gap are the partitions")
        columns, place = self.page.evaluate(f"[strip.columns, placeOf({CHUNKS + 1})]")
        self.assertEqual(place % columns, 1)
        cell = self.page.evaluate("strip.cell")
        at = {"x": place % columns * cell + 2, "y": place // columns * cell + 2}
        canvas.hover(position=at)
        expect(canvas).to_have_attribute("title", re.compile("^partition 1 of 3: waited"))
        canvas.click(position=at)
        expect(self.page.locator("tr.chosen td").first).to_have_text("P1")
        # Nothing is in the gap.
        canvas.hover(position={"x": 2, "y": at["y"] - cell})
        expect(canvas).to_have_attribute("title", "")
        expect(self.page.locator("#times")).to_contain_text("Slowest100 ms, chunk 0")

    def test_a_job_without_a_second_stage_says_nothing_of_it(self):
        self.open_stages([chunk_of(number) for number in range(CHUNKS)], output=None)
        for place in ("#strip-stages", "#lanes-stages"):
            expect(self.page.locator(place)).to_be_hidden()
        expect(self.fact("Partitions done")).to_have_count(0)

    def test_failed_partitions_are_named_with_their_reasons(self):
        failed = [1, *range(CHUNKS, CHUNKS + PARTITIONS)]
        chunks = [
            unrecorded(number, "failed", error=ERROR) if number in failed else chunk_of(number)
            for number in range(CHUNKS + PARTITIONS)
        ]
        listed = [{"chunk": number, "error": ERROR} for number in failed]
        last = {"chunk": CHUNKS + 2, "attempt": 5, "at": "2026-11-23T05:00:00Z", "error": "lost"}
        self.open_stages(
            chunks, state="failed", error="late", failed_chunks=listed, last_error=last
        )
        expect(self.page.locator("#failures-of")).to_have_text("4 of 20 chunks and 3 partitions")
        reason = self.page.locator("#reasons li")
        expect(reason).to_have_text(
            f"1 chunk and 3 partitions{ERROR} chunk 1 and partitions 0–2 of 3"
        )
        expect(self.page.locator("#next-retry")).to_contain_text("sends 1 chunk and 3 partitions")
        where = self.page.locator("#last-error-where")
        expect(where).to_have_text("partition 2 of 3, attempt 5")


class OutputFormTest(QueryFormCase):
    def test_groups_are_written_into_files_of_a_format_and_number(self):
        self.open_form()
        self.assertNotIn("output", self.sent())
        self.control("Write").select_option("csv")
        expect(self.control("Into how many files")).to_be_hidden()
        self.assertEqual(self.sent()["output"], {"format": "csv"})
        self.press("Add a group")
        self.part("Group 1").get_by_label("Column").select_option("city")
        self.control("Into how many files").fill("3")
        self.assertEqual(self.sent()["output"], {"format": "csv", "parts": 3})

    def test_rows_are_columns_of_the_source_in_files(self):
        self.open_form()
        self.control("Kernel").select_option("rows")
        expect(self.control("Write")).to_have_value("parquet")
        expect(self.control("Name of the answer")).to_be_hidden()
        expect(self.control("Execution").locator("option").nth(1)).to_be_disabled()
        body = self.sent()
        self.assertEqual((body["kernel"], body["output"]), ("rows", {"format": "parquet"}))
        self.assertFalse({"columns", "params"} & set(body))
        self.control("Columns of the files").select_option(["city", "started_at"])
        self.assertEqual(self.sent()["columns"], ["city", "started_at"])
        self.control("Write").select_option("")
        self.press("Start")
        wrong = self.page.locator("#wrong-output")
        expect(wrong).to_have_text("rows are written into files: choose a format")

    def test_the_address_has_the_output(self):
        self.open_form(
            "?kernel=rows&column=city&column=gone&output=%7B%22format%22%3A%22jsonl%22%7D"
        )
        expect(self.control("Kernel")).to_have_value("rows")
        expect(self.control("Write")).to_have_value("jsonl")
        expect(self.control("Columns of the files")).to_have_values(["city"])
        wrong = self.page.locator("#wrong-columns-0")
        expect(wrong).to_have_text("the source has no column “gone”")
        self.control("Write").select_option("csv")
        self.page.wait_for_url("**output=%7B%22format%22%3A%22csv%22%7D**")
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.press("Copy as pgfold command")
        expect(self.page.locator("#form-command")).to_contain_text(
            re.compile("--kernel=rows .*--column=city --format=csv$")
        )

    def test_a_job_is_run_again_with_its_chunks_and_its_files(self):
        job = fake_job(0) | {
            "source": "trips",
            "group_by": ["city"],
            "kernel": "summary",
            "columns": ["fare"],
            "params": {},
            "output": {"format": "csv", "parts": 3},
            "progress": {"done": 7, "total": 7},
            "chunks": [],
        }
        self.page.route("**/tasks/*", lambda route: route.fulfill(json=job))
        self.show(f"#{fake_id(0)}")
        self.page.get_by_role("link", name="Run again").click()
        expect(self.control("Into how many files")).to_have_value("3")
        body = self.sent()
        self.assertEqual((body["chunks"], body["output"]), (4, job["output"]))

    def test_a_refusal_of_an_output_is_at_its_field(self):
        self.open_form()
        self.press("Add a group")
        self.control("Write").select_option("csv")
        for error, place in {
            "output: parts must be a whole number from 1 to 64, not 65": "#wrong-parts",
            "output.parts is not possible here: an answer without group_by": "#wrong-parts",
            "output: format must be one of jsonl, not x": "#wrong-output",
            "the kernel rows writes files; say in which format by output": "#wrong-output",
            "the kernel rows is for rows without group_by": "#wrong-kernel-0",
        }.items():
            with self.subTest(error):
                self.refuse_with(error)
                expect(self.page.locator(place)).to_have_text(error)

    def test_a_plan_shows_the_files_and_the_partitions(self):
        self.open_form()
        partitions = [{"chunk": 3 + at, "partition": at, "partitions": 2} for at in range(2)]
        plan = FAKE_PLAN | {
            "output": {"format": "parquet", "parts": 2},
            "chunks": [*FAKE_PLAN["chunks"], *partitions],
        }
        self.page.route("**/tasks?dry_run=true", lambda route: route.fulfill(json=plan))
        self.press("Plan")
        facts = self.page.locator("#plan-facts > div")
        for fact in ("Outputparquet, 2 files", "Chunks3 of 4", "Partitions2"):
            expect(facts.filter(has_text=fact)).to_have_count(1)


if __name__ == "__main__":
    unittest.main()
