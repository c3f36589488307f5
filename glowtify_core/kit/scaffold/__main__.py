"""``python -m glowtify_core.kit.scaffold NAME``: a new connector, for authors who have the core alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from glowtify_core.domain.errors import ConfigurationError
from glowtify_core.kit.scaffold.writing import write_connector


def main(argv: Sequence[str] | None = None) -> int:
    """Write a connector and say what to do next; 1 when something is in the way, and nothing was written."""
    parser = argparse.ArgumentParser(
        prog="python -m glowtify_core.kit.scaffold",
        description="Write a complete small connector, to be filled with a platform's API.",
    )
    parser.add_argument("name", metavar="NAME", help="of the connector: acme, mail-wizard")
    parser.add_argument("--title", metavar="T", help="the platform's name as people know it")
    parser.add_argument("--into", metavar="FOLDER", type=Path, help="glowtify-NAME here when left out")
    asked = parser.parse_args(argv)
    try:
        written = write_connector(asked.name, title=asked.title, into=asked.into)
    except ConfigurationError as problem:
        sys.stderr.write(f"Error: {problem}\n  {problem.remedy}\n")
        return 1
    sys.stdout.write(f"{written}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
