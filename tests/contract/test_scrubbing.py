"""What passes the allowlist, what becomes of secrets and ids, and what the scanner finds."""

from __future__ import annotations

import base64
import json
import sys
from types import ModuleType
from urllib.parse import quote

import pytest
from marshmallow import Schema, fields
from vcr.request import Request

from glowtify_core.testing import Allowlist, PlatformId, known_fields
from glowtify_core.testing.cassettes.scanning import scan, scan_folder
from glowtify_core.testing.cassettes.scrubbing import Scrubber, traces
from glowtify_core.testing.cassettes.stable_ids import with_stable_ids

SECRET = 's3cret/of+ä "shop"'
ALLOW = Allowlist(
    host="api.acme.example.com",
    headers={"Accept", "location"},
    fields={"id", "name", "data", "list", "note"},
    stand_ins={"email": "shop@example.com", "from": {"name": "The Shop"}},
    ids=(PlatformId("cmp_[0-9a-f]{4}"),),
    texts={"text/html"},
    keys=("pk_[a-z0-9]{6,}",),
    opaque=("cursor=[A-Za-z0-9]+",),
)
JSON = {"Content-Type": "application/json; charset=utf-8"}


@pytest.fixture
def scrubber():
    return Scrubber(ALLOW, {SECRET: "REPLAYED"})


def asked(scrubber, uri="https://api.acme.example.com/", body=None, headers=JSON):
    return scrubber.request(Request("POST", uri, body, headers))


def answered(scrubber, body, kind="application/json", **headers):
    headers = {name: [value] for name, value in {"content-type": kind, **headers}.items()}
    status = {"code": 200, "message": "OK"}
    return scrubber.response({"status": status, "headers": headers, "body": {"string": body}})


def kept(scrubber, document):
    return json.loads(answered(scrubber, json.dumps(document).encode())["body"]["string"])


# --- the allowlist ---


def test_named_headers_are_kept_in_any_case_and_no_others(scrubber):
    sent = {**JSON, "accept": "x", "Authorization": "Bearer x", "Cookie": "a=b", "Content-Length": "9"}

    assert dict(asked(scrubber, headers=sent).headers) == {**JSON, "accept": "x"}
    answer = answered(scrubber, b"", **{"set-cookie": "a=b", "date": "today", "Location": "/cmp"})
    assert answer["headers"] == {"content-type": ["application/json"], "Location": ["/cmp"]}


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "set-cookie", "Content-Length"])
def test_some_headers_cannot_be_allowed(name):
    with pytest.raises(ValueError, match=f"never kept in a cassette: {name.lower()}"):
        Allowlist(host="x", headers={name})


def test_named_members_are_kept_at_any_depth_and_what_is_not_named_goes_with_all_below_it(scrubber):
    document = {"data": [{"id": 7, "phone": 1, "list": ["a", None, True]}], "owner": {"name": "X"}}

    assert kept(scrubber, document) == {"data": [{"id": 7, "list": ["a", None, True]}]}
    assert kept(scrubber, [{"id": 1, "secret": 2}, "bare"]) == [{"id": 1}]


def test_members_that_are_named_by_an_id_are_kept(scrubber):
    assert kept(scrubber, {"cmp_00ff": {"id": 1}, "cmp_": 2}) == {"cmp_00ff": {"id": 1}}


def test_stand_ins_take_the_place_of_values_in_bodies_forms_and_queries_and_null_stays(scrubber):
    assert kept(scrubber, {"email": "me@real.org", "from": {"name": "Me", "email": "me@real.org"}}) == {
        "email": "shop@example.com",
        "from": {"name": "The Shop"},
    }
    assert kept(scrubber, {"email": None}) == {"email": None}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    request = asked(scrubber, "https://a.b/c?email=me%40real.org&x=%28y%29", b"email=me%40real.org&z=1", form)
    assert request.uri == "https://a.b/c?email=shop%40example.com&x=%28y%29"
    assert request.body == b"email=shop%40example.com"


@pytest.mark.parametrize("body", [b"id,name\n1,Me", b"\xff\xfe", b'"just a text"', b"12", b""])
def test_other_bodies_are_not_stored(scrubber, body):
    assert answered(scrubber, body, "text/csv")["body"]["string"] == b""


def test_texts_are_stored_where_their_type_is_named(scrubber):
    page = f"<p>{SECRET}</p>".encode()

    assert answered(scrubber, page, "text/html")["body"]["string"] == b"<p>REPLAYED</p>"
    assert answered(scrubber, page, "text/plain")["body"]["string"] == b""


