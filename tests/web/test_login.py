"""Who gets in, how long they stay, and where the page may be served."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from browsing import Client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from glowtify_adapters.app import App
from glowtify_adapters.web import login
from glowtify_adapters.web.server import Place
from glowtify_adapters.web.sessions import IDLE, STRANGERS, Session, Sessions
from glowtify_core.domain.errors import ConfigurationError
from glowtify_core.ports.credentials import Secret

HOME = Place("127.0.0.1", 8080)
ABROAD = Place("127.0.0.1", 8080, "https://mail.example.com", Secret("correct horse battery"))


@pytest.fixture
def visitor(app: App, open_web: Callable[..., Starlette]) -> Iterator[Client]:
    """Somebody who reaches a server through https."""
    with Client(open_web(app, ABROAD), ABROAD) as client:
        yield client


# Who gets in


def test_a_stranger_is_sent_to_the_login(stranger: Client) -> None:
    for path in ("/", "/connectors", "/campaigns", "/performance", "/emails/new", "/nowhere", "/loginx"):
        answer = stranger.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_a_link_works_once_and_another_is_printed(stranger: Client, web: Starlette, links: list[str]) -> None:
    (first,) = links
    stranger.log_in(links)
    assert len(links) == 2
    assert links[1] != first
    with Client(web, HOME) as other:
        answer = other.get(first)
        assert "That did not open." in answer.text
        assert not other.session.logged_in
        other.log_in(links)


def test_another_token_does_not_open(stranger: Client, links: list[str]) -> None:
    for token in ("", "wrong", "é"):
        assert "That did not open." in stranger.get("/login", params={"token": token}).text
        assert not stranger.session.logged_in
    assert len(links) == 1


def test_looking_whether_a_link_is_there_does_not_use_it_up(stranger: Client, links: list[str]) -> None:
    stranger.head(links[0])
    assert len(links) == 1
    stranger.log_in(links)


def test_who_logs_in_gets_another_session(stranger: Client, links: list[str]) -> None:
    stranger.get("/login")
    before, csrf = stranger.cookies[stranger.web.state.desk.sessions.cookie], stranger.session.csrf
    stranger.log_in(links)
    assert stranger.session.id != before
    assert stranger.session.csrf != csrf
    stranger.cookies.clear()
    stranger.cookies.set(stranger.web.state.desk.sessions.cookie, before, domain="127.0.0.1")
    assert stranger.get("/connectors", follow_redirects=False).status_code == 303


def test_an_id_that_nobody_gave_is_not_taken_over(stranger: Client) -> None:
    name = stranger.web.state.desk.sessions.cookie
    stranger.cookies.set(name, "chosen-by-somebody-else", domain="127.0.0.1")
    assert stranger.get("/connectors", follow_redirects=False).headers["location"] == "/login"
    assert "chosen-by-somebody-else" not in stranger.get("/login").headers["set-cookie"]


def test_the_cookie_is_for_us_alone(stranger: Client) -> None:
    name, *attributes = stranger.get("/login").headers["set-cookie"].split("; ")
    assert name.startswith("glowtify-8080=")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=strict"]


def test_behind_https_it_is_bound_to_the_host(visitor: Client) -> None:
    name, *attributes = visitor.get("/login").headers["set-cookie"].split("; ")
    assert name.startswith("__Host-glowtify=")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=strict", "Secure"]


def test_logging_out_ends_the_session_and_takes_the_cookie_away(client: Client) -> None:
    name, old = client.web.state.desk.sessions.cookie, client.session.id
    answer = client.submit("/logout")
    assert answer.history[0].headers["set-cookie"].startswith(f'{name}=""; ')
    client.cookies.clear()
    client.cookies.set(name, old, domain="127.0.0.1")
    assert client.get("/connectors", follow_redirects=False).headers["location"] == "/login"


def test_the_password_opens_and_a_wrong_one_does_not(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "SLOW", 0)
    assert "Password" in visitor.get("/login").text
    for wrong in ("", "wrong", "correct horse batter", "é"):
        answer = visitor.submit("/login", password=wrong)
        assert answer.status_code == 403
        assert 'role="alert"' in answer.text
        assert not visitor.session.logged_in
    assert visitor.submit("/login", password="correct horse battery").status_code == 200
    assert visitor.session.logged_in


def test_without_a_password_none_opens(stranger: Client) -> None:
    assert 'type="password"' not in stranger.get("/login").text
    assert stranger.submit("/login", password="").status_code == 403
    assert not stranger.session.logged_in


def test_nobody_is_sent_elsewhere_by_the_language(client: Client) -> None:
    for back in (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "evil",
        "/a\r\nb: c",
    ):
        answer = client.submit("/language", language="fr", back=back)
        assert answer.history[0].headers["location"] == "/"


def test_the_language_leads_back_to_the_page(client: Client) -> None:
    answer = client.submit("/language", language="fr", back="/campaigns?month=2027-03&state=sent")
    assert answer.history[0].headers["location"] == "/campaigns?month=2027-03&state=sent"


# Sessions


class Seconds:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_session_that_is_not_used_ends() -> None:
    seconds = Seconds()
    sessions, session = _kept(seconds)
    seconds.now += IDLE - 1
    assert sessions.of(_request(sessions, session)) is session
    seconds.now += IDLE - 1
    assert sessions.of(_request(sessions, session)) is session
    seconds.now += IDLE + 1
    assert sessions.of(_request(sessions, session)) is not session


def test_strangers_do_not_fill_the_memory() -> None:
    sessions, first = _kept(Seconds())
    first.logged_in = True
    strangers = [_keep(sessions) for _ in range(STRANGERS + 5)]
    assert sessions.of(_request(sessions, first)) is first
    assert sessions.of(_request(sessions, strangers[0])) is not strangers[0]
    assert sessions.of(_request(sessions, strangers[-1])) is strangers[-1]


def _kept(seconds: Seconds) -> tuple[Sessions, Session]:
    sessions = Sessions(secure=False, port=1, seconds=seconds)
    return sessions, _keep(sessions)


def _keep(sessions: Sessions) -> Session:
    session = sessions.of(_request(sessions))
    sessions.set_cookie(Response(), session)
    return session


def _request(sessions: Sessions, session: Session | None = None):
    cookie = f"{sessions.cookie}={session.id}" if session else ""
    return Request({"type": "http", "headers": [(b"cookie", cookie.encode())]})


# Where it may be served


@pytest.mark.parametrize(
    "place",
    [
        Place("0.0.0.0", 80),
        Place("192.0.2.1", 8080, "http://mail.example.com", Secret("x")),
        Place("192.0.2.1", 8080, "https://mail.example.com"),
        Place("example.com", 8080, None, Secret("x")),
        Place("127.0.0.1", 8080, "http://mail.example.com", Secret("x")),
        Place("127.0.0.1", 8080, "https://mail.example.com"),
    ],
)
def test_the_network_is_not_served_in_the_clear_or_without_a_password(place: Place) -> None:
    with pytest.raises(ConfigurationError) as refused:
        place.check()
    assert refused.value.code == "web_exposed"
    assert "GLOWTIFY_WEB_ORIGIN" in refused.value.remedy


@pytest.mark.parametrize(
    "place",
    [
        Place("127.0.0.1", 8080),
        Place("localhost", 8080),
        Place("::1", 8080),
        Place("127.0.0.1", 8080, "http://localhost:9000"),
        Place("0.0.0.0", 8080, "https://mail.example.com", Secret("x")),
    ],
)
def test_this_machine_is_served_and_others_through_tls(place: Place) -> None:
    place.check()


def test_addresses_are_written_as_browsers_write_them() -> None:
    assert Place("::1", 8080).address == "http://[::1]:8080"
    assert "http://127.0.0.1" in Place("127.0.0.1", 80).origins
    assert Place("0.0.0.0", 80, "https://a.example", Secret("x")).origins == {"https://a.example"}
