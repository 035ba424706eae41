"""Links and commands that others can use: what the address has, and what is copied."""

import json
import shlex
import unittest

from playwright.sync_api import Page, expect

from case import BrowserCase
from fake import FAKE_KERNELS, FAKE_SOURCES, FAKE_TRIPS, fake_id, fake_job

SOURCES = {"sources": [*FAKE_SOURCES["sources"], FAKE_TRIPS]}
# A job with a parameter that a shell would take apart.
PARAMS = {"bounds": [0, 2.5], "label": "it's $HOME"}
JOB = fake_job(1) | {"kernel": "sampled", "source": "orders", "columns": ["items"]}
JOB |= {"params": PARAMS, "execution": "streaming", "consistency": "snapshot", "chunks": []}
REQUEST = {
    "kernel": "sampled",
    "source": "orders",
    "columns": ["items"],
    "params": PARAMS,
    "chunks": 4,
    "consistency": "snapshot",
    "execution": "streaming",
}

ASKED = {
    "source": "trips",
    "compute": {
        "fare": {"kernel": "summary", "columns": ["fare"]},
        "s": {"kernel": "sampled", "columns": ["distance"], "params": {"bounds": [0, 2.5]}},
    },
    "where": [
        {"column": "started_at", "ge": "2026-11-01T00:00:00Z"},
        {"column": "city", "in": ["Rome", "Oslo", "a,b"]},
        {"column": "city", "ne": ""},
        {"column": "fare", "is": "not null"},
        {"column": "paid", "eq": True},
    ],
    "group_by": [
        "city",
        {"column": "started_at", "unit": "day", "time_zone": "Europe/Rome", "as": "day"},
    ],
    "order_by": "fare.sum",
    "descending": True,
    "limit": 10,
    "chunks": 4,
    "consistency": "per-chunk",
    "execution": "streaming",
}
# A job of it, which has no kernel of its own.
QUERY = {
    name: of for name, of in fake_job(1).items() if name not in ("kernel", "columns", "params")
}
QUERY |= {name: of for name, of in ASKED.items() if name != "chunks"}


