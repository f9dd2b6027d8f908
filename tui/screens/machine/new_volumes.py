"""Volumes for new disks: chosen with the disk, made when it is applied, and not before."""

from __future__ import annotations

from collections.abc import Iterable

from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.volumes import NewVolume, create_volume, delete_volume
from tui.model.session import EditSession
from tui.screens.program import Program


class NewVolumes:
    """What new disks of an edit stand on, and what of it has been made."""

    def __init__(self) -> None:
        self._chosen: dict[str, NewVolume] = {}
        self._made: list[NewVolume] = []

    def add(self, volumes: Iterable[NewVolume]) -> None:
        """They are made once their disks are applied."""
        self._chosen.update((volume.path, volume) for volume in volumes)

    def wanted(self, session: EditSession) -> list[NewVolume]:
        """Those whose disk is still in the edit."""
        sources = {disk.source for disk in session.edited.disks}
        return [volume for path, volume in self._chosen.items() if path in sources]

    async def make(self, host: Host, session: EditSession) -> None:
        """Make them. Raises HypervisorError; `unmake` then."""
        for volume in self.wanted(session):
            await create_volume(host, volume)
            self._made.append(volume)

    async def unmake(self, app: Program, host: Host) -> None:
        """The disks were not taken: delete what was made for them."""
        while self._made:
            try:
                await delete_volume(host, self._made.pop().path)
            except HypervisorError as error:
                app.tell_error(error)

    def done(self) -> None:
        """The disks have them."""
        self._chosen.clear()
        self._made.clear()
