"""``complaints backup``, ``restore`` and ``rebuild``: MongoDB lost, and put back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from services.cli.audit import ProgressLine
from services.cli.instance import connect, data_option

if TYPE_CHECKING:
    from pymongo.database import Database

    from services.runtime.settings import Settings

FIELDS_SHOWN = 6
NOT_ROLLED_FORWARD = """\
not rolled forward, no topic tells of it (since {made_at:%Y-%m-%d %H:%M:%S} UTC):
  dead letters replayed or discarded since are shown as open; a replay is absorbed
  addresses that bounced or complained since get the next notice, and are marked again then
  receipts since: their notices are shown as sent, or in doubt, and no longer as delivered
  parts of long short messages that waited for the others: what came since is lost"""
folder_argument = click.argument(
    "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path)
)


@click.command("backup")
@data_option
@folder_argument
def command(data: Path | None, folder: Path) -> int:
    """Write a backup of MongoDB into the new folder DIR; the system may be running.

    It is the state of one moment, together with the places in Kafka that belong to it. It holds
    complaints in clear text: keep it where the database would be kept. Keys are not in it;
    keep those of the folder secrets/ apart from it: without them a restore is refused, and who has
    both has the addresses of all who complained. Broken off, nothing is left.

    \b
      ./complaints backup /backups/2026-03-02
    """
    from services.adapters.kafka_admin import admin_of
    from services.adapters.process import CODE_VERSION
    from services.recovery.snapshot import take_backup

    line = ProgressLine()
    with _database(data) as (settings, database), admin_of(settings.kafka) as admin:
        now = datetime.now(UTC)
        manifest = take_backup(settings, admin, database, folder, now, CODE_VERSION, line)
    line.clear()
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    for name, one in manifest.collections.items():
        click.echo(f"{name:<18} {one.documents:>10}")
    click.echo(f"backed up into {folder}: {size:.1f} MB")
    return 0


@click.command("restore")
@data_option
@folder_argument
@click.option("--replace", is_flag=True, help="Throw away what the database holds now.")
@click.option("--yes", is_flag=True, help="API and aftercare are stopped: do not look for them.")
def restore(data: Path | None, folder: Path, replace: bool, yes: bool) -> int:
    """Put the backup in DIR back, and roll forward what Kafka says came after it.

    Kafka must be the one the backup was taken beside, and remember everything since. Stop all
    workers, the API and aftercare first; `complaints up --engines-only` starts Kafka and MongoDB
    alone. Nothing is decided again and nobody is told again. Broken off, the same command goes
    on; until it is done no worker starts.

    \b
      ./complaints up --engines-only            in one terminal
      ./complaints restore /backups/2026-03-02  in another
      ./complaints up                           afterwards; then: ./complaints audit
    """
    from services.adapters.kafka_admin import admin_of
    from services.adapters.process import CODE_VERSION
    from services.audit.topic_reader import TopicReader
    from services.recovery.manifest import read_manifest
    from services.recovery.restore import restore as put_back

    line = ProgressLine()
    made = read_manifest(folder)
    if made.code_version != CODE_VERSION:
        said = f"the backup is of version {made.code_version}, this is {CODE_VERSION}"
        click.echo(said, err=True)
    with (
        _database(data) as (settings, database),
        admin_of(settings.kafka) as admin,
        TopicReader(settings.kafka) as reader,
    ):
        done = put_back(settings, admin, reader, database, folder, replace, line, yes)
    line.clear()
    click.echo(f"restored {done.documents} documents of the backup")
    click.echo(
        f"rolled forward {done.decisions} decisions, {done.changes} changes of cases, "
        f"{done.notices} notices, {done.choices} choices about notices, "
        f"{done.words} words about incidents; {done.cases} cases folded from their logs"
    )
    if done.in_doubt:
        click.echo(f"{done.in_doubt} notices may have been on their way: see `possible doubles`")
    click.echo(NOT_ROLLED_FORWARD.format(made_at=made.made_at))
    click.echo("start the workers, then run `complaints audit`")
    return 0


@click.command("rebuild")
@data_option
@click.option("--check", is_flag=True, help="Only compare; change nothing.")
def rebuild(data: Path | None, check: bool) -> int:
    """Fold every case anew from its log, and put the sum where the document differs.

    The log is the truth about a case; the document is its sum, for lists and searches. The
    system may be running. Afterwards all are compared once more.

    \b
    Exit codes: 0 all documents are the sums of their logs (now), 1 some are not.
    """
    from services.recovery.projection import rebuild as fold

    line = ProgressLine()
    with _database(data) as (_, database):
        found = fold(database, not check, line)
        again = found if check or not found.different else fold(database, False, line)
    line.clear()
    for one in found.listed:
        shown = ", ".join(one.fields[:FIELDS_SHOWN])
        click.echo(f"{one.case_key}: {shown}{' …' if len(one.fields) > FIELDS_SHOWN else ''}")
    mended = "" if check else f", {found.different - again.different} mended"
    click.echo(f"{found.cases} cases, {found.different} different{mended}")
    return 1 if again.different else 0


@contextmanager
def _database(data: Path | None) -> "Iterator[tuple[Settings, Database[dict[str, Any]]]]":
    from services.adapters.mongo import open_database

    settings = connect(data)
    database = open_database(settings.mongo, settings.database)
    try:
        yield settings, database
    finally:
        database.client.close()
