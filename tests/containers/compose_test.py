"""compose.yaml on a Docker engine: it works, it says how it is, and it gets over what happens."""

import tempfile
import unittest
from pathlib import Path

import engine
from containers import SERVICES, Containers

# How long what is wrong may be called healthy, and how long all may take to be right again: the
# deployment is some 15 seconds of it, minutes on a busy machine.
UNTIL_TOLD_SECONDS = 60
UNTIL_RIGHT_SECONDS = 600

containers: Containers


def setUpModule() -> None:
    global containers
    scratch = unittest.enterModuleContext(tempfile.TemporaryDirectory())
    containers = Containers(Path(scratch))
    unittest.addModuleCleanup(containers.compose, "down", "--volumes")


class Compose(unittest.TestCase):
    """All of it is up when a test starts."""

    def setUp(self):
        containers.up()

    def assert_a_job_is_right(self):
        result = containers.job()
        self.assertEqual(result["status"], "task completed", result)
        self.assertEqual(result["rows"], 1_000_000)
        self.assertEqual(float(result["result"]), containers.expected())

    def test_the_dashboard_and_the_api_answer(self):
        self.assertIn(b"<!doctype html>", containers.ask(5555, "/dashboard"))
        self.assertEqual(containers.ask(8080, "/"), b"Hello, World!\n")

    def test_jobs_are_kept_in_valkey(self):
        containers.up(STORE="valkey")
        self.assert_a_job_is_right()
        keys = ["valkey-cli", "-s", "/data/valkey.sock", "dbsize"]
        stored = engine.output("docker", "exec", containers.container("valkey"), *keys)
        self.assertGreater(int(stored), 0)
        containers.up()

    def test_servers_are_on_no_network_of_the_host(self):
        for service in ("postgres", "valkey", "emulator"):
            with self.subTest(service):
                bound = "{{range .NetworkSettings.Ports}}{{.}}{{end}}"
                name = containers.container(service)
                ports = engine.output("docker", "inspect", "--format", bound, name)
                self.assertNotIn("HostPort", ports)
        address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        emulator = containers.container("emulator")
        emulator_ip = engine.output("docker", "inspect", "--format", address, emulator)
        route = engine.output("ip", "route", "get", emulator_ip)
        self.assertNotIn(" dev br-", route, "the host has an address on the emulator's network")

    def test_restarted_containers_get_right_by_themselves(self):
        for service in SERVICES:
            with self.subTest(service):
                engine.output("docker", "restart", containers.container(service))
                self.assert_gets_right()

    def test_all_of_it_restarted_gets_right_by_itself(self):
        containers.compose("restart")
        self.assert_gets_right()

    def test_stopped_and_started_it_gets_right_by_itself(self):
        containers.compose("stop")
        containers.compose("start")
        self.assert_gets_right()

    def test_killed_containers_are_right_after_up(self):
        for service in SERVICES:
            with self.subTest(service):
                engine.output("docker", "kill", containers.container(service))
                if service == "api":
                    self.assertEqual(containers.health("api"), "exited")
                elif service != "valkey":  # where no jobs are
                    containers.wait_for("api", "starting", UNTIL_TOLD_SECONDS)
                containers.up()
                self.assert_gets_right()

    def assert_gets_right(self):
        """Jobs are right again, and then all is called healthy."""
        containers.wait_for_an_answer(UNTIL_RIGHT_SECONDS)
        self.assert_a_job_is_right()
        for service in SERVICES:
            containers.wait_for(service, "healthy", UNTIL_TOLD_SECONDS)


class Down(unittest.TestCase):
    """After Compose's tests, as its name has it."""

    def test_down_with_volumes_leaves_none(self):
        def volumes() -> set[str]:
            return set(engine.output("docker", "volume", "ls", "--quiet").split())

        containers.compose("down", "--volumes")
        before = volumes()
        containers.up()
        containers.compose("down")
        containers.up()
        containers.compose("down", "--volumes")
        self.assertEqual(volumes(), before)


if __name__ == "__main__":
    unittest.main()
