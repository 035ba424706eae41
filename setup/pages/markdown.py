"""Headings and links of a page in GitHub's Markdown."""

import re
from collections import Counter
from collections.abc import Iterator

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
HEADING = re.compile(r" {0,3}#{1,6}\s+(.*?)\s*#*\s*$")
# A link's text may hold an image, whose own address is found as well.
ADDRESS = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
DEFINITION = re.compile(r" {0,3}\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)")
HTML_ADDRESS = re.compile(r"""<(?:a|img)\b[^>]*?\b(?:href|src)=["']([^"']+)["']""")
HTML_ANCHOR = re.compile(r"""<\w+\b[^>]*?\b(?:id|name)=["']([^"']+)["']""")
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


def prose(page: str) -> Iterator[tuple[int, str]]:
    """The numbered lines that are not in a fenced block of code."""
    fence = ""
    for number, line in enumerate(page.splitlines(), start=1):
        mark = FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            yield number, line


def links(page: str) -> Iterator[tuple[int, str]]:
    """Each address that the page links to or shows, with the number of its line."""
    for number, line in prose(page):
        text = CODE.sub("", COMMENT.sub("", line))
        for pattern in (ADDRESS, HTML_ADDRESS):
            for address in pattern.findall(text):
                yield number, address
        if definition := DEFINITION.match(text):
            yield number, definition[1]


def anchors(page: str) -> set[str]:
    """The anchors that GitHub makes of the headings, and those of HTML."""
    found, seen = set(), Counter()
    for _, line in prose(page):
        if heading := HEADING.match(line):
            anchor = anchor_of(heading[1])
            found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
            seen[anchor] += 1
        found.update(HTML_ANCHOR.findall(CODE.sub("", line)))
    return found


def anchor_of(heading: str) -> str:
    text = LINK.sub(r"\1", heading).replace("`", "").replace("*", "")
    return NOT_IN_ANCHORS.sub("", text.lower()).replace(" ", "-")
