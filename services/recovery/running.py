"""Who runs while MongoDB is about to be replaced: whoever cannot be seen is not taken for gone."""

import re
from concurrent.futures import Future
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from pymongo.database import Database
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

from services.adapters.mongo import Document, app_name, outages
from services.audit.groups import workers_with_input
from services.domain.errors import OutageError
from services.recovery.manifest import RecoveryError
from services.runtime.settings import Settings

ASK_SECONDS: Final = 10.0


def working(settings: Settings) -> set[str]:
    """Return the workers of the case path that are members of their groups now; trends keeps
    nothing in MongoDB, and as a static member it seems to stay for a while.

    Raises:
        OutageError: Kafka does not tell.
    """
    client = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 0})
    groups = {settings.group(name): name for name in workers_with_input() if name != "trends"}
    answers = client.describe_consumer_groups(list(groups), request_timeout=ASK_SECONDS)
    return {groups[group] for group, answer in answers.items() if _has_members(group, answer)}


def _has_members(group: str, answer: "Future[Any]") -> bool:
    try:
        return bool(answer.result(ASK_SECONDS).members)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
            return False  # a group that never was has nobody in it
        raise OutageError("kafka", f"who is in {group}: {error.args[0].name()}") from None
    except TimeoutError:
        raise OutageError("kafka", f"who is in {group}: no answer") from None


def connected(database: Database[Document]) -> set[str]:
    """Return the services that are connected to this database now, API and aftercare among them:
    every process of ours tells MongoDB who it is.

    Raises:
        RecoveryError: MongoDB does not tell this user.
        OutageError: MongoDB is away.
    """
    ours = app_name(database.name, "")
    admin = database.client.get_database("admin", read_concern=ReadConcern("local"))
    name = "clientMetadata.application.name"
    steps: list[dict[str, Any]] = [
        {"$currentOp": {"allUsers": True, "idleConnections": True}},
        {"$match": {name: {"$regex": f"^{re.escape(ours)}"}}},
        {"$group": {"_id": f"${name}"}},
    ]
    try:
        with outages():
            return {str(one["_id"]).removeprefix(ours) for one in admin.aggregate(steps)}
    except OperationFailure:
        raise RecoveryError(
            "MongoDB does not tell this user who is connected (it takes the privilege `inprog`): "
            "stop everything, API and aftercare too, then say --yes"
        ) from None
