# ruff: noqa: INP001 - a script beside the documentation, in no package
"""For the documentation site: what docstrings say in Sphinx's way, as Markdown."""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:class|data|func|meth|attr|mod|exc):`~?(?:(?P<path>[\w.]*)\.)?(?P<name>\w+)`")

_CODE_BELOW = re.compile(r"^ *\.\. code-block:: \w+\n|:(?=:$)", re.MULTILINE)


class Roles(griffe.Extension):
    """Turns ``:class:`~package.module.Name` `` into code, with a link where the site describes it.

    Code below is code by its indentation: neither ``.. code-block::`` nor a second colon has to say so.
    """

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite one object's docstring, before it is read."""
        if obj.docstring:
            obj.docstring.value = _ROLE.sub(_link, _CODE_BELOW.sub("", obj.docstring.value))


def _link(role: re.Match[str]) -> str:
    if not role["path"]:
        return f"`{role['name']}`"
    target = f"{role['path']}.{role['name']}"
    return f'<autoref identifier="{target}" optional><code>{role["name"]}</code></autoref>'
