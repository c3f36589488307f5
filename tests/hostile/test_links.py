"""A link to the next page leads nowhere but to the platform's own host, and to an end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fakes import FakeClock, OpenGate
from hypothesis import given
from hypothesis import strategies as st
from klaviyo_client import ACCOUNT, KEY, scripted
from looking import examples
from rawserver import RawServer, http
from wire import Reply

from glowtify_core.domain.audience import AudienceKind
from glowtify_core.domain.errors import MalformedResponse, PlatformError
from glowtify_core.kit.answers import Endpoint
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Secret
from glowtify_klaviyo import paging
from glowtify_klaviyo.opening import open_client

Link = Callable[[str, str], Any]
"""From the address of the platform and of a thief, both without a scheme, what a page says comes next."""

LINKS: dict[str, Link] = {
    "another host": lambda own, thief: f"http://{thief}/api/lists",
    "another scheme": lambda own, thief: f"https://{own}/api/lists",
    "no scheme": lambda own, thief: f"//{thief}/api/lists",
    "three slashes": lambda own, thief: f"///{thief}/api/lists",
    "a backslash": lambda own, thief: f"/\\{thief}/api/lists",
    "backslashes": lambda own, thief: f"\\\\{thief}\\api",
    "a scheme alone": lambda own, thief: f"http:{thief}",
    "a scheme and one slash": lambda own, thief: f"http:/{thief}/",
    "our host as the user": lambda own, thief: f"http://{own}@{thief}/api/lists",
    "our host as the user's name": lambda own, thief: f"http://{own.partition(':')[0]}:x@{thief}/",
    "our host before a backslash": lambda own, thief: f"http://{own}\\@{thief}/",
    "the thief before a backslash": lambda own, thief: f"http://{thief}\\@{own}/",
    "our host in the fragment": lambda own, thief: f"http://{thief}#@{own}/",
    "the thief after a fragment": lambda own, thief: f"http://{own}#@{thief}/",
    "our host in the query": lambda own, thief: f"http://{thief}?@{own}/",
    "our host in the path": lambda own, thief: f"http://{thief}/http://{own}/",
    "two ats": lambda own, thief: f"http://a@{own}@{thief}/",
    "an escaped at": lambda own, thief: f"http://{own}%40{thief}/",
    "an escaped slash": lambda own, thief: f"http://{own}%2f@{thief}/",
    "a line break": lambda own, thief: f"http://{own}\r\nHost: {thief}\r\n\r\n",
    "a tab": lambda own, thief: f"ht\ttp://{thief}/",
    "a space": lambda own, thief: f" http://{thief}/",
    "a NUL": lambda own, thief: f"http://{own}\x00@{thief}/",
    "a full-width at": lambda own, thief: f"http://{own}\uff20{thief}/",
    "a full-width slash": lambda own, thief: f"http://{own}\uff0f@{thief}/",
    "an IPv6 that is an IPv4": lambda own, thief: f"http://[::ffff:127.0.0.1]:{thief.partition(':')[2]}/",
    "an IPv6 with a zone": lambda own, thief: f"http://[::1%25lo]:{thief.partition(':')[2]}/",
    "a broken IPv6": lambda own, thief: f"http://[{own}]@{thief}/",
    "another name of this host": lambda own, thief: f"http://localhost:{thief.partition(':')[2]}/",
    "an octal host": lambda own, thief: f"http://0177.0.0.1:{thief.partition(':')[2]}/",
    "a number as host": lambda own, thief: f"http://2130706433:{thief.partition(':')[2]}/",
    "a port that is none": lambda own, thief: f"http://{own}x/",
    "a port too many": lambda own, thief: f"http://{own}:{thief.partition(':')[2]}/",
    "javascript": lambda own, thief: "javascript:alert(1)",
    "a file": lambda own, thief: "file:///etc/passwd",
    "data": lambda own, thief: "data:application/json,{}",
    "huge": lambda own, thief: f"http://{own}/api/lists?x={'x' * 100_000}",
    "half a character": lambda own, thief: f"http://{own}/api/\ud800",
    "a number": lambda own, thief: 7,
    "a list": lambda own, thief: [f"http://{thief}/"],
    "an object": lambda own, thief: {"href": f"http://{thief}/"},
    "a name and a word": lambda own, thief: f"http://user:word@{own}/api/lists",
}


def page(*ids: str, following: Any = None) -> dict[str, Any]:
    data = [{"type": "list", "id": id_, "attributes": {"name": id_}} for id_ in ids]
    return {"data": data, "links": {"next": following}}


@pytest.fixture(scope="module")
def thief() -> Iterator[RawServer]:
    with RawServer(http("200 OK", json.dumps(page("stolen")).encode())) as server:
        yield server


def read(platform: RawServer) -> list[str] | PlatformError:
    context = ConnectorContext(
        ACCOUNT, {"api_key": Secret(KEY)}, FakeClock(), OpenGate(), {"base_url": platform.url}
    )
    client = open_client(context)
    try:
        return [record.id for record in client.audiences(AudienceKind.LIST)]
    except PlatformError as error:
        return error
    finally:
        client.close()


@pytest.mark.parametrize("link", LINKS.values(), ids=list(LINKS))
def test_the_key_goes_nowhere_else(thief: RawServer, link: Link) -> None:
    with RawServer() as platform:
        following = link(platform.url.partition("//")[2], thief.url.partition("//")[2])
        first = http("200 OK", json.dumps(page("A", following=following)).encode())
        platform.answers += [first, http("200 OK", json.dumps(page("B")).encode())]
        outcome = read(platform)
    assert thief.received == []
    assert isinstance(outcome, MalformedResponse) or outcome == ["A", "B"]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Same", "308 Same"])
def test_a_redirect_is_not_followed(thief: RawServer, status: str) -> None:
    with RawServer(http(status, b"{}", f"Location: {thief.url}/api/lists")) as platform:
        assert isinstance(read(platform), MalformedResponse)
    assert thief.received == []


def test_a_page_that_is_followed_by_itself_ends() -> None:
    client, wire = scripted(Reply(200, page("A", "B", following="/api/lists")))
    assert [record.id for record in client.audiences(AudienceKind.LIST)] == ["A", "B"]
    assert len(wire.requests) == 2


@pytest.mark.parametrize("grow", [0, 50])
def test_pages_without_an_end_are_given_up(monkeypatch: pytest.MonkeyPatch, grow: int) -> None:
    monkeypatch.setattr(paging, "MOST_PAGES", 20)
    count = 0

    def more(_: Any) -> Reply:
        nonlocal count
        count += 1
        return Reply(200, page(f"L{count}", following=f"/api/lists?page={'x' * grow * count}{count}"))

    client, wire = scripted(more)
    with pytest.raises(MalformedResponse):
        list(client.audiences(AudienceKind.LIST))
    assert len(wire.requests) == 21


def test_a_report_without_an_end_is_given_up() -> None:
    count = 0

    def more(_: Any) -> Reply:
        nonlocal count
        count += 1
        following = f"/api/campaign-values-reports?page_cursor={count}"
        return Reply(200, {"data": {"attributes": {"results": []}}, "links": {"next": following}})

    client, wire = scripted(more)
    wanted = {
        "statistics": ["opens"],
        "timeframe": {"start": "2026-11-01T00:00:00", "end": "2026-11-02T00:00:00"},
        "conversion_metric_id": "M1",
    }
    with pytest.raises(MalformedResponse):
        list(client.campaign_values(wanted))
    assert len(wire.requests) < 225


PIECES = st.sampled_from(
    (
        *(
            "http:",
            "https:",
            "//",
            "/",
            "\\",
            "@",
            ":",
            "#",
            "?",
            "%",
            "[",
            "]",
            ".",
            " ",
            "\t",
            "\r\n",
            "\x00",
        ),
        *(
            "127.0.0.1",
            "localhost",
            "evil.example",
            "a.klaviyo.com",
            "::1",
            "80",
            "443",
            "%40",
            "%2f",
            "\uff20",
        ),
    )
)
OWN = "https://a.klaviyo.com"
READ = Endpoint("read")


@examples(500)
@given(st.lists(PIECES, max_size=9).map("".join) | st.text(max_size=40))
def test_whatever_the_link_the_request_stays_on_its_host(link: str) -> None:
    client, wire = scripted(Reply(200, page("A")))
    try:
        client.http.call("GET", link, endpoint=READ)
    except MalformedResponse:
        assert wire.requests == []
    else:
        assert [str(one.url)[: len(OWN) + 1] for one in wire.requests] == [f"{OWN}/"]
