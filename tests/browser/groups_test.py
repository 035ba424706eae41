"""The groups of an answer as a table, and the answers of several kernels."""

import unittest

from playwright.sync_api import Locator, expect

from case import PHONE, BrowserCase
from fake import fake_groups, fake_id, fake_job
from readable import CLIPPED, NAMELESS, PALE, WIDTHS

# Sums that are not in the order of their texts: exact decimals, a NULL, and less than nothing.
GROUPS = [
    {"fare": {"sum": 9.5, "mean": 1.5}, "city": "Oslo", "rows": 12},
    {"fare": {"sum": "12345678901234567.25", "mean": 3}, "city": "Rome", "rows": 100},
    {"fare": {"sum": "12345678901234567.125", "mean": -1}, "city": "Bern", "rows": 9},
    {"fare": {"sum": None, "mean": None}, "city": None, "rows": 3},
]
COMPUTE = {"fare": {"kernel": "summary", "columns": ["fare"], "params": {}}}


def named(**more) -> dict:
    """What a job of several kernels has in place of one."""
    return {"compute": COMPUTE} | more


def many(size: int) -> list[dict]:
    """Groups with other sums than their numbers."""
    return [{"id": at, "rows": at * 7919 % size, "fare": {"sum": at / 4}} for at in range(size)]


