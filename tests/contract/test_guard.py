"""A contract cannot be weakened quietly, and each of its tests states its rule."""

from __future__ import annotations

import inspect

import pytest

from glowtify_core import testing
from glowtify_core.testing.guard import GUARD, Contract, contract_tests
from glowtify_core.testing.rules import rule_of

pytest_plugins = "pytester"

MINE = """
import pytest
from glowtify_core.testing import CampaignRepoContract, ConnectionRepoContract, MemoryConnections
{before}
class TestMine({bases}ConnectionRepoContract):
    @pytest.fixture
    def repo(self):
        return MemoryConnections()

{inside}
"""
TEST = "test_c66_saving_takes_the_place_of_what_was_there"
OVERRIDE = f"""
    {{mark}}
    def {TEST}(self, repo):
        super().{TEST}(repo)
        {{end}}
"""
FAILING = "raise AssertionError('not yet')"


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs an author's file with the pieces given, by pytest with no plugin; how it ended."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(inside="", before="", bases="", options=()):
        pytester.makepyfile(MINE.format(inside=inside, before=before, bases=bases))
        quick = ("-p", "no:unraisableexception")  # which sweeps the memory of the whole process
        return pytester.runpytest_inprocess(*quick, *options)

    return run


def caught(result, *words):
    """Whether the run failed, citing the rule and these words."""
    said = result.stdout.str()
    return result.ret != pytest.ExitCode.OK and "C-1: " in said and all(word in said for word in words)


def test_a_contract_that_stands_passes(run):
    result = run()
    assert result.ret == pytest.ExitCode.OK
    assert result.parseoutcomes().keys() == {"passed"}


@pytest.mark.parametrize(
    "inside",
    [
        f"    {TEST} = None",
        f"    def {TEST}(self): pass",
        OVERRIDE.format(mark="", end=""),
        OVERRIDE.format(mark="@pytest.mark.skip(reason='later')", end=""),
        OVERRIDE.format(mark="@pytest.mark.xfail", end=FAILING),
        OVERRIDE.format(mark="@pytest.mark.xfail(strict=True)", end=FAILING),
        OVERRIDE.format(mark="@pytest.mark.xfail(reason='', strict=True)", end=FAILING),
        OVERRIDE.format(mark="@pytest.mark.xfail(reason='later')", end=FAILING),
        OVERRIDE.format(mark="@pytest.mark.xfail(reason='later', strict=False)", end=FAILING),
    ],
    ids=[
        "deleted",
        "emptied",
        "called and not marked",
        "skipped",
        "xfail",
        "xfail without a reason",
        "xfail with an empty reason",
        "xfail that is not strict",
        "xfail that says so",
    ],
)
def test_a_test_that_is_deleted_or_blunted_is_named(run, inside):
    assert caught(run(inside), f"TestMine.{TEST} replaces ConnectionRepoContract.{TEST}")


@pytest.mark.parametrize("base", ["class Lax(ConnectionRepoContract):", "class Lax:"])
def test_an_authors_base_class_hides_nothing(run, base):
    assert caught(run(before=f"{base}\n    {TEST} = None\n", bases="Lax, "), f"Lax.{TEST} replaces")


@pytest.mark.parametrize(
    "mark", ["skip(reason='later')", "skipif(True, reason='later')", "xfail(reason='later')"]
)
@pytest.mark.parametrize("place", ["decorator", "class", "module", "base"])
def test_a_whole_class_or_module_is_not_marked(run, mark, place):
    mark = f"pytest.mark.{mark}"
    pieces = {
        "decorator": {"before": f"@{mark}"},
        "class": {"inside": f"    pytestmark = {mark}"},
        "module": {"before": f"pytestmark = [{mark}]"},
        "base": {"before": f"@{mark}\nclass Lax: pass\n", "bases": "Lax, "},
    }
    assert caught(run(**pieces[place]), f"the class or module is marked {mark.split('.')[2].split('(')[0]}")


