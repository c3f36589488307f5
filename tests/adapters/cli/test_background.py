"""Leaving work to workers: what is asked for is written down, and said so."""

from __future__ import annotations

from glowtify_adapters.container import build_app


def work() -> list[str]:
    """What workers would do now, done; the kinds of the jobs."""
    app = build_app()
    try:
        jobs = app.work.background.hand_out()
        for job in jobs:
            app.work.background.perform(job)
        return [job.kind for job in jobs]
    finally:
        app.close()


def test_publishing_later_says_that_it_is_queued(run, connected, campaign_file):
    shown = run("publish", campaign_file(), "--background")
    assert shown.code == 0
    assert shown.out == (
        "Queued: Winter sale (winter-sale)\n"
        "  When       Friday 15 January 2027, 09:00 in America/Toronto (UTC-05:00) = 14:00 UTC\n"
        "             written down; `glowtify worker` does it, and `glowtify status` shows how it stands\n"
    )
    assert connected.campaigns == {}
    assert work() == ["advance"]
    assert "Scheduled" in run("status").out


def test_in_json_it_is_queued_too(run, connected, campaign_file):
    shown = run("publish", campaign_file(), "--background", "--json").json
    assert (shown["queued"], shown["state"], shown["operation"]) == (True, "opened", "publish")


def test_what_is_scheduled_already_is_not_queued(run, connected, campaign_file):
    run("publish", campaign_file())
    shown = run("publish", campaign_file(), "--background", "--json")
    assert shown.code == 0
    assert "queued" not in shown.json
    assert shown.json["already"]


def test_what_is_refused_is_refused_at_once(run, connected, campaign_file):
    past = 'at = "2020-01-15T09:00"\nzone = "America/Toronto"\n'
    shown = run("publish", campaign_file(schedule=past), "--background")
    assert shown.code == 3
    assert "Scheduled datetime must be in the future" in shown.err
    assert work() == []


def test_moving_later(run, connected, campaign_file):
    run("publish", campaign_file())
    shown = run("reschedule", "winter-sale", "--at", "2027-01-16T10:00", "--background")
    assert shown.code == 0
    assert shown.out.startswith(
        "Queued: Winter sale (winter-sale)\n  When       Saturday 16 January 2027, 10:00"
    )
    assert work() == ["advance"]
    assert "2027-01-16 10:00" in run("status").out


def test_cancelling_later(run, connected, campaign_file):
    run("publish", campaign_file())
    shown = run("cancel", "winter-sale", "--background")
    assert (shown.code, shown.out.splitlines()[0]) == (0, "Queued: Winter sale (winter-sale)")
    assert work() == ["advance"]
    assert "Cancelled" in run("status").out


def test_a_worker_takes_a_sensible_number_of_jobs(run):
    assert run("worker", "--concurrency", "0").code == 2
    assert run("worker", "--concurrency", "65").code == 2


def test_status_shows_the_newest(run, connected, campaign_file):
    for name in ("one", "two", "three"):
        assert run("publish", campaign_file(name)).code == 0
    shown = run("status", "--newest", "2", "--json").json
    assert [one["campaign_id"] for one in shown["campaigns"]] == ["two", "three"]
    assert len(run("status", "one", "two", "three", "--newest", "1", "--json").json["campaigns"]) == 3
