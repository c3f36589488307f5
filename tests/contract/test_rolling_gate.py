"""The gate of the kit keeps the promises of its port."""

from __future__ import annotations

import pytest

from glowtify_core.kit.pacing import RollingGate
from glowtify_core.testing import RateGateContract


class TestRollingGate(RateGateContract):
    @pytest.fixture
    def gate(self, clock):
        return RollingGate(clock)
