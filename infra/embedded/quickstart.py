"""Make Kafka start in a third of the time: keep what the JVM learns about its classes.

A broker is started and stopped once on a throw-away folder; the JVM writes an ahead-of-time cache
that every later start reads. The cache is a help and never a condition: where it cannot be made,
or does not fit, the JVM goes on without it.
"""

import dataclasses
import fcntl
import shutil
import tempfile
from pathlib import Path

from infra.embedded.errors import StackError
from infra.embedded.jars import Progress
from infra.embedded.kafka import KafkaCluster, KafkaNode, prepare_storage
from infra.embedded.ports import choose_ports
from infra.embedded.programs import Programs

# Compiled adapters are left out: they are bound to one kind of processor, and the JVM warns.
SAFE = ("-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching", "-XX:-AOTStubCaching")
WRITING_SECONDS = 60.0
CLUSTER_ID = "quickstart-training-0w"


def with_quick_start(programs: Programs, progress: Progress) -> Programs:
    """Return ``programs`` with Java set to use the cache, made now if it is not there."""
    cache = programs.jars.with_suffix(".aot")
    with (programs.jars.parent / "quickstart.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not cache.exists():
            progress("Kafka: preparing quick starts (once)")
            _train(programs, cache)
    options = (f"-XX:AOTCache={cache}", "-Xlog:aot*=off", "-Xlog:cds*=off", *SAFE)
    return dataclasses.replace(programs, java_options=options)


def _train(programs: Programs, cache: Path) -> None:
    """Let one broker live and die, and take the cache it leaves behind."""
    for interrupted in cache.parent.glob("training-*"):
        shutil.rmtree(interrupted, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="training-", dir=cache.parent))
    draft = folder / cache.name
    ports = choose_ports({"kafka": None, "controller": None}, {})
    cluster = KafkaCluster(CLUSTER_ID, (ports["kafka"],), (ports["controller"],), 512, {})
    options = (f"-XX:AOTCacheOutput={draft}", "-Xlog:aot*=off", "-Xlog:cds*=off", *SAFE)
    learner = dataclasses.replace(programs, java_options=options)
    try:
        prepare_storage([KafkaNode(0, cluster, folder / "kafka", folder, programs)])
        node = KafkaNode(0, cluster, folder / "kafka", folder, learner)
        try:
            node.start()
        finally:
            node.stop(WRITING_SECONDS)
    except StackError:
        draft.unlink(missing_ok=True)
    if not draft.exists():
        draft.touch()  # an empty cache is ignored, and not every start tries again
    draft.replace(cache)
    shutil.rmtree(folder, ignore_errors=True)
