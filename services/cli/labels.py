"""``complaints labels``: what people said of the machine's judgements, and learning from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from services.cli.instance import connect, data_option

if TYPE_CHECKING:
    from pymongo.database import Database

    from services.domain.label_store import Label

NEWEST: Final = 100_000
"""As many labels as are counted and exported at once; the newest."""
_tenant_option = click.option("--tenant", default="default", show_default=True, help="Whose.")


@click.group()
def command() -> None:
    """List, count and export the judgements that people corrected or confirmed."""


@command.command(
    name="list",
    epilog="""\b
Examples:
  ./complaints labels list
  ./complaints labels list --limit 500 | grep 'level 3 →'
""",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@_tenant_option
@data_option
def show(limit: int, tenant: str, data: Path | None) -> int:
    """List the newest labels: case, person, what was said otherwise and why."""
    from services.cli.label_lines import line_of

    with _opened(data) as database:
        labels = _newest(database, tenant, limit)
    for label in labels:
        click.echo(line_of(label))
    if not labels:
        click.echo("Nobody has corrected or confirmed a judgement yet.", err=True)
    return 0


@command.command(epilog="Example:\n\n  ./complaints labels count")
@_tenant_option
@data_option
def count(tenant: str, data: Path | None) -> int:
    """Count labels by version of policy and model, and by how sure the machine had been."""
    from services.cli.label_lines import counted

    with _opened(data) as database:
        for line in counted(_newest(database, tenant, NEWEST)):
            click.echo(line)
    return 0


@command.command(
    epilog="""\b
Examples:
  ./complaints labels export labels.tsv
  ./complaints train --add labels.tsv      # learn from it, beside the corpus that is there
"""
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.tsv")
@_tenant_option
@data_option
def export(file: Path, tenant: str, data: Path | None) -> int:
    """Write the labelled texts to FILE.tsv as `complaints train --add` reads them.

    A text is read from its contact now, so a case whose personal data were removed gives none.
    What names the complainant is masked, and so are long numbers and e-mail addresses; names of
    other people may remain: read the file before it leaves the house.
    """
    from services.adapters.case_queries import CaseQueries
    from services.cli.label_lines import corpus_lines

    vault = connect(data).vault()
    with _opened(data) as database:
        labels = _newest(database, tenant, NEWEST)
        wanted = dict.fromkeys(label.contact_id for label in labels if label.contact_id)
        contacts = CaseQueries(database).contacts_by_id(tenant, wanted)
    lines, silent = corpus_lines(labels, contacts, vault)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    click.echo(f"{len(lines)} texts written to {file}; {silent} labels have none (any more)")
    return 0


def _newest(database: "Database[dict[str, Any]]", tenant: str, limit: int) -> "list[Label]":
    from services.adapters.mongo_labels import MongoLabelStore

    return MongoLabelStore(database).newest(tenant, limit)


@contextmanager
def _opened(data: Path | None) -> "Iterator[Database[dict[str, Any]]]":
    from services.adapters.mongo import open_database

    settings = connect(data)
    database = open_database(settings.mongo, settings.database)
    try:
        yield database
    finally:
        database.client.close()
