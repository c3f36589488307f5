"""Platform texts lose their tricks, logs lose their secrets."""

from __future__ import annotations

import io
import logging

import pytest

from glowtify_core.kit.redaction import SecretFilter, extras, mask, sanitise
from glowtify_core.ports.credentials import Secret

CANARY = "canary-" + "9f8e7d6c"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand\x00nul", "two lines and nul"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil.example\x07click\x1b]8;;\x07", "click"),
        ("\x1b]0;title\x1b\\x", "x"),
        ("\x9b31mred", "red"),
        ("abc\u202edcba\u2066x\u200e\u061c", "abcdcbax"),
        ("in\u200bvi\ufeffsible\u00ad", "invisible"),
        ("<b>bold</b> & more", "<b>bold</b> & more"),
        ("Zoë 日本 é", "Zoë 日本 é"),
        ("\ud800lone", "lone"),
        (None, "None"),
        (["a"], "['a']"),
    ],
)
def test_a_platforms_text_becomes_one_plain_line(text: object, shown: str) -> None:
    assert sanitise(text) == shown


def test_a_long_text_is_cut() -> None:
    assert len(sanitise("x" * 10_000_000)) == 500
    assert sanitise("abcdef", limit=4) == "abc…"


def test_a_secret_is_masked_wherever_it_stands() -> None:
    assert mask(f"a{CANARY}b{CANARY}", [Secret(CANARY), Secret("")]) == "a********b********"


def test_a_filtered_log_shows_no_secret_in_message_arguments_or_traceback() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    secrets = SecretFilter()
    secrets.hide(Secret(CANARY))
    handler.addFilter(secrets)
    logger = logging.getLogger("glowtify.test_redaction")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(handler)
    logger.debug("sent %s to %s", CANARY, {"key": CANARY})
    try:
        int(CANARY)
    except ValueError:
        logger.exception("failed with %s", CANARY)
    logger.info("100 % sure")
    logger.removeHandler(handler)
    shown = stream.getvalue()
    assert CANARY not in shown
    assert "literal for int() with base 10: '********'" in shown
    assert "sent ******** to {'key': '********'}" in shown
    assert "100 % sure" in shown


def test_a_wrong_log_call_passes_masked_and_raises_nothing() -> None:
    class Mute:
        def __str__(self) -> str:
            raise ValueError(CANARY)

    secrets = SecretFilter([Secret(CANARY)])
    for message, arguments, shown in (
        (f"{CANARY} %d", ("x",), "******** %d (not formatted: TypeError)"),
        ("%s", (Mute(),), "%s (not formatted: ValueError)"),
        (Mute(), (), "Mute (not formatted: ValueError)"),
    ):
        record = logging.LogRecord("name", logging.INFO, "path", 1, message, arguments, None)
        assert secrets.filter(record)
        assert record.getMessage() == shown


def test_the_fields_of_a_record_are_masked_too_and_figures_stay_figures() -> None:
    class Mute:
        def __str__(self) -> str:
            raise ValueError(CANARY)

    given = {
        "key": CANARY,
        "nested": {"key": [CANARY]},
        "mute": Mute(),
        "tries": 3,
        "took": 0.5,
        "none": None,
    }
    record = logging.makeLogRecord({"msg": "hello", **given})
    assert SecretFilter([Secret(CANARY)]).filter(record)
    assert extras(record) == {
        "key": "********",
        "nested": "{'key': ['********']}",
        "mute": "Mute",
        "tries": 3,
        "took": 0.5,
        "none": None,
    }
