"""The dedup policy: loaded once, checked whole, never half applied."""

import re
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, field_validator, model_validator

from schemas.vocabulary import Channel
from services.dedup.particulars import Apart, ParticularFinder
from services.dedup.pieces import PieceHashes
from services.dedup.slips import Likeness
from services.dedup.spotting import Places, Spotter
from services.domain.policies import PolicyPart, load_policy_file
from services.domain.telling import any_of, singular

SHIPPED: Final = Path(__file__).with_name("policy.yaml")
REFERS, RECALLS, WAITS, ANOTHER, TAIL = "=refers", "=recalls", "=waits", "=another", "=tail"
"""Names of lists of words that no kind of defect has."""
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class Who(StrEnum):
    """How the complainants of two contacts relate."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"
    """At least one of them is anonymous, or a regulator."""


class Goods(StrEnum):
    """How the goods that two texts name relate."""

    SHARED = "shared"
    OTHER = "other"
    """Both name goods, and none in common."""
    UNNAMED = "unnamed"
    """At least one of them names none that we know, or each names more than what they share."""


class LikeRule(PolicyPart):
    """When two contacts are about one matter, and how sure that is. All that is named must
    hold; the first rule of the list that fits speaks."""

    rule: Annotated[str, Field(min_length=1, max_length=80)]
    who: Annotated[tuple[Who, ...], Field(min_length=1)]
    waybill: Annotated[tuple[Likeness, ...], Field(min_length=1)]
    least_shared: Count = 0
    """Telling pieces in both texts."""
    least_share: Share = 0
    """Part of the shorter text's pieces that is shared."""
    most_pieces: Count | None = None
    """The shorter text has at most so many: it says nothing about the item."""
    goods: tuple[Goods, ...] | None = None
    brings_goods: bool | None = None
    """The contact names goods, and the other none."""
    differs: bool | None = None
    """The contact says something of one kind that the other case does not, which says something
    of it, too: another order number, owner, size (``apart`` below); or it names the last digits of
    another waybill."""
    names: tuple[str, ...] | None = None
    """Both name the same value of one of these kinds of ``apart``, or of their groups: the same
    order number."""
    has_waybill: bool | None = None
    """The contact has a waybill."""
    identical: bool | None = None
    """The texts are the same but for spaces and punctuation."""
    refers: bool | None = None
    """The contact refers to an earlier one (``refers`` below), and the other is not later."""
    recalls: bool | None = None
    """The same, beyond doubt (``recalls`` below)."""
    waits: bool | None = None
    """The contact refers to an earlier one, or says what is said of what goes on (``waits``)."""
    another: bool | None = None
    """The contact says that there is another item (``another`` below)."""
    sole: bool | None = None
    """The person has one case only in the window."""
    tail: bool | None = None
    """The contact names the last four digits of the other's waybill."""
    sender: bool | None = None
    """The contact is the sender's, who may have many parcels alike."""
    forward: bool | None = None
    """The contact is a forward (``forwards`` below)."""
    within_days: Annotated[float, Field(gt=0)] | None = None
    confidence: Share
    gain: Share = 0
    """Added for each share of one that is shared; the sum stays below 0.98."""


class GoodsNames(PolicyPart):
    """By what goods are recognised among the pieces of a text."""

    heads: str
    """Characters with which a pair of characters that names goods ends."""
    words: tuple[str, ...]
    others: tuple[str, ...]
    """Pairs that end so and name none."""


class Defect(PolicyPart):
    """A kind of defect and the words that name it, in any language, folded to lower case."""

    news: bool
    words: Annotated[tuple[str, ...], Field(min_length=1)]


class Recalls(PolicyPart):
    """What refers to an earlier contact beyond doubt: phrases, and a day before what tells
    something, with nothing but words of ``between`` between them."""

    phrases: tuple[str, ...]
    days: Annotated[tuple[str, ...], Field(min_length=1)]
    between: tuple[str, ...]
    told: Annotated[tuple[str, ...], Field(min_length=1)]

    def words(self) -> tuple[str, ...]:
        """Return the phrases, and one pattern for each day."""
        between, told = ("|".join(map(re.escape, words)) for words in (self.between, self.told))
        days = (rf"{re.escape(day)}(?:{between}){{0,4}}(?:{told})" for day in self.days)
        return (*self.phrases, *days)


