"""The outcome of a replay as a table and as a page. Pure."""

from collections.abc import Iterator
from html import escape

from services.cli.policies.replaying import Change, Outcome, word

SHOWN = 10
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem;
       color: #1b1f24; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .7rem; border-bottom: 1px solid #d8dee4;
         vertical-align: top }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
.more { color: #8a1c1c } .less { color: #14602b } .id { font-family: ui-monospace, monospace }
"""


def table(outcome: Outcome) -> Iterator[str]:
    """Yield the lines of the report."""
    yield headline(outcome)
    for name, counted in outcome.moved.items():
        if counted:
            yield f"\n{name}: {counted.total():,} contacts"
        for (before, after), count in counted.most_common():
            yield f"  {before:>16} → {after:<16} {count:>9,}"
    if not outcome.changed:
        return
    for name, rows in _totals(outcome):
        yield f"\n{name:<16} {'now':>9} {'then':>9} {'':>9}"
        for value, old, new in rows:
            yield f"  {value:<14} {old:>9,} {new:>9,} {new - old:>+9,}"
    yield "\nfor example"
    for change in outcome.examples[:SHOWN]:
        yield f"  {change.id}: {difference(change)}"


def headline(outcome: Outcome) -> str:
    """Return the sum in one sentence."""
    share = outcome.changed / outcome.contacts if outcome.contacts else 0.0
    return (
        f"{outcome.contacts:,} contacts, {outcome.changed:,} ({share:.1%}) would be decided "
        "otherwise"
    )


def difference(change: Change) -> str:
    """Return what the two say of one contact."""
    return ", ".join(
        f"{name} {word(change.before, name)} → {word(change.after, name)}" for name in change.fields
    )


def page(outcome: Outcome, title: str, source: str) -> str:
    """Return the report as a page that stands alone."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width,initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{escape(title)}</h1><p>{escape(source)}</p>",
        f"<p><strong>{headline(outcome)}.</strong></p>",
    ]
    for name, rows in _totals(outcome):
        parts.append(f"<h2>Contacts by {name}</h2>")
        parts.append(f"<table><tr><th>{name}<th class=n>now<th class=n>then<th class=n>change")
        for value, old, new in rows:
            mood = "more" if new > old else "less" if new < old else ""
            parts.append(
                f"<tr><td>{escape(value)}<td class=n>{old:,}<td class=n>{new:,}"
                f'<td class="n {mood}">{new - old:+,}'
            )
        parts.append("</table>")
    for name, counted in outcome.moved.items():
        if not counted:
            continue
        parts.append(f"<h2>Changes of {name}</h2><table><tr><th>now<th>then<th class=n>contacts")
        parts += [
            f"<tr><td>{escape(before)}<td>{escape(after)}<td class=n>{count:,}"
            for (before, after), count in counted.most_common()
        ]
        parts.append("</table>")
    if outcome.examples:
        parts.append(f"<h2>The first {len(outcome.examples)} of them</h2><table>")
        parts += [
            f"<tr><td class=id>{escape(one.id)}<td>{escape(difference(one))}<td>{escape(one.text)}"
            for one in outcome.examples
        ]
        parts.append("</table>")
    return "\n".join(parts) + "\n"


def _totals(outcome: Outcome) -> Iterator[tuple[str, list[tuple[str, int, int]]]]:
    for name, (old, new) in outcome.totals.items():
        yield name, [(value, old[value], new[value]) for value in sorted(old | new)]
