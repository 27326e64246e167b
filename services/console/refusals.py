"""Why something was not done, in words for a page. Pure."""

from schemas.vocabulary import Refusal
from services.console.acting import Outcome
from services.console.language import Texts


def refusal_words(refusal: str | None, explanation: str, texts: Texts) -> str:
    """Return why the case's worker said no: in the page's language where the ground is known."""
    if refusal in set(Refusal) - {Refusal.UNKNOWN}:
        return texts(f"refusal.{refusal}")
    return explanation or texts("refusal.unknown")


def incident_words(outcome: Outcome, texts: Texts) -> str:
    """Return why what a person said of an incident was not taken, in the page's language."""
    known = f"incidents.failed_{outcome.rule}"
    return texts(known if known in texts.keys() else f"failed.{outcome.end}")  # noqa: SIM118
