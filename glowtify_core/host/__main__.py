"""``python -m glowtify_core.host``: what is installed, without needing the adapters."""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import ConnectorConflict
from glowtify_core.host.registry import ConnectorRegistry, discover
from glowtify_core.ports.connectors import CONTRACT_VERSION, ConnectorManifest, Installed, LoadFailure

_CODES = """\
exit codes:
  0  whatever is installed can be used
  1  a connector could not be loaded, or two distributions claim one name
  2  the command line could not be read
"""
_LABELS = 14
_WIDEST = 100


def main(argv: Sequence[str] | None = None) -> int:
    """Tell what is installed, as text or as JSON; the exit code is described by ``--help``."""
    asked = _parser().parse_args(argv)
    conflict: ConnectorConflict | None = None
    try:
        registry = discover()
    except ConnectorConflict as problem:
        registry, conflict = ConnectorRegistry((), ()), problem
    if asked.json:
        told = json.dumps(_document(registry, conflict), indent=2)
    else:
        told = "\n".join(_lines(registry, conflict))
    sys.stdout.write(f"{told}\n")
    return 1 if registry.failures or conflict else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m glowtify_core.host",
        description="Show the connectors that are installed for this Python, and those that cannot be used.",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    return parser


# --- For people ------------------------------------------------------------------------------------


def _lines(registry: ConnectorRegistry, conflict: ConnectorConflict | None) -> Iterator[str]:
    core = f"glowtify-core {version('glowtify-core')}, contract {CONTRACT_VERSION}"
    yield f"{core}, Python {platform.python_version()}"
    for connector in registry.installed:
        yield from _connector(connector)
    for failure in registry.failures:
        yield from _failure(failure)
    if conflict:
        yield from ("", f"{conflict.title}: none can be used")
        yield from _row("claimed by", conflict.detail)
        yield from _row("what to do", conflict.remedy)
    elif not registry.installed and not registry.failures:
        yield from _nothing()


def _connector(connector: Installed) -> Iterator[str]:
    manifest = connector.manifest
    yield from ("", f"{manifest.title} ({manifest.name})")
    yield from _row(
        "installed", f"{connector.distribution} {connector.version}, contract {manifest.contract}"
    )
    yield from _row("capabilities", ", ".join(_declared(manifest)))
    yield from _row("asks for", ", ".join(field.label for field in manifest.credential_fields))
    yield from _row("scopes", ", ".join(_scopes(manifest)))
    yield from _row(
        "send times", "any minute" if manifest.minutes == 1 else f"every {manifest.minutes} minutes"
    )
    yield from _row("languages", ", ".join(manifest.languages))
    if manifest.most_audiences is not None:
        yield from _row("audiences", f"{manifest.most_audiences} at most in one campaign")
    yield from _row("more", manifest.docs_url)


def _failure(failure: LoadFailure) -> Iterator[str]:
    yield from ("", f"{failure.name}: cannot be used")
    yield from _row("installed", failure.distribution)
    yield from _row("reason", failure.reason)
    yield from _row("what to do", failure.remedy)


def _nothing() -> Iterator[str]:
    yield from ("", "No connector is installed.")
    yield from _row("to install one", f"{sys.executable} -m pip install glowtify-NAME")
    yield from _row("to write one", f"{sys.executable} -m glowtify_core.kit.scaffold NAME")


def _row(label: str, words: str) -> Iterator[str]:
    """A labelled fact, wrapped to the terminal; nothing where there is nothing to say."""
    yield from textwrap.wrap(
        words,
        width=min(shutil.get_terminal_size().columns, _WIDEST),
        initial_indent=f"  {label:<{_LABELS}}  ",
        subsequent_indent=" " * (_LABELS + 4),
        break_long_words=False,
        break_on_hyphens=False,
    )


# --- For programs ----------------------------------------------------------------------------------


def _document(registry: ConnectorRegistry, conflict: ConnectorConflict | None) -> dict[str, Any]:
    return {
        "core": version("glowtify-core"),
        "contract": CONTRACT_VERSION,
        "python": platform.python_version(),
        "connectors": [_connector_document(connector) for connector in registry.installed],
        "failures": [asdict(failure) for failure in registry.failures],
        "conflict": conflict
        and {"title": conflict.title, "detail": conflict.detail, "remedy": conflict.remedy},
    }


def _connector_document(connector: Installed) -> dict[str, Any]:
    manifest = connector.manifest
    return {
        "name": manifest.name,
        "title": manifest.title,
        "distribution": connector.distribution,
        "version": connector.version,
        "contract": manifest.contract,
        "capabilities": {name: asdict(manifest.capabilities[name]) for name in _declared(manifest)},
        "credential_fields": [
            {"name": field.name, "label": field.label, "secret": field.secret}
            for field in manifest.credential_fields
        ],
        "minutes": manifest.minutes,
        "languages": manifest.languages,
        "most_audiences": manifest.most_audiences,
        "docs_url": manifest.docs_url or None,
    }


def _declared(manifest: ConnectorManifest) -> list[Capability]:
    """In the order in which :class:`Capability` lists them."""
    return [capability for capability in Capability if capability in manifest.capabilities]


def _scopes(manifest: ConnectorManifest) -> list[str]:
    """Every scope that a capability needs, sorted."""
    return sorted({scope for needs in manifest.capabilities.values() for scope in needs.every_scope})


if __name__ == "__main__":
    sys.exit(main())
