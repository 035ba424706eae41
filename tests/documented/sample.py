"""Commands in the pages, with the output that the pages show."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# Ids of jobs and traces; they differ each time.
TASK = re.compile(r"agg_[0-9a-f-]{36}")
TRACE = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")

# What differs each time: members of JSON documents, and lines of the command line.
VARYING_MEMBERS = (
    r"\w+_ms|cost_usd|estimated_\w+|balance|snapshot|recorded_at|analyzed_at|consistency_reached"
    "|connections"
)
VARYING = (
    (TASK, "TASK"),
    (TRACE, "TRACE"),
    (re.compile(rf'("(?:{VARYING_MEMBERS})": ?)("[^"]*"|[-\d.e]+)'), r"\1…"),
    # Where a chunk ends is what PostgreSQL's statistics say.
    (re.compile(r'("(?:chunk|start|end|rows)": ?)\d{3,6}(?=[,}])'), r"\1…"),
    (re.compile(r"^(speed|elapsed|cost|takes|database)( +).*", re.MULTILINE), r"\1\2…"),
    (re.compile(r"\d+\.\d+ s\b"), "… s"),
    # The progress, for which a terminal has a bar.
    (re.compile(r"^\d+ of \d+ chunks, (\d+ of \d+ partitions?, )?[\d,]+ rows?.*\n", re.M), ""),
    # What PostgreSQL's statistics say of a condition.
    (re.compile(r"\babout [\d,]+, [\d.]+ % of all"), "about …"),
    (re.compile(r"(answers in|analyzed) \S+"), r"\1 …"),
    (re.compile(r"http://127\.0\.0\.1[^ )'\"]*"), "URL"),
)


@dataclass(frozen=True)
class Sample:
    """A command and the output that is shown of it, where `…` stands for anything."""

    page: Path
    command: str
    output: str

    def is_shown_by(self, printed: str, *, to_the_end: bool = True) -> bool:
        """Whether a command that printed this prints what is shown."""
        if not self.output.strip():
            return True
        shown = masked(self.output).strip()
        parts = re.split(r"\s*…\s*", shown)
        pattern = re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
        match = pattern.fullmatch if to_the_end else pattern.match
        return match(masked(printed).strip()) is not None


def masked(text: str) -> str:
    """A text without what differs each time."""
    for varying, mask in VARYING:
        text = varying.sub(mask, text)
    return text


def blocks_of(page: Path) -> Iterator[list[Sample]]:
    """The blocks of a page that show a terminal, each as its commands in their order."""
    for block in BLOCK.findall(page.read_text()):
        _, *parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
        yield [sample_of(page, part) for part in parts]


def sample_of(page: Path, part: str) -> Sample:
    command, _, output = part.partition("\n")
    while command.endswith("\\"):
        more, _, output = output.partition("\n")
        command = f"{command[:-1]}{more.strip()}"
    return Sample(page, command.partition("  #")[0].strip(), output)
