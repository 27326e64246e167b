"""Policy and model from their files, as one judge: the worker and all commands load so."""

from pathlib import Path

from services.domain.errors import SettingsError
from services.severity.logic import Judge
from services.severity.model import Model, load_model
from services.severity.policy import SHIPPED, SeverityPolicy, load_policy


def load_judge(policy_file: Path | None = None) -> Judge:
    """Return a judge by a policy file (the shipped one without it) and the model it names.

    Raises:
        SettingsError: policy or model cannot be used; the message names file, field and rule.
    """
    policy = load_policy(policy_file)
    return Judge(policy, load_pinned_model(policy, policy_file or SHIPPED))


def load_pinned_model(policy: SeverityPolicy, policy_file: Path) -> Model | None:
    """Return the model that ``policy`` was tried with; None when rules decide alone.

    Raises:
        SettingsError: there is none, it is damaged, or it is another one.
    """
    if policy.model is None:
        return None
    beside = policy_file.parent / policy.model.file
    model = load_model(beside if beside.exists() else SHIPPED.parent / policy.model.file)
    if model.version != policy.model.version:
        raise SettingsError(
            f"severity policy {policy_file}: model.version: it was tried with "
            f"{policy.model.version}, but {policy.model.file} is {model.version}; compare with "
            "`complaints evaluate` and write the new version, or bring the old file back"
        )
    return model
