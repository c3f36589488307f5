"""How hard hypothesis looks: ``HYPOTHESIS_PROFILE=deep`` tries many more examples, and new ones each time."""

import os

from hypothesis import settings

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"


def examples(count: int, *, deep: int | None = None) -> settings:
    """Settings for so many examples; when looking deep for ``deep``, or a hundred times as many."""
    return settings(max_examples=(deep or count * 100) if DEEP else count)
