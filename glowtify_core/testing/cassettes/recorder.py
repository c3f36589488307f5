"""One connector's recordings, and what watches over a single one of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from glowtify_core.domain.errors import CredentialsMissing
from glowtify_core.ports.connectors import ConnectorManifest
from glowtify_core.ports.credentials import Credentials, Secret
from glowtify_core.testing.cassettes.scanning import scan, scan_folder
from glowtify_core.testing.cassettes.scrubbing import SHORTEST_SECRET, Allowlist, Scrubber
from glowtify_core.testing.cassettes.stable_ids import with_stable_ids


@dataclass(frozen=True, kw_only=True)
class Recording:
    """How a connector's conversations are recorded: what an author gives as the fixture ``recording``.

    Attributes:
        manifest: the connector's; its secret credential fields never reach a cassette.
        cassettes: the folder; those of ``test_publish.py`` are in its folder ``publish``.
        allow: what may stand in a cassette.
        replayed: the credentials that replays use, by field name; cassettes hold them in place of the real
            ones. A field that is not named is replayed as ``REPLAYED``. A field that is no secret is replaced
            only if it is named.
    """

    manifest: ConnectorManifest
    cassettes: Path
    allow: Allowlist
    replayed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def replay_credentials(self) -> dict[str, str]:
        """What replays connect with."""
        return {one.name: "REPLAYED" for one in self.manifest.credential_fields} | dict(self.replayed)

    def live_credentials(self) -> Credentials:
        """What the manifest's environment variables hold.

        Raises:
            CredentialsMissing: one of them is not set, or a field has none.
        """
        for one in self.manifest.credential_fields:
            if not os.environ.get(one.environment or ""):
                where = (
                    one.environment or f"an environment variable, which the manifest must name for {one.name}"
                )
                raise CredentialsMissing(f"the {one.label} of {self.manifest.title} has to be in {where}")
        return {one.name: Secret(os.environ[one.environment]) for one in self.manifest.credential_fields}

    def hidden(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """Of some credentials those that must not reach a cassette."""
        secret = {one.name for one in self.manifest.credential_fields if one.secret}
        return {name: value for name, value in credentials.items() if name in secret or name in self.replayed}

    def findings(self) -> list[str]:
        """What is wrong with the cassettes: nothing, in a test of the author's."""
        return scan_folder(self.cassettes, self.allow)


class Recorder:
    """Watches over one test's conversation: what its connector is opened with, and what is written of it.

    Attributes:
        records: whether a cassette is made; otherwise it is replayed.
        live: whether the platform itself is told; otherwise a sandbox or a script is.
        scrubber: what every request and answer passes.
        findings: why the cassette was not written; empty when all is well.
    """

    def __init__(self, recording: Recording, *, records: bool, live: Credentials | None) -> None:
        self._recording = recording
        self._live = live
        self._after = ExitStack()
        self._used: dict[str, str] = {}
        self._secrets: dict[str, str] = {}
        self.records = records
        self.live = live is not None
        self.scrubber = Scrubber(recording.allow, self._secrets)
        self.findings: list[str] = []

    def credentials(self, sandbox: Mapping[str, str] | None = None) -> Credentials:
        """What to open the connector with in this run; what is a secret is kept out of the cassette.

        Args:
            sandbox: what a sandbox or script accepts, by field name; used only where one is recorded.

        Raises:
            ValueError: a sandbox is recorded without credentials, or a secret is too short to be found.
        """
        replayed = self._recording.replay_credentials()
        if not self.records:
            return {name: Secret(value) for name, value in replayed.items()}
        if self._live is None and sandbox is None:
            raise ValueError("recording from a sandbox needs its credentials: recorder.credentials({...})")
        given = (
            {name: value.reveal() for name, value in self._live.items()}
            if self._live
            else dict(sandbox or {})
        )
        for name, value in self._recording.hidden(given).items():
            if len(value) < SHORTEST_SECRET:
                raise ValueError(
                    f"{name} is too short to be told from other text: take {SHORTEST_SECRET} characters"
                )
            self._used[f"{name} {len(self._used) + 1}"] = value
            self._secrets[value] = replayed[name]
        return {name: Secret(value) for name, value in given.items()}

    def afterwards(self, do: Callable[[], object]) -> None:
        """Have something done once the cassette is closed, unrecorded: taking back what a test made."""
        self._after.callback(do)

    def close(self) -> None:
        """Do what was left for afterwards."""
        self._after.close()

    def write(
        self, path: str, cassette: Mapping[str, Any], serializer: Any, save: Callable[..., None]
    ) -> None:
        """Write a whole conversation, ids replaced; one that is not clean is not written."""
        from vcr.serialize import serialize  # type: ignore[import-untyped]

        try:
            requests, responses = with_stable_ids(
                cassette["requests"], cassette["responses"], self._recording.allow.ids
            )
        except ValueError as problem:  # raised from here it would leave vcr in place
            self.findings.append(f"the ids cannot be replaced: {problem}")
            return
        stable = {**cassette, "requests": requests, "responses": responses}
        self.findings += self._wrong_with(serialize(stable, serializer))
        if not self.findings:
            save(path, stable, serializer)

    def _wrong_with(self, text: str) -> list[str]:
        if not self._used:
            return ["nobody knows what to look for: open the connector with recorder.credentials(...)"]
        return scan(text, self._recording.allow, self._used)
