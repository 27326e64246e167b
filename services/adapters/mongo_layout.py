"""Every collection and every index, once, each with its reason.

Each index costs 2 to 8 µs of every insert; add one only for a read that needs it.
"""

from typing import Final

from pymongo import ASCENDING, DESCENDING

from services.adapters.mongo_layout_notices import NOTICES
from services.adapters.mongo_layout_words import Index, Layout

_NARROWED: Final = tuple(
    (name, ASCENDING) for name in ("status", "level", "category", "team", "assignee")
)
"""What a list of cases is narrowed by: in the index, so that no document is read in vain."""

_URGENT: Final = (("urgency", DESCENDING), ("_id", ASCENDING))
_THERE: Final = {"$exists": True}

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
                "the console lists cases with a payment to look after; all others are left out",
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
                "assigned",
                (("tenant", ASCENDING), ("assignee", ASCENDING), *_URGENT),
                "a clerk lists what is his, one of thousands; and how much each has is counted",
                {"partialFilterExpression": {"assignee": _THERE}},
            ),
            Index(
                "of_team",
                (("tenant", ASCENDING), ("team", ASCENDING), *_URGENT),
                "the console lists what is open with a team, one of hundreds",
                {"partialFilterExpression": {"urgency": {"$gt": 0}}},
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
    *NOTICES,
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
    Layout(
        "sms_parts",
        "<tenant>|<keyed index of a short message>: its parts wait for the others in one place",
        (
            Index(
                "oldest",
                (("begun_us", ASCENDING),),
                "the API hands on messages of which a part has not come for too long",
            ),
        ),
    ),
    Layout(
        "sms_parts_known",
        "<message>#<number>#<digest>: a part that was handed on is not taken for a new one",
        (
            Index(
                "forgotten",
                (("forget_at", ASCENDING),),
                "MongoDB forgets parts that no centre sends again any more",
                {"expireAfterSeconds": 0},
            ),
        ),
    ),
    Layout("checkpoints", "<group>|<topic>|<partition>: one position each"),
    Layout("letter_ends", "where a dead letter lies: it is replayed or discarded, else open"),
    Layout("turns", "turn or pass, and its name: one process has a turn at a time"),
    Layout("pauses", "worker: whoever pauses it first stands as the one who did"),
    Layout("barrier", "process slot: one counter each"),
)
