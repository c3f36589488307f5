"""How hard hypothesis looks: ``HYPOTHESIS_PROFILE=deep`` tries many more examples, and new ones each time."""

import os

from hypothesis import HealthCheck, settings

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"


def examples(count: int) -> settings:
    """Settings for so many examples, a hundred times as many when looking deep."""
    return settings(
        max_examples=count * 100 if DEEP else count,
        deadline=None,
        derandomize=not DEEP,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
