"""Filters, sorting, pages, sparse fields and included resources."""

from __future__ import annotations

import pytest

EMAIL = "equals(messages.channel,'email')"


def names(document):
    return [item["attributes"]["name"] for item in document["data"]]


def test_campaigns_need_a_channel_filter(api):
    error = api.refused("GET", "/api/campaigns", 400)
    assert "channel filter is required" in error["detail"]
    assert error["source"] == {"parameter": "filter"}


def test_the_default_account_has_a_year_of_twelve_sent_campaigns_and_a_draft(api):
    statuses = [item["attributes"]["status"] for item in api.get("/api/campaigns", filter=EMAIL)["data"]]
    assert sorted(statuses) == ["Draft"] + ["Sent"] * 12


@pytest.mark.parametrize(
    "text",
    [
        f"and({EMAIL},contains(name,'WINTER'))",
        f"{EMAIL},contains(name,'Winter')",
        'equals(messages.channel,"email"),contains(name,"Winter")',
        f" and( {EMAIL} , contains( name , 'Winter' ) ) ",
        'and(equals(messages.channel,"email"),contains(name,"W\\u0069nter"))',
    ],
)
def test_filters_are_joined_by_and_or_a_comma_in_either_quotes(api, text):
    assert names(api.get("/api/campaigns", filter=text)) == ["Winter warmers"]


def test_a_campaign_name_knows_only_contains(api):
    error = api.refused("GET", "/api/campaigns", 400, params={"filter": f"{EMAIL},equals(name,'x')"})
    assert error["detail"] == (
        "'equals' is not an allowed filter operator for name.  Allowed operators are contains"
    )
    assert error["source"] == {"parameter": "filter"}


@pytest.mark.parametrize(
    "text",
    [
        f"{EMAIL},equals(send_time,2026-01-01T00:00:00Z)",
        f"{EMAIL},any(id,'01A')",
        f"{EMAIL},equals(status,'Nonsense')",
        f"{EMAIL},equals(archived,'false')",
        f"{EMAIL},greater-than(created_at,2030-01-01T00:00:00Z)",
        f"{EMAIL},greater-than(created_at,2026-01-01T00:00:00 00:00)",
        f"{EMAIL},greater-than(created_at,soon)",
        f"or({EMAIL},{EMAIL})",
        f"{EMAIL},",
        f"{EMAIL})",
        "equals(messages.channel,'email'",
        "equals(messages.channel,email)",
        "equals(messages.channel,'pigeon')",
        'equals(messages.channel,"email',
    ],
)
def test_filters_outside_the_grammar_or_the_rules_are_refused(api, text):
    error = api.refused("GET", "/api/campaigns", 400, params={"filter": text})
    assert (error["code"], error["source"]) == ("invalid", {"parameter": "filter"})


def test_campaigns_are_found_by_ids_status_and_time(api):
    draft = api.sandbox.ready["campaign"]["id"]
    one = f'{EMAIL},any(id,["{draft}","01NOPE"]),any(status,["Draft","Scheduled"]),equals(archived,false)'
    assert [item["id"] for item in api.get("/api/campaigns", filter=one)["data"]] == [draft]
    recent = api.get("/api/campaigns", filter=f"{EMAIL},greater-than(created_at,2026-10-01T00:00:00Z)")
    assert 0 < len(recent["data"]) < 5


def test_the_limit_of_any_is_a_guess(klaviyo, api):
    klaviyo.configure(guesses={"any_limit": 2})
    text = f'{EMAIL},any(id,["a","b","c"])'
    api.refused("GET", "/api/campaigns", 400, params={"filter": text})


def test_archived_campaigns_are_hidden_unless_asked_for(klaviyo, api):
    draft = klaviyo.ready["campaign"]["id"]
    klaviyo.act(draft, "archive")

    def listed(text):
        return [item["id"] for item in api.get("/api/campaigns", filter=text)["data"]]

    assert draft not in listed(EMAIL)
    assert listed(f"{EMAIL},equals(archived,true)") == [draft]
    klaviyo.configure(guesses={"archived_listed": True})
    assert draft in listed(EMAIL)


