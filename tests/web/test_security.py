"""What the server refuses, what stands on every answer, and what stands on none."""

from __future__ import annotations

from collections.abc import Callable

from browsing import Client, linked
from starlette.applications import Starlette
from starlette.routing import Route

from glowtify_adapters.app import App
from glowtify_adapters.web import server
from glowtify_adapters.web.guard import HEADERS
from glowtify_adapters.web.server import Place
from glowtify_core.domain.errors import CampaignRejected
from glowtify_klaviyo.sandbox import Sandbox

HOME = Place("127.0.0.1", 8080)

OpenWeb = Callable[..., Starlette]


# Which requests are refused before anything else


PATHS = ("/", "/connectors", "/login", "/language", "/static/site.css", "/nowhere")


def test_a_foreign_name_is_refused_first(stranger: Client) -> None:
    for host in ("evil.example", "127.0.0.1", "127.0.0.1:9", "localhost.evil.example:8080", ""):
        for path in PATHS:
            answer = stranger.get(path, headers={"host": host}, follow_redirects=False)
            assert answer.status_code == 400
            assert "set-cookie" not in answer.headers
            assert_guarded(answer)


def test_both_names_of_this_machine_are_ours(stranger: Client) -> None:
    for host in ("127.0.0.1:8080", "localhost:8080"):
        assert stranger.get("/login", headers={"host": host}).status_code == 200


def test_what_another_site_sends_is_refused_before_the_login(stranger: Client) -> None:
    del stranger.headers["sec-fetch-site"]
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": HOME.address},
        {"origin": "https://evil.example"},
        {"origin": "https://127.0.0.1:8080"},
        {"origin": "http://127.0.0.1:8081"},
        {"origin": "null"},
        {},
    ):
        for path in PATHS:
            answer = stranger.post(path, data={"csrf": "x"}, headers=headers, follow_redirects=False)
            assert answer.status_code == 403
            assert answer.text == "This request comes from another site.\n"
            assert_guarded(answer)


def test_no_method_gets_past_by_its_name(stranger: Client) -> None:
    for method in ["PUT", "DELETE", "PATCH", "TRACE", "MADE-UP"]:
        answer = stranger.request(method, "/connectors", headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403


def test_an_old_browser_says_where_it_comes_from(client: Client) -> None:
    del client.headers["sec-fetch-site"]
    answer = client.submit("/language", language="fr", back="/connectors", headers={"origin": HOME.address})
    assert answer.status_code == 200
    assert client.session.language == "fr"


def test_a_form_without_the_session_s_token_is_refused(client: Client) -> None:
    for token in (None, "", "wrong", "écrit à la main"):
        for path in ("/logout", "/language"):
            answer = client.post(path, data={} if token is None else {"csrf": token})
            assert answer.status_code == 403
            assert "This form is too old" in answer.text
    assert client.session.logged_in


def test_another_session_s_token_is_worth_nothing(client: Client, web: Starlette, links: list[str]) -> None:
    with Client(web, HOME) as other:
        other.log_in(links)
        assert client.post("/logout", data={"csrf": other.session.csrf}).status_code == 403
    assert client.session.logged_in


def test_a_token_may_come_as_a_header_but_not_as_a_file(client: Client) -> None:
    csrf = client.session.csrf
    assert client.post("/language", headers={"x-csrf": csrf}).status_code == 200
    assert client.post("/language", files={"csrf": ("csrf", csrf)}).status_code == 403


def test_a_body_has_its_limits(client: Client) -> None:
    size = server.LARGEST_BODY
    assert client.submit("/language", back="/" + "x" * size).status_code == 413
    in_pieces = (b"x" * 1_000_000 for _ in range(size // 1_000_000 + 2))
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = client.post("/language", content=in_pieces, headers=form)
    assert answer.status_code == 413
    assert_guarded(answer)


def test_a_form_that_cannot_be_read_is_refused(client: Client) -> None:
    answer = client.post("/language", content=b"x", headers={"content-type": "multipart/form-data"})
    assert answer.status_code == 400
    assert "What the browser sent could not be read" in answer.text


# What stands on every answer


def assert_guarded(answer, *, cached: bool = False) -> None:
    expected = HEADERS | ({"Cache-Control": answer.headers["cache-control"]} if cached else {})
    assert {name: answer.headers.get(name) for name in HEADERS} == expected
    assert "server" not in answer.headers


def test_every_answer_is_guarded(client: Client, stranger: Client) -> None:
    for path, status in [
        ("/", 303),
        ("/connectors", 200),
        ("/nowhere", 404),
        ("/static/nowhere", 404),
        ("/static/../server.py", 404),
        ("/static/%2e%2e/server.py", 404),
        ("/logout", 405),
    ]:
        answer = client.get(path, follow_redirects=False)
        assert answer.status_code == status, path
        assert_guarded(answer)
    for answer in (
        stranger.get("/connectors", follow_redirects=False),
        stranger.get("/login", headers={"host": "evil.example"}),
        stranger.post("/login", headers={"sec-fetch-site": "cross-site"}),
        stranger.head("/login"),
        stranger.request("OPTIONS", "/login"),
    ):
        assert_guarded(answer)


def test_the_policy_lets_nothing_run_that_stands_in_a_page() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_what_is_wrong_is_said_on_a_page(client: Client) -> None:
    answer = client.get("/logout")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert "<h1>Not possible</h1>" in answer.text
    assert "<h1>Not found</h1>" in client.get("/nowhere").text


def test_a_script_gets_a_part_and_no_whole_page(client: Client) -> None:
    answer = client.get("/nowhere", headers={"hx-request": "true"})
    assert answer.status_code == 404
    assert 'role="alert"' in answer.text
    assert "<html" not in answer.text


def test_our_own_mistake_says_nothing_of_its_words(app: App, open_web: OpenWeb, links: list[str]) -> None:
    def mistake(_request: object) -> None:
        raise ValueError("a-secret-in-an-error")

    def refusal(_request: object) -> None:
        raise CampaignRejected("Too late", code="too_late", remedy="Choose another time.")

    web = open_web(app)
    web.router.routes += [Route("/mistake", mistake), Route("/refusal", refusal)]
    with Client(web, HOME, raise_server_exceptions=False) as client:
        client.log_in(links)
        answer = client.get("/mistake")
        assert answer.status_code == 500
        assert_guarded(answer)
        assert "Something went wrong inside Glowtify" in answer.text
        assert "a-secret" not in answer.text
        answer = client.get("/refusal")
        assert answer.status_code == 409
        assert_guarded(answer)
        assert "Choose another time." in answer.text


def test_static_files_are_kept_by_their_version(stranger: Client) -> None:
    page = stranger.get("/login").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    kept = stranger.get(address)
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert_guarded(kept, cached=True)
    assert stranger.get("/static/site.css").headers["cache-control"] == "no-cache"


# Secrets


def test_no_answer_holds_a_key(client: Client, sandbox: Sandbox, links: list[str]) -> None:
    """Every page that is linked from another, with the key known, and a wrong one pasted."""
    seen, waiting = set(), ["/connectors"]
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = client.get(path)
        assert sandbox.api_key not in answer.text, path
        assert client.session.id not in answer.text, path
        assert sandbox.api_key not in str(answer.headers)
        waiting += {link for link in linked(answer.text) if link not in seen and link not in waiting}
        assert len(seen) < 300
    assert {"/connectors", "/campaigns", "/performance", "/emails/new"} <= seen
    session = client.session
    kept = (session.id, session.csrf, session.language, repr(session.notes), repr(session.kept), *links)
    assert sandbox.api_key not in repr(kept)
