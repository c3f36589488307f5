"""The published contract suite: base classes that authors of connectors and stores subclass."""

from pkgutil import iter_modules

import pytest

pytest.register_assert_rewrite(*(module.name for module in iter_modules(__path__, f"{__name__}.")))

from glowtify_core.testing.guard import Contract  # noqa: E402 - after the assertions of what follows are rewritten

__all__ = ["Contract"]
