"""Where things are in the checkout."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LOCAL = CHECKOUT / ".local"
REQUIREMENTS = CHECKOUT / "setup" / "requirements"
INIT_SQL = CHECKOUT / "setup" / "db" / "init.sql"
TEMPLATE = CHECKOUT / "template.yaml"
EVENTS = CHECKOUT / "tests" / "events"
