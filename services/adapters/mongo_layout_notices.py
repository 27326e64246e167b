"""The collections about notices and where they go; see :mod:`services.adapters.mongo_layout`."""

from typing import Final

from pymongo import ASCENDING, DESCENDING

from services.adapters.mongo_layout_words import Index, Layout

_ENDED_BADLY: Final = {"$in": ["failed", "given_up", "undelivered"]}

NOTICES: Final = (
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
        (
            Index(
                "address",
                (("address", ASCENDING),),
                "a mark that was taken off is not put again by the same bounce",
            ),
        ),
    ),
)
