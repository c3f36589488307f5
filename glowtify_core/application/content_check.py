"""Whether others changed an e-mail that is about to be scheduled again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from glowtify_core.application.platforms import Platforms, abilities
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import PlatformError
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.remote import Drift, content_drift
from glowtify_core.ports.platform import Finding, Level, SupportsContent


def look_at_content(platforms: Platforms, publication: Publication) -> tuple[Publication, Sequence[Finding]]:
    """The publication with what is known of its content now, and what to say about it.

    A read that fails does not stop the move, and is a warning. The move keeps the content that is there,
    whatever it is, so knowing it changes nothing that is done; stopping would leave the e-mail at a time
    that the person does not want. A platform that is down refuses the move itself, in its own words.
    """
    manifest = platforms.directory.manifest(publication.connector)
    handed_over = publication.remote.content if publication.remote else None
    able, now = False, None
    with (
        suppress(PlatformError),
        platforms.connected(publication.key.store, publication.connector) as connected,
    ):
        able = Capability.CONTENT in abilities(manifest, connected.connection.account)
        if able and publication.ref and handed_over and isinstance(connected.platform, SupportsContent):
            now = connected.platform.content(publication.ref)
    content = content_drift(publication.remote, now, publication.drift)
    publication = replace(publication, drift=publication.drift - {Drift.CONTENT} | content)
    if content:
        return publication, (_changed(manifest.title),)
    return publication, (_unchecked(manifest.title),) if able and now is None else ()


def _changed(platform: str) -> Finding:
    return Finding(
        Level.WARNING,
        "content_changed",
        f"The e-mail was changed in {platform}",
        "It will be sent as it is there. To send your own, take it back with `glowtify edit` and publish it.",
    )


def _unchecked(platform: str) -> Finding:
    return Finding(
        Level.WARNING,
        "content_unknown",
        f"Whether the e-mail was changed in {platform} could not be checked",
        "It will be sent as it is there.",
    )
