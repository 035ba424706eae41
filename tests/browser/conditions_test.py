"""The conditions of the form: which rows a job reads."""

import unittest

from playwright.sync_api import expect

from fake import FAKE_TRIPS
from query_form import VALUES, QueryFormCase


class ConditionsTest(QueryFormCase):
    def test_a_condition_has_the_columns_by_which_rows_are_filtered(self):
        self.open_form()
        self.press("Add a condition")
        column = self.part("Condition 1").get_by_label("Column")
        filters = [one["column"] for one in FAKE_TRIPS["filters"]]
        self.assertEqual(column.evaluate(VALUES), filters)
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
            "note": "text",
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

    def test_without_a_list_of_sources_values_are_what_they_look_like(self):
        self.expected_complaint = "404"
        self.page.route("**/sources", lambda route: route.fulfill(status=404, json={}))
        with self.page.expect_response("**/sources"):
            self.show("#new")
        typed = {"7": 7, "true": True, '"7"': "7", "Rome": "Rome"}
        for at, text in enumerate(typed, 1):
            self.press("Add a condition")
            self.part(f"Condition {at}").get_by_label("Column").fill("a")
            self.part(f"Condition {at}").get_by_label("Value").fill(text)
        expected = [{"column": "a", "eq": value} for value in typed.values()]
        self.assertEqual(self.sent()["where"], expected)
        # The address has the same.
        self.page.wait_for_url("**Rome**")
        self.page.reload()
        expect(self.part("Condition 4")).to_be_visible()
        self.assertEqual(self.sent()["where"], expected)

    def test_a_domain_has_the_control_of_what_it_can_be_read_as(self):
        seats = {"column": "seats", "type": "seat_count", "reads_as": ["integer", "number", "any"]}
        self.answer_with_column(seats)
        self.open_form()
        self.add_condition(1, "seats", "ge").fill("7")
        self.assertEqual(self.sent()["where"], [{"column": "seats", "ge": 7}])

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
        expect(self.part("Condition 1").locator(".wrong")).to_have_text(
            ["", "", "a value is missing"]
        )
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


if __name__ == "__main__":
    unittest.main()
