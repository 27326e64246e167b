"""A mutant changes what is there, or says that nothing is."""

from types import ModuleType

import pytest

from tests.support.exchange import exchange


def test_what_a_module_knows_by_the_name_is_changed() -> None:
    module = ModuleType("ledger")
    vars(module)["rule"] = "kept"
    exchange(module, "rule", "broken")
    assert module.rule == "broken"


def test_a_name_that_is_gone_is_refused() -> None:
    with pytest.raises(AttributeError, match="rule"):
        exchange(ModuleType("ledger"), "rule", "broken")
