"""Going back to an external snapshot where libvirt cannot (before 9.9): by hand, undoably.

The images of then are never written to: each gets a new overlay, and the machine its definition
of then on these.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Mapping

import libvirt

from tui.hypervisor import history, snapshots
from tui.hypervisor.change import changing, virsh
from tui.hypervisor.errors import CutError, HypervisorError
from tui.hypervisor.handles import domain_of
from tui.hypervisor.host import Host
from tui.hypervisor.images import delete_file, make_overlay
from tui.hypervisor.lanes import Lane
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.snapshot_situation import Looked, look_at
from tui.model import Domain
from tui.model.snapshot_request import overlay_path
from tui.model.snapshot_reversions import Reversion, plan_reversion
from tui.model.snapshots import Snapshot, with_sources


async def revert_by_hand(host: Host, record: DomainRecord, name: str) -> None:
    """Look again, then take the steps of the plan; what fails is undone.

    Raises HypervisorError: the machine is then as it was before.
    """
    looked = await look_at(host, record, who_else=True)
    one = looked.situation.snapshot(name)
    what = f"Revert {record.name} to {name}"
    if one is None:
        raise HypervisorError(what, words="the snapshot is gone")
    made = plan_reversion(one, looked.situation)
    if made.refusal or not made.guided:
        raise HypervisorError(
            what, words=made.refusal or "libvirt can do it by itself", advice=made.advice
        )
    overlays = _overlays(one, looked)
    document = _definition(one, looked.stored.name, overlays)
    commands = [
        shlex.join(["qemu-img", "create", "-f", "qcow2", "-b", one.sources[target], path])
        for target, path in overlays.items()
    ]
    commands.append(virsh("define", f"{record.name}.xml"))
    commands.append(virsh("snapshot-current", record.name, name))
    async with changing(host, record.name, f"revert to {name}:", "; ".join(commands)):
        await history.keep_replaced(host, record, looked.stored, (f"reverting to {name}",), what)
        await _carry_out(host, record, looked, made, overlays, document)
        for path in made.discarded:
            await delete_file(host, path)
    host.reread_soon(record.uuid)


def _overlays(one: Snapshot, looked: Looked) -> dict[str, str]:
    """A new file for each disk."""
    taken = set(looked.situation.uses.images)
    found = {}
    for target in one.external_disks:
        found[target] = overlay_path(one.sources[target], one.name, taken)
        taken.add(found[target])
    return found


def _definition(one: Snapshot, name: str, overlays: Mapping[str, str]) -> Domain:
    """The definition of then, its disks on the new overlays, under the name of now."""
    document = Domain.from_xml(one.domain_xml or "")
    document.general.set("name", name)
    for disk in document.disks:
        if disk.target in overlays:
            disk.drop("backingStore")
            disk.source = overlays[disk.target]
            disk.format = "qcow2"
    return document


async def _carry_out(
    host: Host,
    record: DomainRecord,
    looked: Looked,
    made: Reversion,
    overlays: Mapping[str, str],
    document: Domain,
) -> None:
    one, there = made.snapshot, []
    try:
        for target, path in overlays.items():
            image = looked.situation.uses.images[one.sources[target]]
            await make_overlay(host, path, image)
            there.append(path)
        before = {
            old: overlays[target]
            for target, old in one.external_disks.items()
            if old in made.discarded
        }
        await _store(host, record, looked, document, with_sources(one.xml, before), one.name)
    except CutError:
        raise  # the definition may name the overlays by now; the check for orphans tells
    except HypervisorError:
        for path in there:
            with contextlib.suppress(HypervisorError):  # told by the check for orphans
                await delete_file(host, path)
        raise


async def _store(
    host: Host, record: DomainRecord, looked: Looked, document: Domain, xml: str, name: str
) -> None:
    """Definition and current snapshot, both or none; refused where someone was quicker."""

    def store(connection: libvirt.virConnect) -> None:
        domain = domain_of(connection, record.uuid)
        if domain.isActive():
            raise HypervisorError(
                f"Revert {record.name} to {name}",
                words="it has been started meanwhile",
                advice="Shut it down, then revert.",
            )
        connection.defineXML(document.to_xml())
        try:
            snapshots.redefine(domain, xml, make_current=True)
        except libvirt.libvirtError:
            connection.defineXML(looked.stored.to_xml())
            raise

    what = f"Revert {record.name} to {name}"
    await host.run(store, lane=Lane.JOB, what=what, timeout=None)
