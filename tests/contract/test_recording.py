"""An author's recorded tests: the project of the recording guide, and platforms that make everything anew."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
import pytest_recording._vcr  # noqa: F401 - imported once: pytester forgets what its runs import, and vcr patches
from acme_script import AcmeScript

from glowtify_acme import client
from glowtify_core.ports.clock import SystemClock
from glowtify_core.testing import on_loopback

pytest_plugins = ["pytester"]

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "record-your-platform.md"
RECORD = "--record-mode=rewrite"
CASSETTE = "cassettes/recorded/test_published_and_cancelled.yaml"


class LivelyScript(AcmeScript):
    """Like a real platform: ids, cookies and dates are new each time, and more is told than was asked."""

    chance = Random()

    def keep(self, mail):
        kept = super().keep(mail)
        del self.kept[kept.mail.id]
        kept.mail = replace(kept.mail, id=f"m{self.chance.randrange(10**6, 10**7)}")
        self.kept[kept.mail.id] = kept
        return kept

    def answer(self, request):
        answer = super().answer(request)
        noise = f"{self.chance.getrandbits(128):032x}"
        headers = {"Set-Cookie": f"session={noise}", "X-Request-Id": noise, "Retry-After": "0"}
        told = {"asked_by": "somebody@acme.test", "asked_at": datetime.now(UTC).isoformat(), "trace": noise}
        body = answer.body | told if isinstance(answer.body, dict) else answer.body
        return replace(answer, headers={**answer.headers, **headers}, body=body)


@pytest.fixture
def project(pytester, monkeypatch):
    """The guide's files, word for word; ``run`` runs its tests in this process."""
    conftest, tests = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    (pytester.path / "conftest.py").write_text(conftest)
    (pytester.path / "test_recorded.py").write_text(tests)
    monkeypatch.delenv("ACME_API_KEY", raising=False)
    return pytester


@pytest.fixture
def run(project):
    def run(*arguments, **outcome):
        result = project.runpytest_inprocess("-p", "no:randomly", "--block-network", *arguments)
        if outcome:
            result.assert_outcomes(**outcome)
        return result

    return run


@pytest.fixture
def live_acme(monkeypatch):
    """Something that stands where Acme's own address leads."""
    acme = LivelyScript(SystemClock())
    with on_loopback(acme) as address:
        monkeypatch.setattr(client, "BASE_URL", address)
        monkeypatch.setenv("ACME_API_KEY", AcmeScript.KEY)
        yield acme


def change(project, name, old, new):
    text = (project.path / name).read_text()
    assert old in text
    (project.path / name).write_text(text.replace(old, new))


def test_the_guides_tests_are_recorded_from_the_script_and_replayed_without_it(project, run):
    run(RECORD, passed=2)
    change(project, "conftest.py", "AcmeScript(clock)", "None")

    run(passed=2)


def test_a_replay_is_refused_without_its_cassette(run):
    run("-k", "published", failed=1)


def test_recorded_twice_a_cassette_is_the_same_to_the_byte_whatever_the_platform_makes_anew(
    project, run, monkeypatch
):
    monkeypatch.setattr("acme_script.AcmeScript", LivelyScript)
    run(RECORD, passed=2)
    first = (project.path / CASSETTE).read_bytes()

    run(RECORD, passed=2)

    assert (project.path / CASSETTE).read_bytes() == first
    assert b"/campaigns/id0001/schedule" in first
    for gone in (b"session", b"acme.test", b"asked_by", AcmeScript.KEY.encode(), b"127.0.0.1"):
        assert gone not in first
    run(passed=2)


def test_live_records_what_is_marked_so_from_the_platform_and_takes_it_back_unrecorded(
    project, run, live_acme, monkeypatch
):
    change(project, "test_recorded.py", "    ended = platform", "    return\n    ended = platform")
    run("--live", RECORD, passed=1, deselected=1)

    told = (project.path / CASSETTE).read_text()
    assert [mail.fate for mail in live_acme.mails()] == ["stopped"]
    assert "/cancel" not in told
    assert "https://api.acme.example.com/campaigns/id0001/schedule" in told
    monkeypatch.setattr(client, "BASE_URL", "https://api.acme.example.com")
    run(passed=2)


def test_platform_and_script_make_the_same_cassette_where_they_say_the_same(
    project, run, live_acme, monkeypatch
):
    monkeypatch.setattr("acme_script.AcmeScript", LivelyScript)
    run("--live", RECORD, passed=1, deselected=1)
    live = (project.path / CASSETTE).read_bytes()

    run(RECORD, passed=2)

    assert (project.path / CASSETTE).read_bytes() == live


