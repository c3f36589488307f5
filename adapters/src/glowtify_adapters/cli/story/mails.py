"""The e-mails of a lively account: in two languages, over some weeks around today, each with its own fate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Fate(Enum):
    """What becomes of an e-mail after it was published."""

    SENT = auto()
    WAITS = auto()
    CANCELLED = auto()
    CANCELLED_THERE = auto()
    STOPPED = auto()
    EMPTY = auto()
    TAKEN_BACK = auto()
    MOVED = auto()
    EDITED = auto()
    REVERTED = auto()
    DELETED = auto()
    REFUSED = auto()
    UNCLEAR = auto()


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail.

    Attributes:
        id: of its campaign.
        name, subject: as a person wrote them; in French where ``french``.
        day: when it is sent, counted from today.
        hour: of that day, in Toronto, or wherever the recipient is; None: the one that it is now.
        to: the lists and segments.
        fate: what becomes of it.
        local: whether each recipient's own clock decides.
    """

    id: str
    name: str
    subject: str
    day: int
    hour: int | None
    to: tuple[str, ...]
    fate: Fate = Fate.WAITS
    french: bool = False
    local: bool = False


NEWS, CUSTOMERS, BEST, FRENCH = "Newsletter", "Customers", "VIP customers", "Infolettre (français)"
ENGAGED, WINBACK = "Engaged (90 days)", "Winback (180 days)"

ACCOUNT = {"timezone": "America/Toronto", "preferred_currency": "CAD"}

LISTS = {FRENCH: 2870, "Boutique de Québec": 640, "Partners and press": 85}
"""Besides those that every sandbox has, with their members."""

MAILS = (
    Mail("makers-letter", "Meet the makers", "The hands behind our new shelf", -36, 9, (NEWS,), Fate.SENT),
    Mail(
        "lettre-ateliers",
        "Lettre des ateliers",
        "Les mains derrière nos nouveautés",
        -35,
        9,
        (FRENCH,),
        Fate.SENT,
        french=True,
    ),
    Mail("early-access", "Early access", "A day before everyone else", -27, 8, (BEST,), Fate.SENT),
    Mail(
        "linen-week", "Linen week", "Seven days of linen, one thread at a time", -20, 10, (NEWS,), Fate.SENT
    ),
    Mail(
        "recettes-dimanche",
        "Recettes du dimanche",
        "Trois plats à mijoter sans se presser",
        -13,
        7,
        (FRENCH,),
        Fate.SENT,
        french=True,
    ),
    Mail(
        "back-in-stock",
        "Back in stock",
        "You asked for it: the oak board is back",
        -8,
        9,
        (CUSTOMERS,),
        Fate.SENT,
    ),
    Mail("we-miss-you", "We miss you", "It has been a while", -6, 10, (WINBACK,), Fate.EMPTY),
    Mail("thank-you", "A quiet thank-you", "For another year with us", -3, 9, (CUSTOMERS, BEST), Fate.SENT),
    Mail("stock-alert", "Stock alert", "Only a few left", -2, 15, (ENGAGED,), Fate.STOPPED),
    Mail(
        "portes-ouvertes",
        "Portes ouvertes à l’atelier",
        "Samedi, on vous ouvre les portes",
        -1,
        9,
        (FRENCH, "Boutique de Québec"),
        Fate.SENT,
        french=True,
    ),
    Mail("open-studio", "Open studio, wherever you are", "Come and look", 0, None, (NEWS,), local=True),
    Mail("weekend-list", "The weekend list", "Five small things for a slow weekend", 1, 9, (NEWS,)),
    Mail(
        "infolettre-saison",
        "Infolettre de la saison",
        "Tout ce qui arrive en boutique ce mois-ci",
        2,
        8,
        (FRENCH,),
        french=True,
    ),
    Mail(
        "flash-sale",
        "Flash sale",
        "48 hours, everything on the lower shelf",
        3,
        9,
        (ENGAGED,),
        Fate.CANCELLED,
    ),
    Mail("good-morning", "Good morning, wherever you are", "Coffee first", 4, 7, (NEWS,), local=True),
    Mail("supper-club", "Supper club", "A table for twelve", 5, 17, (BEST,), Fate.MOVED),
    Mail(
        "studio-sale",
        "Studio sale",
        "Samples and seconds, this Saturday only",
        6,
        9,
        (CUSTOMERS,),
        Fate.EDITED,
    ),
    Mail(
        "causerie",
        "Causerie du jeudi",
        "Une heure avec notre céramiste",
        8,
        12,
        (FRENCH,),
        Fate.REVERTED,
        french=True,
    ),
    Mail("press-day", "Press day", "You are invited", 9, 10, ("Partners and press",), Fate.CANCELLED_THERE),
    Mail("new-catalogue", "The new catalogue", "Forty pages, no hurry", 11, 9, (NEWS, CUSTOMERS)),
    Mail(
        "survey", "Tell us what you think", "Two questions, one minute", 12, 10, (CUSTOMERS,), Fate.TAKEN_BACK
    ),
    Mail(
        "idees-cadeaux",
        "Idées-cadeaux : ce qui se glisse dans une enveloppe, sous un sapin ou dans un sac à dos",
        "Douze petites choses à offrir",
        15,
        8,
        (FRENCH,),
        french=True,
    ),
    Mail(
        "guest-letter",
        "A letter from a guest",
        "Written by a friend of the house",
        16,
        9,
        (NEWS,),
        Fate.REFUSED,
    ),
    Mail("summer-hours", "Opening hours", "When to find us", 18, 9, (NEWS,), Fate.DELETED),
    Mail("garden-day", "Garden day", "Rain or shine", 21, 9, (NEWS,), Fate.UNCLEAR),
    Mail("members-evening", "Members’ evening", "One evening, two hours before the doors", 27, 16, (BEST,)),
    Mail("next-season", "Next season, a first look", "Nothing is for sale yet", 38, 9, (NEWS, FRENCH)),
)
