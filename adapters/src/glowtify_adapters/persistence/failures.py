"""What a person is told when the database fails: one sentence and a remedy, never a library's traceback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from glowtify_core.domain.errors import ConfigurationError, GlowtifyError, RepositoryError


@dataclass(frozen=True, slots=True)
class _Failure:
    title: str
    code: str
    remedy: str


_OPEN = _Failure(
    "The database cannot be opened",
    "database_unavailable",
    "Check that {where} is there, that its folder may be written, and that it is yours.",
)
_REACH = _Failure(
    _OPEN.title,
    _OPEN.code,
    "Check that the server of {where} is running, and that the user, password and database are right.",
)
_BUSY = _Failure(
    "The database is busy",
    "database_busy",
    "Another program holds {where}; wait until it is done and try again.",
)
_DAMAGED = _Failure(
    "The database is damaged",
    "database_damaged",
    "Restore {where} from a backup; do not start with an empty one while campaigns are scheduled.",
)
_UNWRITABLE = _Failure(
    "The database cannot be written",
    "database_unwritable",
    "Check the free space and the permissions of {where}.",
)
_OTHER = _Failure("The database failed", "database", "Try again; if it stays so, check {where}.")

_BY_SQLITE_NAME = {
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_CANTOPEN": _OPEN,
    "SQLITE_PERM": _OPEN,
    "SQLITE_AUTH": _OPEN,
    "SQLITE_READONLY": _UNWRITABLE,
    "SQLITE_FULL": _UNWRITABLE,
    "SQLITE_IOERR": _UNWRITABLE,
}

_BY_SQLSTATE = {
    "08": _REACH,  # the connection broke
    "28": _REACH,  # user or password
    "3D": _REACH,  # no such database
    "57": _REACH,  # shutting down or starting up
    "57014": _BUSY,  # the server's own patience ended
    "40": _BUSY,  # a deadlock
    "53": _BUSY,  # too many connections, no memory
    "55": _BUSY,  # a lock that was not to be had
    "53100": _UNWRITABLE,  # the disk is full
    "58": _UNWRITABLE,  # reading or writing its files failed
    "25006": _UNWRITABLE,  # a copy that can only be read
    "42501": _UNWRITABLE,  # no permission
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
"""PostgreSQL's codes of five characters, or their class: the first two."""


def in_plain_words(error: SQLAlchemyError | OSError, where: str) -> GlowtifyError:
    """Our error for a database's; ``where`` names the database without its password."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    failure = _sort(error, cause)
    return RepositoryError(
        failure.title,
        code=failure.code,
        remedy=failure.remedy.format(where=where),
        detail=str(cause).partition("\n")[0],
    )


def refuse_url(detail: str, remedy: str = "", cause: Exception | None = None) -> NoReturn:
    """Say that ``GLOWTIFY_DATABASE_URL`` names nothing that we can use.

    Raises:
        ConfigurationError: always.
    """
    raise ConfigurationError(
        "GLOWTIFY_DATABASE_URL cannot be used",
        detail=detail,
        remedy=remedy
        or "Leave it unset for a file under GLOWTIFY_HOME, or write it like sqlite:////folder/glowtify.db"
        " or postgresql://user:password@host/database.",
        code="database_url",
    ) from cause


def _sort(error: SQLAlchemyError | OSError, cause: object) -> _Failure:
    if isinstance(error, OSError):
        return _OPEN
    if name := getattr(cause, "sqlite_errorname", ""):
        primary = "_".join(name.split("_")[:2])  # also of extended ones such as SQLITE_BUSY_SNAPSHOT
        return _BY_SQLITE_NAME.get(primary, _OTHER)
    if state := getattr(cause, "sqlstate", ""):
        return _BY_SQLSTATE.get(state) or _BY_SQLSTATE.get(state[:2], _OTHER)
    # A driver that got no answer from a server has no code to give.
    return _REACH if isinstance(error, OperationalError) else _OTHER
