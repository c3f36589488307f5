"""Style, script and pictures: kept by browsers for ever, under addresses that change with them."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

FOLDER = files("glowtify_adapters.web") / "static"

FOR_EVER = "public, max-age=31536000, immutable"


@cache
def static(name: str) -> str:
    """The address of a file, with what tells this version of it from others."""
    version = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={version}"


class Files(StaticFiles):
    """The folder, as Starlette serves it."""

    def __init__(self) -> None:
        super().__init__(directory=str(FOLDER))

    def file_response(self, full_path: Any, stat_result: Any, scope: Any, status_code: int = 200) -> Response:
        """A file; without its version it is asked about each time."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = FOR_EVER if scope["query_string"] else "no-cache"
        return response
