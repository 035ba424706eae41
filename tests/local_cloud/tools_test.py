"""Tools are installed once, whoever wants them at the same time."""

import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

import tools


class Tools(unittest.TestCase):
    def test_commands_side_by_side_install_an_environment_once(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        environment = folder / "lint"
        created = []

        def create(_step, at: Path, _log) -> list[str]:
            created.append(at)
            time.sleep(0.05)  # in which the others come
            (at / "bin").mkdir(parents=True)
            (at / "bin" / "python").touch()
            return ["pip"]

        def install() -> None:
            tools.install_requirements(mock.Mock(), environment, "lint.txt")

        self.enterContext(mock.patch.object(tools, "TOOLS", folder))
        self.enterContext(mock.patch.object(tools, "create", create))
        pip = self.enterContext(mock.patch.object(tools.command, "run"))
        threads = [threading.Thread(target=install) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(created, [environment])
        self.assertEqual(pip.call_count, 1)
        self.assertTrue((environment / "lint.txt.stamp").exists())


if __name__ == "__main__":
    unittest.main()
