"""New e-mail."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glowtify_adapters.web.desk import page


def show(request: Request) -> Response:
    """The page."""
    return page(request, "emails.html")


ROUTES = [Route("/emails/new", show)]