@pytest.mark.parametrize("mark", ["filterwarnings('ignore:nothing')", "usefixtures('tmp_path')"])
def test_other_marks_are_fine(run, mark):
    assert run(before=f"@pytest.mark.{mark}").ret == pytest.ExitCode.OK


@pytest.mark.parametrize(
    "pieces",
    [
        {"inside": f"    {GUARD} = None"},
        {"inside": "    def pytest_generate_tests(self): pass", "before": "@pytest.mark.skip"},
        {
            "before": f"class Lax:\n    def {GUARD}(self): pass\n",
            "bases": "Lax, ",
        },
    ],
    ids=["in the class", "that of marks", "in a base class"],
)
def test_the_guard_itself_cannot_be_taken_away(run, pieces):
    result = run(**pieces)
    assert result.ret != pytest.ExitCode.OK
    assert "C-1 holds for every contract class" in result.stdout.str()


def test_an_honest_xfail_passes(run):
    result = run(OVERRIDE.format(mark="@pytest.mark.xfail(reason='#12: not yet', strict=True)", end=FAILING))
    assert result.ret == pytest.ExitCode.OK
    assert result.parseoutcomes()["xfailed"] == 1


def test_an_xfail_need_not_say_so_where_the_whole_run_is_strict(run):
    inside = OVERRIDE.format(mark="@pytest.mark.xfail(reason='#12: not yet')", end=FAILING)
    assert run(inside, options=["-o", "xfail_strict=true"]).ret == pytest.ExitCode.OK


def test_what_an_author_gives_may_be_given_again_by_a_subclass(run):
    first = "class Mine(ConnectionRepoContract):\n    @pytest.fixture\n    def repo(self): return None\n"
    assert run(before=first, bases="Mine, ").ret == pytest.ExitCode.OK


def test_a_helper_of_the_contract_is_not_the_authors_to_give(run):
    helper = "class Mine(CampaignRepoContract):\n    @pytest.fixture\n    def claiming(self): return None\n"
    for given in ("", "    given = frozenset({'repo', 'claiming'})\n"):
        result = run(before=helper + given, bases="Mine, ", options=["-k", "c01"])
        assert caught(result, "Mine.claiming replaces CampaignStoreCase.claiming")


# --- the rules ---

BLOCKS = {
    "CredentialStoreContract": range(60, 65),
    "ReadOnlyCredentialStoreContract": range(60, 65),
    "ConnectionRepoContract": range(65, 70),
    "CampaignRepoContract": {*range(70, 90), *range(95, 98)},
    "FiguresRepoContract": range(98, 101),
    "RateGateContract": range(90, 95),
}
"""Which numbers belong to what; a number is never used again for another rule."""

OF_CONNECTORS = range(2, 60)

PUBLISHED = {
    name: contract
    for name in testing.__all__
    if inspect.isclass(contract := getattr(testing, name)) and issubclass(contract, Contract)
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_test_of_a_published_contract_states_a_rule_of_its_block(name):
    rules = [rule_of(test, function) for test, function in contract_tests(PUBLISHED[name]) if test != GUARD]
    assert {rule.number for rule in rules} <= set(BLOCKS.get(name, OF_CONNECTORS))
    for rule in rules:
        assert all(text.endswith(".") for text in (rule.text, rule.why, rule.remedy)), rule.test


@pytest.mark.parametrize("name", PUBLISHED)
def test_whatever_pytest_would_run_of_a_contract_is_named_by_a_rule(name):
    members = inspect.getmembers(PUBLISHED[name], inspect.isfunction)
    assert {test for test, _ in members if test.startswith("test")} == dict(
        contract_tests(PUBLISHED[name])
    ).keys()


def test_the_guard_states_its_rule():
    assert rule_of(GUARD, getattr(Contract, GUARD)).number == 1


def test_every_contract_of_a_store_is_published():
    assert BLOCKS.keys() <= PUBLISHED.keys()
