"""``python -m glowtify_adapters``: the ``glowtify`` command where no script is installed."""

import sys

from glowtify_adapters.cli import main

if __name__ == "__main__":
    sys.exit(main())
