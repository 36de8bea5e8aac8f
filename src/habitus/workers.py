"""What worker processes of all rooms do when they start."""

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """Let this process end when the one that it works for does, however that ends.

    Workers of a process that was killed would wait for work for ever, and hold their memory.
    """
    threading.Thread(target=_wait, daemon=True).start()


def _wait() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
