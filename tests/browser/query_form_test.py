"""The groups and the kernels of the form, and its plan."""

import unittest

from playwright.sync_api import expect

from case import DESKTOP, PHONE
from fake import FAKE_PLAN
from query_form import KERNELS, VALUES, QueryFormCase
from readable import CLIPPED, NAMELESS, PALE, WIDTHS

ORDERS = "[...document.getElementById('orders').options].map((option) => option.value)"


class QueryFormTest(QueryFormCase):
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
        expect(second.get_by_label("Name of the answer")).to_have_attribute(
            "placeholder", "sampled"
        )
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

    def open_form_with_pushdown(self, **more):
        """Opens the form with a kernel that can be pushed down. Returns the option to do so."""
        kernel = KERNELS["kernels"][0] | {"pushdown": True} | more
        self.page.route("**/kernels", lambda route: route.fulfill(json={"kernels": [kernel]}))
        self.open_form()
        option = self.control("Execution").locator("option").nth(1)
        expect(option).to_be_enabled()
        return option

    def test_pushdown_of_some_kernels_is_for_one_without_groups(self):
        option = self.open_form_with_pushdown(pushdown_groups=False)
        self.press("Add a group")
        expect(option).to_be_disabled()
        self.press("Remove group 1")
        expect(option).to_be_enabled()
        self.press("Add a kernel")
        expect(option).to_be_disabled()

    def test_pushdown_of_other_kernels_is_also_for_groups_and_several(self):
        option = self.open_form_with_pushdown(pushdown_groups=True)
        self.press("Add a group")
        self.press("Add a kernel")
        expect(option).to_be_enabled()
        self.control("Execution").select_option("pushdown")
        self.assertEqual(self.sent()["execution"], "pushdown")

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

    def test_a_long_form_is_readable_by_everyone(self):
        for scheme, viewport in (("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE)):
            self.page = self.open_page(color_scheme=scheme, viewport=viewport)
            self.answer_lists()
            with self.subTest(scheme=scheme, viewport=viewport):
                self.open_form()
                self.add_condition(1, "city", "in").fill("Rome, Oslo")
                self.add_condition(2, "started_at", "ge")
                self.press("Add a group")
                self.part("Group 1").get_by_label("Column").select_option("started_at")
                self.part("Group 1").get_by_label("Unit").select_option("day")
                self.press("Add a kernel")
                for complaints in (PALE, NAMELESS, CLIPPED):
                    self.assertEqual(self.page.evaluate(complaints), [])
                needed, shown = self.page.evaluate(WIDTHS)
                self.assertLessEqual(needed, shown)
                self.picture(f"form-{scheme}-{viewport['width']}")


if __name__ == "__main__":
    unittest.main()
