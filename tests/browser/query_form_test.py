"""Which rows, in which groups, and which kernels over them: the parts of the form that say so."""

import unittest

from playwright.sync_api import Locator, expect

from case import BrowserCase
from fake import FAKE_KERNELS, FAKE_PLAN, FAKE_SOURCES, FAKE_SUMMARY, FAKE_TRIPS

KERNELS = {"kernels": [FAKE_SUMMARY, *FAKE_KERNELS["kernels"][::3]]}
SOURCES = {"sources": [FAKE_TRIPS, *FAKE_SOURCES["sources"]]}
VALUES = "select => [...select.options].map((option) => option.value)"
ORDERS = "[...document.getElementById('orders').options].map((option) => option.value)"


class QueryFormTest(BrowserCase):
    def setUp(self):
        super().setUp()
        self.page.route("**/kernels", lambda route: route.fulfill(json=KERNELS))
        self.page.route("**/sources", lambda route: route.fulfill(json=SOURCES))

    def open_form(self, query: str = ""):
        with self.page.expect_response("**/sources"):
            self.show(f"#new{query}")
        expect(self.control("Source").locator("option")).to_have_count(5)
        if not query:
            self.control("Kernel").select_option("summary")

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

    def test_a_condition_has_the_columns_by_which_rows_are_filtered(self):
        self.open_form()
        self.press("Add a condition")
        column = self.part("Condition 1").get_by_label("Column")
        self.assertEqual(column.evaluate(VALUES), FAKE_TRIPS["filters"])
        expect(column).to_be_focused()
        self.control("Source").select_option("orders")
        self.assertIn("amount", column.evaluate(VALUES))

    def test_the_control_of_a_value_is_that_of_the_columns_type(self):
        self.open_form()
        value = self.add_condition(1, "fare", "ge")
        column = self.part("Condition 1").get_by_label("Column")
        for name, control in {
            "id": "number",
            "fare": "number",
            "distance": "number",
            "started_at": "datetime-local",
            "ended_at": "datetime-local",
            "day": "date",
            "city": "text",
        }.items():
            column.select_option(name)
            with self.subTest(name):
                self.assertEqual(value.evaluate("input => input.type"), control)
        column.select_option("paid")
        self.assertEqual(value.evaluate(VALUES), ["true", "false"])

    def test_conditions_are_sent_with_values_of_their_types(self):
        self.open_form()
        conditions = [
            ("city", "eq", "Oslo", "Oslo"),
            ("id", "lt", "9007199254740993", 9007199254740993),
            ("fare", "ge", "12.5", 12.5),
            ("fare", "ne", "0.12345678901234567", "0.12345678901234567"),
            ("distance", "gt", "1e3", 1000),
            ("started_at", "ge", "2026-11-01T00:00", "2026-11-01T00:00:00Z"),
            ("ended_at", "lt", "2026-11-02T03:04:05", "2026-11-02T03:04:05"),
            ("day", "le", "2026-11-03", "2026-11-03"),
            ("city", "in", "Rome, New York,Oslo", ["Rome", "New York", "Oslo"]),
            ("fare", "in", "1, 2.5", [1, 2.5]),
        ]
        for at, (column, comparison, text, _) in enumerate(conditions, 1):
            self.add_condition(at, column, comparison).fill(text)
        self.add_condition(11, "paid", "eq").select_option("false")
        self.add_condition(12, "city", "not null")
        expect(self.part("Condition 12").get_by_label("Value")).to_be_hidden()
        expected = [{"column": column, name: value} for column, name, _, value in conditions]
        expected += [{"column": "paid", "eq": False}, {"column": "city", "is": "not null"}]
        self.assertEqual(self.sent()["where"], expected)

    def test_a_domain_has_the_control_of_what_it_can_be_read_as(self):
        seats = {"column": "seats", "type": "seat_count", "reads_as": ["integer", "number", "any"]}
        self.answer_with_column(seats)
        self.open_form()
        self.add_condition(1, "seats", "ge").fill("7")
        self.assertEqual(self.sent()["where"], [{"column": "seats", "ge": 7}])

    def test_an_expression_is_shown_wherever_its_column_is_chosen(self):
        sql = "price * (1 - discount)"
        revenue = {"column": "revenue", "type": "numeric", "reads_as": ["number"]}
        self.answer_with_column(revenue | {"expression": sql})
        self.open_form()
        self.add_condition(1, "revenue", "ge")
        self.control("value (number)").select_option("revenue")
        self.press("Add a group")
        self.part("Group 1").get_by_label("Column").select_option("revenue")
        expect(self.page.get_by_text(f"= {sql}", exact=True)).to_have_count(3)
        self.part("Group 1").get_by_label("Column").select_option("city")
        expect(self.page.get_by_text(f"= {sql}", exact=True)).to_have_count(2)

    def answer_with_column(self, column: dict):
        """Gives the first source another column."""
        columns = [*FAKE_TRIPS["columns"], column]
        filters = [*FAKE_TRIPS["filters"], column["column"]]
        trips = FAKE_TRIPS | {"columns": columns, "filters": filters}
        sources = {"sources": [trips, *FAKE_SOURCES["sources"]]}
        self.page.route("**/sources", lambda route: route.fulfill(json=sources))

    def test_a_condition_is_removed_by_keyboard_and_the_focus_stays_near(self):
        self.open_form()
        for at, value in enumerate(["1", "2"], 1):
            self.add_condition(at, "fare", "ge").fill(value)
        self.part("Condition 1").get_by_role("button", name="Remove condition 1").focus()
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("button", name="Remove condition 1")).to_be_focused()
        self.assertEqual(self.sent()["where"], [{"column": "fare", "ge": 2}])
        self.press("Remove condition 1")
        expect(self.page.get_by_role("button", name="Add a condition")).to_be_focused()
        self.assertNotIn("where", self.sent())

    def test_a_condition_without_a_value_is_not_sent(self):
        self.open_form()
        value = self.add_condition(1, "fare", "ge")
        self.press("Start")
        expect(self.part("Condition 1").locator(".wrong")).to_have_text(["", "", "a value is missing"])
        expect(value).to_be_focused()
        expect(value).to_have_attribute("aria-invalid", "true")

    def test_the_empty_text_is_a_value(self):
        self.open_form()
        self.add_condition(1, "city", "eq")
        self.assertEqual(self.sent()["where"], [{"column": "city", "eq": ""}])

    def test_conditions_of_an_address_keep_what_their_controls_cannot_show(self):
        where = [
            {"column": "distance", "eq": "NaN"},
            {"column": "city", "in": ["a, b", "c"]},
            {"column": "started_at", "ge": "2026-11-01 00:00:00.123456+00"},
            {"column": "started_at", "lt": "2026-11-01T02:00:00+01:00"},
            {"column": "ended_at", "ge": "2026-11-01"},
        ]
        self.show_query({"where": where})
        expected = [
            where[0],
            where[1],
            {"column": "started_at", "ge": "2026-11-01T00:00:00.123456Z"},
            {"column": "started_at", "lt": "2026-11-01T01:00:00Z"},
            {"column": "ended_at", "ge": "2026-11-01T00:00:00"},
        ]
        body = self.sent()
        body["where"][3]["lt"] = body["where"][3]["lt"].replace(".000", "")
        self.assertEqual(body["where"], expected)

    def show_query(self, fields: dict):
        """Opens the form with these fields, each of them as JSON in the address."""
        query = "(fields) => String(new URLSearchParams(Object.entries(fields)" + (
            ".map(([name, value]) => [name, JSON.stringify(value)])))"
        )
        self.open_form(f"?{self.page.evaluate(query, fields)}")

    def test_several_comparisons_of_a_column_are_a_condition_each(self):
        self.show_query({"where": [{"column": "fare", "ge": 1, "lt": 2, "is": "not null"}]})
        expected = [
            {"column": "fare", "ge": 1},
            {"column": "fare", "lt": 2},
            {"column": "fare", "is": "not null"},
        ]
        self.assertEqual(self.sent()["where"], expected)

    def test_a_condition_on_a_column_that_is_gone_stays_and_says_so(self):
        self.show_query({"where": [{"column": "gone", "eq": "x"}]})
        wrong = self.part("Condition 1").locator(".wrong").first
        expect(wrong).to_have_text("rows are not filtered by “gone”")
        self.assertEqual(self.sent()["where"], [{"column": "gone", "eq": "x"}])

    def test_groups_are_columns_or_units_of_their_times(self):
        self.open_form()
        expect(self.control("Order groups by")).to_be_hidden()
        for at, column in enumerate(["city", "started_at", "day"], 1):
            self.press("Add a group")
            self.part(f"Group {at}").get_by_label("Column").select_option(column)
        expect(self.part("Group 1").get_by_label("Unit")).to_be_hidden()
        second, third = self.part("Group 2"), self.part("Group 3")
        expect(second.get_by_label("Time zone")).to_be_hidden()
        second.get_by_label("Unit").select_option("day")
        second.get_by_label("Time zone").fill("Europe/Rome")
        second.get_by_label("Name in the answer").fill("start")
        third.get_by_label("Unit").select_option("month")
        expect(third.get_by_label("Time zone")).to_be_hidden()
        self.control("Order groups by").fill("summary.sum")
        self.control("Order").select_option("descending")
        self.control("List at most").fill("10")
        body = self.sent()
        self.assertEqual(
            body["group_by"],
            [
                "city",
                {"column": "started_at", "unit": "day", "time_zone": "Europe/Rome", "as": "start"},
                {"column": "day", "unit": "month"},
            ],
        )
        order = (body["order_by"], body["descending"], body["limit"])
        self.assertEqual(order, ("summary.sum", True, 10))

    def test_there_are_four_groups_at_most(self):
        self.open_form()
        for _ in range(4):
            self.press("Add a group")
        expect(self.page.get_by_role("button", name="Add a group")).to_be_hidden()
        self.press("Remove group 4")
        expect(self.page.get_by_role("button", name="Remove group 3")).to_be_focused()
        expect(self.page.get_by_role("button", name="Add a group")).to_be_visible()

    def test_an_order_is_by_values_rows_and_numbers_of_answers(self):
        self.open_form()
        self.press("Add a group")
        self.part("Group 1").get_by_label("Column").select_option("city")
        known = ["city", "rows", "summary.mean", "summary.rows", "summary.sum"]
        self.assertEqual(self.page.evaluate(ORDERS), known)
        self.control("Name of the answer").fill("fare")
        self.part("Group 1").get_by_label("Name in the answer").fill("town")
        known = ["town", "rows", "fare.mean", "fare.rows", "fare.sum"]
        self.assertEqual(self.page.evaluate(ORDERS), known)

    def test_columns_of_floating_point_make_no_groups(self):
        self.open_form()
        self.press("Add a group")
        names = self.part("Group 1").get_by_label("Column").evaluate(VALUES)
        self.assertNotIn("distance", names)
        self.assertIn("fare", names)

    def test_several_kernels_have_names_columns_and_parameters_of_their_own(self):
        self.open_form()
        self.press("Add a kernel")
        first, second = self.part("Kernel 1"), self.part("Kernel 2")
        expect(second.get_by_label("Kernel", exact=True)).to_be_focused()
        first.get_by_label("Name of the answer").fill("fare")
        first.get_by_label("value (number)").select_option("fare")
        second.get_by_label("Kernel", exact=True).select_option("sampled")
        expect(second.get_by_label("Name of the answer")).to_have_attribute("placeholder", "sampled")
        second.get_by_label("value (number)").select_option("distance")
        second.get_by_label("bounds, required").fill("0, 9")
        body = self.sent()
        self.assertEqual(
            body["compute"],
            {
                "fare": {"kernel": "summary", "columns": ["fare"]},
                "sampled": {
                    "kernel": "sampled",
                    "columns": ["distance"],
                    "params": {"bounds": [0, 9]},
                },
            },
        )
        self.assertFalse({"kernel", "columns", "params"} & set(body))
        self.press("Remove kernel 1")
        self.assertEqual(self.sent()["kernel"], "sampled")

    def test_two_answers_of_one_kernel_have_two_names(self):
        self.open_form()
        self.press("Add a kernel")
        self.assertEqual(sorted(self.sent()["compute"]), ["summary", "summary_2"])
        for at in (1, 2):
            self.part(f"Kernel {at}").get_by_label("Name of the answer").fill("fare")
        self.press("Start")
        expect(self.page.get_by_text("another answer has this name")).to_be_visible()

    def test_pushdown_is_for_one_kernel_without_groups(self):
        pushdown = KERNELS["kernels"][0] | {"pushdown": True}
        self.page.route("**/kernels", lambda route: route.fulfill(json={"kernels": [pushdown]}))
        self.open_form()
        option = self.control("Execution").locator("option").nth(1)
        expect(option).to_be_enabled()
        self.press("Add a group")
        expect(option).to_be_disabled()
        self.press("Remove group 1")
        expect(option).to_be_enabled()
        self.press("Add a kernel")
        expect(option).to_be_disabled()

    def test_a_refusal_of_a_query_is_at_its_field(self):
        self.open_form()
        self.add_condition(1, "city", "eq").fill("x")
        self.add_condition(2, "fare", "ge").fill("1")
        self.press("Add a group")
        self.part("Group 1").get_by_label("Column").select_option("started_at")
        self.part("Group 1").get_by_label("Unit").select_option("day")
        self.part("Group 1").get_by_label("Time zone").fill("Mars")
        self.press("Add a kernel")
        self.part("Kernel 2").get_by_label("Kernel", exact=True).select_option("sampled")
        self.part("Kernel 2").get_by_label("Name of the answer").fill("s")
        named = {
            'where: column "fare" must be a number, not x': "#wrong-where-value-1",
            'group_by: column "started_at" is xml; groups': "#wrong-group-column-0",
            'group_by: PostgreSQL knows no time zone "Mars"; such': "#wrong-group-zone-0",
            "order_by must be one of city, not x": "#wrong-order_by",
            "limit must be at least 1, not 0": "#wrong-limit",
            'compute: "s": kernel must be one of': "#wrong-kernel-1",
            "parameters of sampled: missing field `bounds`": "#wrong-param-1-bounds",
            'two values of an answer would be named "s"; give': "#wrong-name-1",
            'execution "pushdown" is for one kernel': "#wrong-execution",
        }
        for error, place in named.items():
            with self.subTest(error):
                self.refuse_with(error)
                expect(self.page.locator(place)).to_have_text(error)

    def test_a_plan_says_which_share_of_the_rows_and_by_which_index(self):
        self.open_form()
        self.add_condition(1, "fare", "ge").fill("1")
        plan = FAKE_PLAN | {"where": [{"column": "fare", "ge": 1}], "estimated_share": 0.0123}
        indexed = {"index": "trips_fare_idx", "cut_by": "fare"}
        self.answer_plan(plan | indexed)
        facts = self.page.locator("#plan-facts > div")
        for fact in ("Of all rows, about1.23 %", "Indextrips_fare_idx", "Cut byfare"):
            expect(facts.filter(has_text=fact)).to_have_count(1)
        self.answer_plan(plan)
        index = "Indexnone, the database looks at all rows"
        expect(facts.filter(has_text=index)).to_have_count(1)
        expect(facts.filter(has_text="Cut by")).to_have_count(0)

    def answer_plan(self, plan: dict):
        self.page.route("**/tasks?dry_run=true", lambda route: route.fulfill(json=plan))
        self.press("Plan")


if __name__ == "__main__":
    unittest.main()
