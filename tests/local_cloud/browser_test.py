"""The dashboard's tests take a browser that is there, else one that can be installed."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import browser
from steps import Failure, step


class Browser(unittest.TestCase):
    def setUp(self):
        scratch = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.programs, self.own = scratch / "bin", scratch / "own"
        self.programs.mkdir()
        self.enterContext(mock.patch.dict(os.environ, {"PATH": str(self.programs)}))
        self.enterContext(mock.patch.object(browser, "OWN", self.own))
        self.enterContext(mock.patch.object(browser, "LOG", scratch / "browser.log"))

    def program(self, path: Path, script: str = "") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def test_the_systems_browser_comes_before_playwrights(self):
        self.assertIsNone(browser.found())
        own = self.program(self.own / "chromium-1" / "chrome-linux64" / "chrome")
        self.assertEqual(browser.found(), own)
        system = self.program(self.programs / "google-chrome")
        self.assertEqual(browser.found(), system)

    def test_a_package_is_installed_where_we_may(self):
        self.program(self.programs / "apt-get")
        with mock.patch("os.geteuid", return_value=0):
            update, install = browser.by_packages()
        self.assertEqual((update[0], install[0], install[-1]), ("apt-get", "apt-get", "chromium"))

        self.program(self.programs / "sudo")
        with mock.patch("os.geteuid", return_value=1000):
            self.assertEqual(browser.by_packages()[1][:3], ["sudo", "-n", "apt-get"])

    def test_nobody_is_asked_for_a_password(self):
        with mock.patch("os.geteuid", return_value=1000):
            self.program(self.programs / "apt-get")
            self.assertEqual(browser.by_packages(), [])
            self.program(self.programs / "sudo", "exit 1")
            self.assertEqual(browser.by_packages(), [])

    def test_playwrights_browser_is_installed_where_packages_cannot_be(self):
        self.program(self.programs / "apt-get", "exit 100")
        own = self.own / "chromium-1" / "chrome-linux" / "chrome"
        install = self.programs / "playwright"
        self.program(install, f"/bin/mkdir -p {own.parent}; : > {own}")
        with (
            mock.patch("os.geteuid", return_value=0),
            mock.patch.object(browser, "by_playwright", return_value=[[install]]),
            step("browser", "test") as current,
        ):
            self.assertEqual(browser.installed(current), own)

    def test_what_cannot_be_had_is_said_with_the_command_that_helps(self):
        failing = self.program(self.programs / "playwright", "exit 1")
        with (
            mock.patch.object(browser, "by_playwright", return_value=[[failing]]),
            self.assertRaises(Failure) as failed,
            step("browser", "test") as current,
        ):
            browser.installed(current)
        self.assertIn("apt install chromium", failed.exception.report())
        self.assertIn("CHROMIUM=/path/to/chrome", failed.exception.report())


if __name__ == "__main__":
    unittest.main()
