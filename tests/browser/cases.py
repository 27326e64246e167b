"""Cases for tests in the browser, each with a waybill of its own."""

from itertools import count
from typing import Final

from tests.support.console_site import Site

_NUMBERS: Final = count(1)


def a_case(site: Site, **form: str) -> str:
    """A case of its own for a test."""
    number = next(_NUMBERS)
    waybill = f"SF{1300000000000 + 7919 * number}"
    return site.send(**({"id": f"b{number}", "waybill": waybill} | form))
