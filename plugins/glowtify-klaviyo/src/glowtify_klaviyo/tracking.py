"""How many campaigns stand, in few requests, and what one of them holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glowtify_core.domain.errors import RemoteNotFound
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_klaviyo.mapping import missing
from glowtify_klaviyo.watching import SURE_AFTER, Watcher


def read_status(watcher: Watcher, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
    """What Klaviyo says of many campaigns, with their messages; a ref without a campaign's id has no entry.

    Whether a list holds archived campaigns is not documented, so those that it lacks are asked for as
    archived, and then one by one, twice: only a 404 that stands makes one MISSING, which is for good.
    """
    wanted = {campaign_id: ref for ref in refs if (campaign_id := ref.id("campaign"))}
    found: dict[RemoteRef, RemoteCampaign] = {}
    for archived in (None, True):
        left = [campaign_id for campaign_id, ref in wanted.items() if ref not in found]
        if left:
            for listed in watcher.client.campaigns(ids=left, archived=archived, messages=True):
                if ref := wanted.get(listed.id):
                    found[ref] = watcher.remote(listed, ref)
    absent = {campaign_id: ref for campaign_id, ref in wanted.items() if ref not in found}
    for pause in (0.0, SURE_AFTER):
        if absent:
            watcher.clock.sleep(pause)
        for campaign_id in list(absent):
            if record := watcher.read(campaign_id, messages=True):
                ref = absent.pop(campaign_id)
                found[ref] = watcher.remote(record, ref)
    return {**found, **{ref: missing(ref) for ref in absent.values()}}


def read_content(watcher: Watcher, ref: RemoteRef) -> str | None:
    """The fingerprint of a campaign's e-mail: one read of its message with the copy of the template.

    None where there is no message or no copy any more. A ref without the message's id costs one read more.
    """
    message_id = ref.id("message") or _message_of(watcher, ref)
    if message_id is None:
        return None
    try:
        message = watcher.client.get_message(message_id, template=True)
    except RemoteNotFound:
        return None
    return message.template.fingerprint if message.template else None


def _message_of(watcher: Watcher, ref: RemoteRef) -> str | None:
    campaign_id = ref.id("campaign")
    record = watcher.read(campaign_id) if campaign_id else None
    return next(iter(record.message_ids), None) if record else None
