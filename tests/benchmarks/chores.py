"""Everything that is done with the journal, each time to something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from dataclasses import replace
from datetime import timedelta
from random import Random

from effort import Measure
from klaviyo_world import klaviyo_campaign
from yearbook import HTML, LARGE, LIVE, STORE, Yearbook

from glowtify_adapters.persistence import Database, SqlCampaigns
from glowtify_adapters.persistence.figures import SqlFigures
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.publication import open_publication
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import Claim, StepKind

DAY = timedelta(days=1)
DUE, DOUBTS, PAGE, FEW = LIVE // 2, 5, 50, 10

NEWCOMER = "store-new"
"""Publishes while we measure, so that the other stores stay as large as they are."""

Chore = Callable[[Measure], object]


class Chores:
    """What is done with a journal that a yearbook fills."""

    def __init__(self, database: Database, book: Yearbook) -> None:
        self._repo = SqlCampaigns(database)
        self._figures = SqlFigures(database)
        self._book = book
        self._random = Random(1)
        self._new = 0
        sample = book.publication_id(0, 0)
        self._metrics = self._figures.latest([sample])[sample]

    def all(self) -> Mapping[str, Chore]:
        """By the words of docs/scale.md."""
        repo, book = self._repo, self._book
        return {
            "claim a campaign, release it": self._claim,
            "open a publication, save it": self._open,
            "begin a step, record it": self._step,
            "status of a campaign": _reads(lambda: [repo.latest(self._key())], 1),
            "status by id": _reads(lambda: [repo.get(self._id())], 1),
            "content of a campaign": _reads(lambda: [repo.content(self._id())], 1),
            f"list a store's {STORE}": _reads(lambda: repo.find(store=self._store()), STORE),
            f"list a store's newest {PAGE}": _reads(
                lambda: repo.find(store=self._store(), newest=PAGE), PAGE
            ),
            f"list the newest {PAGE} of a store that has a tenth of all": _reads(
                lambda: repo.find(store=LARGE, newest=PAGE), PAGE
            ),
            f"list {FEW} campaigns of a store": _reads(self._few_of_a_store, FEW),
            f"list {FEW} campaigns of anybody": _reads(self._few_of_anybody, FEW),
            f"list {FEW} by their ids": _reads(self._few_by_id, FEW),
            f"list the {LIVE} that are not over": _reads(lambda: repo.find(unfinished=True), LIVE),
            f"list the {DOUBTS} in doubt": _reads(lambda: repo.in_doubt(within=DAY), DOUBTS),
            f"hand out the {DUE} due": _reads(
                lambda: repo.hand_out(now=book.now, again=book.now, most=10 * DUE), DUE
            ),
            f"plan {DUE}": self._plan,
            f"newest figures of {STORE}": _reads(lambda: self._figures.latest(self._year()), STORE),
            f"keep figures of {STORE}": self._keep_figures,
        }

    # --- what writes ---

    def _claim(self, measure: Measure) -> None:
        key = self._key()
        with measure:
            self._claimed(key).release()

    def _open(self, measure: Measure) -> None:
        self._new += 1
        key = CampaignKey(NEWCOMER, f"new-{self._new}")
        campaign = klaviyo_campaign(key=key, html=HTML)
        opened = open_publication(campaign, account_id="ACCOUNT", now=self._book.now - DAY)
        over = opened.moved_to(PublicationState.FAILED).finish(self._book.now)
        claim = self._claimed(key)
        with measure:
            claim.add(opened, campaign)
            claim.save(over)
        claim.release()

    def _step(self, measure: Measure) -> None:
        store, campaign = self._pick(), self._campaign()
        claim = self._claimed(self._book.key(store, campaign))
        log = claim.log(self._book.publication_id(store, campaign), "publish")
        name = f"step-{self._random.getrandbits(40)}"
        with measure:
            log.begin(name, StepKind.REPEATABLE)
            log.record(name, "remote")
        claim.release()

    def _plan(self, measure: Measure) -> None:
        due = self._repo.hand_out(now=self._book.now, again=self._book.now, most=10 * DUE)
        looks = {one.publication.id: self._book.now for one in due}
        with measure:
            self._repo.plan(looks)

    def _keep_figures(self, measure: Measure) -> None:
        delivered = self._random.randrange(10**6)
        figures = replace(self._metrics, as_of=self._book.now + DAY, delivered=delivered)
        year = self._year()
        with measure:
            self._figures.record(dict.fromkeys(year, figures))

    # --- what is picked ---

    def _claimed(self, key: CampaignKey) -> Claim:
        claim = self._repo.claim(key)
        assert claim, "nobody else is here"
        return claim

    def _pick(self) -> int:
        return self._random.randrange(self._book.stores)

    def _campaign(self) -> int:
        return self._random.randrange(STORE)

    def _store(self) -> str:
        return f"store-{self._pick()}"

    def _key(self) -> CampaignKey:
        return self._book.key(self._pick(), self._campaign())

    def _id(self) -> str:
        return self._book.publication_id(self._pick(), self._campaign())

    def _year(self) -> list[str]:
        store = self._pick()
        return [self._book.publication_id(store, number) for number in range(STORE)]

    def _few_of_a_store(self) -> Sized:
        keys = [self._book.key(store, number) for store in [self._pick()] for number in range(FEW)]
        ids = [key.campaign_id for key in keys]
        return self._repo.find(store=keys[0].store, campaign_ids=ids)

    def _few_of_anybody(self) -> Sized:
        return self._repo.find(campaign_ids={key.campaign_id for key in self._different()})

    def _few_by_id(self) -> Sized:
        ids = [self._book.publication_id(self._pick(), number) for number in range(FEW)]
        return self._repo.find(ids=ids)

    def _different(self) -> list[CampaignKey]:
        return [self._book.key(self._pick(), number) for number in range(FEW)]


def _reads(read: Callable[[], Sized], rows: int) -> Chore:
    """A chore that finds so many."""

    def measured(measure: Measure) -> None:
        with measure:
            found = read()
        assert len(found) == rows, f"{len(found)} instead of {rows}"

    return measured