class GroupsTest(BrowserCase):
    def open_job(self, job: dict, query: str = ""):
        for name in ("kernel", "columns", "params"):
            if "compute" in job:
                job.pop(name, None)
        listed = {name: value for name, value in job.items() if name not in ("chunks", "answer")}
        page = {"tasks": [listed], "next": None, "queue": None}
        self.page.route("**/tasks?*", lambda route: route.fulfill(json=page))
        self.page.route("**/tasks/*", lambda route: route.fulfill(json=job))
        self.show(f"#{fake_id(1)}{query}")
        expect(self.page.locator("#job-state")).to_have_text(job["state"])

    def open_groups(self, groups: list[dict] = GROUPS, query: str = "", **more):
        self.open_job(fake_groups(1, ["city"], groups, **named(**more)), query)

    def table(self) -> Locator:
        return self.page.get_by_role("region", name="Groups")

    def head(self, name: str) -> Locator:
        return self.table().get_by_role("columnheader", name=name, exact=True)

    def sort_by(self, name: str):
        self.head(name).get_by_role("button").click()

    def column(self, at: int) -> list[str]:
        return self.table().locator(f"tbody tr > :nth-child({at})").all_inner_texts()

    def test_the_columns_are_the_values_the_rows_and_the_answers(self):
        self.open_groups()
        heads = self.table().locator("thead th")
        expect(heads).to_have_text(["city", "rows", "fare.sum", "fare.mean"])
        self.assertEqual(self.column(1), ["Oslo", "Rome", "Bern", "NULL"])
        exact = ["9.5", "12345678901234567.25", "12345678901234567.125", "–"]
        self.assertEqual(self.column(3), exact)
        expect(self.page.locator("#answer")).to_contain_text("4 groups")
        self.picture("groups")

    def test_numbers_are_sorted_by_their_value_and_null_is_the_last(self):
        self.open_groups()
        self.sort_by("fare.sum")
        self.assertEqual(self.column(1), ["Rome", "Bern", "Oslo", "NULL"])
        expect(self.head("fare.sum")).to_have_attribute("aria-sort", "descending")
        self.sort_by("fare.sum")
        self.assertEqual(self.column(1), ["Oslo", "Bern", "Rome", "NULL"])
        expect(self.head("fare.sum")).to_have_attribute("aria-sort", "ascending")
        self.sort_by("rows")
        self.assertEqual(self.column(2), ["100", "12", "9", "3"])

    def test_texts_are_sorted_as_text_and_null_is_the_last(self):
        self.open_groups()
        self.sort_by("city")
        self.assertEqual(self.column(1), ["Bern", "Oslo", "Rome", "NULL"])
        self.sort_by("city")
        self.assertEqual(self.column(1), ["Rome", "Oslo", "Bern", "NULL"])

    def test_digits_that_are_texts_are_sorted_as_text(self):
        self.open_groups([{"city": city, "rows": 1} for city in ("9", "10", "07")])
        self.sort_by("city")
        self.assertEqual(self.column(1), ["07", "10", "9"])

    def test_integers_that_a_double_would_round_are_sorted_by_their_value(self):
        large = 12345678901234567
        self.open_groups([{"city": city, "rows": 1} for city in (large + 2, 5, large, -large)])
        self.sort_by("city")
        expected = [large + 2, large, 5, -large]
        self.assertEqual(self.column(1), [*map(str, expected)])

    def test_a_column_is_sorted_by_keyboard_and_keeps_the_focus(self):
        self.open_groups()
        button = self.head("rows").get_by_role("button")
        button.focus()
        self.page.keyboard.press("Enter")
        expect(self.head("rows")).to_have_attribute("aria-sort", "descending")
        expect(button).to_be_focused()
        expect(self.page.locator("#announce")).to_have_text("sorted by rows, descending")

    def test_the_bars_are_as_long_as_the_numbers_of_the_sorted_column(self):
        self.open_groups()
        self.sort_by("rows")
        self.assertEqual(self.bars(), [[0, 100], [0, 12], [0, 9], [0, 3]])
        # From -1 to 3, so 0 is at a quarter.
        self.sort_by("fare.mean")
        self.assertEqual(self.bars(), [[25, 75], [25, 38], [0, 25], None])
        self.sort_by("city")
        self.assertEqual(self.bars(), [[0, 25], [25, 38], [25, 75], None])

    def bars(self) -> list:
        """Where each bar begins and how long it is, in percent of its track; None without one."""
        return self.table().evaluate("""table =>
        [...table.querySelectorAll(".bar")].map((track) => {
          const [bar, whole] = [track.firstElementChild, track].map((one) =>
            one.getBoundingClientRect());
          const percent = (pixels) => Math.round((100 * pixels) / whole.width);
          const isDrawn = track.firstElementChild.style.width;
          return isDrawn ? [percent(bar.left - whole.left), percent(bar.width)] : null;
        })""")

    def test_the_order_of_the_job_is_shown_until_somebody_sorts(self):
        self.open_groups(order_by="fare.sum", descending=True)
        expect(self.head("fare.sum")).to_have_attribute("aria-sort", "descending")
        expect(self.head("city")).to_have_attribute("aria-sort", "none")

    def test_the_address_has_the_order(self):
        self.open_groups()
        self.sort_by("rows")
        self.page.wait_for_url("**?sort=-rows")
        self.open_groups(query="?sort=-fare.mean")
        self.assertEqual(self.column(1), ["Rome", "Oslo", "Bern", "NULL"])

    def test_thousands_of_groups_are_shown_a_page_at_a_time(self):
        groups = many(20_000)
        job = fake_groups(1, ["id"], groups, **named())
        self.open_job(job)
        rows = self.table().locator("tbody tr")
        expect(rows).to_have_count(100)
        expect(self.page.locator("#answer")).to_contain_text("20\u202f000 groups")
        expect(self.page.get_by_text("groups 1 to 100 of 20\u202f000")).to_be_visible()
        self.page.get_by_role("button", name="Later groups").click()
        expect(rows.first).to_contain_text("100")
        expect(self.page.get_by_text("groups 101 to 200 of 20\u202f000")).to_be_visible()
        self.sort_by("rows")
        self.assertEqual(self.column(2)[:3], ["19999", "19998", "19997"])
        expect(self.page.get_by_text("groups 1 to 100 of")).to_be_visible()
        earlier = self.page.get_by_role("button", name="Earlier groups")
        expect(earlier).to_have_attribute("aria-disabled", "true")
        earlier.click(force=True)
        self.assertEqual(self.column(2)[:1], ["19999"])

    def test_groups_that_are_not_listed_are_counted(self):
        job = fake_groups(1, ["city"], GROUPS, **named(groups_left_out=1200))
        job["answer"]["group_count"] = 1204
        self.open_job(job)
        said = self.page.locator("#answer > p").first
        expect(said).to_contain_text("1\u202f204 groups. 1\u202f200 groups are not listed")
        whole = self.page.locator("#answer-whole")
        expect(whole).to_be_hidden()
        url = "https://bucket.example/results/answer.json?X-Amz-Signature=1"
        self.open_job(job | {"whole": {"url": url}})
        expect(whole).to_have_text(
            "The answer is too large to be shown whole: download it as JSON."
        )
        expect(whole.get_by_role("link")).to_have_attribute("href", url)
        expect(whole.get_by_role("link")).to_have_attribute("rel", "noreferrer")

    def test_a_limit_says_of_how_many_groups(self):
        job = fake_groups(1, ["city"], GROUPS, **named(limit=4))
        job["answer"]["group_count"] = 62
        self.open_job(job)
        expect(self.page.locator("#answer > p").first).to_have_text("4 of 62 groups")

    def test_a_pending_job_keeps_the_order_and_the_focus_while_its_groups_change(self):
        job = fake_groups(1, ["city"], GROUPS, **named())
        job |= {"state": "pending", "answer_so_far": job.pop("answer")}
        self.open_job(job)
        expect(self.page.locator("#answer-title")).to_have_text("Answer so far")
        self.sort_by("rows")
        grown = [*GROUPS, {"city": "Ulm", "rows": 55, "fare": {"sum": 1, "mean": 1}}]
        job["answer_so_far"] = {"groups": grown, "group_count": 5}
        expect(self.table().locator("tbody tr")).to_have_count(5)
        self.assertEqual(self.column(2), ["100", "55", "12", "9", "3"])
        expect(self.head("rows").get_by_role("button")).to_be_focused()

    def test_the_short_form_of_one_kernel_has_its_name(self):
        groups = [{"city": "Oslo", "rows": 2, "summary": {"sum": 3}}]
        more = {"kernel": "summary", "columns": ["fare"], "params": {}}
        self.open_job(fake_groups(1, ["city"], groups) | more)
        expect(self.table().locator("thead th")).to_have_text(["city", "rows", "summary.sum"])

    def test_no_groups_are_said(self):
        self.open_groups([])
        expect(self.page.locator("#answer")).to_contain_text("0 groups")
        expect(self.table()).to_be_hidden()

    def test_several_kernels_without_groups_are_a_block_each(self):
        compute = COMPUTE | {"riders": {"kernel": "distinct", "columns": ["rider"], "params": {}}}
        answer = {"fare": {"sum": 12.5, "rows": 4}, "riders": {"distinct": 3}}
        job = fake_job(1) | named(compute=compute, answer=answer, chunks=[])
        self.open_job(job | {"skipped_by": {"fare": 0, "riders": 1234}})
        blocks = self.page.locator("#answer section")
        expect(blocks.get_by_role("heading")).to_have_text(
            ["fare summary of fare", "riders distinct of rider"]
        )
        expect(blocks.first).to_contain_text("12.5")
        expect(blocks.last).to_contain_text("3")
        expect(self.page.locator("#facts")).to_contain_text("fare 0, riders 1\u202f234")

    def test_the_detail_and_the_list_say_what_is_asked(self):
        where = [{"column": "fare", "ge": 3}, {"column": "city", "in": ["Rome", "Oslo"]}]
        by = ["city", {"column": "started_at", "unit": "day", "time_zone": "Europe/Rome"}]
        job = fake_groups(1, by, [], **named(where=where, order_by="fare.sum", limit=9))
        self.open_job(job | {"cut_by": "fare"})
        facts = self.page.locator("#facts")
        for fact in (
            "Wherefare ≥ 3 and city is one of Rome, Oslo",
            "Grouped bycity, day of started_at in Europe/Rome",
            "Orderfare.sum, ascending, at most 9",
            "Cut byfare",
        ):
            expect(facts.locator("> div").filter(has_text=fact)).to_have_count(1)
        line = (
            "fare: summary of fare · by city, day of started_at in Europe/Rome"
            " · where fare ≥ 3 and city is one of Rome, Oslo"
        )
        expect(self.page.locator("#job-params")).to_have_text(line)
        self.show("#?search=europe/rome")
        expect(self.row(fake_id(1)).locator(".name")).to_contain_text(line)

    def test_groups_are_readable_by_everyone(self):
        for scheme, viewport in (("light", None), ("dark", None), ("light", PHONE)):
            more = {} if viewport is None else {"viewport": viewport}
            self.page = self.open_page(color_scheme=scheme, **more)
            with self.subTest(scheme=scheme, viewport=viewport):
                self.open_groups()
                expect(self.table()).to_be_visible()
                for complaints in (PALE, NAMELESS, CLIPPED):
                    self.assertEqual(self.page.evaluate(complaints), [])
                needed, shown = self.page.evaluate(WIDTHS)
                self.assertLessEqual(needed, shown)
                self.picture(f"groups-{scheme}-{'phone' if viewport else 'desktop'}")


if __name__ == "__main__":
    unittest.main()
