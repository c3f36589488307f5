"""What people ask for, and how they insist when it has not come about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from glowtify_core.domain.errors import CampaignRejected
from glowtify_core.domain.schedule import SendAt
from glowtify_core.testing.stage.world import LATER, NINE, World


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that a person asks for.

    Attributes:
        ask: asks for it.
        insist: asks again, as a person does who sees that it has not come about.
        published: whether the campaign has been published before.
        due: the time at which the e-mail shall go out in the end; None when it shall not.
        at_once: whether the person asks again before anything else has looked after it.
    """

    ask: Callable[[World], object]
    insist: Callable[[World], object]
    published: bool
    due: SendAt | None
    at_once: bool = False


def _move(world: World) -> object:
    return world.host.reschedule(world.key, LATER)


def _move_or_publish(world: World) -> object:
    try:
        return _move(world)
    except CampaignRejected:
        return world.host.publish(world.campaign(schedule=LATER))


def sweep(world: World) -> object:
    """What workers do from time to time, whether anybody asks or not."""
    return list(world.host.repair())


def _publish(world: World) -> object:
    return world.host.publish(world.campaign())


def cancel(world: World) -> object:
    """Call it off."""
    return world.host.cancel(world.key)


def _edit(world: World) -> object:
    return world.host.cancel.edit(world.key)


WISHES: Mapping[str, Wish] = MappingProxyType(
    {
        "publish": Wish(_publish, _publish, published=False, due=NINE),
        "reschedule": Wish(_move, _move_or_publish, published=True, due=LATER),
        "cancel": Wish(cancel, cancel, published=True, due=None),
        "edit": Wish(_edit, _edit, published=True, due=None),
    }
)
OVERRULED = Wish(_publish, cancel, published=False, due=None, at_once=True)
"""A publish that is cancelled before it is known what came of it."""
