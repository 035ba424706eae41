"""README.md shows code that is compiled."""

import re
import unittest
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
KERNEL = CHECKOUT / "shared" / "core" / "src" / "kernel" / "bounding_box.rs"


class Readme(unittest.TestCase):
    def test_its_kernel_is_the_one_that_is_compiled(self):
        page = (CHECKOUT / "README.md").read_text()
        shown = re.findall(r"^```rust\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
        self.assertEqual(len(shown), 1)
        self.assertIn(shown[0], KERNEL.read_text())


if __name__ == "__main__":
    unittest.main()