class DedupPolicy(PolicyPart):
    """See ``policy.yaml``, where each value is explained."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    waybill_window_days: Annotated[int, Field(ge=1, le=3660)]
    person_window_days: Annotated[int, Field(ge=0, le=366)]
    join_from: Share
    suggest_from: Share
    doubt: Share
    sure_from: Share
    most_suggested: Annotated[int, Field(ge=0, le=10)]
    text_lookups: Annotated[int, Field(ge=0, le=16)]
    forwards: tuple[Channel, ...]
    like: tuple[LikeRule, ...]
    refers: tuple[str, ...]
    recalls: Recalls
    waits: tuple[str, ...]
    another: tuple[str, ...]
    tail: tuple[str, ...]
    goods: GoodsNames
    apart: dict[str, Apart]
    defects: dict[str, Defect]
    denials: tuple[str, ...]

    @model_validator(mode="after")
    def _thresholds_are_in_order(self) -> "DedupPolicy":
        if self.suggest_from > self.join_from:
            raise ValueError("suggest_from is above join_from")
        return self

    @field_validator("apart", mode="before")
    @classmethod
    def _words_alone(cls, apart: object) -> object:
        """Read a kind that is a list as policies had it before: each word is a value."""
        if not isinstance(apart, dict):
            return apart
        return {
            kind: {"words": [word for line in one for word in str(line).split()]}
            if isinstance(one, list | tuple)
            else one
            for kind, one in apart.items()
        }

    @model_validator(mode="after")
    def _particulars_can_be_found(self) -> "DedupPolicy":
        self.particulars.codes(kind for rule in self.like for kind in rule.names or ())
        return self

    @cached_property
    def windows(self) -> dict[str, timedelta]:
        """How long a claim counts, by the first letter of its key."""
        return {
            "w": timedelta(days=self.waybill_window_days),
            "t": timedelta(days=self.person_window_days),
        }

    @cached_property
    def like_rules(self) -> dict[tuple[Who, Likeness], tuple[LikeRule, ...]]:
        """The rules of ``like`` that may fit two complainants and two waybills."""
        return {
            (who, waybill): tuple(
                one for one in self.like if who in one.who and waybill in one.waybill
            )
            for who in Who
            for waybill in Likeness
        }

    @cached_property
    def hashes(self) -> PieceHashes:
        """The hashes of pieces of text, which say what names goods."""
        return PieceHashes(
            self.goods.heads,
            (singular(word) for line in self.goods.words for word in line.lower().split()),
            (word for line in self.goods.others for word in line.split()),
        )

    @cached_property
    def particulars(self) -> ParticularFinder:
        """Finds what only one of can be true of one item."""
        latin = (word for line in self.goods.words for word in line.lower().split())
        return ParticularFinder(self.apart, [word for word in latin if word.isascii()])

    @cached_property
    def named_codes(self) -> dict[tuple[str, ...], frozenset[int]]:
        """The codes of the kinds that rules ask for by ``names``."""
        asked = {rule.names for rule in self.like if rule.names is not None}
        return {names: self.particulars.codes(names) for names in asked}

    @cached_property
    def spotter(self) -> Spotter:
        """Finds words of the lists and of the defects."""
        lists = {kind: defect.words for kind, defect in self.defects.items()}
        recalls = (*self.recalls.phrases, *self.recalls.days)
        own = {REFERS: self.refers, RECALLS: recalls, WAITS: self.waits}
        return Spotter(lists | own | {ANOTHER: self.another, TAIL: self.tail})

    def is_recalled(self, folded: str, places: Places) -> bool:
        """Return whether a folded text, which has first words of lists at ``places``, refers to
        an earlier contact beyond doubt."""
        return RECALLS in places and self.recalling.search(folded) is not None

    @cached_property
    def recalling(self) -> re.Pattern[str]:
        """Matches what refers to an earlier contact beyond doubt, in folded text."""
        return any_of(self.recalls.words())

    @cached_property
    def tail_digits(self) -> re.Pattern[str]:
        """Matches words that announce a waybill's last digits, and these, in folded text."""
        return re.compile(rf"(?:{self.spotter.patterns[TAIL].pattern})\D{{0,6}}(\d{{4}})(?!\d)")


def load_policy(path: Path | None = None) -> DedupPolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: the file cannot be read, is not YAML or breaks the schema; the message
            names the file, the field and the rule.
    """
    return load_policy_file(DedupPolicy, "dedup policy", path or SHIPPED)
