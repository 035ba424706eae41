"""compose.yaml, as far as it can be checked where there is no Docker."""

import re
import subprocess
import sys
import unittest
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

CHECKOUT = Path(__file__).parents[2]
LOCAL_CLOUD = "setup/local_cloud"
FILES = [CHECKOUT / "compose.yaml", CHECKOUT / "setup" / "compose" / "localstack.yaml"]
COMPOSE, LOCALSTACK = (yaml.safe_load(file.read_text()) for file in FILES)
SERVICES, OF_LOCALSTACK = COMPOSE["services"], LOCALSTACK["services"]


class Compose(unittest.TestCase):
    """Of each file its form; of compose.yaml what the containers need of each other."""

    def test_files_are_as_compose_has_them(self):
        check = [Path(sys.executable).with_name("check-jsonschema")]
        check += ["--builtin-schema", "vendor.compose-spec", *FILES]
        checked = subprocess.run(check, capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_functions_reach_servers_by_unix_sockets_which_both_mount(self):
        for server, variable in (("postgres", "DATABASE_URL"), ("valkey", "VALKEY_URL")):
            with self.subTest(server):
                self.assertEqual(SERVICES[server]["network_mode"], "none")
                url = urlsplit(SERVICES["api"]["environment"][variable])
                path = Path(unquote(url.netloc.rpartition("@")[2]) + url.path)
                mounted = self.mounts("emulator")
                [folder] = [one for one in mounted if path.is_relative_to(one)]
                self.assertIn(mounted[folder], self.mounts(server).values())

    def mounts(self, service: str) -> dict[Path, str]:
        """The named volumes of a service, by where they are."""
        volumes = (volume.split(":") for volume in SERVICES[service]["volumes"])
        return {Path(path): name for name, path, *_ in volumes if name in COMPOSE["volumes"]}

    def test_what_is_published_stays_on_this_machine_and_the_emulator_is_not(self):
        for name, service in SERVICES.items():
            for port in service.get("ports", []):
                with self.subTest(name):
                    self.assertRegex(port, r"^127\.0\.0\.1:")
        [network] = SERVICES["emulator"]["networks"]
        self.assertTrue(COMPOSE["networks"][network]["internal"])
        others = [name for name in SERVICES if network in SERVICES[name].get("networks", [])]
        self.assertEqual(others, ["emulator", "api"])

    def test_containers_wait_for_what_they_need(self):
        for services in (SERVICES, OF_LOCALSTACK):
            for name, service in services.items():
                for needed, how in service.get("depends_on", {}).items():
                    with self.subTest(name, needs=needed):
                        ends = how["condition"] == "service_completed_successfully"
                        self.assertIn("healthcheck" if not ends else "command", services[needed])

    def test_images_have_versions_those_of_the_local_cloud_where_it_has_one(self):
        services = [*SERVICES.values(), *OF_LOCALSTACK.values()]
        images = {service["image"] for service in services if "build" not in service}
        for image in images:
            self.assertRegex(image, r":\d+\.\d+")
        for name in ("postgres", "valkey"):
            self.assertEqual(SERVICES[name]["image"], OF_LOCALSTACK[name]["image"])
        toolchain = (CHECKOUT / "rust-toolchain.toml").read_text()
        rust = re.search(r'channel = "(.+)"', toolchain)[1]
        dockerfile = (CHECKOUT / SERVICES["api"]["build"]["dockerfile"]).read_text()
        self.assertIn(f"FROM rust:{rust}-", dockerfile)
        requirements = (CHECKOUT / "setup" / "requirements" / "cloud.txt").read_text()
        ministack = re.search(r"^ministack==(.+)$", requirements, re.MULTILINE)[1]
        self.assertIn(f"ministackorg/ministack:{ministack}-full", images)

    def test_commands_are_those_of_the_local_cloud(self):
        ours = [SERVICES["api"], OF_LOCALSTACK["deploy"], OF_LOCALSTACK["api"]]
        commands = [service["command"] for service in ours]
        for _, program, command, *options in commands:
            self.assertEqual(program, LOCAL_CLOUD)
            offered = self.help_of(command)
            for option in options[::2]:
                self.assertRegex(offered, rf"{option}\b")

    def help_of(self, command: str) -> str:
        argv = [sys.executable, CHECKOUT / LOCAL_CLOUD, command, "--help"]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout

    def test_what_is_mounted_is_there(self):
        for file, services in zip(FILES, (SERVICES, OF_LOCALSTACK), strict=True):
            for service in services.values():
                for volume in service.get("volumes", []):
                    if volume.startswith("."):
                        path = file.parent / volume.partition(":")[0]
                        self.assertTrue(path.is_file(), path)


if __name__ == "__main__":
    unittest.main()
