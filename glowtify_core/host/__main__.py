"""``python -m glowtify_core.host``: what is installed, without needing the adapters."""

import sys

from glowtify_core.domain.errors import ConnectorConflict
from glowtify_core.host.registry import discover


def main() -> int:
    """Print the connectors and what could not be loaded; 1 when something could not."""
    try:
        registry = discover()
    except ConnectorConflict as conflict:
        sys.stdout.write(f"{conflict}. {conflict.remedy}\n")
        return 1
    for connector in registry.installed:
        manifest = connector.manifest
        abilities = ", ".join(sorted(manifest.capabilities))
        sys.stdout.write(
            f"{manifest.name}: {connector.distribution} {connector.version},"
            f" contract {manifest.contract}; {abilities}\n"
        )
    for failure in registry.failures:
        sys.stdout.write(f"{failure.name}: {failure.distribution} could not be loaded: {failure.reason}\n")
    if not registry.installed and not registry.failures:
        sys.stdout.write("No connector is installed.\n")
    return 1 if registry.failures else 0


if __name__ == "__main__":
    sys.exit(main())
