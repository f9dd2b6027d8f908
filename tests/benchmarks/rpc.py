"""The header of libvirt's remote protocol (virnetprotocol.x), as far as it is counted."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

REMOTE_PROGRAM = 0x20008086
"""What a client asks of the hypervisor; keepalive messages belong to another program."""
CALL, EVENT = 0, 2
GET_LIB_VERSION = 157
"""What virtty asks when a host has been silent, as a sign of life."""
GET_ALL_DOMAIN_STATS = 344
LIFECYCLE = 318
"""DOMAIN_EVENT_CALLBACK_LIFECYCLE."""
NAMES = {
    14: "domain XML",
    16: "domain info",
    24: "lookup by UUID",
    273: "list all domains",
    344: "all domain stats",
}

_HEADER = struct.Struct(">IIIiiIi")
"""Length (with these four bytes), program, version, procedure, type, serial, status."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: whose procedure, of which type, and its arguments in XDR."""

    program: int
    procedure: int
    type: int
    payload: bytes
    whole: bytes
    """All of it, header included."""

    @property
    def is_call(self) -> bool:
        """Whether a client asks something (keepalive does not count)."""
        return self.program == REMOTE_PROGRAM and self.type == CALL

    @property
    def lifecycle_domain(self) -> bytes | None:
        """Which domain a lifecycle event is about: its name and UUID in XDR; else None."""
        if (self.program, self.procedure, self.type) != (REMOTE_PROGRAM, LIFECYCLE, EVENT):
            return None
        length = int.from_bytes(self.payload[4:8])  # after the number of the callback
        return self.payload[4 : 8 + (length + 3) // 4 * 4 + 16]

    def stats_arguments(self) -> tuple[int, int]:
        """Groups and flags of a virConnectGetAllDomainStats call for all domains."""
        _domains, groups, flags = struct.unpack_from(">III", self.payload)
        return groups, flags


class Splitter:
    """Cuts one direction of a connection into messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that `data` completes."""
        self._rest += data
        while len(self._rest) >= _HEADER.size:
            length, program, _version, procedure, type_, _serial, _status = _HEADER.unpack_from(
                self._rest
            )
            if len(self._rest) < length:
                return
            whole = self._rest[:length]
            yield Message(program, procedure, type_, whole[_HEADER.size :], whole)
            self._rest = self._rest[length:]
