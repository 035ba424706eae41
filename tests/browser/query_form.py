"""A test with the form open, over kernels and sources that are known."""

import json
from urllib.parse import urlencode

from playwright.sync_api import Locator, expect

from case import BrowserCase
from fake import FAKE_KERNELS, FAKE_SOURCES, FAKE_SUMMARY, FAKE_TRIPS

MIN_DISTANCE, _, _, SAMPLED, ROWS = FAKE_KERNELS["kernels"]
KERNELS = {"kernels": [FAKE_SUMMARY, MIN_DISTANCE, SAMPLED, ROWS]}
SOURCES = {"sources": [FAKE_TRIPS, *FAKE_SOURCES["sources"]]}
# The values that can be chosen from a list.
VALUES = "select => [...select.options].map((option) => option.value)"


class QueryFormCase(BrowserCase):
    def setUp(self):
        super().setUp()
        self.answer_lists()

    def answer_lists(self):
        self.page.route("**/kernels", lambda route: route.fulfill(json=KERNELS))
        self.page.route("**/sources", lambda route: route.fulfill(json=SOURCES))

    def open_form(self, query: str = ""):
        with self.page.expect_response("**/sources"):
            self.show(f"#new{query}")
        expect(self.control("Source").locator("option")).to_have_count(5)
        if not query:
            self.control("Kernel").select_option("summary")

    def show_query(self, fields: dict):
        """Opens the form with these fields, each of them as JSON in the address."""
        query = urlencode({name: json.dumps(value) for name, value in fields.items()})
        self.open_form(f"?{query}")

    def control(self, label: str) -> Locator:
        return self.page.locator("#start").get_by_label(label, exact=True)

    def press(self, name: str):
        self.page.get_by_role("button", name=name, exact=True).click()

    def part(self, name: str) -> Locator:
        return self.page.get_by_role("group", name=name, exact=True)

    def sent(self, button: str = "Start") -> dict:
        """The body that a button sends."""
        answer = {"task_id": "agg_0", "chunks": []}
        self.page.route("**/tasks*", lambda route: route.fulfill(json=answer), times=1)
        with self.page.expect_request(lambda request: request.method == "POST") as asked:
            self.press(button)
        return asked.value.post_data_json

    def refuse_with(self, error: str):
        def answer(route):
            if route.request.method == "POST":
                route.fulfill(status=400, json={"error": error})
            else:
                route.fallback()

        self.expected_complaint = "400"
        self.page.route("**/tasks*", answer)
        self.press("Start")

    def add_condition(self, at: int, column: str, comparison: str) -> Locator:
        self.press("Add a condition")
        condition = self.part(f"Condition {at}")
        condition.get_by_label("Column").select_option(column)
        condition.get_by_label("Comparison").select_option(comparison)
        return condition.get_by_label("Value")

    def answer_with_column(self, column: dict):
        """Gives the first source another column."""
        columns = [*FAKE_TRIPS["columns"], column]
        filters = [*FAKE_TRIPS["filters"], {"column": column["column"], "type": column["type"]}]
        trips = FAKE_TRIPS | {"columns": columns, "filters": filters}
        sources = {"sources": [trips, *FAKE_SOURCES["sources"]]}
        self.page.route("**/sources", lambda route: route.fulfill(json=sources))
