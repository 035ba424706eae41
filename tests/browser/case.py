"""A test with the page open in a browser, which fails on whatever the console complains of."""

import re
import unittest

from playwright.sync_api import (
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from settings import Settings

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A bound for what hangs, not a measure: jobs share the machine with the browser.
PATIENCE_MS = 120_000

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 375, "height": 812}


class BrowserCase(unittest.TestCase):
    """One browser for all tests of a class, a profile of its own for each.

    What is shown of jobs is made up by the test. Those of real jobs are a `JobsCase`.
    """

    @classmethod
    def setUpClass(cls):
        cls.settings = Settings.from_environment()
        cls.settings.screenshots.mkdir(parents=True, exist_ok=True)
        expect.set_options(timeout=PATIENCE_MS)
        playwright = sync_playwright().start()
        cls.addClassCleanup(playwright.stop)
        cls.browser = playwright.chromium.launch(executable_path=cls.settings.chromium, args=FLAGS)
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.complaints = []
        # What the browser itself says of requests that a test makes fail.
        self.expected_complaint = None
        self.page = self.open_page()

    def tearDown(self):
        expected = self.expected_complaint
        unexpected = [text for text in self.complaints if not (expected and expected in text)]
        self.assertEqual(unexpected, [], "the console complains")

    def open_page(self, viewport: dict = DESKTOP, color_scheme: str = "light") -> Page:
        context = self.browser.new_context(viewport=viewport, color_scheme=color_scheme)
        self.addCleanup(context.close)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def hear(self, message: ConsoleMessage):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def show(self, route: str = "", page: Page | None = None) -> Page:
        """Opens the page at a route, in a document of its own."""
        page = page or self.page
        page.goto("about:blank")
        page.goto(f"{self.settings.dashboard_url}{route}")
        return page

    def show_job(self, task_id: str, page: Page | None = None) -> Page:
        page = self.show(f"#{task_id}", page)
        expect(page.get_by_role("table").last).to_be_visible()
        return page

    def row(self, task_id: str, page: Page | None = None) -> Locator:
        """A job's row in the list."""
        page = page or self.page
        return page.locator("tbody.job").filter(has=page.locator(f"a[href='#{task_id}']"))

    def next_poll(self, page: Page | None = None) -> Response:
        """The answer to a poll that is asked from now on."""
        page = page or self.page
        with page.expect_request(is_poll) as asked:
            pass
        return asked.value.response()

    def picture(self, name: str, page: Page | None = None):
        path = self.settings.screenshots / f"{name}.png"
        (page or self.page).screenshot(path=path, full_page=name != "list")


POLL = re.compile(r"/tasks(\?limit=25|/[^?]*\?from=)")


def is_poll(request: Request) -> bool:
    """Whether it is the request that a refresh of the page begins with."""
    return request.method == "GET" and bool(POLL.search(request.url))


def number(text: str) -> int:
    """A count as the page shows it, in groups of three digits."""
    return int(re.sub(r"\D", "", text))
