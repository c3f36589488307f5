"""The base of every contract class, and the test that keeps a contract whole."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import pytest

from glowtify_core.testing.rules import RULE_NAME

GUARD = "test_c01_no_contract_test_is_deleted_or_blunted"


class Contract:
    """What an author subclasses; :attr:`given` names the fixtures that are the author's to give.

    Everything else of a contract stands: a test that cannot pass yet is overridden by one that calls it and
    is marked ``xfail(reason="...", strict=True)``.
    """

    given: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        """Refuse a class that takes the guard away.

        Raises:
            TypeError: the guard is overridden.
        """
        for name in (GUARD, "pytest_generate_tests"):
            if getattr(cls, name) is not vars(Contract)[name]:
                raise TypeError(f"{cls.__name__} overrides {name}: C-1 holds for every contract class")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Refuse a class that is marked as a whole while it is collected: the guard would be skipped with it.

        Raises:
            CollectError: it is, or its module.
        """
        if metafunc.function.__name__ == GUARD and (marks := marked_whole(metafunc.definition)):
            raise pytest.Collector.CollectError(
                f"C-1: the class or module is marked {', '.join(marks)}; mark single tests, with a reason"
            )

    def test_c01_no_contract_test_is_deleted_or_blunted(self, request: pytest.FixtureRequest) -> None:
        """C-1: A contract test is neither deleted nor weakened without a reason that everybody can read.

        Why: "passes the contract" must mean the same for every connector.
        If this fails: remove what the message names, or override the test with one that calls it and is
        marked xfail(reason="...", strict=True).
        """
        strict = bool(request.config.getini("xfail_strict"))
        blunted = list(weakened(type(self), strict=strict))
        assert not blunted, "; ".join(blunted)


def marked_whole(test: pytest.Item) -> Sequence[str]:
    """The marks of a test's class and module that keep them from telling anything."""
    return [mark.name for mark in test.iter_markers() if mark.name in {"skip", "skipif", "xfail"}]


def weakened(cls: type[Contract], *, strict: bool) -> Iterator[str]:
    """What a class changes of its contracts, each as a sentence; an honest xfail is none.

    Args:
        cls: the author's class.
        strict: whether an xfail that passes is a failure in this run anyway.
    """
    own = inspect.getattr_static
    for base in cls.__mro__:
        if not issubclass(base, Contract) or not is_contract(base):
            continue
        for name in vars(base):
            if name.startswith("__") or name in base.given | {"given"}:
                continue
            overrider = next(one for one in cls.__mro__ if name in vars(one))
            if not is_contract(overrider) and not _honest(own(cls, name), strict=strict):
                yield f"C-1: {overrider.__name__}.{name} replaces {base.__name__}.{name}"


def is_contract(cls: type) -> bool:
    """Whether a class is one of the published contracts, and not an author's."""
    return cls.__module__.partition(".testing.")[0] == "glowtify_core"


def contract_tests(cls: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Name and function of every contract test that a class has, inherited ones included, by their rules."""
    found = {
        (int(named[1]), name): test
        for name, test in inspect.getmembers(cls, inspect.isfunction)
        if (named := RULE_NAME.match(name))
    }
    for number, name in sorted(found):
        yield name, found[number, name]


def _honest(override: Any, *, strict: bool) -> bool:
    """Whether an overriding test says openly that it fails, and why."""
    marks = getattr(override, "pytestmark", ())
    return any(
        mark.name == "xfail" and mark.kwargs.get("reason") and (strict or mark.kwargs.get("strict"))
        for mark in marks
    )
