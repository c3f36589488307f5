"""The contract class of every mutant connector; test_teeth_of_connector_contract.py expects them to fail."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace

import without_drafts

from glowtify_core.ports.connectors import ConnectorManifest
from glowtify_core.testing import ConnectorContract
from glowtify_core.testing.fakes.no_drafts import MANIFEST, NoDrafts
from glowtify_core.testing.fakes.no_drafts_script import NoDraftsScript


def mutants() -> Iterator[tuple[str, str, ConnectorManifest]]:
    """Name, rule that must notice, and manifest of each mutant."""
    for name, connector in inspect.getmembers(without_drafts, inspect.isclass):
        if issubclass(connector, NoDrafts) and connector is not NoDrafts:
            yield name, (connector.__doc__ or "").partition(":")[0], replace(MANIFEST, factory=connector)
    for name, (rule, manifest) in without_drafts.MANIFESTS.items():
        yield name, rule, manifest


for name, _, manifest in mutants():
    given = {"manifest": manifest, "script": NoDraftsScript, "__module__": __name__}
    globals()[f"Test{name}"] = type(f"Test{name}", (ConnectorContract,), given)
