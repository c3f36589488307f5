"""Moved to :mod:`glowtify_core.testing.keeping`."""

from glowtify_core.testing.keeping import ODD, SENDING_TAKES, KeepingScript, Kept

__all__ = ["ODD", "SENDING_TAKES", "KeepingScript", "Kept"]
