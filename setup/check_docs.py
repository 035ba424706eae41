"""Fail if README.md is long, a link of a page leads nowhere, or nothing leads to a page."""

import sys
from pathlib import Path

from pages import links

CHECKOUT = Path(__file__).resolve().parents[1]
README = CHECKOUT / "README.md"
LINES_OF_README = 200


def main() -> None:
    docs = sorted((CHECKOUT / "docs").rglob("*.md"))
    pages = [*sorted(CHECKOUT.glob("*.md")), *sorted((CHECKOUT / ".github").rglob("*.md")), *docs]
    problems = list(links.complaints(CHECKOUT, pages))
    problems += [
        f"{page.relative_to(CHECKOUT)}: no page that README.md leads to links to it"
        for page in links.unlinked(docs, README)
    ]
    if (lines := len(README.read_text().splitlines())) > LINES_OF_README:
        problems.append(f"README.md has {lines} lines, more than {LINES_OF_README}")
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
