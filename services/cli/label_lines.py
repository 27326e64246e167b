"""Labels as lines: for a terminal, counted, and as the corpus that the model learns from. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from schemas.contacts import ContactDeduplicated
from schemas.vocabulary import Category, ChangeKind
from services.cases.calibration import bucket
from services.domain.label_store import Label
from services.domain.languages import language_of
from services.domain.masking import masked
from services.domain.opened import opened_personal
from services.domain.retention import REMOVED
from services.domain.vault import Vault

_FIELDS: Final = ("category", "cause", "level")


def line_of(label: Label) -> str:
    """Return one label for a person."""
    change, review = label.change, label.review
    said = [
        f"{name} {getattr(review.before, name)} → {getattr(review.after, name)}"
        for name in _FIELDS
        if getattr(review.before, name) != getattr(review.after, name)
    ]
    stands = f"{review.after.category}, {review.after.cause}, level {review.after.level}"
    machine = review.machine
    sure = f"  ({machine.confidence:.0%} sure, {versions_of(label)})" if machine else ""
    words = "; ".join(said) or stands
    note = f"  “{' '.join(change.note.split())}”" if change.note else ""
    place = f"{change.at.isoformat()}  {change.case_id}  {change.actor}"
    return f"{place}  {change.kind}: {words}{sure}{note}"


def versions_of(label: Label) -> str:
    """Return by which rules and model the machine had decided."""
    machine = label.review.machine
    if machine is None:
        return "no machine"
    return f"{machine.policy} + {machine.model}" if machine.model else machine.policy


def counted(labels: Sequence[Label]) -> list[str]:
    """Return how many labels there are, by versions and by how sure the machine had been."""
    lines = [f"{len(labels)} labels, {_corrected(labels)} of them corrections"]
    for title, key in (("versions", versions_of), ("stated confidence", _bucket_of)):
        groups: dict[str, list[Label]] = {}
        for label in labels:
            groups.setdefault(key(label), []).append(label)
        lines.append(f"by {title}:")
        lines += [
            f"  {name:<40} {len(some):>6}  corrected {_corrected(some) / len(some):>4.0%}"
            for name, some in sorted(groups.items())
        ]
    fields = Counter(
        name
        for label in labels
        for name in _FIELDS
        if getattr(label.review.before, name) != getattr(label.review.after, name)
    )
    lines.append("what was corrected: " + ", ".join(f"{name} {fields[name]}" for name in _FIELDS))
    return lines


def _corrected(labels: Iterable[Label]) -> int:
    return sum(one.change.kind is ChangeKind.CORRECTED for one in labels)


def _bucket_of(label: Label) -> str:
    machine = label.review.machine
    return bucket(machine.confidence) if machine else "no machine"


def corpus_lines(
    labels: Iterable[Label], contacts: Mapping[str, ContactDeduplicated], vault: Vault
) -> tuple[list[str], int]:
    """Return the corpus' lines (``services/severity/training``), and how many labels give none:
    those without a text any more. Of several about one contact the newest counts; ``labels`` come
    newest first."""
    lines: dict[str, str] = {}
    silent = 0
    for label in labels:
        contact = contacts.get(label.contact_id or "")
        if contact is None or contact.contact.text == REMOVED or not _is_said(label):
            silent += 1
        elif contact.contact.contact_id not in lines:
            lines[contact.contact.contact_id] = _corpus_line(label, contact, vault)
    return list(lines.values()), silent


def _is_said(label: Label) -> bool:
    return label.review.after.category is not Category.UNKNOWN


def _corpus_line(label: Label, decision: ContactDeduplicated, vault: Vault) -> str:
    contact, review = decision.contact, label.review
    facts = contact.facts
    text = " ".join(masked(contact.text, opened_personal(decision, vault)).split())
    fields = (
        review.after.category,
        review.after.cause,
        _level_of_text(label),
        language_of(facts.language, contact.text),
        contact.channel,
        "-" if facts.declared_value_cny is None else f"{facts.declared_value_cny:g}",
        facts.prior_contacts or 0,
        text,
    )
    return "\t".join(map(str, fields))


def _level_of_text(label: Label) -> int:
    """Return the level that the text itself deserves: the person's, unless he left a level as it
    was that the case had reached by asking again."""
    before, after, machine = label.review.before, label.review.after, label.review.machine
    left = after.level == before.level
    return machine.level if machine is not None and left else after.level
