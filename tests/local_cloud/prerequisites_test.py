"""What is missing is said before anything is built, with what to do about it."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import prerequisites
from steps import Failure


class Prerequisites(unittest.TestCase):
    def test_this_machine_has_them(self):
        prerequisites.check()

    def test_without_cargo_rustup_is_named(self):
        empty = self.enterContext(tempfile.TemporaryDirectory())
        nowhere = {"PATH": empty, "HOME": empty}
        with mock.patch.dict(os.environ, nowhere), self.assertRaises(Failure) as failed:
            prerequisites.check()
        self.assertIn("there is no cargo on PATH", failed.exception.report())
        self.assertIn("rustup", failed.exception.report())

    def test_without_a_c_compiler_its_package_is_named(self):
        compiler = {"CC": "no-such-compiler -m64"}
        with mock.patch.dict(os.environ, compiler), self.assertRaises(Failure) as failed:
            prerequisites.check_c_compiler()
        self.assertIn("no C compiler 'no-such-compiler -m64'", failed.exception.report())
        self.assertIn("apt install build-essential", failed.exception.report())

    def test_a_first_build_wants_more_disk_than_the_next(self):
        usage = mock.Mock(free=3 << 30)
        with mock.patch("shutil.disk_usage", return_value=usage):
            prerequisites.check_disk(has_build=True)
            with self.assertRaises(Failure) as failed:
                prerequisites.check_disk(has_build=False)
        self.assertIn("has 3.0 GB free, and building takes 8.0 GB", failed.exception.report())

    def test_too_little_memory_is_said_with_the_numbers(self):
        prerequisites.check_memory(None)
        prerequisites.check_memory(4 << 30)
        with self.assertRaises(Failure) as failed:
            prerequisites.check_memory(1 << 30)
        self.assertIn("1.0 GB of memory are available", failed.exception.report())

    def test_the_kernel_says_how_much_memory_there_is(self):
        self.assertGreater(prerequisites.available_memory(), 0)
        with mock.patch.object(Path, "read_text", return_value="MemTotal: 1 kB\n"):
            self.assertIsNone(prerequisites.available_memory())


if __name__ == "__main__":
    unittest.main()
