"""A call that hangs is left behind; the next one has a thread of its own."""

import threading
import time

import pytest

from services.adapters.bounded import Bounded, CallHangs


def test_a_call_that_hangs_is_left_behind_and_the_next_one_runs() -> None:
    bounded, never, ran = Bounded(), threading.Event(), threading.Event()
    started = time.monotonic()
    with pytest.raises(CallHangs, match="no answer within"):
        bounded.call(never.wait, 0.1)
    assert time.monotonic() - started < 60
    bounded.call(ran.set, 60)
    assert ran.is_set()
    never.set()


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
