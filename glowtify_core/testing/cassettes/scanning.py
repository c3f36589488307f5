"""The proof that a cassette is clean: everything in a text that has no place in one."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from glowtify_core.testing.cassettes.conversation import texts
from glowtify_core.testing.cassettes.scrubbing import Allowlist, traces

NO_SECRETS: Mapping[str, str] = MappingProxyType({})

_COOKIE = re.compile(r"\b(?:set-)?cookie[\"']?\s*:|\b__cf_bm\b|\bcf_clearance\b", re.IGNORECASE)
_AUTHORIZATION = re.compile(r"\bauthorization[\"']?\s*:", re.IGNORECASE)
_BEARER = re.compile(r"\bBearer\s+[\w.~+/-]+=*", re.IGNORECASE)
_LOOPBACK = re.compile(r"\b127(?:\.\d{1,3}){3}\b|\blocalhost\b|\[::1\]", re.IGNORECASE)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_OURS = ("@example.com", ".example.com")
_RUN = re.compile(r"[A-Za-z0-9+_-]{32,}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"[0-9a-f]+", re.IGNORECASE)
_RANDOM, _RANDOM_HEXADECIMAL = 4.2, 3.0
"""Bits a character: words, an ULID and what is padded with zeros have less, a random token of 32 has more."""
_SHOWN = 6
"""Characters of a finding that are told: it may be a secret."""


def scan_folder(folder: Path, allow: Allowlist) -> list[str]:
    """What is wrong with the cassettes below a folder, each as ``file: kind: what``; none at all, too."""
    files = sorted(folder.rglob("*.yaml"))
    found = [
        f"{path.relative_to(folder)}: {finding}"
        for path in files
        for finding in scan(path.read_text("utf-8"), allow)
    ]
    return found if files else [f"there are no cassettes below {folder.name}"]


def scan(text: str, allow: Allowlist, secrets: Mapping[str, str] = NO_SECRETS) -> list[str]:
    """What is wrong with the text of a cassette, each as ``kind: what``, without telling a secret.

    Args:
        text: as it stands in the file.
        allow: whose ``keys`` and ``opaque`` hold.
        secrets: what must not be there in any form, by the names of the manifest's credential fields.
    """
    from vcr.serializers.yamlserializer import deserialize  # type: ignore[import-untyped]

    everything = [text, *texts(deserialize(text))]
    opaque = "\n".join(
        found.group() for one in everything for pattern in allow.opaque for found in re.finditer(pattern, one)
    )
    return list(
        dict.fromkeys(
            finding
            for one in everything
            for finding in (*_known(one, secrets), *_suspicious(one, allow.keys), *_tokens(one, opaque))
        )
    )


def _known(text: str, secrets: Mapping[str, str]) -> Iterator[str]:
    """The secrets that were used, in whatever form and case."""
    folded = text.casefold()
    for name, secret in secrets.items():
        if any(trace.casefold() in folded for trace in traces(secret)):
            yield f"secret: the value of {name}"


def _suspicious(text: str, keys: Iterable[str]) -> Iterator[str]:
    """What looks like a secret, a person or this machine."""
    for kind, pattern in (
        *(("key", re.compile(key)) for key in keys),
        ("cookie", _COOKIE),
        ("authorization", _AUTHORIZATION),
        ("bearer token", _BEARER),
        ("loopback address", _LOOPBACK),
    ):
        yield from (_told(kind, found.group()) for found in pattern.finditer(text))
    for found in _EMAIL.finditer(text):
        if not found.group().lower().endswith(_OURS):
            yield _told("e-mail address", found.group())


def _tokens(text: str, opaque: str) -> Iterator[str]:
    """What looks like a token, and is no part of what the author knows to be none."""
    for run in _RUN.findall(text):
        if _random(run) and run not in opaque:
            yield _told("token", run)


def _random(run: str) -> bool:
    if _UUID.fullmatch(run):
        return False
    counts = Counter(run)
    entropy = -sum(n / len(run) * math.log2(n / len(run)) for n in counts.values())
    return entropy > (_RANDOM_HEXADECIMAL if _HEXADECIMAL.fullmatch(run) else _RANDOM)


def _told(kind: str, found: str) -> str:
    shown = found if len(found) <= _SHOWN else f"{found[:_SHOWN]}..."
    return f"{kind}: {shown} ({len(found)} characters)"
