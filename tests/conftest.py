"""For every test: no example is timed or kept, and the suite looks at the same ones each time."""

from hypothesis import HealthCheck, settings
from looking import DEEP

pytest_plugins = ["glowtify_core.testing.recording", "databases"]

settings.register_profile(
    "suite",
    deadline=None,  # speed belongs in benchmarks
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "deep", parent=settings.get_profile("suite"), derandomize=False, max_examples=10_000
)
settings.load_profile("deep" if DEEP else "suite")
