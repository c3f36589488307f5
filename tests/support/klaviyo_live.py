"""Which Klaviyo account live recordings may write to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from glowtify_core.domain.audience import AudienceKind, AudienceQuery
from glowtify_core.domain.connection import AccountInfo

LIST = "Newsletter"
AHEAD = timedelta(weeks=1)
MOST_PROFILES = 5


def check_account(platform: Any, *, chosen: str | None, now: datetime, first_due: datetime) -> AccountInfo:
    """A test account, a small list that the person named, and nothing that is sent within a week.

    Args:
        platform: opened for the account; it is only read.
        chosen: the id of the list that the person named.
        now, first_due: aware; the first e-mail of the stories is due then.

    Raises:
        AssertionError: in one sentence, what is not so.
    """
    assert chosen, (
        f"GLOWTIFY_LIVE_LIST has to be the id of the list {LIST}, of at most {MOST_PROFILES} profiles"
    )
    assert first_due - now > AHEAD, "the stories' e-mails are due within a week: move START"
    account: AccountInfo = platform.connect()
    assert account.test_account is True, "this is no Klaviyo test account"
    found = list(platform.audiences(AudienceKind.LIST, AudienceQuery(names=(LIST,))))
    assert [one.ref.id for one in found] == [chosen], (
        f"GLOWTIFY_LIVE_LIST is not the account's one list {LIST}"
    )
    size = platform.size(found[0].ref)
    assert size is not None, f"how many profiles the list {LIST} has is not known yet"
    assert size <= MOST_PROFILES, f"the list {LIST} has more than {MOST_PROFILES} profiles"
    return account
