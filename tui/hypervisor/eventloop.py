"""libvirt's default event implementation, run by one daemon thread for the whole process."""

from __future__ import annotations

import logging
import threading

import libvirt

log = logging.getLogger(__name__)
_lock = threading.Lock()
_thread: threading.Thread | None = None


def ensure_running() -> None:
    """Register the event implementation and start its thread; later calls do nothing.

    Must come before the first connection: libvirt ties a connection to the event
    implementation that it finds when the connection opens (virEventRegisterDefaultImpl).
    """
    global _thread
    with _lock:
        if _thread is not None:
            return
        # libvirt prints every error on standard error otherwise, over the screen.
        libvirt.registerErrorHandler(lambda _context, _error: None, None)
        libvirt.virEventRegisterDefaultImpl()
        # Without a timer the default implementation sleeps without end when it has no
        # handle yet and does not see the first one that another thread adds.
        libvirt.virEventAddTimeout(60_000, lambda _timer, _opaque: None, None)
        _thread = threading.Thread(target=_run, name="libvirt-events", daemon=True)
        _thread.start()


def _run() -> None:
    while True:
        try:
            libvirt.virEventRunDefaultImpl()
        except libvirt.libvirtError:
            log.exception("libvirt's event loop reported an error")
