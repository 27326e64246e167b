"""Severity may take a small part of the processor time that a contact has."""

from time import process_time

from services.severity.logic import Contact, Judge
from tests.unit.severity.indirect import INDIRECT
from tests.unit.severity.sentences import SENTENCES

LEAST_PER_SECOND = 1200
"""On an idle core it is several times that (`./complaints bench decisions scoring`); test machines
are shared."""


def test_a_second_of_processor_time_is_enough_for_many_contacts(judge: Judge) -> None:
    contacts = [Contact(one.text) for one in (*SENTENCES, *INDIRECT)]
    best = float("inf")
    for _ in range(6):
        begun = process_time()
        judge.judge_all(contacts)
        best = min(best, process_time() - begun)
    assert len(contacts) / best > LEAST_PER_SECOND
