"""`python -m stagegate.cli`: the same as `python -m stagegate`."""

import sys

from stagegate.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
