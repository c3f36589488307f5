"""What a connector can do, and which scopes each ability needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Capability(StrEnum):
    """An ability that a connector may declare in its manifest."""

    PUBLISH = "publish"
    """Schedule a campaign for one instant."""
    RECIPIENT_TIME = "recipient_time"
    """Schedule by each recipient's own clock."""
    EXCLUDE = "exclude"
    """Exclude audiences."""
    SMART_SENDING = "smart_sending"
    """Skip people who got mail a short while ago."""
    CANCEL = "cancel"
    """Cancel for good."""
    STOP_SENDING = "stop_sending"
    """Stop what has not gone out yet while a campaign is being sent."""
    EDIT = "edit"
    """Take a scheduled campaign back for editing."""
    RESCHEDULE = "reschedule"
    """Move a scheduled campaign."""
    LISTS = "lists"
    """Read lists."""
    SEGMENTS = "segments"
    """Read segments."""
    PREFLIGHT = "preflight"
    """Check a campaign before publishing."""
    CONTENT = "content"
    """Tell whether the e-mail itself was changed on the platform."""
    RECONCILE = "reconcile"
    """Find campaigns by our marker, and remove drafts."""
    METRICS = "metrics"
    """Bring performance back."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The scopes that a capability needs: all of ``scopes``, and at least one of each group in ``any_of``."""

    scopes: tuple[str, ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()

    def missing(self, absent: Collection[str]) -> tuple[str, ...]:
        """The scopes to ask for, given those known to be absent; empty when the need is met."""
        lacking = [scope for scope in self.scopes if scope in absent]
        for group in self.any_of:
            if all(scope in absent for scope in group):
                lacking.extend(group)
        return tuple(lacking)

    @property
    def every_scope(self) -> tuple[str, ...]:
        """All scopes named here."""
        return (*self.scopes, *(scope for group in self.any_of for scope in group))


Capabilities = Mapping[Capability, Needs]
"""What a manifest declares: each capability with its needs."""


def effective(declared: Capabilities, absent: Collection[str]) -> frozenset[Capability]:
    """What a connection can do: what is declared, less what the key's missing scopes take away."""
    return frozenset(capability for capability, needs in declared.items() if not needs.missing(absent))
