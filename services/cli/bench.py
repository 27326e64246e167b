"""``complaints bench``: the measurements of ``bench/pipeline.py``."""

import click


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Measure contacts/s, latency and CPU of the whole case path on engines of its own."""
    from bench.pipeline import main

    return main(arguments)
