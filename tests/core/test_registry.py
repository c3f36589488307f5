"""Finding connectors: each entry point by itself."""

import subprocess
import sys
from importlib.metadata import Distribution
from types import ModuleType

import fakes
import pytest

from glowtify_core.domain.capabilities import Capability, Needs
from glowtify_core.domain.errors import ConnectorConflict, ConnectorNotFound, ContractMismatch
from glowtify_core.host import discover, hookimpl
from glowtify_core.ports.connectors import CONTRACT_VERSION


class Fake(Distribution):
    """A distribution of one entry point a connector, without files."""

    def __init__(self, name, *points, version="1.2"):
        self.metadata_text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" if name else ""
        self.points = "".join(f"{point} = {target}\n" for point, target in points)

    def read_text(self, filename):
        if filename == "METADATA":
            return self.metadata_text
        return f"[glowtify]\n{self.points}[other]\nx = nowhere\n" if filename == "entry_points.txt" else None

    def locate_file(self, path):
        raise NotImplementedError


@pytest.fixture
def plugin(monkeypatch):
    """Installs a module whose hook yields these manifests; its name."""

    def install(name, *manifests, hook="glowtify_connectors", error=None):
        module = ModuleType(f"plugin_{name}")

        def implementation():
            if error:
                raise error
            yield from manifests

        implementation.__name__ = hook
        setattr(module, hook, hookimpl(implementation))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return name, module.__name__

    return install


def manifest(name="alpha", **changes):
    return fakes.manifest_for(fakes.FakeServer(fakes.FakeClock()), name=name, **changes)


def failure(*found):
    registry = discover(found=found)
    assert registry.installed == ()
    (only,) = registry.failures
    return only


def test_what_is_installed_is_found_with_where_it_comes_from(plugin):
    registry = discover(
        found=[
            Fake("glowtify-beta", plugin("beta", manifest("beta"))),
            Fake("glowtify-alpha", plugin("alpha", manifest("alpha"))),
        ]
    )
    assert [(found.manifest.name, found.distribution, found.version) for found in registry.installed] == [
        ("alpha", "glowtify-alpha", "1.2"),
        ("beta", "glowtify-beta", "1.2"),
    ]
    assert registry.failures == ()
    assert registry.manifest("beta").name == "beta"


def test_one_plugin_may_offer_several(plugin):
    registry = discover(found=[Fake("two", plugin("both", manifest("alpha"), manifest("beta")))])
    assert [found.manifest.name for found in registry.installed] == ["alpha", "beta"]


def test_a_broken_plugin_is_reported_and_takes_nothing_down(plugin):
    registry = discover(
        found=[
            Fake("glowtify-gone", ("gone", "no_such_module_anywhere")),
            Fake("glowtify-bad", plugin("bad", error=RuntimeError("it is broken"))),
            Fake("glowtify-leaving", plugin("leaving", error=SystemExit("no licence"))),
            Fake("glowtify-good", plugin("good", manifest("good"))),
        ]
    )
    assert [found.manifest.name for found in registry.installed] == ["good"]
    reasons = {failed.name: (failed.distribution, failed.reason) for failed in registry.failures}
    assert reasons["bad"] == ("glowtify-bad", "RuntimeError: it is broken")
    assert reasons["gone"][0] == "glowtify-gone"
    assert "no_such_module_anywhere" in reasons["gone"][1]
    with pytest.raises(ConnectorNotFound, match="could not be loaded: RuntimeError") as refusal:
        registry.manifest("bad")
    assert "glowtify-bad" in refusal.value.remedy


def test_strictly_a_broken_plugin_raises(plugin):
    with pytest.raises(RuntimeError, match="broken"):
        discover(strict=True, found=[Fake("bad", plugin("bad", error=RuntimeError("it is broken")))])


@pytest.mark.parametrize("same_point", [True, False])
def test_a_name_claimed_twice_is_refused_naming_both_distributions(plugin, same_point):
    one = Fake("glowtify-one", plugin("alpha", manifest("alpha")))
    other = Fake("glowtify-other", plugin("alpha" if same_point else "beta", manifest("alpha")))
    with pytest.raises(ConnectorConflict) as refusal:
        discover(found=[one, other])
    assert "'alpha'" in refusal.value.title
    for words in (refusal.value.detail, refusal.value.remedy):
        assert "glowtify-one" in words
        assert "glowtify-other" in words


def test_a_distribution_that_is_found_twice_counts_once(plugin):
    point = plugin("alpha", manifest("alpha"))
    registry = discover(found=[Fake("Glowtify_Alpha", point), Fake("glowtify.alpha", point)])
    assert [found.distribution for found in registry.installed] == ["Glowtify_Alpha"]


@pytest.mark.filterwarnings("ignore:Implicit None:DeprecationWarning")
def test_what_an_interrupted_installation_has_left_is_passed_over(plugin):
    registry = discover(found=[Fake(None), Fake("good", plugin("good", manifest("good")))])
    assert [found.manifest.name for found in registry.installed] == ["good"]
    assert registry.failures == ()


@pytest.mark.parametrize(
    ("contract", "update"),
    [(CONTRACT_VERSION + 1, "glowtify-core"), (CONTRACT_VERSION - 1, "glowtify-alpha")],
)
def test_an_unknown_contract_is_refused_with_what_to_update(plugin, contract, update):
    found = Fake("glowtify-alpha", plugin("alpha", manifest(contract=contract)))
    failed = failure(found)
    assert failed.reason == f"it speaks contract {contract}, this core speaks {CONTRACT_VERSION}"
    assert failed.remedy == f"Update {update}."
    with pytest.raises(ContractMismatch):
        discover(strict=True, found=[found])


def test_a_misspelt_hook_is_reported(plugin):
    found = Fake("glowtify-alpha", plugin("alpha", manifest(), hook="glowtify_conectors"))
    assert "glowtify_conectors" in failure(found).reason


def test_a_plugin_that_offers_nothing_is_reported(plugin):
    assert "offers no connector" in failure(Fake("glowtify-alpha", plugin("alpha"))).reason


def test_a_plugin_without_the_hook_is_reported():
    assert "offers no connector" in failure(Fake("glowtify-alpha", ("alpha", "string"))).reason


def test_what_is_no_manifest_is_reported(plugin):
    assert "str instead of a ConnectorManifest" in failure(Fake("a", plugin("alpha", "alpha"))).reason


def test_a_connector_that_cannot_publish_is_reported(plugin):
    assert "'publish'" in failure(Fake("a", plugin("alpha", manifest(capabilities={})))).reason


def test_a_connector_that_takes_back_and_cannot_take_a_draft_away_is_reported(plugin):
    half = dict.fromkeys((Capability.PUBLISH, Capability.EDIT), Needs())
    assert "'reconcile'" in failure(Fake("a", plugin("alpha", manifest(capabilities=half)))).reason


def test_an_unknown_name_is_answered_with_what_there_is(plugin):
    registry = discover(found=[Fake("a", plugin("alpha", manifest()))])
    with pytest.raises(ConnectorNotFound, match="Installed: alpha") as refusal:
        registry.manifest("alpa")
    assert "spelling" in refusal.value.remedy


def test_discovery_of_what_is_really_installed_imports_no_http_library():
    script = (
        "import sys, runpy\n"
        "try: runpy.run_module('glowtify_core.host', run_name='__main__')\n"
        "except SystemExit as end: print('code', end.code)\n"
        "print('loaded', sorted({'requests', 'urllib3', 'marshmallow', 'sqlalchemy'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "code 0" in run.stdout
    assert run.stdout.endswith("loaded []\n")
