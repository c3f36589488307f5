"""Watching the work: logs always, traces and figures where they are asked for."""

from __future__ import annotations

from glowtify_adapters.observing.logs import LogObserver
from glowtify_core.domain.errors import ConfigurationError
from glowtify_core.ports.observing import Observer


def open_observer(*, telemetry: bool) -> Observer:
    """What watches the work of this process.

    Args:
        telemetry: whether OpenTelemetry watches too; it is imported only then.

    Raises:
        ConfigurationError: the extra is not installed.
    """
    logs = LogObserver()
    if not telemetry:
        return logs
    try:
        from glowtify_adapters.observing.telemetry import open_telemetry
    except ModuleNotFoundError as missing:
        raise ConfigurationError(
            "OpenTelemetry is not installed",
            code="telemetry_missing",
            field="GLOWTIFY_TELEMETRY",
            remedy='Run: pip install "glowtify-adapters[telemetry]", or unset GLOWTIFY_TELEMETRY.',
        ) from missing
    return open_telemetry(logs)
