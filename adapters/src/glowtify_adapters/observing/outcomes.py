"""How a piece of work ended, in words that hold no values."""

from __future__ import annotations

from glowtify_core.domain.errors import GlowtifyError

DONE = "done"


def outcome_of(error: BaseException) -> str:
    """The code of an error of ours, or the kind of any other."""
    return error.code if isinstance(error, GlowtifyError) else type(error).__name__


def problem_of(error: BaseException) -> str:
    """The title of an error of ours; of others nothing, since their words may quote anything."""
    return error.title if isinstance(error, GlowtifyError) else ""
