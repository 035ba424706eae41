"""`python3 setup/local_cloud COMMAND`: AWS, PostgreSQL and Valkey on a laptop, without Docker."""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        f"pgfold's set-up needs Python 3.11 or newer, but {sys.executable} is "
        f"{sys.version.split()[0]}. Name a newer one: make PYTHON=python3.13 run"
    )

from command_line import main  # which an older Python could not even read

sys.exit(main(sys.argv[1:]))
