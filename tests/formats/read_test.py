"""DuckDB and pyarrow read files with the values of `tests/src/formats/samples.rs`.

`python3 setup/local_cloud python formats -- tests/formats/read_test.py` installs both and runs it.
"""

import math
import os
import subprocess
import tempfile
import unittest
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

CHECKOUT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", CHECKOUT / "target"))
FIRST_INSTANT = "4714-11-24 (BC) 00:00:00"
INSTANTS = [
    "2000-01-01 00:00:00",
    "1999-12-31 23:59:59.999999",
    "2000-01-01 00:00:00.5",
    "0001-01-01 00:00:00",
    "0001-12-31 (BC) 23:59:59.999999",
    FIRST_INSTANT,
    "294247-01-10 04:00:54.775806",
    "infinity",
    "-infinity",
]
NINES = "9" * 38
TEXTS = [
    *["", "Rome", " a b ", 'a "b", c', "two\r\nlines\n", "Grüße, 🦀", "NULL", "\\."],
    "\x01\t\x7f",
]
JSON = ["null", '"a\\nb"', '{"a":\r\n [1e400, 12345678901234567890]}']
UUIDS = [
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d",
]


def in_utc(instant: str) -> str:
    # DuckDB's calendar of time zones prints the last instant of all a millisecond later.
    late = instant.replace(".775806", ".776806")
    return late if "infinity" in late else f"{late}+00"


# The type of each column and the texts of its values in DuckDB.
IN_DUCKDB = {
    "boolean": ("BOOLEAN", ["true", "false"]),
    "smallint": ("SMALLINT", ["0", "-32768", "32767"]),
    "integer": ("INTEGER", ["0", "-2147483648", "2147483647"]),
    "bigint": ("BIGINT", ["0", "-9223372036854775808", "9223372036854775807"]),
    "real": ("FLOAT", ["1.1", "-0.0", "3.4028235e+38", "1e-45", "nan", "inf", "-inf"]),
    "double": (
        "DOUBLE",
        ["0.1", "-0.0", "1e+21", "0.30000000000000004", "1.5e+300", "nan", "inf", "-inf"],
    ),
    "small_decimal": ("DECIMAL(9,3)", ["0.000", "-0.001", "999999.999", "-999999.999"]),
    "decimal": (
        "DECIMAL(18,2)",
        ["-12.50", "1000000.00", "9999999999999.99", "9999999999999999.99"],
    ),
    "large_decimal": (
        "DECIMAL(38,10)",
        ["0.0000000001", "-0.0000000001", f"{NINES[:28]}.{NINES[28:]}"],
    ),
    "whole_decimal": ("DECIMAL(38,0)", [NINES, f"-{NINES}", "42"]),
    "text": ("VARCHAR", TEXTS),
    "bytes": ("BLOB", ["", "\\x00\\x0F\\xFF"]),
    "date": (
        "DATE",
        [
            *["2000-01-01", "1969-12-31", "0001-01-01", "0001-12-31 (BC)", "4714-11-24 (BC)"],
            *["5874897-12-31", "infinity", "-infinity"],
        ],
    ),
    "time": ("TIME", ["00:00:00", "12:34:56.000001", "12:34:56.5", "23:59:59.999999", "24:00:00"]),
    "timestamp": ("TIMESTAMP", INSTANTS),
    "timestamptz": ("TIMESTAMP WITH TIME ZONE", [in_utc(instant) for instant in INSTANTS]),
    "uuid": ("UUID", UUIDS),
    "json": ("JSON", JSON),
    "other": ("VARCHAR", ["{1,NULL}", "[1,9)"]),
}

