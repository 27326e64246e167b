"""A rule broken on purpose: what to replace, and by what.

What is replaced is looked up by name, so a renamed method fails loudly instead of leaving a
mutant that changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from unittest.mock import patch

from tests.simulation.storm import Storm

NOTHING_ELSE: Final = asdict(Storm.none())
"""Weather without any fault, to name the few that matter for a mutant."""
Method = Callable[..., Any]
Break = Callable[[Method], Method]


@dataclass(frozen=True, slots=True)
class Mutant:
    """``patches`` are replacements: object, attribute, what to put there. ``weather`` is the
    storm to look for it in, where the common ones would take too long to show it. ``is_whole``
    says that only the whole path can show it."""

    name: str
    adr: str
    patches: Callable[[], Iterable[tuple[Any, str, Any]]]
    weather: Mapping[str, Any] = field(default_factory=dict)
    is_whole: bool = False

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Break the rule for as long as the context is open."""
        with ExitStack() as stack:
            for owner, attribute, broken in self.patches():
                stack.enter_context(patch.object(owner, attribute, broken))
            yield


def collector(
    mutants: list[Mutant], is_whole: bool = False
) -> Callable[..., Callable[[Break], Break]]:
    """Return a decorator that adds to ``mutants`` what its function does to
    ``owner.method``, under the function's name."""

    def mutant(adr: str, owner: Any, method: str, **weather: Any) -> Callable[[Break], Break]:
        def register(breaks: Break) -> Break:
            def patches() -> Iterable[tuple[Any, str, Any]]:
                return [(owner, method, breaks(getattr(owner, method)))]

            mutants.append(Mutant(breaks.__name__, adr, patches, weather, is_whole))
            return breaks

        return register

    return mutant
