"""`python3 setup/local_cloud COMMAND`: AWS, PostgreSQL and Valkey on a laptop, without Docker."""

import os
import re
import sys

if sys.version_info < (3, 11):
    sys.exit(
        f"pgfold's set-up needs Python 3.11 or newer, but {sys.executable} is "
        f"{sys.version.split()[0]}. Name a newer one: make PYTHON=python3.13 run"
    )

from command_line import main  # which an older Python could not even read

# make passes its jobs on to makes alone; cargo would look for them in vain, and say so.
if flags := os.environ.get("MAKEFLAGS"):
    os.environ["MAKEFLAGS"] = re.sub(r"(^| )(-j\S*|--jobserver-\S+|-O\S*)", "", flags)

sys.exit(main(sys.argv[1:]))
