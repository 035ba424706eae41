"""Bodies of requests that name what there is in the source of the tests.

A description of every deployment can say which fields a request has, and not which columns there
are, of which types, and that names differ. What is wrong with a body stays wrong.
"""

import re
from decimal import Decimal

# A source of a thousand rows: it is answers that are looked at here, not speed.
SOURCE = "few"
COLUMNS = ["x1", "y1", "x2", "y2"]

# A column of few for the type of a value. Those that are no numbers are named expressions.
BY_TYPE = {bool: "flag", int: "x1", float: "x1", str: "parity"}

# Columns of few that can make groups, one for each place of group_by.
GROUPS = ["parity", "hundred", "flag", "moment"]
TIMES = "moment"
TIME_ZONE = "Europe/Rome"

UNITS = ["minute", "hour", "day", "week", "month", "quarter", "year"]

# So few that the mappers keep up, and can all attach to a snapshot at once. Any number may be asked
# for, up to 10,000; what then becomes of it is for the tests of the functions.
MOST_CHUNKS = 4

# So few that a filter of many conditions stays below the 1,000 values and 16 KB that it may have.
MOST_VALUES = 3
LONGEST_TEXT = 20

# How a bound of a histogram is spelled where it is a string.
DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def fitted(body):
    """A body with a source, columns and a number of chunks that there are."""
    fitted = fitted_kernel(body)
    chunks = body.get("chunks")
    if isinstance(body.get("source", ""), str):
        fitted["source"] = SOURCE
    if is_number(chunks) and MOST_CHUNKS < chunks <= 10_000 and chunks % 1 == 0:
        fitted["chunks"] = MOST_CHUNKS
    if isinstance(body.get("compute"), dict):
        fitted["compute"] = {name: fitted_kernel(one) for name, one in body["compute"].items()}
    if isinstance(body.get("where"), list):
        fitted["where"] = [fitted_condition(one) for one in body["where"]]
    if isinstance(body.get("group_by"), list):
        fitted["group_by"] = [fitted_group(*one) for one in enumerate(body["group_by"])]
    if isinstance(body.get("order_by"), str):
        # Which numbers an answer has depends on its kernels.
        fitted["order_by"] = "rows"
    return fitted


def fitted_kernel(fields):
    """A kernel with columns that there are, and with bounds that ascend."""
    if not isinstance(fields, dict):
        return fields
    fitted = dict(fields)
    columns, params = (fields.get(name) for name in ("columns", "params"))
    if isinstance(columns, list) and all(isinstance(name, str) for name in columns):
        fitted["columns"] = [COLUMNS[place % len(COLUMNS)] for place in range(len(columns))]
    if isinstance(params, dict) and is_list_of_bounds(params.get("bounds")):
        # Each once and ascending, which a schema cannot say.
        bounds = {as_compared(bound): bound for bound in params["bounds"]}
        fitted["params"] = params | {"bounds": [bounds[value] for value in sorted(bounds)]}
    return fitted


def fitted_condition(condition):
    """A condition on a column that has the type of its first value, and so have the others."""
    if not isinstance(condition, dict) or not isinstance(condition.get("column"), str):
        return condition
    fitted = dict(condition)
    values = [value for name, value in condition.items() if name not in ("column", "is", "in")]
    if isinstance(condition.get("in"), list):
        values += condition["in"]
    column = BY_TYPE.get(type(next(iter(values), 0)), COLUMNS[0])
    fitted["column"] = column
    for name, value in condition.items():
        if name == "in" and isinstance(value, list) and len(value) <= 1000:
            if all(is_literal(one) for one in value):
                fitted[name] = [as_value_of(column, one) for one in value[:MOST_VALUES]]
        elif name not in ("column", "is", "in") and is_literal(value):
            fitted[name] = as_value_of(column, value)
    return fitted


def as_value_of(column, value):
    """The value, or another one if the column cannot hold it."""
    if column == BY_TYPE[bool]:
        return value is True
    if column == BY_TYPE[str]:
        return str(value).replace("\0", "")[:LONGEST_TEXT]
    return value if is_number(value) else 50


def fitted_group(place, group):
    """A value of group_by whose column there is, under a name that no other value has."""
    column, name = GROUPS[place % len(GROUPS)], f"value{place}"
    if isinstance(group, str):
        return column if is_name(group) else group
    if not isinstance(group, dict) or not isinstance(group.get("column"), str):
        return group
    fitted = group | {"column": TIMES if group.get("unit") in UNITS else column}
    if is_name(group.get("as", name)):
        fitted["as"] = name
    if group.get("unit") in UNITS and isinstance(group.get("time_zone"), str):
        fitted["time_zone"] = TIME_ZONE
    return fitted


def is_name(value):
    """Whether an answer can have a value of this name."""
    is_text = isinstance(value, str)
    return is_text and 1 <= len(value) <= 63 and "." not in value and value != "rows"


def is_literal(value):
    return isinstance(value, (bool, int, float, str))


def as_compared(bound):
    """The decimal that pgfold reads: of a JSON number beyond 64 bits, the nearest double's."""
    is_wide = isinstance(bound, int) and not -(2**63) <= bound < 2**63
    return Decimal(str(float(bound) if is_wide else bound))


def is_list_of_bounds(value):
    return isinstance(value, list) and all(is_bound(item) for item in value)


def is_bound(value):
    return is_number(value) or (isinstance(value, str) and DECIMAL.fullmatch(value) is not None)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)
