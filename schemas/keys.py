"""Record keys: always the tenant and something that is not a person."""


def case_key(tenant: str, case_id: str) -> bytes:
    """Key of everything about one case; murmur2 of it places the case."""
    return f"{tenant}|{case_id}".encode()


def locality_key(tenant: str, hint: str) -> bytes:
    """Key of a received contact. Only a hint: contacts of one case *may* share it
    (blind index of the waybill, else of the person, else the contact's own id);
    dedup never relies on it."""
    return f"{tenant}|{hint}".encode()


def hub_key(tenant: str, hub: str) -> bytes:
    """Key of counts and surges of one hub."""
    return f"{tenant}|{hub}".encode()
