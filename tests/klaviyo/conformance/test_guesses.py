"""The connector does its job or refuses safely, whichever way the guesses about Klaviyo turn out."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from fakes import MemoryCampaigns, OpenGate
from klaviyo_world import SandboxClock, klaviyo_campaign
from wiring import wired

from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.campaign import CampaignKey, Sender
from glowtify_core.domain.errors import GlowtifyError
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.remote import remote_name
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState as S
from glowtify_core.ports.credentials import Secret
from glowtify_klaviyo.sandbox import Guesses, Sandbox

FLIPS: Mapping[str, tuple[Any, ...]] = {
    "conflict_status": (400, 422),
    "scope_checked": ("after_lookup",),
    "unknown_audience_status": (404,),
    "template_limit_status": (409,),
    "template_limit": (2,),
    "name_limit": (10,),
    "audience_limit": (1,),
    "any_limit": (1,),
    "archived_listed": (True,),
    "collection_lag": (6.0,),
    "job_lag": (5.0, 90.0),
    "action_lag": (5.0, 90.0),
    "send_job_requires": ((),),
    "second_send_job": ("accept",),
    "past_datetime": ("refuse",),
    "recipients_chosen": ("send",),
    "cancel_refused_in": (("Scheduled",),),
    "revert_refused_in": (("Scheduled",),),
    "locked_before_send": (30 * 86400.0,),
    "cancel_of_cancelled": ("accept",),
    "draft_job": ("at_odds",),
    "cancelled_while_sending": ("Cancelled",),
    "delete_of_scheduled": ("accept",),
    "edit_of_scheduled": ("accept",),
    "foreign_sender_refused_at": ((), ("send_job",), ("later",)),
    "estimation": ("complete", "missing"),
    "retry_after_sent": (False,),
    "live_template_statuses": (True,),
    "report_rounding": ("hour",),
    "report_page": (1,),
}
"""Every guess, and the other ways in which it may turn out."""

AS_EXPECTED: Mapping[str, str] = {
    "connect": "Connected",
    "publish": "scheduled",
    "reschedule": "scheduled",
    "archived by a person": "scheduled",
    "two audiences": "scheduled",
    "unknown audience": "invalid",
    "foreign sender": "sender_not_authorized",
    "cancel": "cancelled",
    "cancel a draft": "cancelled",
    "cancel what a person cancelled": "cancelled",
    "cancelled while sending": "cancelled",
    "edit": "cancelled",
    "lost draft": "scheduled",
    "lost job": "scheduled",
    "read-only key": "scopes_insufficient",
}
"""What comes of each part of the job as the sandbox is."""


def none_published(code: str) -> Mapping[str, str]:
    """What comes of the parts when every publish is refused with ``code``."""
    return {
        **dict.fromkeys(("publish", "two audiences", "foreign sender"), code),
        **dict.fromkeys(("archived by a person", "cancelled while sending"), "failed"),
        **dict.fromkeys(("lost draft", "lost job"), "failed"),
        "reschedule": "not_movable",
        **dict.fromkeys(("cancel", "cancel a draft", "edit"), "nothing_to_cancel"),
        "cancel what a person cancelled": "nothing_to_cancel",
    }


ONLY_SUBMITTED = ("publish", "reschedule", "archived by a person", "two audiences", "lost draft", "lost job")
OTHERWISE: Mapping[tuple[str, Any], Mapping[str, str]] = {
    ("unknown_audience_status", 404): {"unknown audience": "remote_not_found"},
    ("template_limit", 2): {
        **none_published("too_many_templates"),
        "unknown audience": "too_many_templates",
    },
    ("name_limit", 10): none_published("invalid"),
    ("audience_limit", 1): {"two audiences": "invalid"},
    ("job_lag", 90.0): {
        **dict.fromkeys(("publish", "archived by a person", "two audiences", "lost job"), "unknown"),
        "reschedule": "not_movable",
    },
    ("action_lag", 90.0): dict.fromkeys(("reschedule", "cancel", "edit"), "outcome_unknown"),
    ("recipients_chosen", "send"): dict.fromkeys(ONLY_SUBMITTED, "submitting"),
    ("cancel_refused_in", ("Scheduled",)): {"cancel": "state_conflict"},
    ("revert_refused_in", ("Scheduled",)): dict.fromkeys(("reschedule", "edit"), "state_conflict"),
    ("locked_before_send", 30 * 86400.0): dict.fromkeys(("reschedule", "cancel", "edit"), "state_conflict"),
    ("foreign_sender_refused_at", ()): {"foreign sender": "scheduled"},
    ("foreign_sender_refused_at", ("later",)): {"foreign sender": "scheduled"},
}
"""What comes of some parts instead when a guess turns out otherwise."""


class Job:
    """Our use cases over one sandbox, on its clock."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.clock = SandboxClock(sandbox)
        self.repo = MemoryCampaigns(self.clock)
        app = wired(clock=self.clock, repo=self.repo, gate=OpenGate()).app()
        self.connect = partial(app.connections.connect, settings={"base_url": sandbox.base_url})
        self.campaigns, self.performance = app.campaigns, app.performance

    def publish(self, campaign_id: str, *, store: str = "default", **changes: Any) -> Publication:
        newsletter = AudienceRef(self.sandbox.ready["lists"][0]["id"])
        ours = {
            "key": CampaignKey(store, campaign_id),
            "include": (newsletter,),
            "schedule": self.at(days=7),
        }
        return self.campaigns.publish(klaviyo_campaign(**{**ours, **changes})).publication

    def publish_read_only(self) -> Publication:
        """Connect a key without write scopes, and publish with it."""
        self.connect("reader", "klaviyo", {"api_key": Secret(self.sandbox.keys["read-only"])})
        return self.publish("forbidden", store="reader")

    def at(self, **ahead: float) -> SendAt:
        when = (self.clock.now() + timedelta(**ahead)).replace(second=0, microsecond=0, tzinfo=None)
        return SendAt.at(when, "UTC")

    def now(self, campaign_id: str) -> Publication:
        """The publication as the platform has it now."""
        latest = self.repo.latest(CampaignKey("default", campaign_id))
        assert latest is not None
        return self.campaigns.track([latest])[0]

    def act(self, campaign_id: str, action: str) -> None:
        """What a person does in Klaviyo's app; nothing where nothing was published."""
        ref = self.now(campaign_id).ref
        if ref:
            self.sandbox.act(str(ref.id("campaign")), action)