@pytest.fixture
def recorded(project, run):
    """There is a cassette already."""
    run(RECORD, passed=2)
    return project.path / CASSETTE


def refused(run, recorded, sentence, *arguments):
    before = recorded.read_bytes()
    result = run(*arguments)
    text = f"{result.stdout.str()}{result.stderr.str()}"
    assert sentence in text
    assert result.ret != 0
    assert recorded.read_bytes() == before


@pytest.mark.parametrize("arguments", [("--live",), ("--live", "--record-mode=none")])
def test_live_alone_is_refused(run, recorded, arguments):
    refused(run, recorded, "--live records from the platform itself: add --record-mode=rewrite", *arguments)


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_a_mode_that_mixes_conversations_is_refused(run, recorded, mode):
    refused(run, recorded, "a cassette is one whole conversation", f"--record-mode={mode}")


def test_live_without_a_credential_ends_before_a_cassette_is_replaced(run, recorded):
    refused(run, recorded, "--live: the API key of Acme Mail has to be in ACME_API_KEY", "--live", RECORD)


def test_live_without_a_check_of_the_account_ends_before_a_cassette_is_replaced(
    project, run, recorded, live_acme
):
    change(project, "conftest.py", "def live_account_check", "def something_else")
    sentence = "--live: the fixture live_account_check has to say how a test account is known"
    refused(run, recorded, sentence, "--live", RECORD)


def test_live_on_another_account_ends_before_a_cassette_is_replaced_or_anything_written(
    project, run, recorded, live_acme
):
    change(project, "conftest.py", '.id == "A7"', '.id == "A8"')
    sentence = "--live: this is not the account that tests may write to"
    refused(run, recorded, sentence, "--live", RECORD)
    assert not live_acme.mails()


def test_what_is_marked_live_and_has_no_cassette_runs_with_live_only(project, run):
    change(project, "test_recorded.py", "@pytest.mark.vcr\n", "")

    run("-k", "published", skipped=1)


def test_a_replay_that_leaves_answers_unused_fails_and_names_them(project, run, recorded):
    change(project, "test_recorded.py", "    ended = platform", "    return\n    ended = platform")

    result = run(failed=1, passed=1)

    result.stdout.fnmatch_lines(
        ["*become shorter*POST https://api.acme.example.com/campaigns/id0001/cancel*"]
    )


def test_a_conversation_that_tells_a_secret_is_not_written(project, run, monkeypatch):
    class Tells(AcmeScript):
        def _shown(self, kept):
            return super()._shown(kept) | {"text": f"you are {self.KEY.encode().hex()}"}

    monkeypatch.setattr("acme_script.AcmeScript", Tells)

    result = run(RECORD, "-k", "published", passed=1, errors=1)

    result.stdout.fnmatch_lines(["*not written: secret: the value of api_key*"])
    assert not (project.path / CASSETTE).exists()
    assert AcmeScript.KEY not in result.stdout.str()


def test_a_conversation_whose_secrets_nobody_knows_is_not_written(project, run):
    hidden = "{'api_key': Secret(AcmeScript.KEY)}"
    change(project, "conftest.py", "recorder.credentials(AcmeScript.credentials)", hidden)
    change(
        project,
        "conftest.py",
        "import pytest\n",
        "import pytest\nfrom glowtify_core.ports.credentials import Secret\n",
    )

    result = run(RECORD, "-k", "published", passed=1, errors=1)

    result.stdout.fnmatch_lines(["*not written: nobody knows what to look for*"])
    assert not (project.path / CASSETTE).exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [("None", "needs its credentials"), ("{'api_key': 'short'}", "too short to be told from other text")],
)
def test_a_recording_needs_credentials_that_can_be_found(project, run, given, sentence):
    change(project, "conftest.py", "AcmeScript.credentials)", f"{given})")

    run(RECORD, "-k", "published", errors=1).stdout.fnmatch_lines([f"*{sentence}*"])


def test_a_recorded_test_needs_to_know_how_it_is_recorded(project, run, recorded):
    change(project, "conftest.py", "def recording():", "def another():")

    run("-k", "published", errors=1).stdout.fnmatch_lines(["*a recorded test needs the fixture recording*"])
    refused(run, recorded, "--live: a recorded test needs the fixture recording", "--live", RECORD)


def test_no_cassettes_at_all_are_no_clean_ones(run):
    run("-k", "clean", failed=1).stdout.fnmatch_lines(["*there are no cassettes below cassettes*"])
