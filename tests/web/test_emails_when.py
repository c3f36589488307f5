"""New e-mail: its time, spelled out, and what summer time does to it."""

import re

import pytest
from composing import draft_of, email, readable, said

SCRIPT = {"hx-request": "true"}
NEW = "/emails/new"


def instant(text):
    """The time as it is spelled out, line by line."""
    found = re.search(r'<ul class="instant">(.*?)</ul>', text, re.DOTALL)
    return [readable(line) for line in re.findall(r"<li>(.*?)</li>", found[1], re.DOTALL)] if found else []


@pytest.fixture(params=["by script", "by hand"])
def look(request, client):
    """Posts the form as a script does while somebody types, and as the button does."""
    by_script = request.param == "by script"

    def look(fields):
        more = {} if by_script else {"do": "check"}
        return client.submit(NEW, {**fields, **more}, headers=SCRIPT if by_script else None).text

    return look


def test_the_instant_is_spelled_out(look, app):
    lines = instant(look(email(app)))
    assert lines[0].startswith("Wednesday, January 15, 2031, 9:00")
    assert "(America/Toronto, UTC-5)" in lines[0]
    assert "(Europe/Berlin, UTC+1)" in lines[1]
    assert re.fullmatch(r"Wednesday, January 15, 2031, 2:00.PM UTC", lines[2])


def test_each_recipients_own_clock_has_no_instant(look, app):
    shown = look(email(app, schedule__by="recipient", schedule__zone=""))
    (line,) = instant(shown)
    assert "by each recipient's own clock" in line
    assert said(shown, "schedule.zone") == ""


def test_a_time_that_is_skipped_is_refused_with_two_to_choose(look, app, client):
    fields = email(app, schedule__date="2031-03-09", schedule__time="02:30")
    shown = look(fields)
    assert "2031-03-09 02:30 does not exist in America/Toronto." in said(shown, "schedule.at")
    assert "The clocks are set forward over it." in said(shown, "schedule.at")
    assert instant(shown) == []
    choices = re.findall(r'name="schedule.instead" value="([^"]+)"', shown)
    assert choices == ["2031-03-09T01:59", "2031-03-09T03:00"]
    after = look({**fields, "schedule.instead": choices[1]})
    assert 'value="03:00"' in after
    assert "(America/Toronto, UTC-4)" in instant(after)[0]
    assert draft_of(client)["schedule.time"] == "03:00"


def test_of_a_time_that_comes_twice_one_is_chosen(look, app):
    fields = email(app, schedule__date="2031-11-02", schedule__time="01:30")
    shown = look(fields)
    assert "This time comes twice that night" in shown
    assert "UTC-4" in instant(shown)[0]
    assert re.search(r'value="0" checked> The first: Sunday, November 2, 2031, 5:30.AM UTC', shown)
    after = look({**fields, "schedule.fold": "1"})
    assert "UTC-5" in instant(after)[0]
    assert re.search(r'value="1" checked> The second', after)


def test_a_time_that_does_not_come_twice_takes_no_notice_of_the_choice(look, app):
    shown = look(email(app, schedule__fold="1"))
    assert "comes twice" not in shown
    assert "UTC-5" in instant(shown)[0]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"schedule__date": "2020-01-15"}, "schedule.at", "2020-01-15 09:00 has passed."),
        ({"schedule__date": "15 January"}, "schedule.at", "is not a date and time"),
        ({"schedule__date": "9000-01-15"}, "schedule.at", "The year 9000 cannot be planned for"),
        ({"schedule__time": "25:00"}, "schedule.at", "is not a date and time"),
        ({"schedule__zone": "Mars/Olympus"}, "schedule.zone", "Unknown time zone 'Mars/Olympus'."),
    ],
)
def test_what_is_no_time_to_come_is_said(look, app, changes, field, words):
    shown = look(email(app, **changes))
    assert words in said(shown, field)
    assert shown.count('class="wrong"') == 2  # beside the field, and how many there are
