"""``python -m glowtify_core.host``: what is installed."""

import json
import platform
import subprocess
import sys

import fakes
import pytest

from glowtify_core.domain.capabilities import Capability, Needs
from glowtify_core.domain.errors import ConnectorConflict
from glowtify_core.host import ConnectorRegistry, __main__
from glowtify_core.ports.connectors import CONTRACT_VERSION, Installed, LoadFailure

PLAIN = Installed(fakes.manifest_for(fakes.FakeServer(fakes.FakeClock())), "glowtify-fake", "1.2")
PARTICULAR = Installed(
    fakes.manifest_for(
        fakes.FakeServer(fakes.FakeClock()),
        name="acme",
        title="Acme Mail",
        minutes=15,
        languages=("en-CA", "fr-CA"),
        most_audiences=1,
        capabilities={
            Capability.LISTS: Needs(("lists:read",)),
            Capability.PUBLISH: Needs(("mail:write",), any_of=(("lists:read", "segments:read"),)),
        },
        docs_url="https://example.com/acme",
    ),
    "glowtify-acme",
    "0.3",
)
BROKEN = LoadFailure(
    "gone", "glowtify-gone", "ModuleNotFoundError:\n  No module named 'x'", "Repair or update glowtify-gone."
)


@pytest.fixture
def told(monkeypatch, capsys):
    """Runs the command where these are found; its exit code and what it printed."""

    def command(*arguments, installed=(), failures=(), conflict=None, columns=100):
        def discover():
            if conflict:
                raise conflict
            return ConnectorRegistry(tuple(installed), tuple(failures))

        monkeypatch.setattr(__main__, "discover", discover)
        monkeypatch.setenv("COLUMNS", str(columns))
        return __main__.main(arguments), capsys.readouterr().out

    return command


def test_it_begins_with_the_versions_of_core_contract_and_python(told):
    _, text = told(installed=[PLAIN])
    first = text.splitlines()[0]
    assert first.startswith("glowtify-core 0.")
    assert first.endswith(f", contract {CONTRACT_VERSION}, Python {platform.python_version()}")


def test_a_connector_is_shown_with_what_its_manifest_says(told):
    code, text = told(installed=[PARTICULAR])
    assert code == 0
    assert text.partition("\n\n")[2] == (
        "Acme Mail (acme)\n"
        "  installed       glowtify-acme 0.3, contract 1\n"
        "  capabilities    publish, lists\n"
        "  asks for        API key\n"
        "  scopes          lists:read, mail:write, segments:read\n"
        "  send times      every 15 minutes\n"
        "  languages       en-CA, fr-CA\n"
        "  audiences       1 at most in one campaign\n"
        "  more            https://example.com/acme\n"
    )


def test_what_a_platform_does_not_ask_for_is_not_shown(told):
    _, text = told(installed=[PLAIN])
    assert "any minute" in text
    for label in ("languages", "audiences", "more"):
        assert f"  {label}  " not in text


def test_a_failure_is_shown_with_reason_and_remedy_and_the_code_says_so(told):
    code, text = told(installed=[PLAIN], failures=[BROKEN])
    assert code == 1
    assert "Fake (fake)" in text
    assert text.endswith(
        "gone: cannot be used\n"
        "  installed       glowtify-gone\n"
        "  reason          ModuleNotFoundError:   No module named 'x'\n"
        "  what to do      Repair or update glowtify-gone.\n"
    )


def test_a_conflict_names_both_and_the_code_says_so(told):
    conflict = ConnectorConflict(
        "Two distributions claim the connector 'alpha'",
        detail="one and other",
        remedy="Uninstall one or other.",
    )
    code, text = told(conflict=conflict)
    assert code == 1
    assert "Two distributions claim the connector 'alpha': none can be used\n" in text
    assert "  claimed by      one and other\n" in text
    assert "  what to do      Uninstall one or other.\n" in text
    assert "No connector" not in text
    assert json.loads(told("--json", conflict=conflict)[1])["conflict"] == {
        "title": conflict.title,
        "detail": conflict.detail,
        "remedy": conflict.remedy,
    }


def test_where_nothing_is_installed_it_says_what_to_do(told):
    code, text = told()
    assert code == 0
    assert "No connector is installed.\n" in text
    assert f"{sys.executable} -m pip install glowtify-NAME" in text
    assert f"{sys.executable} -m glowtify_core.kit.scaffold NAME" in text


@pytest.mark.parametrize("columns", [40, 80])
def test_lines_keep_to_the_terminal(told, columns):
    _, text = told(installed=[PLAIN], failures=[BROKEN], columns=columns)
    assert max(map(len, text.splitlines()[1:])) <= columns


def test_the_document_says_the_same_to_programs(told):
    code, text = told("--json", installed=[PARTICULAR], failures=[BROKEN])
    document = json.loads(text)
    assert code == 1
    assert document == {
        "core": document["core"],
        "contract": CONTRACT_VERSION,
        "python": platform.python_version(),
        "connectors": [
            {
                "name": "acme",
                "title": "Acme Mail",
                "distribution": "glowtify-acme",
                "version": "0.3",
                "contract": 1,
                "capabilities": {
                    "publish": {"scopes": ["mail:write"], "any_of": [["lists:read", "segments:read"]]},
                    "lists": {"scopes": ["lists:read"], "any_of": []},
                },
                "credential_fields": [{"name": "api_key", "label": "API key", "secret": True}],
                "minutes": 15,
                "languages": ["en-CA", "fr-CA"],
                "most_audiences": 1,
                "docs_url": "https://example.com/acme",
            }
        ],
        "failures": [
            {
                "name": "gone",
                "distribution": "glowtify-gone",
                "reason": BROKEN.reason,
                "remedy": BROKEN.remedy,
            }
        ],
        "conflict": None,
    }


def test_help_names_every_exit_code():
    run = subprocess.run(
        [sys.executable, "-m", "glowtify_core.host", "--help"], capture_output=True, text=True, check=True
    )
    for code in ("0  whatever", "1  a connector", "2  the command line"):
        assert code in run.stdout


def test_what_the_command_line_cannot_be_read_as_is_2(told, capsys):
    with pytest.raises(SystemExit) as end:
        told("--jsn")
    assert end.value.code == 2
    assert "--jsn" in capsys.readouterr().err
