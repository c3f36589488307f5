"""What the environment says, read once."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import platformdirs

from glowtify_adapters.credentials.keys import read_key
from glowtify_adapters.durations import duration
from glowtify_core.domain.errors import ConfigurationError
from glowtify_core.domain.rhythm import FIGURES, Ages
from glowtify_core.ports.credentials import Secret

_SHORTEST_GAP, _OLDEST = timedelta(minutes=1), timedelta(days=3650)

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process.

    Attributes:
        home: ``GLOWTIFY_HOME``, the folder of everything that we keep; the platform's usual one by default.
        database: ``GLOWTIFY_DATABASE_URL``, or the file under ``home``.
        claim_seconds: ``GLOWTIFY_CLAIM_SECONDS``, how long a claim outlives its worker.
        settle_seconds: ``GLOWTIFY_SETTLE_SECONDS``, how long a platform may take to list what it has made.
        quota_share: ``GLOWTIFY_QUOTA_SHARE``, how much of an account's quotas of a day or longer is ours,
            above 0 and up to 1; the rest is for the account's other tools.
        figures_ages: ``GLOWTIFY_FIGURES_AGES``, up to which age since sending figures are read again, and
            after how long each time; see :data:`~glowtify_core.domain.rhythm.FIGURES`.
        secret_keys: ``GLOWTIFY_SECRET_KEY``, comma separated; empty: a file under ``home``.
        allowed_hosts: ``GLOWTIFY_ALLOWED_HOSTS``, comma separated ``host`` or ``host:port`` that a base URL
            may name besides the platform's own and loopback.
        credentials: ``GLOWTIFY_CREDENTIALS``, where secrets are: ``encrypted`` rows of the database, or the
            ``environment``, which is read-only.
        telemetry: ``GLOWTIFY_TELEMETRY``, ``on`` or ``off``: whether OpenTelemetry watches the work.
        web_origin: ``GLOWTIFY_WEB_ORIGIN``, how browsers reach the page through what speaks TLS for it.
        web_password: ``GLOWTIFY_WEB_PASSWORD``, which opens the page besides the links that are printed.
    """

    home: Path
    database: Path | str = field(repr=False)  # a URL may hold a password
    claim_seconds: float = 15.0
    settle_seconds: float = 10.0
    quota_share: float = 0.5
    figures_ages: Ages = FIGURES
    secret_keys: tuple[Secret, ...] = ()
    allowed_hosts: frozenset[str] = frozenset()
    credentials: str = "encrypted"
    telemetry: bool = False
    web_origin: str | None = None
    web_password: Secret | None = None

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read and check; makes the folder ``home``, for its owner alone, when it is missing.

        Raises:
            ConfigurationError: naming the variable that is at fault.
        """
        home = _home(environment)
        return cls(
            home=home,
            database=environment.get("GLOWTIFY_DATABASE_URL") or home / "glowtify.db",
            claim_seconds=_seconds(environment, "GLOWTIFY_CLAIM_SECONDS", 15.0, at_least=0.1),
            settle_seconds=_seconds(environment, "GLOWTIFY_SETTLE_SECONDS", 10.0, at_least=0.0),
            quota_share=_share(environment, "GLOWTIFY_QUOTA_SHARE", 0.5),
            figures_ages=_ages(environment),
            secret_keys=_secret_keys(environment),
            allowed_hosts=_hosts(environment),
            credentials=_choice(environment, "GLOWTIFY_CREDENTIALS", "encrypted", "environment"),
            telemetry=_choice(environment, "GLOWTIFY_TELEMETRY", "off", "on") == "on",
            web_origin=_origin(environment),
            web_password=_password(environment),
        )

    @property
    def key_file(self) -> Path:
        """Where the key of the credentials is, unless ``secret_keys`` are given."""
        return self.home / "secret.key"


def _home(environment: Mapping[str, str]) -> Path:
    text = environment.get("GLOWTIFY_HOME") or platformdirs.user_data_dir("glowtify", appauthor=False)
    try:
        home = Path(text).expanduser().absolute()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError) as problem:
        raise _wrong(
            "GLOWTIFY_HOME", f"{text} is no folder that can be used", "Name another one."
        ) from problem
    return home


def _seconds(environment: Mapping[str, str], name: str, default: float, *, at_least: float) -> float:
    text = environment.get(name)
    if not text:
        return default
    seconds = _number(text)
    if not at_least <= seconds <= 3600:  # noqa: PLR2004 - an hour
        raise _wrong(name, f"{text!r} is no such number", f"Write seconds, from {at_least:g} to 3600.")
    return seconds


def _share(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name)
    if not text:
        return default
    share = _number(text)
    if not 0 < share <= 1:
        raise _wrong(name, f"{text!r} is no such number", "Write a share above 0 and up to 1, such as 0.5.")
    return share


def _ages(environment: Mapping[str, str]) -> Ages:
    name = "GLOWTIFY_FIGURES_AGES"
    items = _items(environment, name)
    try:
        ages = tuple(_age(item) for item in items)
    except (ValueError, OverflowError):
        ages = ()
    limits = [limit for limit, _ in ages]
    possible = all(_SHORTEST_GAP <= gap <= limit <= _OLDEST for limit, gap in ages)
    if len(ages) < len(items) or not possible or any(one >= other for one, other in pairwise(limits)):
        raise _wrong(
            name,
            f"{', '.join(items)!r} are no such ages",
            "Write rising ages of up to 3650d, each with the time between readings, from 1m to that age:"
            " 1h:15m,2d:1h,7d:6h,30d:1d,365d:7d.",
        )
    return ages or FIGURES


def _age(text: str) -> tuple[timedelta, timedelta]:
    limit, _, gap = text.partition(":")
    return duration(limit), duration(gap)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _secret_keys(environment: Mapping[str, str]) -> tuple[Secret, ...]:
    name = "GLOWTIFY_SECRET_KEY"
    keys = tuple(map(Secret, _items(environment, name)))
    for key in keys:
        read_key(key, source=name)
    return keys


def _hosts(environment: Mapping[str, str]) -> frozenset[str]:
    name = "GLOWTIFY_ALLOWED_HOSTS"
    hosts = [host.lower() for host in _items(environment, name)]
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise _wrong(
                name, f"{host!r} is no host", "Write names such as proxy.example.com or localhost:8080."
            )
    return frozenset(hosts)


def _choice(environment: Mapping[str, str], name: str, default: str, other: str) -> str:
    given = environment.get(name) or default
    if given not in {default, other}:
        raise _wrong(name, f"{given!r} is neither of its values", f"Write {default} or {other}.")
    return given


def _origin(environment: Mapping[str, str]) -> str | None:
    name = "GLOWTIFY_WEB_ORIGIN"
    text = environment.get(name)
    if text and not _ORIGIN.fullmatch(text):
        raise _wrong(name, f"{text!r} is no such address", "Write it like https://mail.example.com.")
    return text or None


def _password(environment: Mapping[str, str]) -> Secret | None:
    name, shortest = "GLOWTIFY_WEB_PASSWORD", 12
    text = environment.get(name)
    if text and len(text) < shortest:
        raise _wrong(name, "it is too short", f"Choose {shortest} characters or more.")
    return Secret(text) if text else None


def _items(environment: Mapping[str, str], name: str) -> list[str]:
    return [item for part in environment.get(name, "").split(",") if (item := part.strip())]


def _wrong(name: str, detail: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(
        f"{name} cannot be used", code="setting", field=name, detail=detail, remedy=remedy
    )
