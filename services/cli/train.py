"""``complaints train``: the severity model anew, from the labelled texts of the corpus."""

from pathlib import Path

import click


@click.command(
    epilog="""\b
A line of the corpus, with tabs between:
  category  cause  level  language  channel  declared-value  prior-contacts  text

\b
Examples:
  ./complaints train
  ./complaints train --add more/street-01.tsv --add more/street-02.tsv
"""
)
@click.option(
    "--add",
    "files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE.tsv",
    help="First take these texts into the corpus; a voice that is there is replaced, and one whose "
    "name begins with blind judges as a whole, one with sets trains as a whole.",
)
def command(files: tuple[Path, ...]) -> int:
    """Train the model that stands beside the severity rules, and pin it in the policy.

    Writes services/severity/model.npz, its version into services/severity/policy.yaml, and its
    figures on held-out texts into docs/severity-model.md. The same corpus and rules give the
    same file. Takes two minutes or three.
    """
    from services.severity.model import SHIPPED as MODEL
    from services.severity.policy import SHIPPED as POLICY
    from services.severity.training import corpus
    from services.severity.training.run import Places, train

    if files:
        training, held_out = corpus.add(files)
        click.echo(f"{training} texts added for training, {held_out} to the held-out ones")
    page = Path(__file__).parents[2] / "docs" / "severity-model.md"
    version = train(Places(corpus.FOLDER, POLICY, MODEL, page), click.echo)
    click.echo(f"{version} is pinned; {page.name} has its figures")
    return 0
