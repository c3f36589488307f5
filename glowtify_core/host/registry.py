"""Finding connectors: each entry point by itself, so that a broken one takes nothing down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions
from types import ModuleType

import pluggy

from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import ConnectorConflict, ConnectorNotFound, ContractMismatch
from glowtify_core.host import hookspecs
from glowtify_core.ports.connectors import CONTRACT_VERSION, ConnectorManifest, Installed, LoadFailure


@dataclass(frozen=True, slots=True)
class ConnectorRegistry:
    """The connectors that were found; a :class:`~glowtify_core.ports.connectors.ConnectorDirectory`."""

    installed: tuple[Installed, ...]
    failures: tuple[LoadFailure, ...]

    def manifest(self, name: str) -> ConnectorManifest:
        """One connector's manifest.

        Raises:
            ConnectorNotFound: not installed, or it failed to load.
        """
        for connector in self.installed:
            if connector.manifest.name == name:
                return connector.manifest
        for failure in self.failures:
            if failure.name == name:
                raise ConnectorNotFound(
                    f"The connector {name!r} could not be loaded",
                    detail=failure.reason,
                    remedy=failure.remedy,
                )
        known = ", ".join(connector.manifest.name for connector in self.installed) or "none"
        raise ConnectorNotFound(
            f"There is no connector {name!r}",
            detail=f"Installed: {known}.",
            remedy=f"Install it, for instance glowtify-{name}, or check the spelling.",
        )


def discover(*, strict: bool = False, found: Iterable[Distribution] | None = None) -> ConnectorRegistry:
    """Load the entry points of the group ``glowtify``, one by one.

    Args:
        strict: raise what a connector raises while loading, for its author's tests.
        found: the distributions to look at; those installed when None.

    Raises:
        ConnectorConflict: two distributions claim one name; loading either could be the wrong one.
    """
    installed: dict[str, Installed] = {}
    failures: list[LoadFailure] = []
    for distribution, entry_point in _entry_points(distributions() if found is None else found):
        try:
            for manifest in _load(entry_point):
                _check(manifest, distribution)
                _refuse_second_owner(manifest.name, installed.get(manifest.name), distribution)
                installed[manifest.name] = Installed(manifest, distribution.name, distribution.version)
        except ConnectorConflict:
            raise
        except (Exception, SystemExit) as problem:
            if strict:
                raise
            failures.append(_failure(entry_point.name, distribution.name, problem))
    return ConnectorRegistry(
        tuple(sorted(installed.values(), key=lambda connector: connector.manifest.name)), tuple(failures)
    )


def _entry_points(found: Iterable[Distribution]) -> Iterator[tuple[Distribution, EntryPoint]]:
    """Our entry points with their owners, sorted; a name owned twice is refused before any is loaded."""
    owners: dict[str, Distribution] = {}
    seen: set[str] = set()
    points: list[tuple[str, Distribution, EntryPoint]] = []
    for distribution in found:
        ours = [point for point in distribution.entry_points if point.group == hookspecs.PROJECT]
        if not ours or not distribution.name:  # nameless: what an interrupted installation has left
            continue
        name = re.sub(r"[-_.]+", "-", distribution.name).lower()
        if name in seen:  # the first on the path is the one that is imported, as in importlib.metadata
            continue
        seen.add(name)
        for point in ours:
            if point.name in owners:
                raise _conflict(point.name, owners[point.name].name, distribution.name)
            owners[point.name] = distribution
            points.append((point.name, distribution, point))
    yield from ((distribution, point) for _, distribution, point in sorted(points, key=lambda row: row[0]))


def _load(entry_point: EntryPoint) -> list[ConnectorManifest]:
    """Import one plugin, alone with the hook, and list what it yields."""
    plugins = pluggy.PluginManager(hookspecs.PROJECT)
    plugins.add_hookspecs(hookspecs)
    module: ModuleType = entry_point.load()
    plugins.register(module, name=entry_point.name)
    plugins.check_pending()
    manifests = [manifest for answer in plugins.hook.glowtify_connectors() for manifest in answer]
    if not manifests:
        raise LookupError("it offers no connector: glowtify_connectors() is missing or yields nothing")
    return manifests


def _check(manifest: ConnectorManifest, distribution: Distribution) -> None:
    if not isinstance(manifest, ConnectorManifest):
        raise TypeError(f"it yields {type(manifest).__name__} instead of a ConnectorManifest")
    if manifest.contract != CONTRACT_VERSION:
        newer = manifest.contract > CONTRACT_VERSION
        raise ContractMismatch(
            f"it speaks contract {manifest.contract}, this core speaks {CONTRACT_VERSION}",
            remedy=f"Update {'glowtify-core' if newer else distribution.name}.",
        )
    if Capability.PUBLISH not in manifest.capabilities:
        raise TypeError("its manifest does not declare the capability 'publish'")
    if Capability.EDIT in manifest.capabilities and Capability.RECONCILE not in manifest.capabilities:
        raise TypeError("its manifest declares 'edit' without 'reconcile', which takes a draft away")


def _refuse_second_owner(name: str, earlier: Installed | None, distribution: Distribution) -> None:
    if earlier:
        raise _conflict(name, earlier.distribution, distribution.name)


def _conflict(name: str, one: str, other: str) -> ConnectorConflict:
    return ConnectorConflict(
        f"Two distributions claim the connector {name!r}",
        detail=f"{one} and {other}",
        remedy=f"Uninstall {one} or {other}.",
    )


def _failure(name: str, distribution: str, problem: BaseException) -> LoadFailure:
    if isinstance(problem, ContractMismatch):
        return LoadFailure(name, distribution, problem.title, problem.remedy)
    reason = f"{type(problem).__name__}: {problem}"
    return LoadFailure(name, distribution, reason, f"Repair or update {distribution}.")
