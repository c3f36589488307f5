"""A secret shows itself only when asked by name."""

import copy
import logging
import pickle
import traceback

import pytest

from glowtify_core.ports.credentials import Secret

VALUE = "canary-of-the-tests"


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(VALUE)),
        str(Secret(VALUE)),
        format(Secret(VALUE), ">40"),
        f"{Secret(VALUE)}{Secret(VALUE)!r}{Secret(VALUE)!s}{Secret(VALUE)!a}",
        "%s %r" % (Secret(VALUE), Secret(VALUE)),  # noqa: UP031 - one of the ways to print
        str({"api_key": Secret(VALUE)}),
    ],
)
def test_printing_masks_it(shown):
    assert VALUE not in shown
    assert "***" in shown


def test_logging_masks_it(caplog):
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("key %s %r", Secret(VALUE), {"k": Secret(VALUE)})
    assert "***" in caplog.text
    assert VALUE not in caplog.text


def test_a_traceback_with_locals_masks_it():
    secret = Secret(VALUE)
    with pytest.raises(TypeError) as failure:
        len(secret)
    shown = "".join(traceback.TracebackException.from_exception(failure.value, capture_locals=True).format())
    assert "secret = Secret(***" in shown
    assert VALUE not in shown


@pytest.mark.parametrize(
    "way",
    [
        copy.copy,
        copy.deepcopy,
        lambda secret: copy.deepcopy({"key": secret}),
        *(
            lambda secret, p=protocol: pickle.dumps(secret, p)
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
    ],
)
def test_it_is_neither_pickled_nor_copied(way):
    with pytest.raises(TypeError, match="neither pickled nor copied"):
        way(Secret(VALUE))


def test_it_has_no_attributes_to_walk_through():
    with pytest.raises(TypeError):
        vars(Secret(VALUE))


def test_it_reveals_its_value_and_compares_by_it():
    assert Secret(VALUE).reveal() == VALUE
    assert Secret(VALUE) == Secret(VALUE) != Secret("other")
    assert Secret(VALUE) != VALUE
    assert len({Secret(VALUE), Secret(VALUE)}) == 1
