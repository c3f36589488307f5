"""Recorded tests: a plugin of pytest, named in the root conftest's ``pytest_plugins``.

Tests that are marked ``vcr`` are replayed; ``--record-mode=rewrite`` records them from a sandbox or a script.
With ``--live`` besides, those that are marked ``live`` too are recorded from the platform itself.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from glowtify_core.ports.credentials import Credentials
from glowtify_core.testing.cassettes.recorder import Recorder, Recording

_RECORDER = pytest.StashKey[Recorder]()
_UNKNOWN = "a recorded test needs the fixture recording"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--live``."""
    parser.getgroup("recording").addoption(
        "--live",
        action="store_true",
        help="record what is marked live from the platform itself; needs --record-mode=rewrite, "
        "and credentials in the manifest's environment variables",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark, and refuse what would mix conversations."""
    config.addinivalue_line("markers", "live: may be told to the platform itself, with --live")
    mode = config.getoption("--record-mode")
    if mode not in {None, "none", "rewrite"}:
        raise pytest.UsageError("a cassette is one whole conversation: record with --record-mode=rewrite")
    if config.getoption("--live") and mode != "rewrite":
        raise pytest.UsageError("--live records from the platform itself: add --record-mode=rewrite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--live`` only what is marked live runs; without it, only what can be replayed."""
    if config.getoption("--live"):
        others = [item for item in items if not item.get_closest_marker("live")]
        items[:] = [item for item in items if item.get_closest_marker("live")]
        config.hook.pytest_deselected(items=others)
        return
    for item in items:
        if item.get_closest_marker("live") and not item.get_closest_marker("vcr"):
            item.add_marker(pytest.mark.skip(reason="only with --live"))


@pytest.hookimpl(optionalhook=True)
def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    """What a recorded test writes goes through its recorder."""
    if recorder := config.stash.get(_RECORDER, None):
        vcr.register_persister(_Persister(vcr.persister, recorder))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """A replay that leaves answers unused fails."""
    result = yield
    recorder = item.config.stash.get(_RECORDER, None)
    cassette = getattr(item, "funcargs", {}).get("vcr")
    if recorder and cassette and not recorder.records:
        assert_all_played(cassette)
    return result


def assert_all_played(cassette: Any) -> None:
    """Fail if a replay has not asked for everything that is on its cassette."""
    unused = [
        f"{request.method} {request.uri}"
        for place, request in enumerate(cassette.requests)
        if not cassette.play_counts[place]
    ]
    assert not unused, f"the conversation has become shorter, record it anew: {'; '.join(unused)}"


@pytest.fixture(scope="session")
def recording() -> Recording | None:
    """To be given by the author."""
    return None


@pytest.fixture(scope="session")
def live_credentials(recording: Recording | None) -> Credentials:
    """What the manifest's environment variables hold; for ``live_account_check``."""
    if recording is None:
        raise LookupError(_UNKNOWN)
    return recording.live_credentials()


@pytest.fixture(scope="session")
def live_account_check() -> None:
    """To be given by the author: raises unless the account is one that tests may write to."""
    raise LookupError("the fixture live_account_check has to say how a test account is known")


@pytest.fixture(scope="session", autouse=True)
def _only_a_test_account(request: pytest.FixtureRequest) -> None:
    """End a live run that cannot be one before it replaces a cassette."""
    if request.config.getoption("--live"):
        try:
            request.getfixturevalue("live_credentials")
            request.getfixturevalue("live_account_check")
        except (Exception, pytest.fail.Exception) as reason:  # noqa: BLE001 - whatever it is, it ends here
            sentence, *_ = str(reason).splitlines() or [type(reason).__name__]
            pytest.exit(f"--live: {sentence}", 2)


@pytest.fixture
def recorder(request: pytest.FixtureRequest, recording: Recording | None) -> Iterator[Recorder]:
    """Watches over this test's conversation."""
    if recording is None:
        pytest.fail(_UNKNOWN, pytrace=False)
    config = request.config
    live = request.getfixturevalue("live_credentials") if config.getoption("--live") else None
    recorder = Recorder(recording, records=config.getoption("--record-mode") == "rewrite", live=live)
    config.stash[_RECORDER] = recorder
    yield recorder  # the cassette is opened after this, and closed before what follows
    del config.stash[_RECORDER]
    recorder.close()
    if recorder.findings:
        pytest.fail(f"the cassette was not written: {'; '.join(recorder.findings)}", pytrace=False)


@pytest.fixture
def vcr_config(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What pytest-recording is told; it asks for every test."""
    if not request.node.get_closest_marker("vcr"):
        return {}
    recorder: Recorder = request.getfixturevalue("recorder")

    # functions, not methods: pytest-recording copies all this, and with a method its object

    def scrub_request(request: Any) -> Any:
        return recorder.scrubber.request(request)

    def scrub_response(response: dict[str, Any]) -> dict[str, Any]:
        return recorder.scrubber.response(response)

    return {
        "before_record_request": scrub_request,
        "before_record_response": scrub_response,
        "decode_compressed_response": True,
        "match_on": ("method", "scheme", "host", "path", "query", "body"),
    }


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest, recording: Recording | None) -> str:
    """The folder of a module's cassettes: ``publish`` for ``test_publish.py``."""
    module = Path(request.node.path)
    folder = recording.cassettes if recording else module.parent / "cassettes"
    return str(folder / module.stem.removeprefix("test_"))


@dataclass
class _Persister:
    """Reads as vcr's own does, and writes through a recorder."""

    behind: Any
    recorder: Recorder

    def load_cassette(self, path: str, serializer: Any) -> Any:
        return self.behind.load_cassette(path, serializer)

    def save_cassette(self, path: str, cassette: dict[str, Any], serializer: Any) -> None:
        self.recorder.write(path, cassette, serializer, self.behind.save_cassette)
