"""How a mutant gets what it changes: by a name that must be there."""

from types import ModuleType


def exchange(module: ModuleType, name: str, changed: object) -> None:
    """Put ``changed`` where ``module`` has what it calls ``name``.

    A name that nothing has any more would change nothing, and the mutant would pass for a good
    worker.

    Raises:
        AttributeError: the module has no such name.
    """
    getattr(module, name)
    setattr(module, name, changed)
