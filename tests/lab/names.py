"""A name server of our own on loopback, and programs that ask nobody else."""

import contextlib
import shlex
import socket
import threading
from pathlib import Path

NO_SUCH_NAME = 0x8183
"""An answer's flags: recursion available, NXDOMAIN."""


def _bind(server: socket.socket) -> str:
    for number in range(1, 255):
        address = f"127.214.{number}.53"
        with contextlib.suppress(OSError):
            server.bind((address, 53))
            return address
    raise OSError("no address is left for a name server")


class NameServer:
    """Knows no name; `silent`: it does not even say so."""

    def __init__(self, directory: Path, *, silent: bool) -> None:
        self._silent = silent
        self._conf = directory / "resolv.conf"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # The resolver asks port 53 only: an address of its own for each server.
        self._address = _bind(self._socket)
        # The resolver gives up long after any test does.
        self._conf.write_text(f"nameserver {self._address}\noptions timeout:30 attempts:5\n")
        self.asked = threading.Event()
        """Somebody has asked for a name."""
        threading.Thread(target=self._serve, daemon=True).start()

    def asking(self, *command: str) -> list[str]:
        """The command so that it, and what it starts, asks this server alone."""
        script = f'mount --bind {shlex.quote(str(self._conf))} /etc/resolv.conf; exec "$@"'
        return ["unshare", "--mount", "sh", "-c", script, "sh", *command]

    def _serve(self) -> None:
        while True:
            query, sender = self._socket.recvfrom(512)
            if not query:
                return
            self.asked.set()
            if not self._silent:
                self._socket.sendto(
                    query[:2] + NO_SUCH_NAME.to_bytes(2) + query[4:6] + bytes(6) + query[12:],
                    sender,
                )

    def __enter__(self) -> "NameServer":
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.sendto(b"", (self._address, 53))
        self._socket.close()