class LinksTest(BrowserCase):
    def setUp(self):
        super().setUp()
        self.answer(self.page)

    def answer(self, page: Page):
        listed = {name: value for name, value in JOB.items() if name != "chunks"}
        tasks = {"tasks": [listed], "next": None, "queue": None}
        page.route("**/kernels", lambda route: route.fulfill(json=FAKE_KERNELS))
        page.route("**/sources", lambda route: route.fulfill(json=SOURCES))
        page.route("**/tasks?*", lambda route: route.fulfill(json=tasks))
        page.route("**/tasks/*", lambda route: route.fulfill(json=JOB))

    def open_job(self):
        self.show(f"#{fake_id(1)}")
        expect(self.page.locator("#job-state")).to_have_text("completed")

    def has_request(self, page: Page):
        """The form is filled in with the job's request."""
        form = page.locator("#start")
        expect(form.get_by_label("Source")).to_have_value("orders")
        expect(form.get_by_label("Kernel", exact=True)).to_have_value("sampled")
        expect(form.get_by_label("value (number)")).to_have_value("items")
        expect(form.get_by_label("Chunks", exact=True)).to_have_value("4")
        expect(form.get_by_label("Consistency")).to_have_value("snapshot")
        # A parameter without a field of its own.
        shown = form.get_by_label("Parameters as JSON")
        self.assertEqual(json.loads(shown.input_value()), PARAMS)

    def test_run_again_opens_the_form_with_the_job(self):
        self.open_job()
        self.page.get_by_role("link", name="Run again").click()
        self.has_request(self.page)
        self.page.go_back()
        expect(self.page.locator("#job-id")).to_have_text(fake_id(1))
        expect(self.page.locator("#start")).to_be_hidden()

    def test_the_address_of_a_form_opens_it_elsewhere(self):
        self.open_job()
        self.page.get_by_role("link", name="Run again").click()
        self.has_request(self.page)
        self.page.get_by_label("Chunks", exact=True).fill("40")
        self.page.wait_for_url("**chunks=40&**")
        self.page.get_by_label("Chunks", exact=True).fill("4")
        self.page.wait_for_url("**chunks=4&**")
        other = self.open_page()
        self.answer(other)
        other.goto(self.page.url)
        self.has_request(other)

    def test_names_that_do_not_exist_any_more_are_said(self):
        self.show("#new?kernel=median&source=gone&column=level")
        expect(self.page.locator("#wrong-kernel-0")).to_have_text("there is no kernel “median”")
        expect(self.page.locator("#wrong-source")).to_have_text("there is no source “gone”")
        wrong = self.page.locator("#wrong-column-0-0")
        expect(wrong).to_have_text("“level” is not a column of this type")

    def test_parameters_of_a_kernel_without_any_are_shown(self):
        self.show('#new?kernel=summary&params={"k":3}')
        text = self.page.get_by_label("Parameters as JSON")
        expect(text).to_have_value('{\n  "k": 3\n}')

    def test_new_job_opens_and_closes_the_form(self):
        self.show("#failed")
        button = self.page.get_by_role("button", name="New job")
        button.click()
        expect(button).to_have_attribute("aria-expanded", "true")
        button.click()
        expect(button).to_have_attribute("aria-expanded", "false")
        self.page.wait_for_url("**#failed")

    def copied(self, button: str) -> list[str]:
        """The words of the command that a button copies and shows, as a shell takes them apart."""
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page.get_by_role("button", name=button).click()
        expect(self.page.get_by_role("button", name="Copied")).to_be_visible()
        text = self.page.evaluate("navigator.clipboard.readText()")
        expect(self.page.locator(".command:visible")).to_have_text(text)
        return shlex.split(text)

    def test_a_job_is_copied_as_curl(self):
        self.open_job()
        words = self.copied("Copy as curl")
        base = self.settings.dashboard_url.removesuffix("/dashboard")
        self.assertEqual(words[:4], ["curl", "-X", "POST", f"{base}/tasks"])
        self.assertEqual(json.loads(words[-1]), REQUEST)

    def test_a_job_is_copied_as_a_pgfold_command(self):
        self.open_job()
        words = self.copied("Copy as pgfold command")
        self.assertEqual(words[:2], ["pgfold", "run"])
        options = dict(word.removeprefix("--").split("=", 1) for word in words[2:])
        self.assertEqual(json.loads(options.pop("params")), PARAMS)
        base = self.settings.dashboard_url.removesuffix("/dashboard")
        self.assertEqual(
            options,
            {
                "url": base,
                "kernel": "sampled",
                "source": "orders",
                "column": "items",
                "chunks": "4",
                "consistency": "snapshot",
                "execution": "streaming",
            },
        )

    def open_query(self):
        """Opens a job of several kernels, with conditions and groups."""
        self.page.route("**/tasks/*", lambda route: route.fulfill(json=QUERY | {"chunks": []}))
        self.open_job()

    def test_run_again_opens_the_form_with_the_whole_query(self):
        self.open_query()
        self.page.get_by_role("link", name="Run again").click()
        form = self.page.locator("#start")
        expect(form.get_by_label("Source")).to_have_value("trips")
        expect(form.get_by_role("group", name="Condition 5")).to_be_visible()
        curl = json.loads(self.copied("Copy as curl")[-1])
        self.assertEqual(curl, ASKED)
        address = self.page.url
        other = self.open_page()
        self.answer(other)
        other.goto(address)
        expect(other.get_by_label("List at most")).to_have_value("10")
        self.page = other
        self.assertEqual(json.loads(self.copied("Copy as curl")[-1]), ASKED)

    def test_a_query_is_copied_as_a_pgfold_command(self):
        self.open_query()
        words = self.copied("Copy as pgfold command")

        def of(name: str) -> list[str]:
            return [word.split("=", 1)[1] for word in words if word.startswith(f"--{name}=")]

        conditions = [
            "started_at>=2026-11-01T00:00:00Z",
            'city in Rome,Oslo,"a,b"',
            'city!=""',
            "fare is not null",
            "paid=true",
        ]
        self.assertEqual(of("where"), conditions)
        groups = ["city", "day=day:started_at@Europe/Rome"]
        self.assertEqual(of("group-by"), groups)
        self.assertEqual(
            of("compute"), ["fare=summary:fare", 's=sampled:distance?{"bounds":[0,2.5]}']
        )
        self.assertEqual((of("order-by"), of("limit")), (["fare.sum"], ["10"]))
        self.assertIn("--descending", words)
        self.assertEqual(of("kernel") + of("column") + of("params"), [])

    def test_a_form_is_copied_as_curl(self):
        self.open_job()
        self.page.get_by_role("link", name="Run again").click()
        self.has_request(self.page)
        self.assertEqual(json.loads(self.copied("Copy as curl")[-1]), REQUEST)


if __name__ == "__main__":
    unittest.main()
