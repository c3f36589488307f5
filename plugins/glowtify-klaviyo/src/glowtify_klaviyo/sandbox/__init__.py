"""A local Klaviyo at revision 2026-07-15, for demonstrations, tests and authors."""

from glowtify_klaviyo.sandbox.command import run
from glowtify_klaviyo.sandbox.faults import Fault
from glowtify_klaviyo.sandbox.guesses import Guesses
from glowtify_klaviyo.sandbox.server import Sandbox

__all__ = ["Fault", "Guesses", "Sandbox", "run"]
