"""No account is written to by a live recording but one that is meant for it."""

from contextlib import closing, nullcontext
from datetime import timedelta

import pytest
from fakes import START, FakeClock, OpenGate
from klaviyo_live import check_account

from glowtify_core.domain.connection import AccountInfo
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Secret
from glowtify_klaviyo.plugin import MANIFEST
from glowtify_klaviyo.sandbox import Sandbox

ACCOUNT = AccountInfo("ACC001", "Example Shop", "Europe/Berlin", "EUR")


@pytest.fixture(scope="module")
def klaviyo():
    with Sandbox(now=START) as sandbox:
        yield sandbox


@pytest.fixture
def newsletter(klaviyo):
    """The list, of five people; the account is as the test leaves it."""
    (newsletter,) = (one for one in klaviyo.state.audiences.values() if one.name == "Newsletter")
    account = klaviyo.state.account.attributes
    before, newsletter.members = newsletter.members, range(5)
    yield newsletter
    newsletter.members, account["test_account"] = before, True


def check(klaviyo, chosen, days=8):
    settings = {"base_url": klaviyo.base_url}
    credentials = {"api_key": Secret(klaviyo.api_key)}
    context = ConnectorContext(ACCOUNT, credentials, FakeClock(), OpenGate(), settings)
    with closing(MANIFEST.factory(context)) as platform:
        return check_account(platform, chosen=chosen, now=START, first_due=START + timedelta(days=days))


def refusal(sentence):
    return pytest.raises(AssertionError, match=sentence)


def test_a_test_account_with_the_small_list_that_was_named_is_accepted(klaviyo, newsletter):
    assert check(klaviyo, newsletter.id).test_account is True


def test_a_list_has_to_be_named(klaviyo, newsletter):
    with refusal("GLOWTIFY_LIVE_LIST has to be the id of the list Newsletter"):
        check(klaviyo, None)


def test_another_list_is_refused(klaviyo, newsletter):
    with refusal("GLOWTIFY_LIVE_LIST is not the account's one list Newsletter"):
        check(klaviyo, "AbC123")


@pytest.mark.parametrize(("people", "expected"), [(5, nullcontext()), (6, refusal("more than 5 profiles"))])
def test_a_list_of_more_than_five_is_refused(klaviyo, newsletter, people, expected):
    newsletter.members = range(people)

    with expected:
        check(klaviyo, newsletter.id)


@pytest.mark.parametrize("said", [False, None])
def test_an_account_that_does_not_call_itself_one_for_tests_is_refused(klaviyo, newsletter, said):
    klaviyo.state.account.attributes["test_account"] = said

    with refusal("this is no Klaviyo test account"):
        check(klaviyo, newsletter.id)


@pytest.mark.parametrize(("days", "expected"), [(8, nullcontext()), (7, refusal("due within a week"))])
def test_what_is_due_within_a_week_is_refused(klaviyo, newsletter, days, expected):
    with expected:
        check(klaviyo, newsletter.id, days)
