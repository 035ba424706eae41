"""What the tests take from the environment; `__main__.py` says what each is."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


class Missing(Exception):
    """The tests cannot run: what is missing, and what to do about it."""


@dataclass(frozen=True)
class Settings:
    api_url: str
    dashboard_url: str
    failed_task_id: str | None
    failing_source: str | None
    psql: tuple[str, ...] | None
    chromium: str
    screenshots: Path

    @classmethod
    def from_environment(cls) -> "Settings":
        api_url = os.environ.get("API_URL", "").rstrip("/")
        if not api_url:
            raise Missing("API_URL is not set; `. .local/env` sets it where a stack is up")
        failed, failing = os.environ.get("FAILED_TASK_ID"), os.environ.get("FAILING_SOURCE")
        if not failed and not failing:
            raise Missing("neither FAILED_TASK_ID nor FAILING_SOURCE is set, for a job that failed")
        screenshots = os.environ.get("SCREENSHOTS") or CHECKOUT / ".local" / "screenshots"
        return cls(
            api_url=api_url,
            dashboard_url=os.environ.get("DASHBOARD_URL") or f"{api_url}/dashboard",
            failed_task_id=failed,
            failing_source=failing,
            psql=psql(),
            chromium=chromium(),
            screenshots=Path(screenshots),
        )


def psql() -> tuple[str, ...] | None:
    """The command that takes SQL for the stack's database, if tests may do to it what they like."""
    if not os.environ.get("DISPOSABLE_DATABASE"):
        return None
    plain = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1")
    return (os.environ["PSQL"], *plain, "--dbname", os.environ["DATABASE_URL"], "--command")


def chromium() -> str:
    """The browser's program."""
    found = shutil.which(os.environ.get("CHROMIUM", ""))
    if not found:
        wants = "CHROMIUM does not name a browser"
        raise Missing(f"{wants}; `python3 setup/local_cloud test-browser` finds or installs one")
    return found