# The type of each column in Arrow.
IN_ARROW = {
    "boolean": pa.bool_(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double": pa.float64(),
    "small_decimal": pa.decimal128(9, 3),
    "decimal": pa.decimal128(18, 2),
    "large_decimal": pa.decimal128(38, 10),
    "whole_decimal": pa.decimal128(38, 0),
    "text": pa.string(),
    "bytes": pa.binary(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    "uuid": pa.uuid(),
    "json": pa.json_(pa.string()),
    "other": pa.string(),
}
ROWS = 10

directory: tempfile.TemporaryDirectory


def setUpModule() -> None:
    global directory
    directory = tempfile.TemporaryDirectory()
    cargo = ["cargo", "build", "--workspace", "--locked", "--quiet", "--example", "every_type"]
    subprocess.run(cargo, check=True, cwd=CHECKOUT)
    program = TARGET / "debug" / "examples" / "every_type"
    subprocess.run([program, directory.name], check=True)


def tearDownModule() -> None:
    directory.cleanup()


def file(suffix: str, name: str = "every_type") -> str:
    return str(Path(directory.name) / f"{name}.{suffix}")


def filled(values: list) -> list:
    return values + [None] * (ROWS - len(values))


class DuckDb(unittest.TestCase):
    """DuckDB reads files of every format."""

    def setUp(self):
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")

    def tearDown(self):
        self.connection.close()

    def texts(self, relation: str, name: str) -> list[str | None]:
        rows = self.connection.execute(f'SELECT "{name}"::VARCHAR FROM {relation}').fetchall()
        return [row[0] for row in rows]

    def test_parquet_has_types_and_values(self):
        relation = f"'{file('parquet')}'"
        columns = self.connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        types = {name: kind for name, (kind, _) in IN_DUCKDB.items()}
        self.assertEqual({column[0]: column[1] for column in columns}, types)
        for name, (_, expected) in IN_DUCKDB.items():
            self.assertEqual(self.texts(relation, name), filled(expected), name)

    def test_parquet_has_infinities_that_compare(self):
        for name in ("date", "timestamp", "timestamptz"):
            compared = f'count_if(isinf("{name}")), count_if("{name}" = \'infinity\')'
            sql = f"SELECT {compared} FROM '{file('parquet')}'"
            self.assertEqual(self.connection.execute(sql).fetchone(), (2, 1), name)

    def test_csv_has_the_values_of_parquet(self):
        # Years before 1 and after 9999 are not read by it, and infinity of dates is.
        names = IN_DUCKDB.keys() - {"date", "timestamp", "timestamptz", "bytes"}
        types = {name: kind for name, (kind, _) in IN_DUCKDB.items()}
        types |= dict.fromkeys(IN_DUCKDB.keys() - names, "VARCHAR")
        relation = (
            f"read_csv('{file('csv')}', columns = {types}, header = true, auto_detect = false, "
            "delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false)"
        )
        for name in names:
            expected = filled(IN_DUCKDB[name][1])
            self.assertEqual(self.texts(relation, name), expected, name)

    def test_jsonl_has_the_values_of_parquet(self):
        # A key whose value is null, and a number that no reader has, are those of JSON itself.
        names = IN_DUCKDB.keys() - {"date", "timestamp", "timestamptz", "bytes", "json"}
        types = {name: IN_DUCKDB[name][0] for name in names}
        relation = f"read_json('{file('jsonl')}', columns = {types}, format = 'newline_delimited')"
        for name in names:
            expected = filled(IN_DUCKDB[name][1])
            self.assertEqual(self.texts(relation, name), expected, name)

    def test_a_file_without_rows_has_the_columns(self):
        types = {name: kind for name, (kind, _) in IN_DUCKDB.items()}
        described = f"DESCRIBE SELECT * FROM '{file('parquet', 'empty')}'"
        columns = self.connection.execute(described).fetchall()
        self.assertEqual({column[0]: column[1] for column in columns}, types)
        for relation in (
            f"'{file('parquet', 'empty')}'",
            f"read_csv('{file('csv', 'empty')}', header = true)",
            f"read_json('{file('jsonl', 'empty')}', columns = {types})",
        ):
            count = f'SELECT count("boolean") FROM {relation}'
            self.assertEqual(self.connection.execute(count).fetchone(), (0,), relation)


class Arrow(unittest.TestCase):
    """pyarrow reads Parquet, and so does pandas, which stands on it."""

    def setUp(self):
        self.table = pq.read_table(file("parquet"))

    def test_columns_have_their_types(self):
        types = {field.name: field.type for field in self.table.schema}
        self.assertEqual(types, IN_ARROW)

    def test_a_file_without_rows_has_the_columns(self):
        empty = pq.read_table(file("parquet", "empty"))
        self.assertEqual((empty.schema, empty.num_rows), (self.table.schema, 0))

    def values(self, name: str) -> list:
        return [value for value in self.table[name].to_pylist() if value is not None]

    def test_values_are_those_of_the_rows(self):
        self.assertEqual(self.values("boolean"), [True, False])
        self.assertEqual(self.values("bigint"), [0, -(2**63), 2**63 - 1])
        doubles = self.values("double")
        self.assertEqual(doubles[:5], [0.1, 0.0, 1e21, 0.1 + 0.2, 1.5e300])
        self.assertTrue(math.isnan(doubles[5]))
        self.assertEqual(doubles[6:], [math.inf, -math.inf])
        for name in ("small_decimal", "decimal", "large_decimal", "whole_decimal"):
            expected = [Decimal(text) for text in IN_DUCKDB[name][1]]
            self.assertEqual(self.values(name), expected, name)
        self.assertEqual(self.values("text"), TEXTS)
        self.assertEqual(self.values("bytes"), [b"", b"\x00\x0f\xff"])
        self.assertEqual(self.values("uuid"), [UUID(text) for text in UUIDS])
        self.assertEqual(self.values("json"), JSON)

    def test_infinities_are_the_greatest_numbers(self):
        # No date or time of Python has them, but Arrow's arrays do.
        for name, kind, bits in (
            ("date", pa.int32(), 31),
            ("timestamp", pa.int64(), 63),
            ("timestamptz", pa.int64(), 63),
        ):
            numbers = self.table[name].combine_chunks().view(kind).to_pylist()
            greatest = 2**bits - 1
            self.assertEqual((numbers.count(greatest), numbers.count(-greatest)), (1, 1), name)

    def test_the_file_names_sql_types(self):
        self.assertIn(b'"json":"jsonb"', self.table.schema.metadata[b"pgfold"])


if __name__ == "__main__":
    unittest.main()