@pytest.mark.parametrize("sort", ["name", "created_at", "id", "updated_at", "scheduled_at"])
def test_sorting_goes_both_ways(api, sort):
    up = [item["id"] for item in api.get("/api/campaigns", filter=EMAIL, sort=sort)["data"]]
    down = [item["id"] for item in api.get("/api/campaigns", filter=EMAIL, sort=f"-{sort}")["data"]]
    assert up == down[::-1]


def test_an_unknown_sort_is_refused(api):
    params = {"filter": EMAIL, "sort": "send_time"}
    assert api.refused("GET", "/api/campaigns", 400, params=params)["source"] == {"parameter": "sort"}


@pytest.mark.parametrize("sort", ["name", "-created_at"])
def test_pages_bring_every_campaign_once_and_in_order(api, sort):
    whole = api.get("/api/campaigns", filter=EMAIL, sort=sort)["data"]
    pages = api.pages("/api/campaigns", **{"filter": EMAIL, "sort": sort, "page[size]": 5})
    assert [len(page["data"]) for page in pages] == [5, 5, 3]
    assert [item["id"] for page in pages for item in page["data"]] == [item["id"] for item in whole]
    assert pages[0]["links"]["prev"] is None
    back = pages[2]["links"]["prev"].removeprefix(api.sandbox.base_url)
    assert api.get(back)["data"] == pages[1]["data"]


def test_a_page_is_not_shifted_by_what_comes_in_meanwhile(api):
    first = api.get("/api/campaigns", **{"filter": EMAIL, "sort": "-created_at", "page[size]": 4})
    api.create()
    following = api.get(first["links"]["next"].removeprefix(api.sandbox.base_url))
    assert not {item["id"] for item in first["data"]} & {item["id"] for item in following["data"]}


@pytest.mark.parametrize(
    ("path", "largest"),
    [
        ("/api/lists", 10),
        ("/api/segments", 10),
        ("/api/templates", 10),
        ("/api/tags", 50),
        ("/api/profiles", 100),
    ],
)
def test_page_sizes_have_a_maximum(api, path, largest):
    assert api.get(path, **{"page[size]": largest})["data"] is not None
    for size in (0, largest + 1, "many"):
        error = api.refused("GET", path, 400, params={"page[size]": size})
        assert error["source"] == {"parameter": "page[size]"}


def test_metrics_take_no_page_size(api):
    api.refused("GET", "/api/metrics", 400, params={"page[size]": 10})


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "WyJuZXh0IiwxLDJd"])
def test_an_invented_cursor_is_refused(api, cursor):
    api.refused("GET", "/api/lists", 400, params={"page[cursor]": cursor})


def test_sparse_fields_set_the_attributes_and_their_order(api):
    draft = api.sandbox.ready["campaign"]["id"]
    path = f"/api/campaigns/{draft}"
    document = api.get(path, **{"fields[campaign]": "status,name,audiences.included"})
    attributes = document["data"]["attributes"]
    assert list(attributes) == ["status", "name", "audiences"]
    assert list(attributes["audiences"]) == ["included"]
    assert document["data"]["relationships"]
    assert document["links"]["self"].endswith(
        f"{path}?fields%5Bcampaign%5D=status%2Cname%2Caudiences.included"
    )


def test_the_account_can_be_asked_for_its_id_alone(api):
    data = api.get("/api/accounts", **{"fields[account]": "id"})["data"]
    assert [item["attributes"] for item in data] == [{}]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("fields[campaign]", "nonsense"),
        ("fields[nonsense]", "name"),
        ("include", "campaign-messagess"),
        ("additional-fields[campaign]", "profile_count"),
    ],
)
def test_unknown_fields_and_includes_are_refused(api, parameter, value):
    draft = api.sandbox.ready["campaign"]["id"]
    error = api.refused("GET", f"/api/campaigns/{draft}", 400, params={parameter: value})
    assert error["source"] == {"parameter": parameter}


