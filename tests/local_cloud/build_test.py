"""What is deployed to the local cloud: the template itself, with the programs that were built."""

import re
import stat
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import build
from paths import CHECKOUT, TEMPLATE
from steps import step


class Assembled(unittest.TestCase):
    def setUp(self):
        scratch = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.programs, self.result = scratch / "programs", scratch / "build"
        self.programs.mkdir()
        self.enterContext(mock.patch.object(build, "BUILD", self.result))
        self.enterContext(mock.patch.object(build, "LOG", scratch / "build.log"))
        # Any program does, and the tool that strips it wants a real one.
        for folder in build.functions_of_template():
            (self.programs / folder).write_bytes(Path("/bin/true").read_bytes())

    def assemble(self) -> str:
        with step("build", "test") as current:
            return build.assemble(current, self.programs)

    def test_the_template_differs_in_nothing_but_where_programs_are(self):
        self.assemble()
        packed = (self.result / TEMPLATE.name).read_text()
        in_folders = build.template_of_programs(packed=False)
        for template, ending in ((packed, ".zip"), (in_folders, "")):
            undone = template
            for folder, logical_id in build.functions_of_template().items():
                line = f"CodeUri: {logical_id}{ending}\n"
                self.assertEqual(template.count(line), 1, line)
                undone = undone.replace(line, f"CodeUri: functions/{folder}\n")
            self.assertEqual(undone, TEMPLATE.read_text())

    def test_a_packed_program_is_that_of_its_folder_and_can_be_run(self):
        self.assemble()
        for logical_id in build.functions_of_template().values():
            program = self.result / logical_id / "bootstrap"
            self.assertTrue(program.stat().st_mode & 0o100)
            with zipfile.ZipFile(self.result / f"{logical_id}.zip") as packed:
                [member] = packed.infolist()
                self.assertEqual(member.filename, "bootstrap")
                self.assertEqual(member.external_attr >> 16, stat.S_IFREG | 0o755)
                self.assertEqual(packed.read(member), program.read_bytes())

    def test_what_sam_builds_for_aws_are_the_same_programs(self):
        folders = re.findall(r"^      CodeUri: (.*)$", TEMPLATE.read_text(), re.MULTILINE)
        self.assertEqual(folders, [f"functions/{name}" for name in build.functions_of_template()])
        for folder in folders:
            manifest = (CHECKOUT / folder / "Cargo.toml").read_text()
            self.assertIn(f'[[bin]]\nname = "{Path(folder).name}"\n', manifest)

    def test_only_another_program_is_another_build(self):
        first = self.assemble()
        program = self.result / "SubmitFunction" / "bootstrap"
        assembled = program.stat().st_mtime_ns
        self.assertEqual(self.assemble(), first)
        self.assertEqual(program.stat().st_mtime_ns, assembled)
        (self.programs / "submit").write_bytes(Path("/bin/false").read_bytes())
        self.assertNotEqual(self.assemble(), first)
        self.assertNotEqual(program.stat().st_mtime_ns, assembled)


if __name__ == "__main__":
    unittest.main()
