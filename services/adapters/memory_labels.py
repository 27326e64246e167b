"""Labels in memory: the twin of :mod:`services.adapters.mongo_labels`."""

from collections.abc import Sequence

from services.adapters.memory_hooks import Hooked
from services.domain.label_store import Label


class MemoryLabelStore(Hooked):
    """The LabelStore port."""

    def __init__(self) -> None:
        super().__init__()
        self.labels: dict[str, Label] = {}

    def keep(self, labels: Sequence[Label]) -> None:
        """See the port."""
        with self._operation("keep"):
            for label in labels:
                self.labels.setdefault(label.label_id, label)

    def newest(self, tenant: str, limit: int) -> list[Label]:
        """See the port."""
        with self._operation("newest"):
            own = [one for one in self.labels.values() if one.change.tenant == tenant]
        own.sort(key=lambda one: (one.change.at, one.label_id), reverse=True)
        return own[: max(limit, 0)]
