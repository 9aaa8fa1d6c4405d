"""A server that says what a test tells it to, over a real connection."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Play = Callable[[socket.socket], None]


@contextmanager
def scripted(*plays: Play) -> Iterator[int]:
    """A server on a free port that plays one scene a connection, the last one for all that follow."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        scene = 0
        while not ended.is_set():
            connection, _ = listener.accept()
            with connection:
                if not ended.is_set():
                    plays[min(scene, len(plays) - 1)](connection)
            scene += 1

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        socket.create_connection(listener.getsockname()).close()
        thread.join()
        listener.close()
