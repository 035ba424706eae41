"""`python3 setup/local_cloud COMMAND`: pgfold's local cloud, without Docker, an AWS account or root."""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        f"pgfold's set-up needs Python 3.11 or newer, but {sys.executable} is "
        f"{sys.version.split()[0]}. Name a newer one: make PYTHON=python3.13 run"
    )

from command_line import main  # noqa: E402  an older Python could not even read it

sys.exit(main(sys.argv[1:]))
