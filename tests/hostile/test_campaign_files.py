"""Whatever a campaign file holds: one clear error that says what, where and what to do; nothing is sent."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_line import TOML, CommandLine, opened
from hypothesis import given
from hypothesis import strategies as st
from looking import examples

from glowtify_adapters.cli.campaign_file import load_campaign
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.errors import CampaignRejected, ConfigurationError, GlowtifyError
from glowtify_klaviyo.plugin import AUDIENCE_ID

REFUSED = 3
LONGEST_TITLE = 500


def changed(old: str, new: str) -> bytes:
    assert old in TOML
    return TOML.replace(old, new).encode()


FILES: dict[str, bytes] = {
    "nothing": b"",
    "a BOM alone": b"\xef\xbb\xbf",
    "UTF-16": TOML.encode("utf-16"),
    "Latin-1": changed("Winter sale", "W\u00efnter").replace("\u00ef".encode(), b"\xef"),
    "NULs": b"\x00" * 1000,
    "a NUL in a text": TOML.encode().replace(b"Winter", b"Win\x00ter"),
    "an escaped NUL": changed("Winter sale", r"Winter\u0000"),
    "half a character": changed("Winter sale", r"Winter\ud800"),
    "an escape": changed("Winter sale", r"Winter\u001b[31m"),
    "a C1 escape": changed("Winter sale", r"Winter\u009b31m"),
    "reversed": changed("Everything must go", r"\u202eog tsum gnihtyrevE"),
    "a line break": changed("Everything must go", r"Everything\nmust go"),
    "a line separator": changed("Everything must go", r"Everything\u2028must go"),
    "a long subject": changed("Everything must go", "x" * 10_000),
    "a long sender": changed("Acme", "x" * 10_000),
    "a long address": changed("shop@example.com", f"{'x' * 10_000}@example.com"),
    "an address with an escape": changed("shop@example.com", r"shop\u001b[31m@example.com"),
    "a reversed address": changed("shop@example.com", r"shop\u202e@example.com"),
    "two addresses": changed("shop@example.com", "a@example.com, b@example.com"),
    "an id with a path": changed("winter-sale", "../../etc/passwd"),
    "an id of 300": changed("winter-sale", "x" * 300),
    "an id with a break": changed("winter-sale", r"winter\n"),
    "a list as a name": changed('"Winter sale"', "[1, 2]"),
    "a number as a subject": changed('"Everything must go"', "1e400"),
    "a table as a subject": changed('subject = "Everything must go"', "[subject]"),
    "an unknown key": changed("html =", "hmtl ="),
    "an unknown key of 100 kB": changed("html =", f"{'h' * 100_000} ="),
    "an unknown key that steers": changed("html =", r'"\u001b[31m" ='),
    "an unknown table": TOML.encode() + b"[shedule]\n",
    "a key twice": changed("subject =", 'name = "x"\nsubject ='),
    "lists deep in lists": b"id = " + b"[" * 100_000,
    "tables deep in tables": b"id = " + b"{a=" * 100_000,
    "a deep key": b"id" + b".a" * 100_000 + b" = 1",
    "a deep quoted key": b'"id"' + b' . "a"' * 50_000 + b" = 1",
    "a deep table": b"[" + b"a." * 100_000 + b"a]",
    "a long number": b"id = " + b"9" * 100_000,
    "YAML bomb": b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
    "2 MB of comment": b"#" * 2_000_000,
    "deep options": TOML.encode() + b"[platform_options.klaviyo]\na = " + b"[" * 60 + b"]" * 60,
    "a huge option": TOML.encode() + b"[platform_options.klaviyo]\na = 0x" + b"f" * 10_000,
    "an option that is no number": TOML.encode() + b"[platform_options.klaviyo]\na = nan",
    "no include": changed('include = ["Newsletter"]', "include = []"),
    "a number as an audience": changed('["Newsletter"]', "[7]"),
    "an audience that steers": changed('"Newsletter"', r'"\u001b]0;x\u0007"'),
    "no zone": changed('zone = "America/Toronto"', ""),
    "a zone with a path": changed("America/Toronto", "../../../etc/passwd"),
    "a zone of 100 kB": changed("America/Toronto", "x" * 100_000),
    "a time of 100 kB": changed("2026-12-15T09:00", "2" * 100_000),
    "the year 1": changed("2026-12-15T09:00", "0001-01-01T00:00"),
    "the year 9999": changed("2026-12-15T09:00", "9999-12-31T23:59"),
    "a day that is none": changed("2026-12-15T09:00", "2026-02-30T09:00"),
    "a past time": changed("2026-12-15T09:00", "2020-01-01T09:00"),
    "a connector of 100 kB": changed("klaviyo", "x" * 100_000),
    "a connector that steers": changed("klaviyo", r"\u001b[2J"),
    "HTML that is missing": changed("mail.html", "missing.html"),
    "HTML that is a folder": changed("mail.html", "."),
    "HTML without a name": changed("mail.html", ""),
    "HTML with a NUL": changed("mail.html", r"a\u0000b"),
    "HTML with a long name": changed("mail.html", "x" * 100_000),
    "HTML that loops": changed("mail.html", "loop.html"),
    "HTML below a file": changed("mail.html", "campaign.toml/mail.html"),
    "HTML that cannot be read": changed("mail.html", "/proc/self/mem"),
    "HTML from a device": changed("mail.html", "/dev/zero"),
    "HTML from a pipe": changed("mail.html", "pipe.html"),
    "HTML in Latin-1": changed("mail.html", "latin.html"),
    "HTML of 6 MB": changed("mail.html", "huge.html"),
    "HTML that escapes to over 5 MB": changed("mail.html", "quotes.html"),
    "HTML full of braces": changed("mail.html", "braces.html"),
    "empty HTML": changed("mail.html", "empty.html"),
    "text that is missing": changed("[sender]", 'text = "missing.txt"\n[sender]'),
    "text and HTML over 5 MB": changed("mail.html", "large.html").replace(
        b"[sender]", b'text = "large.txt"\n[sender]'
    ),
    "a store that is not there": changed("[sender]", 'store = "no such"\n[sender]'),
    "a store that steers": changed("[sender]", 'store = "\\u001b[31m"\n[sender]'),
}


def fill(folder: Path) -> None:
    """The files beside the campaign that some of them name."""
    (folder / "loop.html").symlink_to("pool.html")
    (folder / "pool.html").symlink_to("loop.html")
    (folder / "latin.html").write_bytes(b"<p>\xe9</p>")
    (folder / "huge.html").write_bytes(b"x" * 6_000_000)
    (folder / "quotes.html").write_bytes(b'"' * 3_000_000)
    (folder / "braces.html").write_bytes(b"{{ " * 1_000_000)
    (folder / "empty.html").write_bytes(b" \n")
    (folder / "large.html").write_bytes(b"x" * 4_000_000)
    (folder / "large.txt").write_bytes(b"x" * 1_500_000)
    os.mkfifo(folder / "pipe.html")


@pytest.fixture(scope="module")
def shut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """A command from which nothing goes out, so that one is enough for all."""
    with opened(tmp_path_factory.mktemp("shut")) as command:
        fill(command.folder)
        yield command


@pytest.mark.parametrize("content", FILES.values(), ids=list(FILES))
def test_a_bad_file_is_refused_in_one_clear_error(shut: CommandLine, content: bytes) -> None:
    command = shut
    command.file.write_bytes(content)
    told = command.run("publish", command.file)
    ran = command.run("publish", command.file, "--json")
    error = ran.json["error"]
    assert (told.code, ran.code) == (REFUSED, REFUSED), error
    assert error["code"] != "internal"
    assert error["title"]
    assert error["remedy"]
    assert len(error["title"]) < LONGEST_TITLE
    assert "Traceback" not in told.err
    assert all(one == "\n" or one.isprintable() for one in told.err + told.out + ran.out)
    assert command.writes == []
    assert command.kept == 0


WAYS: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "a loop": lambda path: path.symlink_to(path.name),
    "a pipe": os.mkfifo,
}


@pytest.mark.parametrize("make", WAYS.values(), ids=list(WAYS))
def test_what_is_no_file_is_refused(command: CommandLine, make: Callable[[Path], object]) -> None:
    command.file.unlink()
    make(command.file)
    ran = command.run("publish", command.file, "--json")
    assert (ran.code, ran.json["error"]["field"]) == (REFUSED, "file")
    assert command.writes == []


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + TOML.encode(),
        TOML.replace("\n", "\r\n").encode(),
        changed("Winter sale", "\u5927\u5b89\u58f2\u308a \U0001f9d1\u200d\U0001f373"),
        changed("Winter sale", "x" * 1000),
        changed("Everything must go", "x" * 1000),
        changed("Everything must go", "\u05e9\u05dc\u05d5\u05dd \u200f{{ first_name }}"),
    ],
)
def test_a_file_that_only_looks_odd_is_published(command: CommandLine, content: bytes) -> None:
    command.file.write_bytes(content)
    ran = command.run("publish", command.file, "--json")
    assert (ran.code, ran.json["state"]) == (0, "scheduled")
    assert all(one == "\n" or one.isprintable() for one in ran.out)


def loaded(folder: Path, content: bytes) -> Campaign | GlowtifyError:
    path = folder / "campaign.toml"
    path.write_bytes(content)
    try:
        return load_campaign(path, id_pattern=lambda _: AUDIENCE_ID)
    except (CampaignRejected, ConfigurationError) as refused:
        error = refused
    assert error.title
    assert error.remedy
    assert len(error.title) < LONGEST_TITLE
    return error


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("campaign")
    (folder / "mail.html").write_text("<p>Hello</p>", encoding="utf-8")
    yield folder
    shutil.rmtree(folder)


@examples(150)
@given(st.binary() | st.text().map(lambda text: text.encode(errors="surrogatepass")))
def test_any_bytes_are_a_campaign_or_refused(folder: Path, content: bytes) -> None:
    assert isinstance(loaded(folder, content), GlowtifyError)


PARTS = sorted({part for line in TOML.splitlines() if "=" in line for part in [line.partition("= ")[2]]})
VALUES = (
    *("1", "-1", "1e999", "nan", "inf", "true", "[]", "{}", '""', "''", '" "', "[[]]", '[""]', "{a = 1}"),
    *("2026-12-15", "09:00:00", "2026-12-15T09:00:00", "2026-12-15T09:00:00Z", "0001-01-01T00:00:00"),
    *(r'"\u0000"', r'"\u001b[31m"', r'"\u202e"', r'"\U0010ffff"', '"""\nlines\n"""', "0x" + "f" * 5000),
    *('"mail.html"', '"."', '"/"', '"~"', '"[bold]x"', '"{{ x"', '"{% y"', '"a@b.c"', '"id:"', '"list:"'),
)


@examples(200)
@given(st.lists(st.tuples(st.sampled_from(PARTS), st.sampled_from(VALUES)), min_size=1, max_size=3))
def test_wrong_values_are_a_campaign_or_refused(folder: Path, changes: list[tuple[str, str]]) -> None:
    content = TOML
    for old, new in changes:
        content = content.replace(f"= {old}", f"= {new}")
    assert isinstance(loaded(folder, content.encode()), Campaign | GlowtifyError)


@examples(150)
@given(
    st.lists(
        st.tuples(st.integers(0, len(TOML)), st.integers(0, 20), st.text(max_size=5)), min_size=1, max_size=4
    )
)
def test_slips_of_the_hand_are_a_campaign_or_refused(folder: Path, slips: list[tuple[int, int, str]]) -> None:
    content = TOML
    for at, gone, new in slips:
        content = content[:at] + new + content[at + gone :]
    assert isinstance(loaded(folder, content.encode(errors="replace")), Campaign | GlowtifyError)
