"""The CPU time of PostgreSQL, all of its processes together."""

import postgres
import process_tree

POSTMASTER = "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"

known: dict[str, int] = {}


class Meter:
    """Counts from when it is made. What has ended counts by hundredths of a second."""

    def __init__(self, database_url: str):
        if database_url not in known:
            known[database_url] = int(postgres.query(database_url, POSTMASTER))
        self.postmaster = known[database_url]
        self.before = self.total()

    def seconds(self) -> float:
        return max(self.total() - self.before, 0.0)

    def total(self) -> float:
        alive = process_tree.tree(self.postmaster)
        return process_tree.cpu_of_the_reaped(self.postmaster) + sum(
            process_tree.cpu_seconds(pid) for pid in alive
        )
