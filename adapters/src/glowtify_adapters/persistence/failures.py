"""What a person is told when the database fails: one sentence and a remedy, never a library's traceback."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from glowtify_core.domain.errors import GlowtifyError, RepositoryError


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


def in_plain_words(error: SQLAlchemyError | OSError, where: str) -> GlowtifyError:
    """Our error for a database's; ``where`` names the database without its password."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    failure = _OPEN if isinstance(error, OSError) else _by_name(cause)
    return RepositoryError(
        failure.title,
        code=failure.code,
        remedy=failure.remedy.format(where=where),
        detail=str(cause).partition("\n")[0],
    )


def _by_name(cause: object) -> _Failure:
    """Sort by SQLite's own name, extended ones such as SQLITE_BUSY_SNAPSHOT included."""
    name = getattr(cause, "sqlite_errorname", "")
    primary = "_".join(name.split("_")[:2])
    return _BY_SQLITE_NAME.get(primary, _OTHER)
