"""The ways in which a request can go wrong; each carries one request to the platform, or does not."""

from __future__ import annotations

from datetime import timedelta

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError

from glowtify_core.testing.stage.script import Answer
from glowtify_core.testing.stage.wire import UNREADABLE, Exchange, Wire, connection_lost

PATIENCE = 30
"""Seconds after which a connector gives an answer up."""
LATE = timedelta(seconds=4)
"""How long after that a request may still take effect; within the settle time."""


def lost_before(wire: Wire, exchange: Exchange) -> Answer:
    """The connection breaks, and the request never arrived."""
    raise connection_lost()


def lost_after(wire: Wire, exchange: Exchange) -> Answer:
    """The request takes effect, and its answer is lost."""
    wire.deliver(exchange)
    raise connection_lost()


def timed_out(wire: Wire, exchange: Exchange) -> Answer:
    """The request takes effect, and its answer comes too late to be heard."""
    wire.deliver(exchange)
    wire.clock.sleep(PATIENCE)
    raise requests.ReadTimeout("Read timed out.")


def late(wire: Wire, exchange: Exchange) -> Answer:
    """The answer is given up, and only then the request takes effect."""
    wire.postpone(exchange, timedelta(seconds=PATIENCE) + LATE)
    wire.clock.sleep(PATIENCE)
    raise requests.ReadTimeout("Read timed out.")


def slow(wire: Wire, exchange: Exchange) -> Answer:
    """All is well, and takes long."""
    answer = wire.deliver(exchange)
    wire.clock.sleep(PATIENCE - 5)
    return answer


def never_left(wire: Wire, exchange: Exchange) -> Answer:
    """There is no connection to be had, so that nothing was sent."""
    cause = ConnectTimeoutError(None, "Connection timed out.")
    raise requests.ConnectTimeout(MaxRetryError(None, exchange.request.path, cause))  # type: ignore[arg-type]  # no pool


def throttled(wire: Wire, exchange: Exchange) -> Answer:
    """The platform wants a pause that can be waited out."""
    return wire.script.throttled(7)


def throttled_long(wire: Wire, exchange: Exchange) -> Answer:
    """The platform wants a pause that nobody waits out."""
    return wire.script.throttled(4000)


def unavailable(wire: Wire, exchange: Exchange) -> Answer:
    """What stands in front of the platform says that it is down; the request never reached it."""
    return wire.script.unavailable()


def unavailable_after(wire: Wire, exchange: Exchange) -> Answer:
    """The same, but the request took effect."""
    wire.deliver(exchange)
    return wire.script.unavailable()


def cut(wire: Wire, exchange: Exchange) -> Answer:
    """The request takes effect, and its answer is cut in the middle."""
    answer = wire.deliver(exchange)
    return Answer(answer.status, UNREADABLE) if answer.content else answer


def other_page(wire: Wire, exchange: Exchange) -> Answer:
    """The request takes effect, and something in between answers 200 with a page of its own."""
    wire.deliver(exchange)
    return Answer(
        200, b"<html><body>Please log in to the network</body></html>", {"Content-Type": "text/html"}
    )


def refused(wire: Wire, exchange: Exchange) -> Answer:
    """The platform does not allow it."""
    return wire.script.refusal()


def unauthorised(wire: Wire, exchange: Exchange) -> Answer:
    """The credential was revoked just now."""
    return wire.script.unauthorised()


def died_before(wire: Wire, exchange: Exchange) -> Answer:
    """The process dies before the request leaves."""
    wire.die()


def died_after(wire: Wire, exchange: Exchange) -> Answer:
    """The request takes effect, and the process dies before it hears the answer."""
    wire.deliver(exchange)
    wire.die()


LOST = (lost_before, lost_after, timed_out, late, unavailable, unavailable_after)
"""Nobody knows whether it happened."""
PASSING = (never_left, throttled, throttled_long, slow)
"""Nothing happened, or all is well: waiting is enough."""
UNREADABLE_ANSWERS = (cut, other_page)
"""It happened, and the answer says nothing."""
DEATHS = (died_before, died_after)
"""The process is gone."""
REFUSALS = (refused, unauthorised)
"""Nothing happened, and doing it again does not help."""
