"""The form of a new job: its lists, its fields, and what is wrong with them."""

import json
import unittest

from playwright.sync_api import Locator, expect

from fake import FAKE_KERNELS, FAKE_PLAN, FAKE_SOURCES
from jobs_case import JobsCase


class FormTest(JobsCase):
    def open_form(self):
        self.show()
        with self.page.expect_response("**/sources"):
            self.page.get_by_role("button", name="New job").click()

    def open_fake_form(self):
        """Opens the form over kernels and sources that are known."""
        self.page.route("**/kernels", lambda route: route.fulfill(json=FAKE_KERNELS))
        self.page.route("**/sources", lambda route: route.fulfill(json=FAKE_SOURCES))
        self.open_form()
        names = ["points", "orders", "places (not readable)", "log"]
        expect(self.control("Source").locator("option")).to_have_text(names)

    def control(self, label: str) -> Locator:
        return self.page.locator("#start").get_by_label(label, exact=True)

    def sent(self, button: str = "Start") -> dict:
        """The body that a button sends, which a server of its own takes."""
        answer = {"task_id": "agg_0", "chunks": []}
        self.page.route("**/tasks*", lambda route: route.fulfill(json=answer), times=1)
        with self.page.expect_request(lambda request: request.method == "POST") as asked:
            self.page.get_by_role("button", name=button, exact=True).click()
        return asked.value.post_data_json

    def refuse_with(self, error: str):
        refusal = {"status": "task not submitted", "error": error}

        def answer(route):
            if route.request.method == "POST":
                route.fulfill(status=400, json=refusal)
            else:
                route.fallback()

        self.expected_complaint = "400"
        self.page.route("**/tasks*", answer)
        self.page.get_by_role("button", name="Start", exact=True).click()

    def test_every_kernel_has_a_form_of_its_own(self):
        self.show()
        with self.page.expect_response("**/kernels") as told:
            self.page.get_by_role("button", name="New job").click()
        kernels = told.value.json()["kernels"]
        choice = self.control("Kernel")
        expect(choice.locator("option")).to_have_text([kernel["kernel"] for kernel in kernels])
        for kernel in kernels:
            choice.select_option(kernel["kernel"])
            expect(self.page.locator("#hint-kernel-0")).to_have_text(kernel["about"])
            params = kernel["params"].get("properties", {})
            expect(self.page.locator("[data-param]")).to_have_count(len(params))

    def test_the_sources_are_those_of_the_server(self):
        self.show()
        with self.page.expect_response("**/sources") as told:
            self.page.get_by_role("button", name="New job").click()
        names = [source["source"] for source in told.value.json()["sources"]]
        values = "select => [...select.options].map((option) => option.value)"
        expect(self.control("Source").locator("option")).to_have_count(len(names))
        self.assertEqual(self.control("Source").evaluate(values), names)

    def test_a_column_is_chosen_from_those_that_suit(self):
        self.open_fake_form()
        self.control("Kernel").select_option("summary")
        self.control("Source").select_option("orders")
        value = self.control("value (number)")
        expect(value.locator("option")).to_have_text(["amount: numeric", "items: integer"])
        expect(self.page.locator("#hint-source")).to_contain_text("NOT cancelled")
        expect(self.page.locator("#hint-source")).to_contain_text("300\u202f000 rows")
        value.select_option("items")
        body = self.sent()
        self.assertEqual((body["source"], body["columns"]), ("orders", ["items"]))

    def test_columns_are_the_sources_first_that_suit(self):
        self.open_fake_form()
        self.assertEqual(self.sent()["columns"], ["x1", "y1", "x2", "y2"])
        self.control("Kernel").select_option("bounding_box")
        self.assertEqual(self.sent()["columns"], ["x1", "y1"])

    def test_a_source_that_cannot_be_read_says_why(self):
        self.open_fake_form()
        self.control("Source").select_option("places")
        expect(self.page.locator("#wrong-source")).to_have_text("table places does not exist")
        expect(self.page.locator("#wrong-column-0-0")).to_have_text("no column of this type")

    def test_a_source_without_a_key_says_what_it_needs(self):
        self.open_fake_form()
        self.control("Source").select_option("log")
        needs = "log, without a key, so it needs consistency snapshot"
        expect(self.page.locator("#hint-source")).to_have_text(needs)

    def test_without_a_list_of_sources_names_are_typed(self):
        self.expected_complaint = "404"
        self.page.route("**/sources", lambda route: route.fulfill(status=404, json={}))
        self.page.route("**/kernels", lambda route: route.fulfill(json=FAKE_KERNELS))
        self.open_form()
        kernels = [kernel["kernel"] for kernel in FAKE_KERNELS["kernels"]]
        expect(self.control("Kernel").locator("option")).to_have_text(kernels)
        self.control("Source").fill("orders")
        self.control("Kernel").select_option("summary")
        self.control("Columns for value").fill("amount")
        body = self.sent()
        self.assertEqual((body["source"], body["columns"]), ("orders", ["amount"]))

    def test_parameters_have_fields_by_their_schema(self):
        self.open_fake_form()
        self.assertEqual(self.sent()["params"], {"metric": "euclidean"})
        self.control("Kernel").select_option("sampled")
        k = self.control("k")
        expect(k).to_have_attribute("min", "1")
        expect(k).to_have_attribute("max", "100")
        expect(k).to_have_attribute("placeholder", "10")
        expect(self.control("bounds, required")).to_have_attribute(
            "placeholder", "for example 0, 2.5, 50"
        )
        k.fill("3")
        self.control("bounds, required").fill("1, 2.5 12345678901234567")
        self.control("ranks").fill("0.1234567890123456 1")
        self.control("exact").select_option("true")
        params = {
            "k": 3,
            "bounds": [1, 2.5, "12345678901234567"],
            "ranks": [0.1234567890123456, 1],
            "exact": True,
        }
        self.assertEqual(self.sent()["params"], params)

    def test_parameters_can_be_edited_as_json(self):
        self.open_fake_form()
        self.control("Kernel").select_option("sampled")
        self.control("k").fill("3")
        self.control("Edit as JSON").check()
        text = self.control("Parameters as JSON")
        self.assertEqual(json.loads(text.input_value()), {"k": 3})
        text.fill('{"k": 4, "bounds": [')
        self.page.get_by_role("button", name="Start", exact=True).click()
        expect(self.page.locator("#wrong-params-0")).to_contain_text("not a JSON object")
        expect(text).to_be_focused()
        text.fill('{"k": 4, "bounds": [0, 9]}')
        self.assertEqual(self.sent()["params"], {"k": 4, "bounds": [0, 9]})
        self.control("Edit as JSON").uncheck()
        expect(self.control("k")).to_have_value("4")
        expect(self.control("bounds, required")).to_have_value("0, 9")

    def test_pushdown_is_offered_where_the_kernel_has_it(self):
        self.open_fake_form()
        pushdown = self.control("Execution").locator("option").nth(1)
        self.control("Execution").select_option("pushdown")
        self.control("metric").select_option('"haversine"')
        expect(pushdown).to_be_disabled()
        expect(self.control("Execution")).to_have_value("streaming")
        expect(self.page.locator("#hint-execution")).to_contain_text("metric euclidean")
        self.control("metric").select_option('"euclidean"')
        expect(pushdown).to_be_enabled()
        self.control("Kernel").select_option("summary")
        expect(pushdown).to_be_disabled()

    def test_what_the_server_refuses_is_at_its_field(self):
        self.expected_complaint = "400"
        self.open_form()
        self.control("Chunks").fill("0")
        self.page.get_by_role("button", name="Start", exact=True).click()
        expect(self.page.locator("#wrong-chunks")).to_contain_text("1 to 10000")
        expect(self.control("Chunks")).to_be_focused()
        expect(self.control("Chunks")).to_have_attribute("aria-invalid", "true")
        self.control("Chunks").fill("4")
        expect(self.page.locator("#wrong-chunks")).to_be_empty()

    def test_a_refusal_is_about_a_field_or_the_form(self):
        self.open_fake_form()
        self.control("Kernel").select_option("sampled")
        named = {
            'there is no kernel "sampled"; there is summary': "#wrong-kernel-0",
            "parameters of sampled: missing field `bounds`": "#wrong-param-0-bounds",
            "k must be from 1 to 100, not 0": "#wrong-param-0-k",
            'the source has no column "x1" to read; it has a': "#wrong-column-0-0",
            'with consistency "snapshot" chunks must be at most 10, not 16': "#wrong-chunks",
            'table t can only be read with consistency "snapshot"': "#wrong-consistency",
            "table t does not exist": "#wrong-source",
            "the Idempotency-Key belongs to another request": "#said",
        }
        for error, place in named.items():
            with self.subTest(error):
                self.refuse_with(error)
                expect(self.page.locator(place)).to_have_text(error)

    def test_a_plan_starts_nothing(self):
        self.open_form()
        with self.page.expect_response("**/tasks?dry_run=true") as planned:
            self.page.get_by_role("button", name="Plan", exact=True).click()
        self.assertEqual(planned.value.status, 200)
        expect(self.page.get_by_role("heading", name="Plan")).to_be_focused()
        self.assertEqual(self.facts_of_the_plan()["Chunks"], "4")
        self.picture("plan")

    def facts_of_the_plan(self) -> dict:
        plan = self.page.locator("#plan")
        names, values = (plan.locator(tag).all_inner_texts() for tag in ("dt", "dd"))
        return dict(zip(names, values, strict=True))

    def test_a_plan_is_shown_with_its_warnings_until_the_form_changes(self):
        self.open_fake_form()
        plan = FAKE_PLAN | {"warnings": ["the source is cut in 3 chunks, not 16"]}
        self.page.route("**/tasks?dry_run=true", lambda route: route.fulfill(json=plan))
        self.control("Chunks").fill("16")
        self.page.get_by_role("button", name="Plan", exact=True).click()
        expected = {
            "Reads": "orders: amount",
            "Rows, about": "300\u202f000",
            "Chunks": "3 of 16",
            "Takes, about": "600 ms",
            "Costs, about": "$0.0000356",
            "Connections at once": "3",
            "Consistency": "per-chunk",
            "Execution": "streaming",
        }
        expect(self.page.locator("#plan li")).to_have_text(plan["warnings"])
        self.assertEqual(self.facts_of_the_plan(), expected)
        self.control("Chunks").fill("8")
        expect(self.page.locator("#plan")).to_be_hidden()


if __name__ == "__main__":
    unittest.main()
