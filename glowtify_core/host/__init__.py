"""The plugin host: finds connectors by entry point. The only place that knows pluggy."""

from glowtify_core.host.hookspecs import hookimpl
from glowtify_core.host.registry import ConnectorRegistry, discover

__all__ = ["ConnectorRegistry", "discover", "hookimpl"]
