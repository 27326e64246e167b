"""The outcome of a replay as a table and as a page. Pure."""

from collections.abc import Iterator, Mapping
from html import escape

from services.cli.policies.reports import Report
from services.cli.policies.trial import Version

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


def table(report: Report) -> Iterator[str]:
    """Yield the lines of the report."""
    yield from report.headlines
    for name, what, counted in report.moved:
        yield f"\n{name}: {sum(counted.values()):,} {what}"
        for (before, after), count in _most_common(counted):
            yield f"  {before:>16} → {after:<16} {count:>9,}"
    for total in report.totals:
        yield f"\n{f'{total.what} by {total.name}':<26} {'now':>9} {'then':>9} {'':>9}"
        for value, old, new in total.rows:
            yield f"  {value:<24} {old:>9,} {new:>9,} {new - old:>+9,}"
    if report.examples:
        yield "\nfor example"
        for one in report.examples[:SHOWN]:
            yield f"  {one.id}: {one.difference}"
    yield "\npolicies, now → then"
    for version in report.versions:
        yield f"  {version.kind:<10} {version.before}{_beside(version)}"
    yield "\ntaken for granted"
    yield from (f"  {line}." for line in report.assumed)


def page(report: Report, title: str, source: str) -> str:
    """Return the report as a page that stands alone."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width,initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{escape(title)}</h1><p>{escape(source)}</p>",
        *(f"<p><strong>{escape(line)}.</strong></p>" for line in report.headlines),
    ]
    for total in report.totals:
        parts.append(f"<h2>{escape(total.what.capitalize())} by {escape(total.name)}</h2>")
        parts.append(
            f"<table><tr><th>{escape(total.name)}<th class=n>now<th class=n>then<th class=n>change"
        )
        for value, old, new in total.rows:
            mood = "more" if new > old else "less" if new < old else ""
            parts.append(
                f"<tr><td>{escape(value)}<td class=n>{old:,}<td class=n>{new:,}"
                f'<td class="n {mood}">{new - old:+,}'
            )
        parts.append("</table>")
    for name, what, counted in report.moved:
        parts.append(f"<h2>Changes of {escape(name)}</h2>")
        parts.append(f"<table><tr><th>now<th>then<th class=n>{escape(what)}")
        parts += [
            f"<tr><td>{escape(before)}<td>{escape(after)}<td class=n>{count:,}"
            for (before, after), count in _most_common(counted)
        ]
        parts.append("</table>")
    if report.examples:
        parts.append(f"<h2>The first {len(report.examples)} of them</h2><table>")
        parts += [
            f"<tr><td class=id>{escape(one.id)}<td>{escape(one.difference)}<td>{escape(one.text)}"
            for one in report.examples
        ]
        parts.append("</table>")
    parts.append("<h2>Policies</h2><table><tr><th>policy<th>now<th>then")
    parts += [
        f"<tr><td>{escape(one.kind)}<td>{escape(one.before)}<td>{escape(one.after)}"
        for one in report.versions
    ]
    parts.append("</table><h2>Taken for granted</h2><ul>")
    parts += [f"<li>{escape(line[:1].upper() + line[1:])}." for line in report.assumed]
    parts.append("</ul>")
    return "\n".join(parts) + "\n"


def _beside(version: Version) -> str:
    return f" → {version.after}" if version.after != version.before else ""


def _most_common(
    counted: Mapping[tuple[str, str], int],
) -> list[tuple[tuple[str, str], int]]:
    return sorted(counted.items(), key=lambda one: -one[1])
