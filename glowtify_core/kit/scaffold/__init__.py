"""A new connector, written for its author: ``glowtify new-connector`` and ``python -m`` this package."""

from glowtify_core.kit.scaffold.writing import Written, write_connector

__all__ = ["Written", "write_connector"]
