"""The hook that a connector's plugin implements."""

from collections.abc import Iterable

import pluggy

from glowtify_core.ports.connectors import ConnectorManifest

PROJECT = "glowtify"
"""pluggy's project name and the entry-point group."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def glowtify_connectors() -> Iterable[ConnectorManifest]:  # type: ignore[empty-body]  # a hook has no body
    """Yield one manifest a connector: pure data, no request, no import of an HTTP library.

    Example::

        from glowtify_core.host import hookimpl

        @hookimpl
        def glowtify_connectors():
            yield MANIFEST
    """