def test_the_refusal_of_an_include_has_the_documented_wording(api):
    error = api.refused("GET", "/api/lists", 400, params={"include": "profiless"})
    assert error["detail"] == "'profiless' is not an allowed include parameter for this resource."


def test_include_always_brings_included_and_data(api):
    draft = api.sandbox.ready["campaign"]["id"]
    document = api.get(f"/api/campaigns/{draft}", include="campaign-messages,tags")
    assert document["data"]["relationships"]["tags"]["data"] == []
    message = document["included"][0]
    assert message["attributes"]["definition"]["content"]["from_email"] == "shop@example.com"
    assert set(message["relationships"]["template"]) == {"links"}
    assert api.get("/api/lists", include="tags")["included"] == []
    assert "included" not in api.get("/api/lists")


def test_lists_by_ids_have_a_useless_previous_link(api):
    chosen = api.sandbox.ready["lists"][0]["id"]
    links = api.get("/api/lists", filter=f'any(id,["{chosen}"])')["links"]
    assert links["next"] is None
    assert "page%5Bcursor%5D=%3CFilters" in links["prev"]


def test_a_list_can_be_found_by_its_exact_name_only(api):
    assert names(api.get("/api/lists", filter='equals(name,"Newsletter")')) == ["Newsletter"]
    assert names(api.get("/api/lists", filter='any(name,["Newsletter","Customers"])')) == [
        "Customers",
        "Newsletter",
    ]
    api.refused("GET", "/api/lists", 400, params={"filter": "contains(name,'News')"})


def test_counts_come_only_with_the_single_read_and_its_stricter_limit(api):
    chosen = api.sandbox.ready["lists"][0]["id"]
    plain = api.call("GET", f"/api/lists/{chosen}")
    counted = api.call("GET", f"/api/lists/{chosen}", params={"additional-fields[list]": "profile_count"})
    assert "profile_count" not in plain.json()["data"]["attributes"]
    assert plain.headers["ratelimit-limit"] == "75, 75;w=1, 750;w=60"
    assert counted.json()["data"]["attributes"]["profile_count"] == 4200
    assert counted.headers["ratelimit-limit"] == "1, 1;w=1, 15;w=60"
    api.refused("GET", "/api/lists", 400, params={"additional-fields[list]": "profile_count"})


def test_a_segment_that_is_processing_counts_nobody(klaviyo, api):
    fresh = klaviyo.add_audience("Fresh", kind="segment", members=50, is_processing=True)
    attributes = api.get(f"/api/segments/{fresh}", **{"additional-fields[segment]": "profile_count"})["data"][
        "attributes"
    ]
    assert (attributes["is_processing"], attributes["profile_count"]) == (True, 0)


def test_members_are_people_at_example_com(api):
    chosen = api.sandbox.ready["segments"][1]["id"]
    profiles = api.get(f"/api/segments/{chosen}/profiles", **{"page[size]": 30})["data"]
    assert len(profiles) == 30
    assert all(profile["attributes"]["email"].endswith("@example.com") for profile in profiles)
    ids = api.get(f"/api/segments/{chosen}/relationships/profiles", **{"page[size]": 30})["data"]
    assert [item["id"] for item in ids] == [profile["id"] for profile in profiles]


def test_placed_order_is_the_first_metric_and_the_mapped_revenue(api):
    metrics = api.get("/api/metrics")["data"]
    assert metrics[0]["attributes"]["name"] == "Placed Order"
    revenue = api.get("/api/mapped-metrics/revenue")["data"]
    assert revenue["relationships"]["metric"]["data"] == {"type": "metric", "id": metrics[0]["id"]}
    assert "relationships" not in api.get("/api/mapped-metrics/started_checkout", include="metric")["data"]
    assert api.refused("GET", "/api/mapped-metrics/nope", 400)["source"] == {"pointer": "/data/attributes/id"}
