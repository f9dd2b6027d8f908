"""As much of QEMU's monitor protocol as the host's hardware is changed with."""

import json
import socket
from pathlib import Path
from typing import Any

from tests.closing import Closing
from tests.lab.commands import LabError


class Monitor(Closing):
    """A connection to the monitor at *path*, a UNIX socket."""

    def __init__(self, path: Path, timeout: float = 30) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("r", encoding="utf-8")
        self._next_message()
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: Any) -> Any:
        """Run *command* and return its answer; LabError with QEMU's words."""
        request = {"execute": command, "arguments": arguments}
        self._socket.sendall(json.dumps(request).encode())
        while True:
            message = self._next_message()
            if "return" in message:
                return message["return"]
            if "error" in message:
                raise LabError(f"{command}: {message['error']['desc']}")

    def wait_for(self, event: str, **data: Any) -> None:
        """Wait until *event* comes with *data*; events before the last answer are not seen."""
        while True:
            message = self._next_message()
            if message.get("event") == event and data.items() <= message["data"].items():
                return

    def close(self) -> None:
        """End the connection; QEMU goes on."""
        self._lines.close()
        self._socket.close()

    def _next_message(self) -> dict[str, Any]:
        try:
            line = self._lines.readline()
        except TimeoutError as error:
            raise LabError("QEMU's monitor does not answer") from error
        if not line:
            raise LabError("QEMU has ended")
        message: dict[str, Any] = json.loads(line)
        return message
