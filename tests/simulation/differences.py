"""How a run in a storm and the same contacts in fair weather compare."""

from tests.simulation.evidence import Evidence
from tests.simulation.fold import fold
from tests.simulation.run import Run


def differences_from(fair: Run, stormy: Run) -> list[str]:
    """Return where a run came to another end than the same contacts without any fault.

    Only for strict inputs; times of processing, and what commands did, are not compared.
    """
    expected, found = _outcome(Evidence(fair)), _outcome(Evidence(stormy))
    return [
        f"same_end_as_without_faults: {members} {facts}"
        for members, facts in sorted(expected.items() ^ found.items(), key=str)
    ]


def _outcome(evidence: Evidence) -> dict[tuple[str, ...], tuple[object, ...]]:
    outcome: dict[tuple[str, ...], tuple[object, ...]] = {}
    for case in evidence.members:
        document = fold(evidence.histories[case])
        facts = ("tenant", "opened_at", "last_contact_at", "contacts", "waybill_index")
        outcome[tuple(sorted(evidence.members[case]))] = tuple(document.get(one) for one in facts)
    return outcome
