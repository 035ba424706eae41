"""Who may ask the front: the table of cli/src/proxy/origin.rs, and more."""

import unittest
from email.message import Message

import origin
from origin import CrossSite, Misdirected

PORT = 5555
HOST = ("Host", "127.0.0.1:5555")
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "DELETE")


def refusal(method: str, target: str, *headers: tuple[str, str], port=PORT, more=()) -> type | None:
    """How a request is refused, if it is."""
    message = Message()
    for name, value in headers:
        message[name] = value
    try:
        origin.check(method, target, message, origin.own_hosts(port, more))
    except origin.Refusal as refused:
        return type(refused)
    return None


class Origin(unittest.TestCase):
    """A request is passed on or refused, by its head alone."""

    def test_only_names_of_this_machine_with_the_own_port_are_answered_to(self):
        for host in ("127.0.0.1:5555", "localhost:5555"):
            self.assertIsNone(refusal("GET", "/dashboard", ("Host", host)), host)
        for host in (
            "127.0.0.1",
            "127.0.0.1:5556",
            "localhost:80",
            "rebound.example.com:5555",
            "localhost.example.com:5555",
            "127.0.0.1.example.com:5555",
            "[::1]:5555",
            "0.0.0.0:5555",
            "a b:5555",
            "",
            "localhost:5555@rebound.example.com",
            "rebound.example.com@localhost:5555",
            "localhost:5555, localhost:5555",
            "localhost.:5555",
            "2130706433:5555",
            "localhost:05555",
        ):
            self.assertIs(refusal("GET", "/dashboard", ("Host", host)), Misdirected, host)
        self.assertIs(refusal("GET", "/dashboard"), Misdirected)
        two = (HOST, ("Host", "rebound.example.com:5555"))
        self.assertIs(refusal("GET", "/dashboard", *two), Misdirected)
        self.assertIs(refusal("GET", "/dashboard", HOST, HOST), Misdirected)
        for target in ("http://rebound.example.com/dashboard", "http://127.0.0.1:5555/", "*", ""):
            self.assertIs(refusal("GET", target, HOST), Misdirected, target)

    def test_the_port_of_http_need_not_be_named(self):
        for host in ("localhost", "localhost:80"):
            self.assertIsNone(refusal("GET", "/", ("Host", host), port=80))

    def test_other_names_are_allowed_one_by_one(self):
        more = ("api", "127.0.0.1:9090")
        for host in ("api:5555", "127.0.0.1:9090", "127.0.0.1:5555"):
            self.assertIsNone(refusal("GET", "/", ("Host", host), more=more), host)
        for host in ("api:9090", "localhost:9090", "api"):
            self.assertIs(refusal("GET", "/", ("Host", host), more=more), Misdirected, host)

    def test_programs_and_own_pages_may_ask_for_anything(self):
        for method in ("GET", "POST", "DELETE"):
            self.assertIsNone(refusal(method, "/tasks", HOST))
            own = (("Origin", "http://127.0.0.1:5555"), ("Sec-Fetch-Site", "same-origin"))
            self.assertIsNone(refusal(method, "/tasks", HOST, *own))
            typed = (("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate"))
            self.assertIsNone(refusal(method, "/tasks", HOST, *typed))

    def test_pages_of_others_may_ask_for_nothing(self):
        for method in METHODS:
            for given in (
                ("Origin", "https://example.com"),
                ("Origin", "http://localhost:5555"),
                ("Origin", "https://127.0.0.1:5555"),
                ("Origin", "http://127.0.0.1:3000"),
                ("Origin", "null"),
                ("Origin", ""),
                ("Sec-Fetch-Site", "cross-site"),
                ("Sec-Fetch-Site", "same-site"),
                ("Sec-Fetch-Site", "to be invented"),
            ):
                self.assertIs(refusal(method, "/tasks", HOST, given), CrossSite, (method, given))
        twice = (("Origin", "http://127.0.0.1:5555"), ("Origin", "https://example.com"))
        self.assertIs(refusal("POST", "/tasks", HOST, *twice), CrossSite)
        twice = (("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site"))
        self.assertIs(refusal("POST", "/tasks", HOST, *twice), CrossSite)

    def test_pages_of_others_may_link_here_but_not_frame_or_post(self):
        def of_other(method: str, destination: str) -> type | None:
            given = (("Site", "cross-site"), ("Mode", "navigate"), ("Dest", destination))
            fetched = [(f"Sec-Fetch-{name}", value) for name, value in given]
            return refusal(method, "/dashboard", HOST, *fetched)

        self.assertIsNone(of_other("GET", "document"))
        self.assertIs(of_other("GET", "iframe"), CrossSite)
        self.assertIs(of_other("POST", "document"), CrossSite)


if __name__ == "__main__":
    unittest.main()
