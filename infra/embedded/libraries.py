"""The system libraries that mongod needs: libcurl 4 and OpenSSL 3.

A machine may lack them, and a user without root cannot install them. Then the copies bundled in
the ``pycurl`` wheel serve; only if those fail too are the missing packages named.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path

from infra.embedded.errors import MachineUnfitError

# The packages have these names on Debian 12 and Ubuntu 22.04.
DEBIAN_PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
    "liblzma.so.5": "liblzma5",
}
BUNDLED = ("libcurl.so.4", "libssl.so.3", "libcrypto.so.3")


def library_environment(program: Path, engine_dir: Path) -> dict[str, str]:
    """Return the variables with which ``program`` finds its libraries; mostly none."""
    problem = load_problem(program, {})
    if problem is None:
        return {}
    bundled = {"LD_LIBRARY_PATH": link_bundled_libraries(engine_dir / "libraries")}
    if load_problem(program, bundled) is None:
        return bundled
    raise MachineUnfitError(f"{program.name} cannot run here: {advice(problem)}")


def load_problem(program: Path, extra_environment: Mapping[str, str]) -> str | None:
    """Return what the loader says against ``program``, None if it starts."""
    environment = {**os.environ, **extra_environment}
    trial = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=False, env=environment
    )
    return None if trial.returncode == 0 else trial.stderr.strip() or f"status {trial.returncode}"


def advice(problem: str) -> str:
    """Turn the loader's complaint into what to do.

    >>> advice("x: error while loading shared libraries: libcurl.so.4: cannot open shared …")
    'libcurl.so.4 is missing; on Debian and Ubuntu: apt-get install libcurl4'
    """
    if missing := re.search(r"shared libraries: (\S+):", problem):
        name = missing[1]
        package = DEBIAN_PACKAGES.get(name, f"the package with {name}")
        return f"{name} is missing; on Debian and Ubuntu: apt-get install {package}"
    if needed := re.search(r"version `GLIBC_([\d.]+)' not found", problem):
        return f"it needs glibc {needed[1]} or newer; use docker compose up on this machine"
    return problem


def link_bundled_libraries(folder: Path) -> str:
    """Give the bundled libraries their usual names in ``folder``; return the search path.

    All of them or none: libcurl from the wheel must not meet the system's OpenSSL.
    """
    wheel = Path(str(distribution("pycurl").locate_file("pycurl.libs")))
    folder.mkdir(parents=True, exist_ok=True)
    for name in BUNDLED:
        stem, _, version = name.partition(".so.")
        for target in wheel.glob(f"{stem}-*.so.{version}*"):
            draft = folder / f"{name}.{os.getpid()}.draft"
            draft.unlink(missing_ok=True)
            draft.symlink_to(target)
            draft.replace(folder / name)
    return os.pathsep.join([str(folder), str(wheel)])
