"""Real Kafka and real MongoDB as child processes: no containers, no root, no Java on the machine.

    with EmbeddedStack(Path(".data")) as stack:
        print(stack.addresses.kafka, stack.addresses.mongo)

Everything an instance keeps, data, logs and ports, is in its data folder, so a later start on the
same folder finds what an earlier one wrote. The engines end with the process that started them,
``kill -9`` included. To try it: ``python -m infra.embedded --data DIR``.
"""

from infra.embedded.errors import (
    DataDirectoryInUseError,
    MachineUnfitError,
    NodeFailedError,
    PortTakenError,
    StackError,
)
from infra.embedded.instance import read_instance, write_instance
from infra.embedded.stack import EmbeddedStack, StackAddresses

__all__ = [
    "DataDirectoryInUseError",
    "EmbeddedStack",
    "MachineUnfitError",
    "NodeFailedError",
    "PortTakenError",
    "StackAddresses",
    "StackError",
    "read_instance",
    "write_instance",
]
