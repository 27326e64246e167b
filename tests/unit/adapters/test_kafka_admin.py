"""A broker that takes connections and says nothing useful costs us an outage, and no more."""

import gc
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from services.adapters import kafka_admin
from services.adapters.kafka_admin import admin_of
from services.audit.topic_reader import TopicReader
from services.domain.errors import OutageError


@pytest.fixture
def resetting() -> Iterator[str]:
    """The address of somebody who takes every connection and resets it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def reset() -> None:
            while True:
                try:
                    taken, _ = server.accept()
                except OSError:
                    return
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                taken.close()

        threading.Thread(target=reset, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("opened", [admin_of, TopicReader])
def test_an_outage_leaves_no_thread_and_no_file_open(
    opened: Callable[[str], AbstractContextManager[object]],
    resetting: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "kafka")  # its lines hold sockets, and pytest the lines
    monkeypatch.setattr(kafka_admin, "BOOTSTRAP_MS", 200)
    gc.collect()  # what tests before this one left
    threads, files = set(threading.enumerate()), len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(OutageError, match="no broker answers"), opened(resetting):
            pass
    assert not set(threading.enumerate()) - threads
    assert len(os.listdir("/proc/self/fd")) <= files
