"""The cookie of a session, and what people type when they begin one."""

import re
from typing import Final

COOKIE: Final = "console"
_CLERK: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def clerk_id(written: str) -> str | None:
    """Return a clerk's id as it was typed, or None when it cannot be one.

    >>> clerk_id(" clerk-101 "), clerk_id("clerk:7"), clerk_id("王芳"), clerk_id("")
    ('clerk-101', '7', None, None)
    """
    found = written.strip().removeprefix("clerk:")
    return found if _CLERK.fullmatch(found) else None


def safe_next(written: str | None) -> str:
    """Return a path on this console to go on to, whatever a link says.

    >>> safe_next("/cases?level=4"), safe_next(None)
    ('/cases?level=4', '/')
    >>> safe_next("//evil.example"), safe_next("/\\\\evil.example")
    ('/', '/')
    """
    path = written or "/"
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours else "/"
