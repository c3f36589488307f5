"""The contract has teeth: a connector that is wrong in one way is failed by the test that names its rule."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import connectors
import pytest

HERE = Path(__file__).parent
MUTANTS = {name: f"c{int(rule.removeprefix('C-')):02}" for name, rule, *_ in connectors.mutants()}


@pytest.fixture(scope="module")
def failed(tmp_path_factory) -> Mapping[str, list[str]]:
    """The tests that failed for each mutant, of those that state its rule."""
    report = tmp_path_factory.mktemp("teeth") / "report.xml"
    chosen = " or ".join(f"(Test{name} and test_{rule}_)" for name, rule in MUTANTS.items())
    command = [
        sys.executable,
        "-m",
        "pytest",
        str(HERE / "mutants" / "connectors.py"),
        "-q",
        "-p",
        "no:randomly",
    ]
    subprocess.run([*command, "-k", chosen, f"--junitxml={report}"], capture_output=True, check=False)
    found = defaultdict(list)
    for case in ET.parse(report).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            found[case.attrib["classname"].rpartition(".Test")[2]].append(case.attrib["name"])
    return found


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_is_failed_by_the_rule_that_it_breaks(mutant, failed):
    assert failed[mutant], f"no test of {MUTANTS[mutant]} notices {mutant}"


def test_there_are_many_of_them():
    assert len(MUTANTS) >= 15
    assert len(set(MUTANTS.values())) >= 15
