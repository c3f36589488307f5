"""Whatever people, workers, networks and Klaviyo do, in any order: never twice, never lost, never untrue.

The suite runs 400 stories of 15 actions; ``HYPOTHESIS_PROFILE=deep`` runs 5,000 of 30. What is judged is the
sandbox's own state and what our requests did to it, not our store.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from klaviyo_house import House, open_to_change
from looking import DEEP, examples

from glowtify_core.domain.errors import GlowtifyError
from glowtify_core.domain.publication import CancelledBy, Publication
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState as S
from glowtify_klaviyo.sandbox.walk import planned

NAMES = ("alpha", "beta")
WHICH = st.sampled_from(["alpha", "alpha", "beta"])
OVER = frozenset({S.CANCELLED, S.FAILED, S.MISSING})

AHEAD = st.sampled_from(
    [{"minutes": 12}, {"minutes": 40}, {"hours": 6}, {"days": 1}, {"days": 2}, {"days": 3}]
)
"""How far ahead people plan."""

PASSING = st.sampled_from([1, 5, 20, 20, 70, 70, 600, 1500, 7200, 90_000])
"""Seconds that go by between two actions."""

PATTERNS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["*", "*", "GET", "POST", "PATCH", "DELETE"]),
        "path": st.sampled_from(["", "", "", "campaigns", "campaigns$", "send-jobs", "templates", "assign"]),
        "nth": st.sampled_from([1, 1, 1, 2, 3]),
        "count": st.sampled_from([1, 1, 2, None]),
    }
)
WHEN = st.sampled_from(["before", "after"])
FAULTS = st.one_of(
    st.fixed_dictionaries({"kind": st.just("drop"), "when": WHEN}),
    st.fixed_dictionaries({"kind": st.just("status"), "status": st.sampled_from([500, 503]), "when": WHEN}),
    st.fixed_dictionaries({"kind": st.just("cut")}),
    st.fixed_dictionaries({"kind": st.just("html"), "status": st.sampled_from([None, 502])}),
    st.fixed_dictionaries({"kind": st.just("throttle"), "retry_after": st.sampled_from([None, 1, 30, 900])}),
    st.fixed_dictionaries({"kind": st.just("error"), "status": st.sampled_from([400, 401, 403, 409])}),
    st.fixed_dictionaries({"kind": st.just("lag"), "seconds": st.just(6.0)}),
)
TROUBLES = st.one_of(
    st.just(()),
    st.lists(
        st.builds(lambda fault, pattern: {**pattern, **fault}, FAULTS, PATTERNS), min_size=1, max_size=2
    ),
)
"""What breaks while one action is under way."""

CRASHES = st.one_of(st.none(), st.integers(1, 12), st.integers(1, 62))
"""At which boundary of an action its process dies; most actions have few, a move has 62."""

HABITS: dict[str, dict[str, Any]] = {
    "as assumed": {},
    "takes a second job": {"second_send_job": "accept"},
    "shows a job late": {"job_lag": 8.0},
    "takes a second job and shows it late": {"second_send_job": "accept", "job_lag": 8.0},
    "acts late": {"action_lag": 30.0},
    "lists late": {"collection_lag": 6.0},
    "reverts nothing": {"revert_refused_in": ("Queued without Recipients", "Scheduled")},
    "cancels nothing": {"cancel_refused_in": ("Queued without Recipients", "Scheduled")},
    "locks before it sends": {"locked_before_send": 900.0},
    "cancels twice": {"cancel_of_cancelled": "accept", "conflict_status": 400},
    "deletes anything": {"delete_of_scheduled": "accept", "edit_of_scheduled": "accept"},
    "refuses what is past": {"past_datetime": "refuse"},
    "chooses recipients when it sends": {"recipients_chosen": "send"},
    "does not know a draft's job": {"draft_job": "at_odds"},
    "says no pause": {"retry_after_sent": False},
    "lists what is archived": {"archived_listed": True},
}
ENDS = ["Cancelled", "Cancelled: No Recipients", "Cancelled: Misconfigured", "Cancelled: Internal Error"]


class Stories(RuleBasedStateMachine):
    """Two campaigns of a store."""

    @initialize(
        walk=st.sampled_from(["quick", "real"]),
        habit=st.sampled_from(sorted(HABITS)),
        troubles=st.one_of(st.just(()), st.just(()), TROUBLES),
        crash=st.one_of(st.none(), st.none(), CRASHES),
    )
    def begin(self, walk, habit, troubles, crash):
        self.house = House(walk)
        self.ledger = self.house.ledger
        self.wishes = {name: self.house.campaign(name, self.house.in_(days=2)) for name in NAMES}
        self.asked = {wish.schedule.instant for wish in self.wishes.values()}
        self.house.behave(**HABITS[habit])
        self.publish(NAMES[0], again=False, troubles=troubles, crash=crash)

    def attempt(self, act: Callable[[], Any], troubles: Any = (), crash: int | None = None) -> Any:
        """Do something as one process of ours that may be hit by anything; None when it did not succeed."""
        self.house.clock.sleep(0.001)  # no two things happen at one instant
        for trouble in troubles:
            self.house.sandbox.add_fault(**trouble)
        result = None
        try:
            with self.house.fate.strikes(crash):
                result = act()
        except GlowtifyError as problem:
            note(f"    {type(problem).__name__}: {problem}")
        finally:
            self.house.sandbox.clear_faults()
        return result

    def time(self, ahead: dict[str, int]) -> SendAt:
        """A time that somebody asks for."""
        when = self.house.in_(**ahead)
        self.asked.add(when.instant)
        return when

    @property
    def app(self):
        return self.house.app.campaigns

    def begun(self) -> list[str]:
        """The campaigns that were published once."""
        return [name for name in NAMES if self.latest(name)]

    def latest(self, name: str) -> Publication | None:
        return self.house.repo.latest(self.wishes[name].key)

    # --- what people ask of us ---

    @rule(name=WHICH, again=st.booleans(), troubles=TROUBLES, crash=CRASHES)
    def publish(self, name, again, troubles, crash):
        done = self.attempt(lambda: self.app.publish(self.wishes[name], again=again), troubles, crash)
        if done and not done.already:
            self.check_scheduled(done.publication)

    @rule(name=WHICH, ahead=AHEAD, subject=st.sampled_from(["First", "Second"]))
    def change_the_file(self, name, ahead, subject):
        self.wishes[name] = replace(self.wishes[name], subject=subject, schedule=self.time(ahead))

    @rule(name=WHICH, ahead=AHEAD, troubles=TROUBLES, crash=CRASHES, file_too=st.booleans())
    def reschedule(self, name, ahead, troubles, crash, file_too):
        wish, when = self.wishes[name], self.time(ahead)
        before = self.latest(name)
        done = self.attempt(lambda: self.app.reschedule(wish.key, when), troubles, crash)
        if done and done.publication != before:  # one that stands at that time already is not looked at
            self.check_moved(done.publication, when)
        if file_too:
            self.wishes[name] = wish.moved_to(when)

    @rule(name=WHICH, stop=st.booleans(), troubles=TROUBLES, crash=CRASHES)
    def cancel(self, name, stop, troubles, crash):
        self.attempt(lambda: self.app.cancel(self.wishes[name].key, stop_sending=stop), troubles, crash)

    @rule(name=WHICH, troubles=TROUBLES, crash=CRASHES)
    def edit(self, name, troubles, crash):
        self.attempt(lambda: self.app.cancel.edit(self.wishes[name].key), troubles, crash)

    @rule(name=WHICH, insist=st.booleans(), troubles=TROUBLES, crash=CRASHES)
    def retry(self, name, insist, troubles, crash):
        if latest := self.latest(name):
            self.attempt(lambda: self.app.advance(latest.id, insist=insist), troubles, crash)

    @rule(troubles=TROUBLES, crash=CRASHES)
    def track(self, troubles, crash):
        seen = self.attempt(lambda: self.app.track(self.house.publications()), troubles, crash)
        for publication in seen or ():
            self.check_scheduled(publication)

    @rule(troubles=TROUBLES, crash=CRASHES)
    def repair(self, troubles, crash):
        self.attempt(lambda: list(self.app.repair()), troubles, crash)

    @rule(number=st.sampled_from([0, 0, 0, 1, None]))
    def connect(self, number):
        if number is None:
            self.house.disconnect()
        else:
            self.house.connect(self.house.accounts[number])

    # --- what others do ---

    @rule(seconds=PASSING)
    def time_goes_by(self, seconds):
        self.house.clock.sleep(seconds)

    @rule(minutes=st.sampled_from([-1, 2, 4, 6, 14]))
    def a_time_comes_near(self, minutes):
        now = self.house.clock.now()
        ahead = min((when - now for when in self.asked if when > now), default=timedelta())
        self.house.clock.sleep((ahead - timedelta(minutes=minutes)).total_seconds())

    @rule(habit=st.sampled_from(sorted(HABITS)))
    def klaviyo(self, habit):
        self.house.behave(**HABITS[habit])

    @precondition(lambda self: self.ledger.campaigns())
    @rule(
        which=st.integers(0, 3),
        action=st.sampled_from(["cancel", "cancel_during_send", "revert", "reschedule", "end_as", "subject"]),
        ahead=AHEAD,
        end=st.sampled_from(ENDS),
        now=st.booleans(),
    )
    def somebody_in_klaviyo(self, which, action, ahead, end, now):
        campaigns = self.ledger.campaigns()
        campaign = campaigns[which % len(campaigns)]
        if not open_to_change(campaign, self.house.clock.now()):
            return
        given = {
            "reschedule": {"datetime": self.time(ahead).instant.isoformat()},
            "end_as": {"status": end, "now": now},
            "subject": {"content": {"subject": "Theirs"}},
        }.get(action, {})
        self.ledger.person(campaign, "edit" if action == "subject" else action, **given)

    @precondition(lambda self: self.ledger.campaigns())
    @rule(which=st.integers(0, 3), action=st.sampled_from(["archive", "delete"]))
    def somebody_tidies(self, which, action):
        campaigns = self.ledger.campaigns()
        self.ledger.person(campaigns[which % len(campaigns)], action)

    # --- what always holds ---

    def check_scheduled(self, publication: Publication) -> None:
        """What was looked at just now and is said to be scheduled is, at that time and to those people."""
        asked = publication.checked_at == self.ledger.now
        working = publication.drift or publication.open_operation
        if publication.state is not S.SCHEDULED or working or not asked:
            return
        campaign = self.ledger.state.campaigns[publication.ref.id("campaign")]
        assert campaign.status(self.ledger.now) in {"Scheduled", "Queued without Recipients"}
        assert planned(self.ledger.state, campaign) == publication.schedule.instant
        wanted = {ref.id for ref in self.house.repo.content(publication.id).included}
        assert set(campaign.audiences["included"]) == wanted

    def check_moved(self, publication: Publication, when: SendAt) -> None:
        """A move that went through has the time that was asked for."""
        self.check_scheduled(publication)
        if publication.state is S.SCHEDULED and not (publication.problem or publication.drift):
            assert publication.schedule == when

    @invariant()
    def no_request_does_wrong(self):
        assert not self.ledger.wrongs

    @invariant()
    def mail_goes_out_when_somebody_wanted(self):
        slack = timedelta(seconds=self.ledger.state.pace.sending)
        for campaign in self.ledger.campaigns():
            for wave in self.ledger.ours(campaign) if self.ledger.live(campaign) else ():
                assert wave.at - slack in self.asked

    @invariant()
    def nothing_is_sent_twice(self):
        """A person who schedules or deletes what we made does so on their own account."""
        owner = {publication.marker: publication.key for publication in self.house.publications()}
        live = [self.ledger.made[c.id] for c in self.ledger.campaigns() if self.ledger.live(c)]
        assert all(count == 1 for count in Counter(live).values()), "twice for one publication"
        assert all(count == 1 for count in Counter(owner[marker] for marker in live).values())

    @invariant()
    def what_is_over_never_sends(self):
        for publication in self.house.publications():
            if publication.state in OVER:
                for campaign in self.ledger.campaigns(publication.marker):
                    assert not self.ledger.live(campaign), f"{publication.state}, and yet it is sent"
                    partly = publication.remote and publication.remote.partly_sent
                    if publication.cancelled_by is CancelledBy.US and not partly:
                        assert not self.ledger.ours(campaign)

    def teardown(self):
        if hasattr(self, "house") and sys.exc_info()[0] is None:
            self.everything_ends()

    def everything_ends(self):
        """Nothing breaks any more: all is finished or said to be unknown, and then true for good."""
        self.house.behave()
        self.house.clock.sleep(1000)  # the longest pause that Klaviyo asks for
        for account in reversed(self.house.accounts):
            self.house.connect(account)
            for _ in range(3):
                self.house.clock.sleep(70)
                for one in self.app.repair():
                    note(f"    repaired: {one.publication.state}, {one.error}")
        for publication in self.app.track(self.house.publications()):
            self.check_scheduled(publication)
            if publication.open_operation:
                assert publication.attention
                accounted = publication.state is S.UNKNOWN or self.taken_over(publication)
                assert accounted, told(publication)
        for account in self.house.accounts:
            assert account.ledger.left(self.house.publications()) == []
        self.house.clock.sleep(timedelta(days=30).total_seconds())
        self.app.track(self.house.publications())
        self.what_was_sent_is_what_we_say()

    def taken_over(self, publication: Publication) -> bool:
        """Whether somebody has scheduled the very draft of a failed publish, which then is never removed."""
        campaigns = self.ledger.campaigns(publication.marker)
        return publication.state is S.FAILED and any(c.job and not self.ledger.ours(c) for c in campaigns)

    def what_was_sent_is_what_we_say(self):
        by_ref = {
            publication.ref.id("campaign"): publication
            for publication in self.house.publications()
            if publication.ref
        }
        for entry in self.house.sandbox.sent:
            campaign = self.ledger.state.campaigns[entry["campaign_id"]]
            if self.ledger.live(campaign):
                publication = by_ref[campaign.id]
                assert publication.state is S.SENT, told(publication)
        self.nothing_is_sent_twice()
        self.what_is_over_never_sends()


def told(publication: Publication) -> str:
    """What we say of it, in short."""
    operation = publication.open_operation
    return f"{publication.key}: {publication.state}, {operation and operation.name}, {publication.problem}"


Stories.TestCase.settings = settings(examples(400, deep=5000), stateful_step_count=30 if DEEP else 15)
TestStories = Stories.TestCase
