"""The contract of a repository of figures: what campaigns brought, over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from glowtify_core.domain.performance import CampaignMetrics, Revenue
from glowtify_core.ports.figures import FiguresRepo, Reading
from glowtify_core.testing.guard import Contract
from glowtify_core.testing.stores.samples import NEWFOUNDLAND, ODD, OPENED
from glowtify_core.testing.stores.threads import at_once

HOUR = timedelta(hours=1)

NO_FIGURES = CampaignMetrics(OPENED)
ONLY_ZEROS = CampaignMetrics(OPENED, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Revenue(Decimal("0.00"), "EUR", "", ""))
FULL_FIGURES = CampaignMetrics(
    as_of=OPENED.astimezone(NEWFOUNDLAND),
    recipients=1200,
    delivered=1000,
    bounced=200,
    opens=600,
    opens_unique=500,
    clicks=90,
    clicks_unique=50,
    unsubscribes=1,
    spam_complaints=2,
    conversions=3,
    revenue=Revenue(Decimal("12345678901234567890.1230"), "KWD", ODD, ODD),
    advice=ODD,
)


def delivered(count: int, hours: float = 0) -> CampaignMetrics:
    """Figures of so many, read so many hours later."""
    return CampaignMetrics(OPENED + hours * HOUR, delivered=count)


class FiguresRepoContract(Contract):
    """Keeping what campaigns brought, over time.

    An author gives two fixtures:

    - ``repo``: a :class:`~glowtify_core.ports.figures.FiguresRepo` that is empty;
    - ``ids``: the ids of two publications, which are there where the store keeps publications as well.
    """

    given = frozenset({"repo", "ids"})

    @pytest.mark.parametrize("figures", [FULL_FIGURES, ONLY_ZEROS, NO_FIGURES], ids=["full", "zeros", "none"])
    def test_c98_every_figure_comes_back(
        self, repo: FiguresRepo, ids: Sequence[str], figures: CampaignMetrics
    ) -> None:
        """C-98: Every figure comes back as it was read: None is no 0, and money has every digit it had.

        Why: people compare these figures with the platform's, to the cent.
        If this fails: compare what the two sides of the assertion differ in; keep amounts as text, tell None
        from 0, and look at zones and characters outside of ASCII.
        """
        repo.record({ids[0]: figures})
        assert repo.latest(ids) == {ids[0]: figures}
        assert list(repo.history(ids[0])) == [Reading(OPENED, figures)]
        if figures.revenue:
            found = repo.latest(ids)[ids[0]].revenue
            assert found
            assert str(found.amount) == str(figures.revenue.amount)

    def test_c98_what_was_never_read_has_no_figures(self, repo: FiguresRepo, ids: Sequence[str]) -> None:
        """C-98: Of what was never read there is nothing: latest leaves it out, its history is empty.

        Why: made-up figures end up in reports.
        If this fails: leave out what has no row; asking for nothing, and keeping nothing, is fine.
        """
        repo.record({})
        assert repo.latest([]) == {}
        assert repo.latest([*ids, "nothing"]) == {}
        assert list(repo.history(ids[0])) == []

    def test_c98_campaigns_do_not_mix(self, repo: FiguresRepo, ids: Sequence[str]) -> None:
        """C-98: Each publication has figures of its own, of whichever are asked for together.

        Why: many are read in one report; whose is whose must not get lost.
        If this fails: key everything by the publication's id, and answer for those asked only.
        """
        one, other = ids
        repo.record({one: delivered(1), other: delivered(2)})
        repo.record({other: delivered(3, hours=1)})
        assert repo.latest(ids) == {one: delivered(1), other: delivered(3, hours=1)}
        assert repo.latest([one]) == {one: delivered(1)}
        assert [reading.metrics for reading in repo.history(one)] == [delivered(1)]

    def test_c99_the_same_figures_again_only_move_the_time_on(
        self, repo: FiguresRepo, ids: Sequence[str]
    ) -> None:
        """C-99: Figures that are as before are no new reading: only the time at which they were so moves on.

        Why: they are read hundreds of times a year, and hardly change after a week.
        If this fails: compare with the newest ones, all but ``as_of``; keep when they were first read so.
        """
        for hours in range(3):
            repo.record({ids[0]: delivered(5, hours)})
        assert list(repo.history(ids[0])) == [Reading(OPENED, delivered(5, hours=2))]
        assert repo.latest(ids) == {ids[0]: delivered(5, hours=2)}

    def test_c99_other_figures_are_another_reading(self, repo: FiguresRepo, ids: Sequence[str]) -> None:
        """C-99: Figures that differ from the newest ones are another reading; the history is oldest first.

        Why: some figures fall again, and the history must show it.
        If this fails: compare with the newest reading only, and order as they were recorded.
        """
        counts = (5, 6, 5)
        for hours, count in enumerate(counts):
            repo.record({ids[0]: delivered(count, hours)})
        assert list(repo.history(ids[0])) == [
            Reading(OPENED + hours * HOUR, delivered(count, hours)) for hours, count in enumerate(counts)
        ]

    def test_c100_older_figures_change_nothing(self, repo: FiguresRepo, ids: Sequence[str]) -> None:
        """C-100: Figures that were read before the newest ones change nothing, whether they differ or not.

        Why: two workers read at once, and the slower one must not put the clock back.
        If this fails: leave what you have where ``as_of`` is older than that of the newest.
        """
        repo.record({ids[0]: delivered(5)})
        repo.record({ids[0]: delivered(5, hours=2)})
        for older in (delivered(5, hours=1), delivered(4, hours=1)):
            repo.record({ids[0]: older})
            assert list(repo.history(ids[0])) == [Reading(OPENED, delivered(5, hours=2))]

    def test_c100_workers_that_record_at_once_leave_one_reading(
        self, repo: FiguresRepo, ids: Sequence[str]
    ) -> None:
        """C-100: However many record the same figures at once, they are one reading.

        Why: a person asks while a worker reads; the history must not show it twice.
        If this fails: compare and write in one transaction that holds the publications, in one order for all.
        """

        def record(number: int) -> None:
            repo.record(dict.fromkeys(ids if number % 2 else reversed(ids), delivered(5)))

        at_once(record)
        for one in ids:
            assert list(repo.history(one)) == [Reading(OPENED, delivered(5))]
