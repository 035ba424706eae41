"""Write the tables of docs/configuration.md, which template.yaml declares.

Run it with the packages of lint.txt: `python3 setup/local_cloud python lint -- PROGRAM`.
"""

from pathlib import Path

from pages import configuration

CHECKOUT = Path(__file__).resolve().parents[1]
TEMPLATE = CHECKOUT / "template.yaml"
PAGE = CHECKOUT / "docs" / "configuration.md"


def main() -> None:
    PAGE.write_text(configuration.filled(PAGE.read_text(), TEMPLATE.read_text()))


if __name__ == "__main__":
    main()
