"""``complaints key``: draw a key for the API or the console."""

import click


@click.group()
def command() -> None:
    """Draw keys that say who acts."""


@command.command(
    epilog="""\b
Examples:
  ./complaints key new clerk:clerk-101
  ./complaints key new system:payer --id payer-2026
"""
)
@click.argument("actor")
@click.option("--id", "key_id", help="The key's name, for logs.  [default: the actor's id]")
def new(actor: str, key_id: str | None) -> int:
    """Draw a key for ACTOR, and print it with its line for the access policy.

    ACTOR is clerk:ID, system:ID, authority:ID, partner:ID or key:ID (a channel). The key is
    shown once: only its SHA-256 stands in the policy, the file of COMPLAINTS_ACCESS_POLICY.
    """
    import hashlib
    import secrets

    from pydantic import ValidationError

    from services.domain.access import Key

    drawn = secrets.token_urlsafe(32)
    digest = hashlib.sha256(drawn.encode()).hexdigest()
    name = (key_id or actor.partition(":")[2]).lower()
    try:
        key = Key(id=name, sha256=digest, actor=actor)
    except ValidationError as error:
        field = error.errors(include_url=False)[0]
        raise click.UsageError(f"{field['loc'][0]}: {field['msg']}") from None
    click.echo(f"key: {drawn}", err=True)
    click.echo(f"  - {{id: {key.id}, sha256: {digest}, actor: '{key.actor}'}}")
    return 0
