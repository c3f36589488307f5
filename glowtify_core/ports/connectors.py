"""What a connector says about itself, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Protocol, Self

from glowtify_core.domain.capabilities import Capabilities
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.credentials import Credentials
from glowtify_core.ports.pacing import RateGate
from glowtify_core.ports.platform import EmailPlatform

CONTRACT_VERSION = 1
"""The version of the ports and their rules; a connector names the one it was written for."""


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One thing a person pastes to connect.

    Attributes:
        name: key in :data:`~glowtify_core.ports.credentials.Credentials`.
        label: what the form says.
        help: where to find it.
        secret: whether it is masked wherever it could show.
        environment: the environment variable that may carry it.
        check: refuses a value of the wrong form before any request, by raising ``CredentialsMissing``.
    """

    name: str
    label: str
    help: str = ""
    secret: bool = True
    environment: str = ""
    check: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class ConnectorContext:
    """What a connector is given to work with.

    Attributes:
        account: the connected account; None only while connecting.
        credentials: the manifest's fields, filled.
        clock, gate: time and pacing, shared by the process.
        settings: plain values such as ``base_url``, ``conversion_metric``, ``settle_seconds``: how long the
            platform may take to show what was asked of it, and ``quota_share``: how much of a daily quota is
            ours.
    """

    account: AccountInfo | None
    credentials: Credentials
    clock: Clock
    gate: RateGate
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


class Sandbox(Protocol):
    """A local stand-in for a platform, running; its control interface is ``control_url``."""

    @property
    def base_url(self) -> str:
        """Where its API is: scheme, host and port."""
        ...

    @property
    def control_url(self) -> str:
        """Where it is steered: ``base_url`` and ``/control``."""
        ...

    @property
    def api_key(self) -> str:
        """A credential that may do everything."""
        ...

    @property
    def keys(self) -> Mapping[str, str]:
        """Credentials by name: ``full``, ``revoked``, and some that lack scopes."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class SandboxKit(Protocol):
    """How a connector's sandbox is started."""

    def start(self, **options: Any) -> Sandbox:
        """A sandbox in this process, to be used as a context manager."""
        ...

    def run(self, *, ready_file: Path | None, **options: Any) -> None:
        """Serve in the foreground until told to stop.

        The ready file is written, whole, before anything is printed.
        """
        ...


@dataclass(frozen=True, slots=True)
class ConnectorManifest:
    """A connector's declaration: pure data, read by run time, command line, web page, tests and docs alike.

    Attributes:
        name: how people and files call it; equals its entry point's name.
        title: as shown.
        contract: the :data:`CONTRACT_VERSION` it was written for.
        credential_fields: what a person pastes.
        capabilities: what it can do, each with the scopes that it needs. ``publish`` is required.
        factory: makes the platform for one account; imports the heavy parts only then.
        scope_words: the product's word for each group of scopes, for the connect form.
        audience_id_pattern: regular expression of the platform's audience ids.
        minutes: granularity of its schedules.
        languages: BCP 47 tags of which a campaign must name one, spelled as here; empty where the platform
            asks for none.
        most_audiences: how many audiences one campaign may include; None where there is no limit.
        sandbox: gives the sandbox kit, or None where there is none (or its extra is not installed).
        docs_url: a page for people.
    """

    name: str
    title: str
    contract: int
    credential_fields: tuple[CredentialField, ...]
    capabilities: Capabilities
    factory: Callable[[ConnectorContext], EmailPlatform]
    scope_words: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    audience_id_pattern: str = r"\S+"
    minutes: int = 1
    languages: tuple[str, ...] = ()
    most_audiences: int | None = None
    sandbox: Callable[[], SandboxKit] | None = None
    docs_url: str = ""


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """A connector that is installed and cannot be used, and what to do about it."""

    name: str
    distribution: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Installed:
    """A connector that can be used, with where it comes from."""

    manifest: ConnectorManifest
    distribution: str
    version: str


class ConnectorDirectory(Protocol):
    """The connectors that are installed."""

    @property
    def installed(self) -> Sequence[Installed]:
        """Those that can be used, sorted by name."""
        ...

    @property
    def failures(self) -> Sequence[LoadFailure]:
        """Those that cannot, with the reason."""
        ...

    def manifest(self, name: str) -> ConnectorManifest:
        """One connector's manifest.

        Raises:
            ConnectorNotFound: not installed, or it failed to load.
        """
        ...
