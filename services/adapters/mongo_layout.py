"""Every collection and every index, once, each with its reason.

Each index costs 2 to 8 µs of every insert; add one only for a read that needs it.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING


@dataclass(frozen=True, slots=True)
class Index:
    """An index beside ``_id``; ``why`` names the read or the rule it serves."""

    name: str
    keys: tuple[tuple[str, int], ...]
    why: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """A collection; ``key`` says in words what its ``_id`` is and what that makes unique."""

    name: str
    key: str
    indexes: tuple[Index, ...] = ()


_NARROWED: Final = tuple(
    (name, ASCENDING) for name in ("status", "level", "category", "team", "assignee")
)
"""What a list of cases is narrowed by: in the index, so that no document is read in vain."""

_URGENT: Final = (("urgency", DESCENDING), ("_id", ASCENDING))
_THERE: Final = {"$exists": True}
_ENDED_BADLY: Final = {"$in": ["failed", "given_up", "undelivered"]}

LAYOUT: Final = (
    Layout(
        "contacts",
        "<tenant>|<contact id>: one decision per contact",
        (
            Index(
                "tracking",
                (("tracking", ASCENDING),),
                "the customer's code leads to exactly one contact",
                {"unique": True},
            ),
            Index(
                "lookup_newest",
                (("tenant", ASCENDING), ("lookups", ASCENDING), ("received_us", DESCENDING)),
                "newest of one person, like in waybill or text; what nothing can find is left out",
                {"partialFilterExpression": {"lookups": {"$exists": True}}},
            ),
            Index(
                "case_newest",
                (("tenant", ASCENDING), ("case_id", ASCENDING), ("received_us", DESCENDING)),
                "the console shows the contacts of a case, newest first",
            ),
        ),
    ),
    Layout("claims", "the claim's key: a statement is won once"),
    Layout("absorbed", "source: a resubmission is recorded once"),
    Layout(
        "case_log",
        "<tenant>|<case id>#<n>: (case, n) is unique and a case's entries lie together",
        (
            Index(
                "case_marks",
                (("case", ASCENDING), ("marks", ASCENDING)),
                "each (case, source) and each (case, token) takes effect once",
                {"unique": True},
            ),
        ),
    ),
    Layout(
        "cases",
        "<tenant>|<case id>: one projection per case",
        (
            Index(
                "status_newest",
                (("tenant", ASCENDING), ("status", ASCENDING), ("updated_at", DESCENDING)),
                "the console lists cases of one status, last changed first",
            ),
            Index(
                "asked",
                (("tenant", ASCENDING), ("asked", ASCENDING), *_URGENT),
                "the console lists the open tasks of a team; cases without are left out",
                {"partialFilterExpression": {"asked": {"$exists": True}}},
            ),
            Index(
                "left_unpaid",
                (("tenant", ASCENDING), ("left_unpaid", ASCENDING), *_URGENT),
                "the console lists cases of which a payment failed; all others are left out",
                {"partialFilterExpression": {"left_unpaid": _THERE}},
            ),
            Index(
                "list_newest",
                (("tenant", ASCENDING), ("updated_at", DESCENDING), ("_id", ASCENDING), *_NARROWED),
                "the console lists cases, last changed first, and narrows the list in the index",
            ),
            Index(
                "list_urgent",
                (("tenant", ASCENDING), *_URGENT, *_NARROWED),
                "the same, most urgent first; counts what is open by level without a document",
            ),
            Index(
                "follow_up",
                (("follow_up_at", ASCENDING),),
                "aftercare reads answered cases whose next look is due, the first due first",
                {"partialFilterExpression": {"follow_up_at": {"$exists": True}}},
            ),
            Index(
                "ended",
                (("ended_at", ASCENDING),),
                "retention reads cases that ended long ago and still have personal data",
                {"partialFilterExpression": {"ended_at": {"$exists": True}}},
            ),
            Index(
                "anonymised",
                (("anonymised_at", ASCENDING),),
                "retention finishes what a pass decided and died before doing",
                {"partialFilterExpression": {"anonymised_at": {"$exists": True}}},
            ),
        ),
    ),
    Layout("policies", "<kind>|<version>: a version of a policy never changes"),
    Layout(
        "timers",
        "<tenant>|<case id>#<seq>: one timer per state of a case",
        (
            Index(
                "due_oldest",
                (("partition", ASCENDING), ("due", ASCENDING), ("_id", ASCENDING)),
                "sla reads what is due next, oldest first; cases without a clock are left out",
                {"partialFilterExpression": {"due": {"$exists": True}}},
            ),
            Index(
                "case_newest",
                (("case", ASCENDING), ("seq", DESCENDING)),
                "before a timer fires: is there a newer state of its case?",
            ),
            Index(
                "forgotten",
                (("forget_at", ASCENDING),),
                "MongoDB removes what says that a case has no clock, after all it supersedes",
                {"partialFilterExpression": {"forget_at": _THERE}, "expireAfterSeconds": 0},
            ),
        ),
    ),
    Layout("clock", "offset: how far a movable clock was moved"),
    Layout(
        "notices",
        "notice id: each decision to tell somebody, or not to, is made once",
        (
            Index(
                "whom",
                (("whom", ASCENDING),),
                "notification reads what a complainant of a case, or all of them, were told",
                {"partialFilterExpression": {"whom": {"$exists": True}}},
            ),
            Index(
                "case",
                (("case", ASCENDING), ("seq", ASCENDING)),
                "why was I (not) told? one query; teams are among it",
            ),
            Index(
                "held",
                (("partition", ASCENDING), ("due_us", ASCENDING)),
                "notification reads whose time has come; what is not held is left out",
                {"partialFilterExpression": {"due_us": {"$exists": True}}},
            ),
            Index(
                "to",
                (("to", ASCENDING), ("decided_us", ASCENDING)),
                "storm mode counts what went out to a team; complainants are left out",
                {"partialFilterExpression": {"to": {"$exists": True}}},
            ),
            Index(
                "digest",
                (("digest", ASCENDING), ("case", ASCENDING)),
                "sender writes a digest of what was bundled into it",
                {"partialFilterExpression": {"digest": {"$exists": True}}},
            ),
            Index(
                "unreached",
                (("unreached_us", DESCENDING),),
                "who had to be told and cannot be, the newest first; all others are left out",
                {"partialFilterExpression": {"unreached_us": {"$exists": True}}},
            ),
        ),
    ),
    Layout(
        "notice_lanes",
        "notice id: a notice waits on the lane of its channel once",
        (
            Index(
                "oldest",
                (("channel", ASCENDING), ("partition", ASCENDING), ("at_us", ASCENDING)),
                "a lane of sender reads what has waited longest, of its partitions",
            ),
            Index(
                "of_provider",
                tuple((name, ASCENDING) for name in ("channel", "provider", "partition", "at_us")),
                "of a long lane each provider's share is read, and all are counted by provider",
            ),
        ),
    ),
    Layout("notice_standings", "<tenant>|<case>#<seq>: a change is told by one standing"),
    Layout("notice_releases", "notice id: a held notice is let go by one record, once"),
    Layout("preferences", "<tenant>|<who>: what a complainant chose"),
    Layout(
        "notice_claims",
        "<notice id>#<attempt>: each attempt belongs to one process",
        (
            Index("notice", (("notice", ASCENDING),), "sender asks what was tried before"),
            Index(
                "to_newest",
                (("to", ASCENDING), ("at_us", DESCENDING)),
                "a short message from a number answers the notice last sent to it",
                {"partialFilterExpression": {"to": {"$exists": True}}},
            ),
        ),
    ),
    Layout(
        "notice_results",
        "<notice id>#<attempt>: each attempt ended once",
        (
            Index("notice", (("notice", ASCENDING),), "sender asks how that ended"),
            Index(
                "bad_newest",
                (("at_us", DESCENDING), ("outcome", ASCENDING)),
                "which notices ended badly lately; those that were sent are left out",
                {"partialFilterExpression": {"outcome": _ENDED_BADLY}},
            ),
            Index(
                "suppressed_newest",
                (("at_us", DESCENDING),),
                "which of those that sender asked no provider for had to be told",
                {"partialFilterExpression": {"outcome": "suppressed"}},
            ),
            Index(
                "provider_id",
                (("provider_id", ASCENDING),),
                "a receipt names the provider's own id; channels without one are left out",
                {"partialFilterExpression": {"provider_id": {"$exists": True}}},
            ),
        ),
    ),
    Layout("address_marks", "keyed index of an address that is not written to: one mark each"),
    Layout(
        "address_unmarks",
        "<keyed index of an address>#<when it was marked>: a mark is taken off by one person, once",
        (Index("address", (("address", ASCENDING),), "the same bounce marks it no second time"),),
    ),
    Layout(
        "incident_log",
        "<tenant>|<hub>|<category>#<n>: what one record did to a place; the newest is the place",
        (
            Index(
                "mark",
                (("mark", ASCENDING),),
                "a word to a place takes effect once, and is found again",
                {"unique": True},
            ),
            Index(
                "lasting",
                (("tenant", ASCENDING), ("place", ASCENDING), ("quiet_us", DESCENDING)),
                "the places where incidents last, each looked at once",
                {"partialFilterExpression": {"quiet_us": {"$exists": True}}},
            ),
            Index(
                "about",
                (("tenant", ASCENDING), ("about", ASCENDING), ("n", ASCENDING)),
                "an incident by its id: its course and its members",
                {"partialFilterExpression": {"about": {"$exists": True}}},
            ),
        ),
    ),
    Layout(
        "labels",
        "<tenant>|<case id>|<command id>: what a person said of a judgement, once",
        (
            Index(
                "newest",
                (("tenant", ASCENDING), ("at_us", DESCENDING), ("_id", DESCENDING)),
                "`complaints labels` reads those of a tenant, the newest first",
            ),
        ),
    ),
    Layout("checkpoints", "<group>|<topic>|<partition>: one position each"),
    Layout("letter_ends", "where a dead letter lies: it is replayed or discarded, else open"),
    Layout("turns", "turn or pass, and its name: one process has a turn at a time"),
    Layout("pauses", "worker: whoever pauses it first stands as the one who did"),
    Layout("barrier", "process slot: one counter each"),
)
