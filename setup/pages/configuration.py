"""The tables of docs/configuration.md, made of template.yaml."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from pages import template
from pages.template import Parameter

BEGIN, END = "<!-- parameters:begin -->", "<!-- parameters:end -->"
# More resources than these are counted, by their type.
NAMED_RESOURCES = 3
AS_CODE = r"`\g<0>`"
WORD = re.compile(r"[A-Z][a-z]*")
KIND_NAMES = {"Api": "API", "LogGroup": "log group"}
HEAD = ["parameter", "default", "allowed", "what it does", "used by"]


def filled(page: str, text_of_template: str) -> str:
    """The page with new tables between its markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{begin}\n{tables(template.read(text_of_template))}\n{end}{after}"


def tables(declared: Mapping[str, Any]) -> str:
    parameters = template.parameters(declared)
    mentions = re.compile(rf"\b({'|'.join(parameters)})\b(=\w+)?")
    types = {name: resource["Type"] for name, resource in declared["Resources"].items()}
    sections = []
    for title, names in template.groups(declared):
        lines = [row(parameters.pop(name), types, mentions) for name in names]
        sections.append(f"### {title}\n\n{grid(HEAD, lines)}")
    if parameters:
        raise ValueError(f"in no group of the template: {', '.join(parameters)}")
    checks = "\n".join(f"- {mentions.sub(AS_CODE, rule)}" for rule in template.rules(declared))
    sections.append(f"### What CloudFormation checks\n\n{checks}")
    return "\n\n".join(sections)


def row(parameter: Parameter, types: Mapping[str, str], mentions: re.Pattern) -> list[str]:
    """The cells of a parameter; what `mentions` finds in its description is set as code."""
    declaration = parameter.declaration
    text = mentions.sub(AS_CODE, " ".join(declaration["Description"].split()).rstrip("."))
    return [
        code(parameter.name),
        default(declaration),
        allowed(declaration),
        text + ". Not shown by CloudFormation" * bool(declaration.get("NoEcho")),
        "; ".join(used_by(parameter, types)),
    ]


def default(declaration: Mapping[str, Any]) -> str:
    if "Default" not in declaration:
        return "**required**"
    value = str(declaration["Default"])
    return code(value) if value else "empty"


def allowed(declaration: Mapping[str, Any]) -> str:
    """Which values CloudFormation takes."""
    if values := declaration.get("AllowedValues"):
        return ", ".join(code(str(value)) for value in values)
    if pattern := declaration.get("AllowedPattern"):
        rest = pattern.removeprefix("^$|")
        return ("empty or " if rest != pattern else "") + code(rest)
    low, high = declaration.get("MinValue"), declaration.get("MaxValue")
    if low is not None and high is not None:
        return f"{low:,} to {high:,}"
    if low is not None:
        return f"at least {low:,}"
    return "texts, with commas between them" if "List" in declaration["Type"] else "any text"


def used_by(parameter: Parameter, types: Mapping[str, str]) -> list[str]:
    """The functions that read it, by the variable, and the resources that take it otherwise."""
    found = [
        f"{code(variable)} of {listed(function_name(one) for one in functions)}"
        for variable, functions in parameter.variables.items()
    ]
    if len(parameter.resources) <= NAMED_RESOURCES:
        return found + [code(name) for name in parameter.resources]
    kinds = Counter(kind(types[name]) for name in parameter.resources)
    return found + [f"{count} {plural(name, count)}" for name, count in kinds.items()]


def function_name(resource: str) -> str:
    return "_".join(WORD.findall(resource.removesuffix("Function"))).lower()


def kind(resource_type: str) -> str:
    """`AWS::IAM::ManagedPolicy` is a managed policy."""
    name = resource_type.rpartition("::")[2]
    return KIND_NAMES.get(name, " ".join(WORD.findall(name)).lower())


def plural(noun: str, count: int) -> str:
    if count == 1:
        return noun
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def listed(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def code(text: str) -> str:
    return f"`{text}`"


def grid(head: list[str], lines: Iterable[list[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in one)} |" for one in rows
    )
