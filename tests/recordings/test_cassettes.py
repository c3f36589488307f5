"""The cassettes are clean, and the scanner that says so finds what it looks for."""

from pathlib import Path

import pytest
import scrubbing

FOLDER = Path(__file__).parents[2] / "cassettes"


def test_every_cassette_is_clean():
    assert list(FOLDER.rglob("*.yaml")), "there are no cassettes"
    assert scrubbing.scan_folder(FOLDER) == []


@pytest.mark.parametrize(
    ("kind", "planted"),
    [
        ("key", "pk" + "_" + "a1b2c3d4"),
        ("cookie", "Set-Cookie: session=1"),
        ("cookie", "- __cf_bm=abc"),
        ("authorization", "Authorization: x"),
        ("address", "somebody@shop.test.org"),
        ("loopback address", "http://127.0.0.1:8080/api"),
        ("token", "Zx9qLm3TbV7uYw1KcR5nJh8GsD2fPa6EoI4t"),
    ],
)
def test_the_scanner_finds_what_is_planted(kind, planted, tmp_path):
    (tmp_path / "planted.yaml").write_text(f"interactions:\n- body: {planted}\n")

    assert any(found.startswith(f"planted.yaml: {kind}") for found in scrubbing.scan_folder(tmp_path))


def test_the_scanner_is_silent_on_what_belongs():
    harmless = "shop@example.com 01KWGMBMJJQJPKQ1FX7ZHP71JA 8c8f4aea-7289-4a13-b697-5dd5dde38f1e"

    assert list(scrubbing.scan(harmless)) == []


def test_scrubbing_drops_secrets_and_people():
    from vcr.request import Request

    request = Request(
        "GET", "http://127.0.0.1:99/api/accounts", None, {"Authorization": "secret", "revision": "2026-07-15"}
    )
    response = {
        "headers": {"Set-Cookie": ["a=b"], "Content-Type": ["application/json"]},
        "body": {"string": b'{"organization_name": "Real Ltd", "street_address": {"city": "X"}, "id": "A"}'},
    }

    assert scrubbing.scrub_request(request).uri == "https://a.klaviyo.com/api/accounts"
    assert dict(request.headers) == {"revision": "2026-07-15"}
    scrubbed = scrubbing.scrub_response(response)
    assert scrubbed["headers"] == {"Content-Type": ["application/json"]}
    assert scrubbed["body"]["string"] == b'{"organization_name": "Example Shop", "id": "A"}'
