"""A group of commands that imports a command only when it is used.

The overview needs one line per command; it stands in the table, so ``--help`` does not load
Kafka, MongoDB and HTTP clients to print a page of text.
"""

from importlib import import_module
from typing import NamedTuple

import click


class Entry(NamedTuple):
    """Where a command is, the part of the overview it stands in, and its line there."""

    target: str
    section: str
    summary: str


class LazyGroup(click.Group):
    """A click group over a table of ``name -> Entry``; ``target`` is ``module:attribute``."""

    def __init__(self, *, entries: dict[str, Entry], **attributes: object) -> None:
        super().__init__(**attributes)  # type: ignore[arg-type]
        self._entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(self._entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command.

        Raises:
            ClickException: it is in the table, but its module is not in this tree.
        """
        entry = self._entries.get(cmd_name)
        if entry is None:
            return None
        module_name, _, attribute = entry.target.partition(":")
        try:
            module = import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name != module_name:
                raise
            raise click.ClickException(f"`{cmd_name}` is not part of this installation") from None
        command = getattr(module, attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.target} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview from the table alone, by section."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self._entries.items():
            sections.setdefault(entry.section, []).append((name, entry.summary))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl(rows)
