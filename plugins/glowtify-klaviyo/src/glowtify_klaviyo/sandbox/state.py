"""Everything that the sandbox remembers, behind one lock."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any, Literal

from glowtify_klaviyo.sandbox import ids, keys, profiles
from glowtify_klaviyo.sandbox.clock import Clock
from glowtify_klaviyo.sandbox.errors import not_found
from glowtify_klaviyo.sandbox.faults import Faults
from glowtify_klaviyo.sandbox.guesses import Guesses
from glowtify_klaviyo.sandbox.limits import Windows

if TYPE_CHECKING:
    from glowtify_klaviyo.sandbox.models import (
        Account,
        Audience,
        Campaign,
        Key,
        Message,
        Metric,
        Pace,
        Tag,
        Template,
    )
    from glowtify_klaviyo.sandbox.profiles import Profile

LOG_LENGTH = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a sandbox is started with."""

    seed: int = 1
    limits: Literal["documented", "off"] = "off"
    walk: Literal["quick", "real"] = "quick"
    campaigns: int = 12
    lists: int = 3
    segments: int = 2
    now: datetime | None = None
    guesses: Guesses = field(default_factory=Guesses)


@dataclass(frozen=True, slots=True)
class Logged:
    """One request, without its key and body. ``status`` is None when no answer was sent."""

    time: datetime
    method: str
    path: str
    query: str
    status: int | None
    key: str | None

    def as_json(self) -> dict[str, Any]:
        """Return the entry for the control interface."""
        return {
            "time": self.time.isoformat(),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "key": self.key,
        }


class State:
    """One account and the machinery around it. Hold ``lock`` while reading or changing several things."""

    account: Account
    keys: dict[str, Key]
    audiences: dict[str, Audience]
    metrics: dict[str, Metric]
    templates: dict[str, Template]
    campaigns: dict[str, Campaign]
    messages: dict[str, Message]
    tags: dict[str, Tag]
    mapped_metrics: dict[str, str | None]
    tag_group: str
    draft: dict[str, str]
    pace: Pace

    def __init__(self, settings: Settings, fill: Callable[[State], None]) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.clock = Clock(settings.now)
        self._fill = fill
        self.reset()

    def reset(self) -> None:
        """Return to the seeded beginning: the same ids, keys and history, no faults, the clock unmoved."""
        self.clock.reset()
        self.guesses = replace(self.settings.guesses)
        self.rng = Random(self.settings.seed)  # noqa: S311 -- ids of a toy account, reproducible on purpose
        self.trace = Random(f"requests/{self.settings.seed}")  # noqa: S311 -- the same
        self.keys = keys.build(Random(f"keys/{self.settings.seed}"))  # noqa: S311 -- the same
        self.faults = Faults()
        self.windows = Windows(enforced=self.settings.limits == "documented")
        self.log: deque[Logged] = deque(maxlen=LOG_LENGTH)
        self.sender_trouble: set[str] = set()
        self.endings: dict[str, str] = {}
        self.audiences, self.metrics, self.templates = {}, {}, {}
        self.campaigns, self.messages, self.tags = {}, {}, {}
        self._fill(self)

    @cached_property
    def people(self) -> dict[str, Profile]:
        """Everyone in the account by id, in the order of their numbers; built when first asked for."""
        everyone = profiles.build(range(profiles.POPULATION), self.settings.seed, self.clock.started)
        return {profile.id: profile for profile in everyone}

    def campaign(self, campaign_id: str) -> Campaign:
        """Return a campaign as it is now; 404 if there is none."""
        found = self.campaigns.get(campaign_id)
        if found is None:
            raise not_found(f"A campaign with id '{campaign_id}' does not exist.")
        found.settle(self.clock.now())
        return found

    def message(self, message_id: str) -> Message:
        """Return a message; 404 if there is none."""
        if message_id not in self.messages:
            raise not_found(f"A message with id '{message_id}' does not exist.")
        return self.messages[message_id]

    def template(self, template_id: str) -> Template:
        """Return a template or a message's copy; 404 if there is none."""
        if template_id not in self.templates:
            raise not_found(f"Template with id '{template_id}' does not exist")
        return self.templates[template_id]

    def audience(self, kind: str, audience_id: str) -> Audience:
        """Return a list or a segment; 404 if there is none of that kind."""
        found = self.audiences.get(audience_id)
        if found is None or found.kind != kind:
            raise not_found(f"A {kind} with id `{audience_id}` does not exist.")
        return found

    def metric(self, metric_id: str) -> Metric:
        """Return a metric; 404 if there is none."""
        if metric_id not in self.metrics:
            raise not_found(f"Metric with id {metric_id} does not exist.")
        return self.metrics[metric_id]

    def tag(self, tag_id: str) -> Tag:
        """Return a tag; 404 if there is none."""
        if tag_id not in self.tags:
            raise not_found(f"A tag with id '{tag_id}' does not exist.")
        return self.tags[tag_id]

    def profile(self, profile_id: str) -> Profile:
        """Return a profile; 404 if there is none."""
        if profile_id not in self.people:
            raise not_found(f"A profile with id {profile_id} does not exist.")
        return self.people[profile_id]

    def library(self) -> list[Template]:
        """Return the templates that people see: no copies owned by messages."""
        return [template for template in self.templates.values() if template.message_id is None]

    def short_id(self) -> str:
        """Return a new 6-character id."""
        known = (self.audiences, self.templates, self.metrics)
        return ids.short(self.rng, lambda candidate: any(candidate in kind for kind in known))

    def trace_id(self) -> str:
        """Return a new UUID for a request or an error."""
        return ids.uuid(self.trace)

    def ending_for(self, name: str) -> str | None:
        """Return the status in which a campaign of this name is to end, if the seed data calls for one."""
        return next((status for part, status in self.endings.items() if part in name), None)
