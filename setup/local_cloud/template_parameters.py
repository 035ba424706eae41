"""Parameters of a template, which arrive as they are written.

Between a value and the function that reads it are make, a shell, SAM and CloudFormation. SAM
unescapes what looks like a quoted word, also in a file; CloudFormation replaces `{{resolve:…}}`
wherever it stands. So everything that is deployed, locally and to AWS, goes through
`write_overrides`.
"""

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from steps import Failure

# The parameter with a value in JSON.
SOURCES = "Sources"

# The most that CloudFormation accepts for one parameter.
LARGEST_VALUE = 4096

WORD = re.compile(r"""\s*(?P<quote>['"]?)(?P<name>\w+)=(?=\s*\{)""")
STRING_OR_SPACE = re.compile(r'"(?:[^"\\]|\\.)*"|[ \t\r\n]+')


def pair(text: str) -> tuple[str, str]:
    """NAME=VALUE as two. Raises `ValueError` if it is not."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is not NAME=VALUE")
    return name, value


def split(text: str) -> dict[str, str]:
    """`NAME=VALUE …`, in words of a shell or with JSON as it is.

    JSON says itself where it ends. So `'Sources=$(cat sources.json)'` is right also where the file
    has quotes that a shell would read.
    """
    found = {}
    while text.strip():
        if (word := WORD.match(text)) and (json_word := json_value(text[word.end() :])):
            value, rest = json_word
            if end := re.match(rf"\s*{word['quote']}(?=\s|$)", rest):
                found[word["name"]] = value
                text = rest[end.end() :]
                continue
        first, text = first_word(text)
        name, value = pair(first)
        found[name] = value
    return found


def json_value(text: str) -> tuple[str, str] | None:
    """The JSON that a text begins with, and the rest."""
    text = text.lstrip()
    try:
        end = json.JSONDecoder().raw_decode(text)[1]
    except json.JSONDecodeError:
        return None
    return text[:end], text[end:]


def first_word(text: str) -> tuple[str, str]:
    """The first word of a shell's, and the rest."""
    words = shlex.shlex(text, posix=True, punctuation_chars=False)
    words.whitespace_split = True
    words.commenters = ""
    try:
        word = words.get_token()
    except ValueError as error:
        raise ValueError(f"{text.strip()!r}: {error}") from None
    return word or "", words.instream.read()


def as_deployed(parameters: Mapping[str, str]) -> dict[str, str]:
    """What the functions find. JSON is spelled so that nothing on its way reads it."""
    for name, value in parameters.items():
        check_is_utf8(name, value)
    deployed = {
        name: portable_json(value) if name == SOURCES and value.strip() else value
        for name, value in parameters.items()
    }
    for name, value in deployed.items():
        check_size(name, value)
    return deployed


def portable_json(text: str) -> str:
    r"""The same JSON without `\"`, `\\`, `{{` and anything beyond ASCII in its strings."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise Failure(
            f"{SOURCES} is not JSON: {error}",
            remedy="docs/sources.md has an example; a shell may have taken its quotes",
        ) from None
    if not isinstance(value, dict):
        raise Failure(f"{SOURCES} is not a JSON object of sources: {text}")
    return STRING_OR_SPACE.sub(portable_string, text)


def portable_string(match: re.Match) -> str:
    if match[0][0] != '"':
        return ""
    return f'"{"".join(map(portable_character, json.loads(match[0])))}"'


def portable_character(character: str) -> str:
    if " " <= character <= "~" and character not in '"\\{':
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def check_is_utf8(name: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Failure(f"{name} is not UTF-8: {value!r}") from None


def check_size(name: str, value: str) -> None:
    size = len(value.encode())
    if size > LARGEST_VALUE:
        raise Failure(
            f"{name} has {size:,} bytes as it is deployed; CloudFormation takes {LARGEST_VALUE:,}"
        )


def for_sam(name: str, value: str) -> str:
    r"""What SAM makes `value` of: it takes `\` from before a space, `"` and `'`, twice from a file.

    And it takes quotes from around a value; here none begins with one.
    """
    if name == SOURCES:
        return value
    for _ in range(2):
        value = re.sub(r"""(["' ])""", r"\\\1", value)
    return value


def write_overrides(file: Path, deployed: Mapping[str, str]) -> None:
    """A YAML file for `--parameter-overrides`; `deployed` is what `as_deployed` returns."""
    file.touch(mode=0o600)  # `ps` shows nothing of it
    lines = (f"{name}: {quoted(for_sam(name, value))}\n" for name, value in deployed.items())
    file.write_text("".join(lines))


def quoted(text: str) -> str:
    """A YAML string in ASCII. That of `json.dumps` is another beyond 16 bits."""
    return f'"{"".join(map(yaml_character, text))}"'


def yaml_character(character: str) -> str:
    if " " <= character <= "~" and character not in '"\\':
        return character
    return f"\\U{ord(character):08x}"


def names(parameters: Iterable[str]) -> str:
    """Names in a sentence."""
    return ", ".join(sorted(parameters))
