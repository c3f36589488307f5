"""Siblings of our connectors: each a distribution of its own, whose tests run here from its sources."""

collect_ignore_glob = ["*/tests/test_discovery.py"]  # needs an installed distribution: .ci/wheels has one
