"""The published contract suite: base classes that authors of connectors and stores subclass."""

import pytest

pytest.register_assert_rewrite("glowtify_core.testing")

from glowtify_core.testing.guard import Contract  # noqa: E402 - after the assertions of what follows are rewritten

__all__ = ["Contract"]