def test_uploads_are_not_stored(scrubber):
    assert asked(scrubber, body=iter([b"picture"])).body == b""


@pytest.mark.parametrize("here", ["http://127.0.0.1:8123", "http://localhost:1", "http://[::1]:99"])
def test_the_platforms_name_stands_where_a_loopback_address_was_asked(scrubber, here):
    assert asked(scrubber, f"{here}/a?b=c").uri == "https://api.acme.example.com/a?b=c"
    assert kept(scrubber, {"note": f"{here}/next"}) == {"note": "https://api.acme.example.com/next"}
    assert answered(scrubber, b"", location=f"{here}/x")["headers"]["location"] == [
        "https://api.acme.example.com/x"
    ]


def test_scrubbing_what_is_scrubbed_changes_nothing(scrubber):
    once = asked(scrubber, f"http://127.0.0.1:1/{quote(SECRET)}?email=a%40b.cc", b'{"email": "x", "no": 1}')
    twice = scrubber.request(once)

    assert (twice.uri, twice.body, dict(twice.headers)) == (once.uri, once.body, dict(once.headers))


def test_the_fields_that_schemas_know_are_named_by_their_module():
    module = ModuleType("acme_schemas")

    class CampaignSchema(Schema):
        name = fields.Str()
        due = fields.Str(data_key="send_at")

    CampaignSchema.__module__ = module.__name__
    module.CampaignSchema, module.Schema, module.sys = CampaignSchema, Schema, sys

    assert known_fields(module) == {"name", "send_at"}


# --- secrets ---


@pytest.mark.parametrize(
    ("told", "stored"),
    [
        (SECRET, "REPLAYED"),
        (f"key {SECRET}!", "key REPLAYED!"),
        (f"?key={quote(SECRET, safe='')}&x", "?key=REPLAYED&x"),
        (json.dumps({"deep": SECRET}), '{"deep": "REPLAYED"}'),
        (base64.b64encode(f"user:{SECRET}".encode()).decode(), base64.b64encode(b"user:REPLAYED").decode()),
        (base64.urlsafe_b64encode(f"??>{SECRET}".encode()).decode(), "Pz8-UkVQTEFZRUQ="),
    ],
)
def test_a_secret_is_replaced_in_every_form(scrubber, told, stored):
    assert kept(scrubber, {"note": told}) == {"note": stored}
    assert answered(scrubber, b"", location=told)["headers"]["location"] == [stored]


def test_a_secret_is_replaced_in_addresses_so_that_a_replay_asks_for_the_same(scrubber):
    recorded = asked(scrubber, f"https://a.b/{quote(SECRET, safe='')}/x?key={quote(SECRET, safe='')}")
    replayed = asked(Scrubber(ALLOW, {}), "https://a.b/REPLAYED/x?key=REPLAYED")

    assert recorded.uri == replayed.uri


@pytest.mark.parametrize(
    "trace", [*traces(SECRET), SECRET.upper(), base64.b64encode(f"x{SECRET}y".encode()).decode()]
)
def test_a_secret_is_found_in_every_form(trace):
    text = json.dumps({"interactions": [{"body": f"..{trace}.."}]})

    assert "secret: the value of api_key" in scan(text, ALLOW, {"api_key": SECRET})


# --- ids ---


def conversation(*exchanges):
    requests = [Request("GET", uri, body, JSON) for uri, body, _ in exchanges]
    responses = [
        {"headers": {"content-type": ["application/json"]}, "body": {"string": json.dumps(told).encode()}}
        for _, _, told in exchanges
    ]
    return requests, responses


def replaced(ids, *exchanges):
    requests, responses = with_stable_ids(*conversation(*exchanges), ids)
    return (
        [request.uri for request in requests],
        [request.body for request in requests],
        [json.loads(response["body"]["string"]) for response in responses],
    )


