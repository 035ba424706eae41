"""What `setup/db/discover.sql` proposes, and what `make sources` and `make up` make of it.

Needs the stack's database, in which it makes databases and roles of its own.
"""

import argparse
import contextlib
import io
import json
import os
import tempfile
import unittest
from pathlib import Path
from urllib.parse import urlsplit

import command_line
import discover
import postgres
from steps import Failure

SERVER = os.environ["DATABASE_URL"]
DATABASE = f"discover_{os.getpid()}"
ROLE = f"discover_reader_{os.getpid()}"


def url(database: str, user: str | None = None) -> str:
    parts = urlsplit(SERVER)
    place = parts.netloc
    if user:
        place = f"{user}:secret@{parts.hostname}:{parts.port}"
    return parts._replace(netloc=place, path=f"/{database}").geturl()


class Database(unittest.TestCase):
    """A database with tables of its own."""

    def setUp(self):
        self.on_server(f"CREATE DATABASE {DATABASE}")
        self.addCleanup(self.on_server, f"DROP DATABASE {DATABASE} WITH (FORCE)")

    def on_server(self, sql: str) -> None:
        postgres.query(SERVER, sql)

    def execute(self, sql: str) -> None:
        postgres.query(url(DATABASE), sql)

    def proposed(self, tables: str = "", user: str | None = None) -> tuple[dict, list[str]]:
        """The sources that are proposed, and what is left out."""
        proposal, left_out = discover.discover(discover.psql(), url(DATABASE, user), tables)
        return json.loads(proposal), left_out


