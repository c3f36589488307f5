"""The contract class of every mutant connector; test_teeth_of_connector_contract.py expects them to fail."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType

import with_drafts
import without_drafts

from glowtify_core.ports.connectors import ConnectorManifest
from glowtify_core.testing import ConnectorContract, PlatformScript
from glowtify_core.testing.fakes import many_lists, no_drafts
from glowtify_core.testing.fakes.many_lists_script import ManyListsScript
from glowtify_core.testing.fakes.no_drafts_script import NoDraftsScript

Mutant = tuple[str, str, ConnectorManifest, type[PlatformScript]]
"""Name, rule that must notice, manifest, and the platform that it is wrong about."""


def mutants() -> Iterator[Mutant]:
    """Every mutant connector, and the sound connectors with a wrong manifest."""
    yield from _made_of(no_drafts.NoDrafts, no_drafts.MANIFEST, NoDraftsScript, without_drafts)
    yield from _made_of(many_lists.ManyLists, many_lists.MANIFEST, ManyListsScript, with_drafts)
    for name, (rule, manifest) in without_drafts.MANIFESTS.items():
        yield name, rule, manifest, NoDraftsScript


def _made_of(
    sound: type, manifest: ConnectorManifest, script: type[PlatformScript], module: ModuleType
) -> Iterator[Mutant]:
    for name, connector in inspect.getmembers(module, inspect.isclass):
        if issubclass(connector, sound) and connector is not sound:
            yield (
                name,
                (connector.__doc__ or "").partition(":")[0],
                replace(manifest, factory=connector),
                script,
            )


for name, _, manifest, script in mutants():
    given = {"manifest": manifest, "script": script, "__module__": __name__}
    globals()[f"Test{name}"] = type(f"Test{name}", (ConnectorContract,), given)