def test_an_id_becomes_the_same_everywhere_and_another_id_another():
    uris, bodies, told = replaced(
        [PlatformId("cmp_[0-9a-f]{4}", like="cmp_{number:04}")],
        ("https://a.b/", None, {"made": "cmp_beef", "next": "https://a.b/cmp_beef?of=%22cmp_f00d%22"}),
        (
            "https://a.b/cmp_f00d?any=%5B%22cmp_beef%22%5D",
            b'{"ids": ["cmp_f00d"]}',
            {"cmp_beef": "Copy of cmp_f00d"},
        ),
    )

    assert told[0] == {"made": "cmp_0001", "next": "https://a.b/cmp_0001?of=%22cmp_0002%22"}
    assert uris[1] == "https://a.b/cmp_0002?any=%5B%22cmp_0001%22%5D"
    assert json.loads(bodies[1]) == {"ids": ["cmp_0002"]}
    assert told[1] == {"cmp_0001": "Copy of cmp_0002"}


def test_an_id_without_a_form_of_its_own_is_known_by_its_field_and_may_be_a_number():
    uris, _, told = replaced(
        [
            PlatformId("[0-9]+", fields={"id"}, like="9{number:03}"),
            PlatformId(fields={"cursor"}, like="c{number}"),
        ],
        (
            "https://a.b/",
            None,
            {"id": 1234, "count": 1234, "text": "no 1234", "next": "https://a.b/?cursor=q%3D"},
        ),
        ("https://a.b/1234/x?cursor=q%3D", None, {"id": "1234", "more": True}),
    )

    assert told[0] == {"id": 9001, "count": 1234, "text": "no 9001", "next": "https://a.b/?cursor=c1"}
    assert uris[1] == "https://a.b/9001/x?cursor=c1"
    assert told[1] == {"id": "9001", "more": True}


def test_what_a_request_named_first_is_the_tests_own_and_stays():
    uris, _, told = replaced(
        [PlatformId("L[0-9]+")], ("https://a.b/L1", None, {"id": "L1", "other": "L2", "word": "ALL2"})
    )

    assert uris == ["https://a.b/L1"]
    assert told == [{"id": "L1", "other": "id0001", "word": "ALL2"}]


def test_what_stands_for_a_number_has_to_be_one():
    with pytest.raises(ValueError, match="id0001"):
        replaced([PlatformId(fields={"id"})], ("https://a.b/", None, {"id": 7}))


# --- the scanner ---


@pytest.mark.parametrize(
    ("kind", "planted"),
    [
        ("key", "pk_a1b2c3d4"),
        ("cookie", "Set-Cookie: session=1"),
        ("cookie", "cookie: a"),
        ("cookie", "__cf_bm=abc"),
        ("authorization", "Authorization: x"),
        ("authorization", '"authorization": "x"'),
        ("bearer token", "Bearer abc.def"),
        ("e-mail address", "somebody@shop.test.org"),
        ("e-mail address", "?to=somebody%40shop.test.org"),
        ("loopback address", "http://127.0.0.1:8080/api"),
        ("loopback address", "localhost"),
        ("token", "Zx9qLm3TbV7uYw1KcR5nJh8GsD2fPa6EoI4t"),
        ("token", "9f86d081884c7d659a2feaa0c55ad015"),
        ("token", "https://a.b/?x=Zx9qLm3TbV7uYw1KcR5nJh8GsD2fPa6EoI4t"),
    ],
)
def test_the_scanner_finds_what_is_planted_and_does_not_repeat_it(kind, planted, tmp_path):
    text = json.dumps({"interactions": [{"response": {"body": {"string": json.dumps({"note": planted})}}}]})
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "planted.yaml").write_text(text)

    found = scan_folder(tmp_path, ALLOW)

    assert any(one.startswith(f"sub/planted.yaml: {kind}: ") for one in found)
    assert not any(planted in one for one in found if len(planted) > 9)


def test_the_scanner_reads_what_yaml_has_folded():
    folded = 'interactions:\n- body: "Zx9qLm3TbV7uYw1KcR\\\n    5nJh8GsD2fPa6EoI4t"\n'

    assert scan(folded, ALLOW) == ["token: Zx9qLm... (36 characters)"]


@pytest.mark.parametrize(
    "harmless",
    [
        "shop@example.com",
        "01KWGMBMJJQJPKQ1FX7ZHP71JA",
        "8c8f4aea-7289-4a13-b697-5dd5dde38f1e",
        "Win a cookie, no authorization needed",
        "cursor=Zx9qLm3TbV7uYw1KcR5nJh8GsD2fPa6EoI4t",
        "00000000000000000000000000000000",
        "x-klaviyo-revision-fall-forward-opt-out",
    ],
)
def test_the_scanner_is_silent_on_what_belongs(harmless):
    assert scan(json.dumps({"interactions": [{"body": harmless}]}), ALLOW) == []