class Proposal(Database):
    """What is proposed of which table."""

    def assert_left_out(self, sql: str, reason: str) -> None:
        """Asserts that the table t is left out for this reason."""
        self.execute(sql)
        sources, left_out = self.proposed("t")
        self.assertEqual(sources, {})
        self.assertEqual(len(left_out), 1, left_out)
        self.assertIn(f"left out public.t: {reason}", left_out[0])

    def test_a_table_is_proposed_with_its_key_and_its_numbers_first(self):
        self.execute(
            """
            CREATE DOMAIN money_ AS numeric(12, 2);
            CREATE TABLE orders (
                customer text, id bigint PRIMARY KEY, placed timestamptz, amount money_, items int,
                payload jsonb, place point, tags text[]
            )"""
        )
        sources, left_out = self.proposed()
        columns = ["amount", "items", "customer", "placed"]
        expected = {"table": "public.orders", "key": "id", "columns": columns}
        self.assertEqual(sources, {"orders": expected})
        others = "payload (jsonb), place (point), tags (text[])"
        self.assertEqual(
            left_out,
            [f"left out of public.orders: {others}, which only the kernel distinct could read"],
        )

    def test_names_are_quoted_where_they_must_be(self):
        self.execute(
            """
            CREATE SCHEMA "Weird Schema";
            CREATE TABLE "Weird Schema"."po""in'ts" ("the ""key" uuid PRIMARY KEY, "ÿ\\ 1" float)"""
        )
        expected = {
            "table": """"Weird Schema"."po""in'ts\"""",
            "key": 'the "key',
            "columns": ["ÿ\\ 1"],
        }
        self.assertEqual(self.proposed(), ({"po\"in'ts": expected}, []))

    def test_tables_of_one_name_are_named_with_their_schemas(self):
        self.execute(
            """
            CREATE SCHEMA geo;
            CREATE TABLE trips (id int PRIMARY KEY, x int);
            CREATE TABLE geo.trips (id int PRIMARY KEY, x int)"""
        )
        self.assertEqual(list(self.proposed()[0]), ["geo.trips", "public.trips"])
        self.assertEqual(list(self.proposed("geo.trips")[0]), ["trips"])

    def test_tables_are_proposed_in_the_order_in_which_they_are_named(self):
        self.execute("".join(f"CREATE TABLE {name} (id int PRIMARY KEY, x int);" for name in "abc"))
        self.assertEqual(list(self.proposed()[0]), ["a", "b", "c"])
        self.assertEqual(list(self.proposed("c, public.a")[0]), ["c", "a"])
        sources, left_out = self.proposed("b nothing")
        self.assertEqual(list(sources), ["b"])
        self.assertEqual(len(left_out), 1)
        self.assertIn("left out nothing: there is no such table", left_out[0])

    def test_the_primary_key_comes_before_other_unique_columns(self):
        self.execute(
            """
            CREATE TABLE t (a int UNIQUE NOT NULL, b text, x float, PRIMARY KEY (b));
            CREATE TABLE u (a float PRIMARY KEY, b date UNIQUE, c text UNIQUE NOT NULL, x int)"""
        )
        sources, _ = self.proposed()
        self.assertEqual([sources[name]["key"] for name in "tu"], ["b", "c"])

    def test_a_partitioned_table_is_proposed_and_its_partitions_are_not(self):
        self.execute(
            """
            CREATE TABLE log (id bigint PRIMARY KEY, x float) PARTITION BY RANGE (id);
            CREATE TABLE low PARTITION OF log FOR VALUES FROM (0) TO (10)"""
        )
        expected = {"table": "public.log", "key": "id", "columns": ["x"]}
        self.assertEqual(self.proposed(), ({"log": expected}, []))

    def test_a_table_without_a_key_is_left_out(self):
        for sql in (
            "CREATE TABLE t (a int NOT NULL, x float)",
            "CREATE TABLE t (a int, b int, x float, PRIMARY KEY (a, b))",
            "CREATE TABLE t (a float PRIMARY KEY, x float)",
            "CREATE TABLE t (a int NOT NULL, x float); CREATE UNIQUE INDEX ON t (a) WHERE x > 0",
            "CREATE TABLE t (a int NOT NULL, x float); CREATE UNIQUE INDEX ON t ((a + 1))",
            "CREATE TABLE t (a int UNIQUE DEFERRABLE NOT NULL, x float)",
        ):
            with self.subTest(sql):
                self.assert_left_out(sql, "no key: no column of a key's type has a unique index")
                self.execute("DROP TABLE t")

    def test_a_unique_column_that_may_be_null_is_no_key(self):
        self.assert_left_out(
            "CREATE TABLE t (a int UNIQUE, x float)", "no key: a is unique, but not NOT NULL"
        )

    def test_a_table_without_a_column_to_read_is_left_out(self):
        self.assert_left_out("CREATE TABLE t (a int PRIMARY KEY, x json)", "no readable column")

    def test_a_table_that_others_inherit_from_is_left_out(self):
        sql = "CREATE TABLE t (a int PRIMARY KEY, x int); CREATE TABLE heir () INHERITS (t)"
        self.assert_left_out(sql, "other tables inherit from it")

    def test_views_are_left_out_with_what_to_add_by_hand(self):
        table = "CREATE TABLE s (id int PRIMARY KEY, x int)"
        self.assert_left_out(
            f"{table}; CREATE VIEW t AS SELECT * FROM s", "PostgreSQL does not know the key of a"
        )
        self.execute("DROP VIEW t; DROP TABLE s")
        stored = f"{table}; CREATE MATERIALIZED VIEW t AS SELECT * FROM s"
        self.assert_left_out(f"{stored}; CREATE UNIQUE INDEX ON t (id)", "PostgreSQL does not know")

    def test_a_role_is_proposed_what_it_may_read(self):
        self.on_server(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'secret'")
        self.addCleanup(self.on_server, f"DROP ROLE {ROLE}")
        self.execute(
            f"""
            CREATE TABLE whole (id int PRIMARY KEY, x int);
            CREATE TABLE partly (id int PRIMARY KEY, x int, secret text);
            CREATE TABLE keyless (id int PRIMARY KEY, x int);
            CREATE TABLE unseen (id int PRIMARY KEY, x int);
            GRANT SELECT ON whole TO {ROLE};
            GRANT SELECT (id, x) ON partly TO {ROLE};
            GRANT SELECT (x) ON keyless TO {ROLE}"""
        )
        self.addCleanup(self.execute, f"DROP OWNED BY {ROLE}")
        sources, left_out = self.proposed(user=ROLE)
        self.assertEqual([*sources], ["partly", "whole"])
        self.assertEqual(sources["partly"]["columns"], ["x"])
        self.assertIn("left out public.keyless: no key", left_out[0])
        self.assertEqual(left_out[1], "left out public.unseen: this role may not SELECT from it")


class Command(Database):
    """`make sources`, and the file that it writes."""

    def setUp(self):
        super().setUp()
        self.file = Path(self.enterContext(tempfile.TemporaryDirectory())) / "sources.json"
        os.environ["DATABASE_URL"] = url(DATABASE)
        self.addCleanup(os.environ.__setitem__, "DATABASE_URL", SERVER)

    def sources(self, *argv: str) -> str:
        """Runs the command and returns what it says."""
        options = command_line.parse(["sources", "--file", str(self.file), *argv])
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            options.run(options)
        return said.getvalue()

    def given(self, *argv: str) -> dict[str, str]:
        """The parameters with which `make up` deploys."""
        options: argparse.Namespace = command_line.parse(["up", *argv])
        return command_line.chosen_parameters(options)

    def test_the_file_is_written_once_and_taken_by_up(self):
        self.execute("CREATE TABLE t (id int PRIMARY KEY, x float); CREATE TABLE u (x float)")
        said = self.sources()
        self.assertIn("left out public.u: no key", said)
        self.assertIn(f"make up SOURCES={self.file}", said)
        parameters = self.given("--sources", str(self.file))
        expected = {"t": {"table": "public.t", "key": "id", "columns": ["x"]}}
        self.assertEqual(json.loads(parameters["Sources"]), expected)
        with self.assertRaisesRegex(Failure, "exists already"):
            self.sources()
        self.file.write_text("{}")
        self.sources("--force")
        self.assertEqual(json.loads(self.file.read_text()), expected)

    def test_a_database_without_a_table_to_propose_writes_no_file(self):
        self.execute("CREATE TABLE u (x float)")
        with self.assertRaisesRegex(Failure, "no table can be proposed"):
            self.sources()
        self.assertFalse(self.file.exists())

    def test_more_than_can_be_deployed_is_refused_before_it_is_written(self):
        columns = ", ".join(f"column_of_a_long_name_{place} int" for place in range(200))
        self.execute(f"CREATE TABLE t (id int PRIMARY KEY, {columns})")
        with self.assertRaisesRegex(Failure, "CloudFormation takes 4,096"):
            self.sources()
        self.assertFalse(self.file.exists())

    def test_a_file_that_is_not_there_is_named(self):
        with self.assertRaisesRegex(Failure, "SOURCES=nowhere.json: No such file"):
            self.given("--sources", "nowhere.json")

    def test_the_file_and_the_parameter_exclude_each_other(self):
        self.file.write_text("{}")
        with self.assertRaisesRegex(Failure, "and the parameter Sources are given"):
            self.given("--sources", str(self.file), "--parameters", "Sources={}")
        # Without a file the parameter stays.
        self.assertEqual(self.given("--parameters", "Sources={}")["Sources"], "{}")


if __name__ == "__main__":
    unittest.main()
