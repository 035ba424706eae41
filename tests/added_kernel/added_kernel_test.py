"""A kernel is added to a copy of the checkout, in one file, its `mod` line and a line of the list.
The API, its description and the command line know it then."""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
LIBRARIES = (".rlib", ".rmeta", ".so", ".d")
BUILT = CHECKOUT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug"
KERNELS = Path("shared/core/src/kernel")


class AddedKernel(unittest.TestCase):
    def setUp(self):
        # Below the checkout, because libraries take more room than some machines have in /tmp.
        local = CHECKOUT / ".local"
        local.mkdir(exist_ok=True)
        scratch = Path(self.enterContext(tempfile.TemporaryDirectory(dir=local)))
        self.copy, self.target = scratch / "pgfold", scratch / "target"
        self.copy_checkout()
        self.copy_libraries()

    def copy_checkout(self) -> None:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True)
        for name in filter(None, listed.stdout.split("\0")):
            if (CHECKOUT / name).is_file():
                (self.copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(CHECKOUT / name, self.copy / name)

    def copy_libraries(self) -> None:
        """Take what the checkout has built of others. Its own crates would be taken for ours."""
        for folder in ("deps", "build", ".fingerprint"):
            shutil.copytree(BUILT / folder, self.target / "debug" / folder, ignore=is_not_library)

    def insert(self, file: Path, before: str, line: str) -> None:
        text = (self.copy / file).read_text()
        self.assertEqual(text.count(before), 1, file)
        (self.copy / file).write_text(text.replace(before, line + before))

    def build(self, *programs: str) -> None:
        """Build examples and the command line."""
        # Of the workspace, because a package by itself wants other features of libraries.
        argv = ["cargo", "build", "--workspace", "--locked", *programs]
        environment = os.environ | {"CARGO_TARGET_DIR": str(self.target)}
        done = subprocess.run(
            argv, cwd=self.copy, env=environment, stderr=subprocess.PIPE, text=True
        )
        self.assertEqual(done.returncode, 0, done.stderr)

    def output(self, program: str, *arguments: str) -> str:
        argv = [self.target / "debug" / program, *arguments]
        return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout

    def test_one_file_and_its_lines_are_enough(self):
        shutil.copy(HERE / "count_positive.rs", self.copy / KERNELS)
        self.insert(KERNELS / "mod.rs", "mod decimal_sum;\n", "mod count_positive;\n")
        entry = "    entry::<super::count_positive::CountPositive>(),\n"
        self.insert(KERNELS / "list.rs", "];\n", entry)
        self.build("--example", "openapi")
        description = self.output("examples/openapi")
        (self.copy / "functions/jobs/src/openapi.json").write_text(description)

        examples = self.copy / "functions/jobs/examples"
        examples.mkdir()
        shutil.copy(HERE / "served.rs", examples)
        self.build("--example", "served", "--bin", "pgfold")
        kernels, described = map(json.loads, self.output("examples/served").splitlines())

        *names, rows = [kernel["kernel"] for kernel in kernels["kernels"]]
        self.assertEqual((names[-1], rows), ("count_positive", "rows"))
        schemas = described["components"]["schemas"]
        # It can be named like the others, and like the rows themselves.
        self.assertEqual(schemas["KernelName"]["enum"], [*names, rows])
        requests = [variant["title"] for variant in schemas["SubmitRequest"]["oneOf"]]
        # One request a kernel, one of several, and one of the rows themselves.
        self.assertEqual(requests, [*names, "compute", rows])
        answer = schemas["CountPositiveAnswer"]
        self.assertEqual(answer["required"], ["positive"])

        # The dashboard offers what GET /kernels lists: tests/browser/jobs_test.py.
        with serving(json.dumps(kernels)) as url:
            shown = self.output("pgfold", "--url", url, "kernels")
        self.assertIn("count_positive: How many values of a column are positive.", shown)


def is_not_library(folder: str, names: list[str]) -> set[str]:
    """Programs and tests, and everything of pgfold."""
    files = Path(folder).name == "deps"
    return {name for name in names if "pgfold" in name or (files and not name.endswith(LIBRARIES))}


class serving:
    """A server on this machine that answers every GET with a text."""

    def __init__(self, text: str):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = text.encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


if __name__ == "__main__":
    unittest.main()
