"""What a platform says when it refuses is shown as plain words, without tricks and without our key."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from command_line import CommandLine, opened
from hypothesis import given
from hypothesis import strategies as st
from klaviyo_client import KEY, scripted
from looking import examples
from rawserver import RawServer, http
from tampering import Answered, Tamper
from wire import Reply

from glowtify_core.domain.errors import PlatformError
from glowtify_core.kit.answers import Endpoint

STATUSES = (400, 401, 403, 404, 409, 413, 422, 429, 500)
TRICKS = (
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]0;owned\x07\x1b[2J\x1b[H",
    "\x1bP1$r\x1b\\ \x1b_x\x1b\\ \x1b^y\x1b\\",
    "\x9b31m \x9d0;owned\x9c \x90q\x9c",
    "\u202egnp.exe\u2066 \u200b\ufeff",
    "\x00\x07\x08\x0b\x7f\x85\u2028",
    "[bold red]loud[/] [link=http://evil.example]here[/link] [/]",
    ":warning: {{ x }} {% y %} %s %(a)s {0}",
    "<script>alert(1)</script><a href='http://evil.example'>x</a>",
    "\ud800 half",
    "line\nbreak\r\nError: not ours",
)
KEY_WAYS: dict[str, Callable[[str], str]] = {
    "whole": lambda key: f"The key {key} is wrong",
    "as the header": lambda key: f"Authorization: Klaviyo-API-Key {key}",
    "a half": lambda key: f"key {key[: len(key) // 2]}... is wrong",
    "the other half": lambda key: f"ends in {key[len(key) // 2 :]}",
    "in capitals": lambda key: key.upper(),
    "in base64": lambda key: base64.b64encode(key.encode()).decode(),
    "in base64 with a user": lambda key: base64.b64encode(f"user:{key}".encode()).decode(),
    "in base64 with a scheme": lambda key: base64.b64encode(f"Klaviyo-API-Key {key}\n".encode()).decode(),
    "in hex": lambda key: key.encode().hex(),
    "quoted": lambda key: quote(key, safe="") + " " + "".join(f"%{one:02X}" for one in key.encode()),
    "with what cannot be seen": "\u200b".join,
    "with escapes": "\x1b[0m".join,
    "twice": lambda key: key + key,
    "in a list": lambda key: str([key, {"key": key}]),
}
ERRORS: dict[str, Callable[[str], Any]] = {
    "detail": lambda said: {"errors": [{"code": "invalid", "title": "x", "detail": said}]},
    "code": lambda said: {"errors": [{"code": said, "detail": "x"}]},
    "id": lambda said: {"errors": [{"id": said, "code": "invalid", "detail": "x"}]},
    "pointer": lambda said: {"errors": [{"code": "invalid", "source": {"pointer": f"/data/{said}"}}]},
    "parameter": lambda said: {"errors": [{"code": "invalid", "source": {"parameter": said}}]},
    "everywhere": lambda said: {"errors": [{"code": [said], "detail": {said: said}, "id": [[said]]}] * 3},
    "many": lambda said: {"errors": [{"detail": said}] * 200},
    "no list": lambda said: {"errors": {"detail": said}},
    "a text": lambda said: said,
}


def shows(key: str, text: str) -> bool:
    """Whether more than a glimpse of the key can be read from a text."""
    low, raw = text.casefold(), key.encode()
    digits = [base64.b64encode(b"\0" * before + raw).decode().casefold() for before in range(3)]
    pieces = [key[at : at + 8] for at in range(len(key) - 7)]
    pieces += [raw.hex()[at : at + 16] for at in range(0, len(key) * 2 - 15, 2)]
    pieces += [one[at : at + 12] for one in digits for at in range(4, len(one) - 16)]
    pieces += ["".join(f"%{one:02x}" for one in raw[:8])]
    return any(piece in low for piece in pieces)


def harmless(text: str) -> bool:
    return all(one == "\n" or one.isprintable() for one in text)


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """One for all: what is refused here changes nothing."""
    with opened(tmp_path_factory.mktemp("refused")) as command:
        yield command


def refusing(status: int, document: Any) -> Tamper:
    def change(answered: Answered) -> None:
        answered.status = status
        answered.body = json.dumps(document).encode()
        answered.headers["x-klaviyo-req-id"] = "\x9b31m[bold]id[/]"

    return Tamper("GET /api/lists", change, "refused", times=1000)


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("where", ["detail", "everywhere"])
def test_no_trick_reaches_the_terminal(command: CommandLine, trick: str, where: str) -> None:
    command.wire.arm([refusing(400, ERRORS[where](trick))])
    told = command.run("audiences", "klaviyo", "--kind", "list", "--debug")
    ran = command.run("audiences", "klaviyo", "--kind", "list", "--json")
    assert (told.code, ran.code) == (4, 4)
    assert "Klaviyo refused this" in told.err
    assert "Traceback" not in told.err
    assert harmless(told.err + told.out + ran.out + ran.err)
    assert harmless("".join(str(value).replace("\n", "\0") for value in ran.json["error"].values()))
    if "[bold red]" in trick and where == "detail":
        assert "[bold red]loud[/]" in told.err


@pytest.mark.parametrize("way", KEY_WAYS.values(), ids=list(KEY_WAYS))
@pytest.mark.parametrize("where", ERRORS.values(), ids=list(ERRORS))
def test_our_key_is_not_repeated(where: Callable[[str], Any], way: Callable[[str], str]) -> None:
    said = way(KEY)
    for status in STATUSES:
        headers = {"x-klaviyo-req-id": said.encode("ascii", "ignore").decode()}
        client, _ = scripted(Reply(status, where(said), headers=headers))
        with pytest.raises(PlatformError) as refused:
            client.http.call("GET", "/api/lists", endpoint=Endpoint("read"))
        assert not shows(KEY, str(vars(refused.value)) + str(refused.value))


def test_the_check_for_keys_sees_each_way() -> None:
    seen = {name for name, way in KEY_WAYS.items() if shows(KEY, way(KEY))}
    assert seen == set(KEY_WAYS) - {"with what cannot be seen", "with escapes"}


BODIES = (
    b"\xff\xfe\x00key",
    b"\x1b[31m" * 100_000,
    b'{"errors": [{"detail": "' + b"x" * 5_000_000 + b'"}]}',
    b'{"errors": ' + b"[" * 100_000,
    b'{"errors": ' + b"[" * 300 + b"]" * 300 + b"}",
    b'{"errors": [{"detail": ' + b"[" * 300 + b'"x"' + b"]" * 300 + b"}]}",
    b'{"errors": [' + b"{}," * 20_000 + b"{}]}",
    b"<html>\x9b31m[bold]Bad gateway</html>",
    b"null",
    b"",
)


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("status", STATUSES)
def test_a_refusal_stands_by_its_status_whatever_its_body(status: int, body: bytes) -> None:
    client, _ = scripted(Reply(status, body))
    with pytest.raises(PlatformError) as refused:
        client.http.call("GET", "/api/lists", endpoint=Endpoint("read"))
    assert len(refused.value.detail) <= 500
    assert harmless(str(refused.value))


TEXTS = st.text() | st.sampled_from(TRICKS)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | TEXTS,
    lambda below: (
        st.lists(below, max_size=4)
        | st.dictionaries(
            st.sampled_from(("errors", "id", "code", "title", "detail", "source", "pointer", "parameter")),
            below,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@examples(300)
@given(st.sampled_from(STATUSES), ANYTHING, st.booleans())
def test_any_refusal_is_plain_words(status: int, said: Any, write: bool) -> None:
    client, _ = scripted(Reply(status, {"errors": said if isinstance(said, list) else [said]}))
    with pytest.raises(PlatformError) as refused:
        client.http.call("POST", "/api/campaigns", endpoint=Endpoint("any", write=write))
    error = refused.value
    assert harmless(f"{error}{error.code}{error.field}{error.request_id}{error.remedy}".replace("\n", "\0"))


def test_nothing_of_it_reaches_the_debug_log(command: CommandLine) -> None:
    key = command.sandbox.api_key
    said = json.dumps({"errors": [{"code": "x", "detail": f"\x1b[31m{key}\x9b31m {key[4:24]}"}]}).encode()
    tricks = "X-Trick: \x1b[31m\x9b32m"
    with RawServer(http("400 \x1b[31mBad\x9b", said, tricks, f"X-Key: {key}")) as platform:
        told = command.run("connect", "klaviyo", "--store", "other", "--base-url", platform.url, "--debug")
    assert "status=400" in told.err
    assert platform.received
    assert "Traceback" not in told.err
    assert harmless(told.out + told.err)
    assert not shows(key, told.out + told.err)
