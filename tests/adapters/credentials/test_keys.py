"""Where the keys come from, and who may see them."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from glowtify_adapters.credentials.keys import GivenKeys, KeyFile, read_key
from glowtify_core.domain.errors import ConfigurationError
from glowtify_core.ports.credentials import Secret

RAW = bytes(range(224, 256))  # both alphabets of base64 show in it


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "secret.key"


@pytest.mark.parametrize(
    "text",
    [
        RAW.hex(),
        RAW.hex().upper(),
        base64.b64encode(RAW).decode(),
        base64.urlsafe_b64encode(RAW).decode(),
        base64.urlsafe_b64encode(RAW).decode().rstrip("="),
        f" {RAW.hex()}\n",
    ],
)
def test_a_key_is_read_in_every_usual_writing(text):
    assert read_key(Secret(text), source="here").value == RAW


@pytest.mark.parametrize("text", ["", "short", RAW.hex()[:-2], RAW.hex() + "00", "ü" * 43, "hunter2-" * 8])
def test_what_is_no_key_is_refused_naming_its_source_and_never_the_value(text):
    with pytest.raises(ConfigurationError, match="GLOWTIFY_SECRET_KEY holds no usable key") as refused:
        read_key(Secret(text), source="GLOWTIFY_SECRET_KEY")
    assert refused.value.remedy
    shown = "".join(traceback.format_exception(refused.value)) + refused.value.detail
    assert not text or text not in shown


def test_a_key_shows_neither_its_value_nor_much_of_it_in_its_id():
    key = read_key(Secret(RAW.hex()), source="here")
    assert RAW.hex() not in repr(key)
    assert repr(RAW) not in repr(key)
    assert key.id not in RAW.hex()


def test_given_keys_seal_with_the_first_and_find_each_by_its_id():
    keys = GivenKeys([Secret("11" * 32), Secret("22" * 32)])
    first, second = (read_key(Secret(text * 32), source="here") for text in ("11", "22"))
    assert keys.for_sealing() == first
    assert keys.find(second.id) == second
    assert keys.find("unknown") is None


def test_a_key_file_is_made_when_first_needed_for_its_owner_alone(path):
    keys = KeyFile(path)
    assert keys.find("unknown") is None
    assert not path.exists()
    key = keys.for_sealing()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert KeyFile(path).for_sealing() == key
    assert KeyFile(path).find(key.id) == key
    assert KeyFile(path).find("unknown") is None
    assert list(path.parent.iterdir()) == [path]


def test_the_content_of_a_key_file_can_be_given_in_the_settings(path):
    key = KeyFile(path).for_sealing()
    assert GivenKeys([Secret(path.read_text())]).for_sealing() == key


def test_threads_that_make_the_key_file_at_once_agree(path):
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: KeyFile(path).for_sealing(), range(16)))
    assert len({key.value for key in keys}) == 1


def test_processes_that_make_the_key_file_at_once_agree(path):
    code = (
        "import sys; from pathlib import Path; from glowtify_adapters.credentials.keys import KeyFile\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(KeyFile(Path(sys.argv[1])).for_sealing().id)\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    ids = {process.communicate("go\n")[0] for process in processes}
    assert ids == {f"{KeyFile(path).for_sealing().id}\n"}


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_that_others_may_read_is_refused(path, mode):
    KeyFile(path).for_sealing()
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="can be read by others") as refused:
        KeyFile(path).for_sealing()
    assert f"chmod 600 {path}" in refused.value.remedy


def test_a_key_file_without_a_key_is_refused_and_kept(path):
    path.parent.mkdir()
    path.touch(mode=0o600)
    with pytest.raises(ConfigurationError, match="holds no usable key"):
        KeyFile(path).for_sealing()
    assert path.read_bytes() == b""


def test_a_key_file_that_cannot_be_made_is_one_clear_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be") as refused:
        KeyFile(tmp_path / "file" / "secret.key").for_sealing()
    assert refused.value.remedy
