"""The instance on a data folder: its secrets, its addresses, and how commands find it.

The HMAC keys are made once per folder and never again: with others, new contacts would no
longer be linked to old ones (ADR 0005).
"""

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from services.runtime.settings import Settings

ROOT: Final = Path(__file__).resolve().parents[2]
DEFAULT_DATA: Final = ROOT / ".data"
_API_PORT: Final = 8080
_HMAC_KEYS: Final = "hmac.keys"
_PERSONAL_KEYS: Final = "personal.keys"

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    metavar="DIR",
    help="Data folder of the instance.  [default: .data beside ./complaints]",
)
"""``--data DIR`` of every command that talks to an instance; hand its value to :func:`connect`."""


class NotRunningError(click.ClickException):
    """No instance runs where the command looked for one."""

    def __init__(self, data: Path) -> None:
        super().__init__(f"no instance is running in {shown(data)}: start one with ./complaints up")


def connect(data: Path | None = None) -> "Settings":
    """Return the settings of the instance that runs on ``data``.

    Without ``data`` the environment counts where it names a Kafka (COMPLAINTS_KAFKA), else
    the default folder. Of an instance on a folder its own policy files count, whatever the
    environment of whoever asks names.

    Raises:
        NotRunningError: nothing runs there.
        SettingsError: the environment contradicts itself.
    """
    from services.runtime.settings import load_settings

    if in_environment(data):
        return load_settings()
    folder = data or DEFAULT_DATA
    facts = _facts(folder)
    return load_settings(
        kafka=facts["kafka"],
        mongo=facts["mongo"],
        hmac_keys=keys_of(folder),
        personal_keys=personal_keys_of(folder),
        api_port=facts.get("api_port", _API_PORT),
        movable_clock=facts.get("movable_clock", False),
        **_policies_of(facts),
    )


def in_environment(data: Path | None) -> bool:
    """Return whether the environment, not a data folder, says where the instance is."""
    return data is None and "COMPLAINTS_KAFKA" in os.environ


def api_port(data: Path | None = None) -> int:
    """Return where the API of an instance on this machine listens; see :func:`connect`."""
    if in_environment(data):
        return int(os.environ.get("COMPLAINTS_API_PORT", _API_PORT))
    return int(_facts(data or DEFAULT_DATA).get("api_port", _API_PORT))


def health_ports(data: Path | None = None) -> dict[str, int]:
    """Return the health ports of a running instance's workers, by name; empty when the
    workers run elsewhere."""
    if in_environment(data):
        return {}
    ports: dict[str, int] = _facts(data or DEFAULT_DATA).get("health_ports", {})
    return ports


def keys_of(data: Path) -> str:
    """Return the HMAC keys of the instance on ``data``, made at its first start."""
    return _kept(data / "secrets" / _HMAC_KEYS)


def personal_keys_of(data: Path) -> str:
    """Return the keys under which personal data are sealed there, made as the others."""
    return _kept(data / "secrets" / _PERSONAL_KEYS)


def _kept(path: Path) -> str:
    """Return the keys in a file; one is made where there is none.

    The file is written under another name and linked into place: of two first starts one
    wins, and nobody reads half a file.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
        draft.touch(mode=0o600)
        draft.write_text(f"k1:{secrets.token_hex(32)}\n", encoding="ascii")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()


def shown(path: Path) -> str:
    """Return ``path`` as a person at this prompt would write it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _policies_of(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of an instance's policy files; none where it does not say which."""
    from services.runtime.settings import POLICY_SETTINGS

    files = facts.get("policies")
    return {} if files is None else {name: files.get(name) for name in POLICY_SETTINGS}


def _facts(folder: Path) -> dict[str, Any]:
    from infra.embedded.instance import read_instance

    facts = read_instance(folder)
    if not facts:
        raise NotRunningError(folder)
    return facts
