"""``python -m glowtify_klaviyo.sandbox``: the sandbox without any other package of Glowtify."""

from __future__ import annotations

import argparse
from pathlib import Path

from glowtify_klaviyo.sandbox.command import run


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m glowtify_klaviyo.sandbox", description="A local Klaviyo."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limits", choices=("documented", "off"), default="off")
    parser.add_argument("--walk", choices=("quick", "real"), default="quick")
    parser.add_argument("--campaigns", type=int, default=12)
    parser.add_argument("--lists", type=int, default=3)
    parser.add_argument("--ready-file", type=Path, default=None)
    run(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
