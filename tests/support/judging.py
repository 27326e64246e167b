"""The judge that is shipped, made once for a run of tests: that takes two seconds of processor."""

from typing import Final

from services.severity.loading import load_judge
from services.severity.logic import Judge

JUDGE: Final[Judge] = load_judge()
