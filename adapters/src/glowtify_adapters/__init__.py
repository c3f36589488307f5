"""Adapters around the core: stores, credentials, wiring and the ``glowtify`` command."""
