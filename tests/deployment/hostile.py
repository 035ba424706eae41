"""Values that make, shells, SAM, YAML or CloudFormation would read as something of theirs."""

import json

# The names of a table, its schema and its columns, as they were created.
SCHEMA = "Geo Data"
TABLE = 'po"ints\\x%é'
COLUMNS = ["x 1", "y'1", "x\\2", 'y"2"😀']


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"{}"'.format(name.replace('"', '""'))


# A catalogue whose first source is that table, with a condition of every quote there is.
CATALOGUE = {
    " odd {{resolve:ssm:name}} \\ ": {
        "table": f"{quoted(SCHEMA)}.{quoted(TABLE)}",
        "key": "the key",
        "columns": COLUMNS,
        "where": "\"the key\" <> 7 AND 'a\\ ''b\"' || $$ ' $$ <> '#!%=,\t' AND $ü$ü$ü$ = 'ü'",
    },
    "@points": {"table": "points", "key": "id", "columns": ["x1", "y1", "x2", "y2"]},
}
SPELLINGS = {
    "as it is": json.dumps(CATALOGUE, ensure_ascii=False),
    "escaped": json.dumps(CATALOGUE),
    "on lines": "\n" + json.dumps(CATALOGUE, ensure_ascii=False, indent="\t") + "\n",
}

VALUES = [
    "",
    " ",
    " at the start",
    "at the end ",
    '"in quotes"',
    "'in quotes'",
    '"',
    "'",
    '\\"',
    "\\'",
    "\\ ",
    "\\\\",
    "\\\\\" \\' \\ ",
    "a\\",
    "two\nlines\n",
    "tab\tand\rreturn",
    "!Ref Sources",
    "!",
    "$HOME ${HOME} $(HOME) $$ `id`",
    "# no comment",
    "a #b: c",
    "%20 %%",
    "a=b,c=d",
    "@file",
    "file://file",
    "$include",
    "null",
    "true",
    "007",
    "[1, 2]",
    '{"a": "\\"b\\""}',
    "é ü 漢字 😀 \u2028 \ufeff \x7f \x85",
    "a" * 4096,
]
