"""The tree of errors."""

import copy
import inspect
import pickle
from datetime import UTC, datetime, timedelta

import pytest

from glowtify_core.domain import errors
from glowtify_core.domain.errors import Effect, GlowtifyError, Phase, PlatformError, Retry

CLASSES = [
    value
    for _, value in inspect.getmembers(errors, inspect.isclass)
    if issubclass(value, GlowtifyError) and value.__module__ == errors.__name__
]


def example(cls: type[GlowtifyError]) -> GlowtifyError:
    words = {"remedy": "do this", "code": "code", "field": "html", "detail": "more"}
    if not issubclass(cls, PlatformError):
        return cls("title", **words)
    error = cls(
        "title",
        **words,
        effect=Effect.PARTIAL,
        phase=Phase.HANDOFF,
        retry=Retry.AUTO,
        retry_after=timedelta(seconds=3),
        renews_at=datetime(2027, 1, 1, tzinfo=UTC),
        request_id="r1",
    )
    error.missing = ("lists:read",)
    return error


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("again", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy])
def test_every_error_survives_with_all_that_it_carries(cls, again):
    error = example(cls)
    restored = again(error)
    assert type(restored) is cls
    assert vars(restored) == vars(error)
    assert restored.args == error.args
    assert str(restored) == "title: more"


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if issubclass(cls, PlatformError)])
def test_the_platforms_errors_must_tell_their_effect(cls):
    with pytest.raises(TypeError, match="effect"):
        cls("title")


@pytest.mark.parametrize("cls", CLASSES)
def test_every_class_has_a_code_of_its_own(cls):
    assert [other for other in CLASSES if other.default_code == cls.default_code] == [cls]


def test_an_error_without_detail_reads_as_its_title():
    assert str(GlowtifyError("title")) == "title"


def test_an_error_can_be_told_more_about_but_not_of_other_things():
    error = errors.RateLimited("slow", effect=Effect.UNKNOWN)
    assert error.having(effect=Effect.NONE).effect is Effect.NONE
    with pytest.raises(AttributeError):
        error.having(colour="red")
