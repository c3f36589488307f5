"""Who may send: every address at example.com, unless sender trouble is switched on."""

from __future__ import annotations

from typing import Literal

from glowtify_klaviyo.sandbox.errors import invalid
from glowtify_klaviyo.sandbox.state import State

OWN_DOMAIN = "example.com"
Stage = Literal["create", "message_patch", "send_job", "later"]


def authorised(state: State, stage: Stage, address: str | None) -> bool:
    """Tell whether ``address`` passes at this stage; no address is no trouble of the sender's."""
    if stage in state.sender_trouble:
        return False
    if not address:
        return True
    own = address.rpartition("@")[2].casefold() == OWN_DOMAIN
    return own or stage not in state.guesses.foreign_sender_refused_at


def check(state: State, stage: Stage, address: str | None, pointer: str) -> None:
    """Refuse an address that is not authorised: 400 at ``pointer``."""
    if not authorised(state, stage, address):
        detail = f"The sender address '{address}' is not authorized: verify it or its domain first."
        raise invalid(detail, pointer=pointer)
