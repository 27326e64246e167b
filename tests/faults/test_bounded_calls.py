"""A call that hangs is left behind; the next one has a thread of its own."""

import gc
import threading
import time
import weakref
from contextlib import suppress
from functools import partial

import pytest

from services.adapters.bounded import Bounded, CallHangs
from tests.support.waiting import eventually


def test_a_call_that_hangs_is_left_behind_and_the_next_one_runs() -> None:
    bounded, never, ran = Bounded(), threading.Event(), threading.Event()
    started = time.monotonic()
    with pytest.raises(CallHangs, match="no answer within"):
        bounded.call(never.wait, 0.1)
    assert time.monotonic() - started < 60
    bounded.call(ran.set, 60)
    assert ran.is_set()
    never.set()


def test_calls_that_hang_are_counted_until_they_come_back() -> None:
    bounded, never = Bounded(), threading.Event()
    for _ in range(2):
        with pytest.raises(CallHangs):
            bounded.call(never.wait, 0.05)
    assert bounded.hanging() == 2
    never.set()
    eventually(lambda: bounded.hanging() == 0, 20, "they came back")


def test_what_a_call_raises_is_raised_where_it_was_called() -> None:
    def fails() -> None:
        raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        Bounded().call(fails, 60)


def test_many_calls_share_one_thread() -> None:
    bounded = Bounded()
    threads: list[int] = []
    for _ in range(3):
        bounded.call(lambda: threads.append(threading.get_ident()), 60)
    assert len(set(threads)) == 1


def test_nothing_that_was_worked_on_is_kept() -> None:
    class Producer:
        pass

    bounded, producer = Bounded(), Producer()
    gone = weakref.ref(producer)
    bounded.call(partial(id, producer), 60)
    del producer
    eventually(lambda: gone() is None, describe="the thread lets go of it")


def test_nothing_that_a_failed_call_worked_on_is_kept_by_its_error() -> None:
    class Producer:
        def fail(self) -> None:
            raise KeyError("inside")

    def transact(bounded: Bounded) -> "weakref.ref[Producer]":
        producer = Producer()
        gone = weakref.ref(producer)
        with suppress(KeyError):
            bounded.call(producer.fail, 60)
        return gone

    gc.disable()  # as in a worker, which collects only after hours
    try:
        gone = transact(Bounded())
        eventually(lambda: gone() is None, describe="nobody keeps it")
    finally:
        gc.enable()


def test_a_thread_that_was_left_behind_ends_when_its_call_comes_back() -> None:
    bounded, slow = Bounded(), threading.Event()
    threads: list[threading.Thread] = []

    def waits() -> None:
        threads.append(threading.current_thread())
        slow.wait()

    with pytest.raises(CallHangs):
        bounded.call(waits, 0.1)
    slow.set()
    eventually(lambda: threads and not threads[0].is_alive(), describe="the thread's end")


def test_closing_ends_the_thread_and_the_next_call_has_another() -> None:
    bounded = Bounded()
    threads: list[threading.Thread] = []
    for _ in range(2):
        bounded.call(lambda: threads.append(threading.current_thread()), 60)
        bounded.close()
    eventually(lambda: not any(one.is_alive() for one in threads), describe="the threads' end")
    assert threads[0] is not threads[1]
