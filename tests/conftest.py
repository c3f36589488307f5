"""For every test."""

from hypothesis import settings

settings.register_profile("untimed", parent=settings(), deadline=None)  # speed belongs in benchmarks
settings.load_profile("untimed")
