"""Everything that can go wrong, sorted by what the caller has to do about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self


class Effect(StrEnum):
    """What a failed request left behind on the platform."""

    NONE = "none"
    """Nothing: the platform is as it was, and asking again is safe."""
    PARTIAL = "partial"
    """This request changed nothing; what was done before it stands, such as a draft."""
    UNKNOWN = "unknown"
    """It may have taken effect: look before doing it again."""
    DONE = "done"
    """What was asked for is in force; only what comes after it failed, such as reading it back."""


class Retry(StrEnum):
    """When trying again makes sense."""

    NEVER = "never"
    """Asking the same again gives the same answer."""
    AFTER_USER_ACTION = "after_user_action"
    """Once a person has done what the remedy says."""
    AUTO = "auto"
    """By itself, after ``retry_after`` where the platform named a pause."""
    RECONCILE_FIRST = "reconcile_first"
    """Once reading has shown what became of it."""


class Phase(StrEnum):
    """The part of the work during which an error came up."""

    CONNECT = "connect"
    """Asking who the account is and what the credential may do."""
    SYNC = "sync"
    """Reading how things stand: audiences, states."""
    PREFLIGHT = "preflight"
    """Checking a campaign before anything is written."""
    HANDOFF = "handoff"
    """Publishing, up to and including the commit."""
    POST_HANDOFF = "post_handoff"
    """Publishing, once the platform has accepted the commit."""
    CANCEL = "cancel"
    """Cancelling, or taking back."""
    RESCHEDULE = "reschedule"
    """Moving to another time."""
    METRICS = "metrics"
    """Bringing figures back."""


def shown(value: str, limit: int = 60) -> str:
    """A wrong value as an error repeats it: quoted, and cut after ``limit`` characters."""
    return repr(value if len(value) <= limit else f"{value[:limit]}…")


class GlowtifyError(Exception):
    """The root of every error that this framework raises on purpose.

    Args:
        title: what happened, in a few words that a person may see.
        remedy: one sentence that says what to do next.
        code: a stable word for programs; each class has a default.
        field: the input that is at fault, as a dotted path, when one is.
        detail: more about this one case; sanitised where it comes from a platform.
    """

    default_code = "error"

    def __init__(
        self, title: str, *, remedy: str = "", code: str = "", field: str | None = None, detail: str = ""
    ) -> None:
        super().__init__(title)
        self.title = title
        self.remedy = remedy
        self.code = code or self.default_code
        self.field = field
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.title}: {self.detail}" if self.detail else self.title

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__.copy())


def _rebuild(cls: type[GlowtifyError], args: tuple[object, ...], state: dict[str, object]) -> GlowtifyError:
    """Restore a pickled error without calling its constructor."""
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


# --- Configuration: mend the set-up ---------------------------------------------------------------


class ConfigurationError(GlowtifyError):
    """The installation or its settings are at fault; no request was sent."""

    default_code = "configuration"


class ConnectorNotFound(ConfigurationError):
    """No installed connector has this name."""

    default_code = "connector_not_found"


class ConnectorConflict(ConfigurationError):
    """Two distributions claim one connector name."""

    default_code = "connector_conflict"


class ContractMismatch(ConfigurationError):
    """A connector was written for a contract version that this core does not know."""

    default_code = "contract_mismatch"


class CredentialsMissing(ConfigurationError):
    """There is no usable credential: none stored, unreadable, or not of the form a connector needs."""

    default_code = "credentials_missing"


# --- Rejected before any request: mend the campaign ------------------------------------------------


class CampaignRejected(GlowtifyError):
    """The campaign cannot be published as it is; no request was sent."""

    default_code = "campaign_rejected"


class InvalidCampaign(CampaignRejected):
    """A field of the campaign is missing or wrong."""

    default_code = "invalid_campaign"


class ScheduleRejected(CampaignRejected):
    """The time does not exist, is past, or is not one the platform can do.

    Args:
        title, remedy, code, field, detail: as in :class:`GlowtifyError`.
        instead: the nearest wall times that would do, naive, where the remedy names some.
    """

    default_code = "schedule_rejected"

    def __init__(
        self,
        title: str,
        *,
        remedy: str = "",
        code: str = "",
        field: str | None = None,
        detail: str = "",
        instead: tuple[datetime, ...] = (),
    ) -> None:
        super().__init__(title, remedy=remedy, code=code, field=field, detail=detail)
        self.instead = instead


class Unsupported(CampaignRejected):
    """The connector does not declare this capability, or the key lacks the scopes for it."""

    default_code = "unsupported"


# --- Our own records -------------------------------------------------------------------------------


class RepositoryError(GlowtifyError):
    """Our own records stand in the way; nothing was decided on the platform."""

    default_code = "repository"


class CampaignNotFound(RepositoryError):
    """There is no publication of this campaign."""

    default_code = "campaign_not_found"


class ClaimLost(RepositoryError):
    """Another worker has taken this publication over; stop at once."""

    default_code = "claim_lost"


class PublicationBusy(RepositoryError):
    """Another worker holds this publication and does not let go."""

    default_code = "publication_busy"


# --- The platform ----------------------------------------------------------------------------------


class PlatformError(GlowtifyError):
    """The platform refused, failed, or could not be reached.

    Args:
        title, remedy, code, field, detail: as in :class:`GlowtifyError`; ``detail`` is the platform's.
        effect: what the request left behind; required, since it decides whether trying again is safe.
        phase: the part of the work.
        retry: when trying again makes sense; each class has a default.
        retry_after: how long to wait before that, if the platform said so.
        renews_at: when a spent quota comes back, aware.
        request_id: the platform's id of the request, for its support.
    """

    default_code = "platform"
    default_retry = Retry.NEVER

    def __init__(
        self,
        title: str,
        *,
        effect: Effect,
        remedy: str = "",
        code: str = "",
        field: str | None = None,
        detail: str = "",
        phase: Phase | None = None,
        retry: Retry | None = None,
        retry_after: timedelta | None = None,
        renews_at: datetime | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(title, remedy=remedy, code=code, field=field, detail=detail)
        self.effect = effect
        self.phase = phase
        self.retry = retry or self.default_retry
        self.retry_after = retry_after
        self.renews_at = renews_at
        self.request_id = request_id

    def having(self, **changes: object) -> Self:
        """This error with some attributes changed, for layers that know more about its effect or phase."""
        for name, value in changes.items():
            if not hasattr(self, name):
                raise AttributeError(name)
            setattr(self, name, value)
        return self


class AuthenticationFailed(PlatformError):
    """The credential is wrong, expired or revoked."""

    default_code = "auth_invalid"
    default_retry = Retry.AFTER_USER_ACTION


class PermissionDenied(PlatformError):
    """The credential is good and may not do this; ``missing`` names the scopes, where known."""

    default_code = "permission_denied"
    default_retry = Retry.AFTER_USER_ACTION
    missing: tuple[str, ...] = ()


class RequestRejected(PlatformError):
    """The platform understood the request and refuses it."""

    default_code = "request_rejected"
    default_retry = Retry.AFTER_USER_ACTION


class RemoteNotFound(PlatformError):
    """The object is not on the platform (any more)."""

    default_code = "remote_not_found"


class StateConflict(PlatformError):
    """The object's state does not allow this, such as cancelling what has been sent."""

    default_code = "state_conflict"


class RateLimited(PlatformError):
    """The platform asks for patience longer than we are ready to wait."""

    default_code = "rate_limited"
    default_retry = Retry.AUTO


class PlatformUnavailable(PlatformError):
    """The platform, or the way to it, is down."""

    default_code = "platform_unavailable"
    default_retry = Retry.AUTO


class OutcomeUnknown(PlatformError):
    """A write may or may not have happened, and reading cannot tell yet."""

    default_code = "outcome_unknown"
    default_retry = Retry.RECONCILE_FIRST


class MalformedResponse(PlatformError):
    """The platform answered with something that cannot be read."""

    default_code = "malformed_response"