def key(campaign_id: str) -> CampaignKey:
    return CampaignKey("default", campaign_id)


def outcome(attempt: Callable[[], Any]) -> str:
    """The state that an attempt ends in, or the code of its refusal."""
    try:
        return str(attempt().state)
    except GlowtifyError as error:
        return error.code


def story(job: Job) -> dict[str, str]:
    """Do the whole job, with people and networks interfering; what comes of each part."""
    sandbox, told = job.sandbox, {}
    connected = job.connect("default", "klaviyo", {"api_key": Secret(sandbox.api_key)})
    told["connect"] = str(connected.state)

    told["publish"] = outcome(lambda: job.publish("kept"))
    told["reschedule"] = outcome(lambda: job.campaigns.reschedule(key("kept"), job.at(days=9)).publication)
    job.act("kept", "archive")
    told["archived by a person"] = str(job.now("kept").state)
    two = tuple(AudienceRef(one["id"]) for one in sandbox.ready["lists"][:2])
    told["two audiences"] = outcome(lambda: job.publish("wide", include=two))
    told["unknown audience"] = outcome(lambda: job.publish("nobody", include=(AudienceRef("NOPE01"),)))
    told["foreign sender"] = outcome(lambda: job.publish("foreign", sender=Sender("me@example.org", "Me")))

    for name in ("dropped", "reverted", "stopped", "halted", "edited"):
        outcome(partial(job.publish, name))
    told["cancel"] = outcome(lambda: job.campaigns.cancel(key("dropped")))
    job.act("reverted", "revert")
    told["cancel a draft"] = outcome(lambda: job.campaigns.cancel(key("reverted")))
    job.act("stopped", "cancel")
    told["cancel what a person cancelled"] = outcome(lambda: job.campaigns.cancel(key("stopped")))
    job.act("halted", "cancel_during_send")
    told["cancelled while sending"] = str(job.now("halted").state)
    told["edit"] = outcome(lambda: job.campaigns.cancel.edit(key("edited")))

    for name, path in (("lost draft", "campaigns$"), ("lost job", "send-jobs$")):
        sandbox.add_fault("drop", method="POST", path=path, when="after")
        outcome(partial(job.publish, name.replace(" ", "-")))
        sandbox.clear_faults()
        list(job.campaigns.repair())
        told[name] = str(job.now(name.replace(" ", "-")).state)

    told["read-only key"] = outcome(job.publish_read_only)
    return told


@pytest.fixture
def job(sandbox: Sandbox) -> Job:
    sandbox.configure(limits="documented")
    return Job(sandbox)


def test_every_guess_is_turned() -> None:
    assert {field.name for field in fields(Guesses)} == FLIPS.keys()


TURNS = [("", None), *((guess, other) for guess in FLIPS for other in FLIPS[guess])]


@pytest.mark.parametrize(("guess", "other"), TURNS, ids=[f"{guess}={other}" for guess, other in TURNS])
def test_the_job_is_done_or_refused_safely(job: Job, guess: str, other: Any) -> None:
    if guess:
        job.sandbox.configure(guesses={guess: other})

    assert story(job) == {**AS_EXPECTED, **OTHERWISE.get((guess, other), {})}

    job.clock.move(timedelta(minutes=5))
    assert [one.error for one in job.campaigns.repair() if one.error] == []
    job.clock.move(timedelta(days=30))
    ours = {remote_name(one.name, one.marker): one for one in job.campaigns.track(job.repo.find())}
    assert all(one.state.final for one in ours.values())
    sent = {name: one for name, one in ours.items() if one.state is S.SENT}
    interrupted = {name for name, one in ours.items() if one.key == key("halted")}
    assert {name: when for name, when in gone_out(job).items() if name not in interrupted} == {
        name: one.schedule.latest_instant("UTC") for name, one in sent.items()
    }
    assert left_behind(job) == []
    measured = {one.publication.id for one in job.performance(ours.values()) if one.metrics}
    assert measured >= {one.id for one in sent.values()}


def gone_out(job: Job) -> dict[str, datetime]:
    """When each campaign was sent, by its name; none was sent twice."""
    sent = {one["name"]: datetime.fromisoformat(one["when"]) for one in job.sandbox.sent}
    assert len(sent) == len(job.sandbox.sent)
    return sent


def left_behind(job: Job) -> list[str]:
    """Drafts and templates in the library that bear a marker of ours."""
    state = job.sandbox.state
    now = state.clock.now()
    names = [one.name for one in state.campaigns.values() if one.status(now) == "Draft"]
    names += [one.name for one in state.library()]
    markers = tuple(one.marker for one in job.repo.find())
    return [name for name in names if name.endswith(markers)]
