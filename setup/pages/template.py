"""The parameters of template.yaml, and what of the template takes their values."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

SUBSTITUTED = re.compile(r"\$\{([^!}.]+)[^}]*\}")
FUNCTION = "AWS::Serverless::Function"


class Loader(yaml.SafeLoader):
    """Reads `!Ref X` as `{"Ref": "X"}`, and the like."""


def intrinsic(loader: Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", intrinsic)


def read(text: str) -> Mapping[str, Any]:
    return yaml.load(text, Loader)


@dataclass
class Parameter:
    """A parameter and everything that depends on it."""

    name: str
    declaration: Mapping[str, Any]
    # Functions by the environment variable in which they read it.
    variables: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    # Resources that take it otherwise, directly or because a condition asks for it.
    resources: list[str] = field(default_factory=list)


def groups(template: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """The titles of CloudFormation's console, each with the names of parameters."""
    for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]:
        yield group["Label"]["default"], group["Parameters"]


def parameters(template: Mapping[str, Any]) -> dict[str, Parameter]:
    all_of_them = {
        name: Parameter(name, declaration) for name, declaration in template["Parameters"].items()
    }
    conditions = template["Conditions"]
    resources = template["Resources"] | {
        name: with_globals(template, resource)
        for name, resource in template["Resources"].items()
        if resource["Type"] == FUNCTION
    }
    for name, resource in resources.items():
        variables = variables_of(resource)
        for variable, value in variables.items():
            for used in all_of_them.keys() & used_by(value, conditions):
                all_of_them[used].variables[variable].append(name)
        for used in all_of_them.keys() & used_by(without_variables(resource), conditions):
            all_of_them[used].resources.append(name)
    return all_of_them


def rules(template: Mapping[str, Any]) -> list[str]:
    """What CloudFormation checks before it deploys, in the template's own sentences."""
    assertions = (rule["Assertions"] for rule in template["Rules"].values())
    return [one["AssertDescription"].strip() for several in assertions for one in several]


def with_globals(template: Mapping[str, Any], function: Mapping[str, Any]) -> dict[str, Any]:
    """A function with what SAM adds to each."""
    common, own = template["Globals"]["Function"], function["Properties"]
    variables = common["Environment"]["Variables"] | variables_of(function)
    return {**function, "Properties": {**common, **own, "Environment": {"Variables": variables}}}


def variables_of(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    return resource.get("Properties", {}).get("Environment", {}).get("Variables", {})


def without_variables(resource: Mapping[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {}).items()
    return {**resource, "Properties": {k: v for k, v in properties if k != "Environment"}}


def used_by(value: Any, conditions: Mapping[str, Any]) -> set[str]:
    """The names that a part of a template refers to, those of its conditions included."""
    used: set[str] = set()
    for key, inner in references(value):
        if key == "condition":
            used |= used_by(conditions[inner], conditions)
        else:
            used.add(inner)
    return used


def references(value: Any) -> Iterator[tuple[str, str]]:
    """What a part of a template names: conditions, and parameters or resources."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            match key, inner:
                case "Ref", str():
                    yield "name", inner
                case "Condition", str():
                    yield "condition", inner
                case "Fn::If", [str() as condition, *branches]:
                    yield "condition", condition
                    yield from references(branches)
                case "Fn::Sub", str() | [str(), *_]:
                    text = inner if isinstance(inner, str) else inner[0]
                    yield from (("name", name) for name in SUBSTITUTED.findall(text))
                    yield from references(inner)
                case _:
                    yield from references(inner)
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for inner in value:
            yield from references(inner)
