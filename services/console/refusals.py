"""Why a case's worker said no, in words for a page. Pure."""

from schemas.vocabulary import Refusal
from services.console.language import Texts


def refusal_words(refusal: str | None, explanation: str, texts: Texts) -> str:
    """Return why the case's worker said no: in the page's language where the ground is known."""
    if refusal in set(Refusal) - {Refusal.UNKNOWN}:
        return texts(f"refusal.{refusal}")
    return explanation or texts("refusal.unknown")
