"""Snapshots of real guests with qcow2 disks, checked from outside with virsh and qemu-img."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.lab import Guest, IsolatedDaemon
from tests.lab.commands import LabError, run
from tests.lab.guests import GuestSpec
from tests.screens.test_machines import screen_text
from tests.waiting import until
from tui.app import VirttyApp
from tui.hypervisor import block_jobs, chain_work, snapshot_situation, snapshots
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.found_jobs import LEFT
from tui.hypervisor.held_open import held_open
from tui.hypervisor.host import Host
from tui.hypervisor.journal import Outcome
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.snapshot_deletion import delete_snapshots
from tui.hypervisor.snapshot_reversion import revert_by_hand
from tui.hypervisor.snapshot_situation import look_at
from tui.model.snapshot_defaults import first_request, with_files
from tui.model.snapshot_plans import plan_deletion
from tui.model.snapshot_request import DiskWish, SnapshotRequest, overlay_path
from tui.model.snapshot_reversions import Reversion, plan_reversion
from tui.model.snapshot_rules import forbidden, remarks
from tui.model.states import DomainState
from tui.screens.dialogs import Confirm
from tui.screens.machine.chains import Chains
from tui.settings import Settings

MIB = 1024**2
FOUND = "block commit of vda, found under way, on"


@dataclass
class Bench:
    """A machine and what the program knows of it."""

    host: Host
    guest: Guest

    @property
    def record(self) -> DomainRecord:
        return self.host.inventory.domains[self.guest.uuid]

    @property
    def chain(self) -> list[str]:
        """Files of the first disk, the active one first, as qemu-img follows them."""
        active = self.guest.virsh("domblklist", "--details").split()[-1]
        told = run(["qemu-img", "info", "-U", "--backing-chain", "--output=json", active])
        return [Path(layer["filename"]).name for layer in json.loads(told)]

    @property
    def names(self) -> list[str]:
        """Of the snapshots, as virsh lists them."""
        return self.guest.virsh("snapshot-list", "--name", "--topological").split()

    @property
    def files(self) -> list[str]:
        """Images of this guest on the host."""
        stem = self.guest.name.removeprefix(self.guest.host.workspace.prefix)
        folder = self.guest.host.workspace.path
        return sorted(file.name for file in folder.iterdir() if file.name.startswith(f"{stem}."))

    def inside(self, command: str) -> str:
        """What a command prints in the guest."""
        started = self.agent("guest-exec", path="/bin/sh", arg=["-c", command],
                             **{"capture-output": True})  # fmt: skip
        while not (done := self.agent("guest-exec-status", pid=started["pid"]))["exited"]:
            pass
        return base64.b64decode(done.get("out-data", "")).decode()

    def agent(self, command: str, **arguments: object):
        request = json.dumps({"execute": command, "arguments": arguments})
        return json.loads(self.guest.virsh("qemu-agent-command", request))["return"]

    def write(self, word: str) -> None:
        self.inside(f"echo {word} > /mnt/word; sync")

    def read(self) -> str:
        return self.inside("cat /mnt/word").strip()

    async def take(self, name: str, **options: object) -> None:
        """An external one without memory, its overlay beside the disk."""
        looked = await look_at(self.host, self.record)
        disks = {
            disk.target: DiskWish("external", overlay_path(disk.source, name))
            for disk in looked.circumstances.taking_part
        }
        wanted = SnapshotRequest(name, external=True, disks=disks, **options)
        assert not forbidden(remarks(wanted, looked.circumstances))
        await snapshots.create(self.host, self.record, wanted)

    async def reversion(self, name: str) -> Reversion:
        """What going back to one would take now."""
        looked = await look_at(self.host, self.record, who_else=True)
        one = looked.situation.snapshot(name)
        assert one is not None
        return plan_reversion(one, looked.situation)

    async def back(self, name: str) -> None:
        """Go back as this libvirt can; it runs afterwards."""
        if (await self.reversion(name)).guided:
            if self.record.state is not DomainState.SHUTOFF:
                await self.off()
            assert not (await self.reversion(name)).refusal
            await revert_by_hand(self.host, self.record, name)
            await self.boot()
        else:
            assert not (await self.reversion(name)).refusal
            await snapshots.revert(self.host, self.record, name, after="running")
            await self.answers()

    async def off(self) -> None:
        self.guest.virsh("destroy")
        await until(lambda: self.record.state is DomainState.SHUTOFF)

    async def boot(self) -> None:
        self.guest.virsh("start")
        self.guest.wait_for_output()
        await until(lambda: self.record.state is DomainState.RUNNING)
        await self.answers()

    async def answers(self) -> None:
        """The agent is there."""
        end = time.monotonic() + 60
        while True:
            try:
                self.agent("guest-ping")
                return
            except LabError:
                assert time.monotonic() < end
                await asyncio.sleep(0.2)


@pytest.fixture
async def host(isolated_daemon: IsolatedDaemon, tmp_path: Path) -> AsyncIterator[Host]:
    fleet = Fleet(tmp_path / "state" / "audit.log")
    fleet.attach()
    host = fleet.add("lab", isolated_daemon.uri)
    host.open()
    await until(lambda: host.record.facts is not None)
    yield host
    fleet.close()
    for image in isolated_daemon.workspace.path.glob("*.qcow2"):
        image.unlink()


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Merges are ours, whatever the daemon can, and slow: minutes, for what is done meanwhile."""
    monkeypatch.setattr(snapshot_situation, "_daemon_can", lambda connection: False)
    monkeypatch.setattr(block_jobs, "START_BANDWIDTH", MIB // 4)


@pytest.fixture
async def bench(host: Host, isolated_daemon: IsolatedDaemon) -> Bench:
    """A running Linux with an agent and a file system on its disk."""
    guest = isolated_daemon.guest(GuestSpec(name="web", disk=True, agent=True, memory_mib=192))
    guest.wait_for_output()
    await until(lambda: guest.uuid in host.inventory.domains)
    bench = Bench(host, guest)
    await bench.answers()
    return bench


async def test_external_ones_from_the_first_to_the_way_back(bench: Bench):
    """Three while it runs, the middle one deleted, back to the oldest, all deleted."""
    bench.write("one")
    await bench.take("first", quiesce=True, description="before <the> change")
    bench.write("two")
    await bench.take("second")
    bench.write("three")
    await bench.take("third")
    assert bench.chain == ["web.third.qcow2", "web.second.qcow2", "web.first.qcow2", "web.qcow2"]
    assert "before <the> change" in bench.guest.virsh("snapshot-dumpxml", "first").replace(
        "&lt;", "<"
    ).replace("&gt;", ">")

    await delete_snapshots(bench.host, bench.record, ["second"])
    assert bench.names == ["first", "third"]
    assert bench.chain == ["web.third.qcow2", "web.first.qcow2", "web.qcow2"]
    assert bench.files == ["web.first.qcow2", "web.qcow2", "web.third.qcow2"]
    assert bench.read() == "three"
    ended = [e for e in bench.host.journal.entries if "delete the snapshot" in e.text]
    assert [e.outcome for e in ended] == [Outcome.DONE]

    # Back to the oldest, where libvirt cannot by hand.
    made = await bench.reversion("first")
    assert made.guided == ("while the machine is off" in made.refusal)
    await bench.back("first")
    assert bench.guest.virsh("snapshot-current", "--name").strip() == "first"
    assert bench.read() == "one"
    bench.write("four")

    # The state of the other one is still there.
    await bench.back("third")
    assert bench.read() == "three"
    await bench.off()

    await delete_snapshots(bench.host, bench.record, ["third", "first"])
    assert bench.names == []
    assert bench.files == ["web.qcow2"]
    assert bench.chain == ["web.qcow2"]
    await bench.boot()
    assert bench.read() == "three"


async def test_the_way_there_and_back_destroys_nothing(bench: Bench):
    """Described, branched and deleted on the way: libvirt that reverts by itself would lose it."""
    for name in ("first", "second"):
        bench.write(name)
        await bench.take(name)
    await bench.back("first")
    await snapshots.describe(bench.host, bench.record, "first", "the way back")
    assert bench.guest.virsh("snapshot-current", "--name").strip() == "first"
    await bench.back("second")
    assert bench.read() == "second"

    await bench.back("first")
    await bench.take("third")
    looked = await look_at(bench.host, bench.record, who_else=True)
    one = looked.situation.snapshot("first")
    assert one is not None
    assert "second" in plan_deletion(one, looked.situation).refusal
    await delete_snapshots(bench.host, bench.record, ["third"])
    made = await bench.reversion("second")
    if not made.guided:
        assert "the snapshot second is in it" in made.refusal
        await bench.take("kept")
    await bench.back("second")
    assert bench.read() == "second"
    await delete_snapshots(bench.host, bench.record, ["kept", "second", "first"])
    assert bench.names == []
    assert bench.read() == "second"


async def test_what_is_deleted_on_another_branch_leaves_those_below_their_images(
    host: Host, isolated_daemon: IsolatedDaemon, by_hand: None
):
    """Nothing is merged there; libvirt would have them name the image under the overlay."""
    guest = isolated_daemon.guest(
        GuestSpec(name="aside", state="shutoff", disk=True, kernel=False, memory_mib=16)
    )
    await until(lambda: guest.uuid in host.inventory.domains)
    bench = Bench(host, guest)

    async def images() -> dict[str, dict[str, str]]:
        known = await snapshots.read_snapshots(host, bench.record)
        return {one.name: dict(one.sources) for one in known}

    for name in ("first", "second", "third", "fourth"):
        await bench.take(name)
    await revert_by_hand(host, bench.record, "first")
    before = await images()
    await delete_snapshots(host, bench.record, ["second"])
    assert await images() == {name: before[name] for name in ("first", "third", "fourth")}
    assert guest.virsh("snapshot-parent", "third").strip() == "first"
    assert guest.virsh("snapshot-parent", "fourth").strip() == "third"
    await snapshots.forget(host, bench.record, "third")
    assert await images() == {name: before[name] for name in ("first", "fourth")}
    await revert_by_hand(host, bench.record, "fourth")
    assert Path(before["fourth"]["vda"]).name in bench.chain


async def test_internal_ones_are_taken_reverted_to_and_deleted(bench: Bench):
    """With memory while it runs, without when it is off; libvirt's own way back."""
    bench.write("one")
    wanted = SnapshotRequest("inside", memory=True)
    await snapshots.create(bench.host, bench.record, wanted)
    bench.write("two")
    await snapshots.revert(bench.host, bench.record, "inside")
    await until(lambda: bench.record.state is DomainState.RUNNING)
    await bench.answers()
    assert bench.read() == "one"
    await bench.off()
    await snapshots.create(bench.host, bench.record, SnapshotRequest("cold"))
    read = {one.name: one for one in await snapshots.read_snapshots(bench.host, bench.record)}
    assert read["cold"].parent == "inside"
    assert read["cold"].current
    assert read["cold"].state_word == "off"
    assert read["inside"].holds == "memory and disks"
    await snapshots.describe(bench.host, bench.record, "inside", "a & b")
    assert "a &amp; b" in bench.guest.virsh("snapshot-dumpxml", "inside")
    assert bench.guest.virsh("snapshot-current", "--name").strip() == "cold"
    await delete_snapshots(bench.host, bench.record, ["inside", "cold"])
    assert bench.names == []


async def test_five_machines_at_once_leave_no_file_behind(
    host: Host, isolated_daemon: IsolatedDaemon
):
    guests = isolated_daemon.guests(
        *(
            GuestSpec(name=f"m{n}", disk=True, kernel=False, memory_mib=16, state="paused")
            for n in range(5)
        )
    )
    await until(lambda: len(host.inventory.domains) == 5)
    benches = [Bench(host, guest) for guest in guests]
    await asyncio.gather(*(bench.take("all") for bench in benches))
    assert all(bench.names == ["all"] for bench in benches)
    await asyncio.gather(*(delete_snapshots(host, bench.record, ["all"]) for bench in benches))
    assert all(bench.names == [] for bench in benches)
    assert all(len(bench.files) == 1 for bench in benches), [bench.files for bench in benches]


async def test_qemu_is_held_once_for_all_and_left_to_who_resumes_it(
    host: Host, isolated_daemon: IsolatedDaemon
):
    guest = isolated_daemon.guest(
        GuestSpec(name="cold", disk=True, kernel=False, memory_mib=16, state="shutoff")
    )
    await until(lambda: guest.uuid in host.inventory.domains)
    bench = Bench(host, guest)
    for name in ("one", "two", "three"):
        await bench.take(name)
    await delete_snapshots(host, bench.record, ["three", "two", "one"])
    assert bench.names == []
    assert bench.files == ["cold.qcow2"]
    assert guest.state == "shut off"
    can = (await look_at(host, bench.record)).situation.daemon_can
    starts = sum(entry.text.startswith("started") for entry in host.journal.entries)
    assert starts == (0 if can else 1), "a daemon that can does not tell of its own"

    async with held_open(host, bench.record):
        guest.virsh("resume")
    assert guest.state == "running"


async def test_an_agent_that_hangs_in_freeze(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    """It fails after our patience, not never, and the file systems go on."""
    monkeypatch.setattr(snapshots, "AGENT_PATIENCE", 3)
    stop = "sleep 2; kill -STOP $(pidof qemu-ga); echo stopped the agent >/dev/ttyS0"
    bench.inside(f"({stop}) >/dev/null 2>&1 &")
    bench.guest.wait_for_output("stopped the agent")
    begin = time.monotonic()
    with pytest.raises(HypervisorError, match="agent"):
        await bench.take("frozen", quiesce=True)
    assert time.monotonic() - begin < 20
    assert bench.names == []
    assert bench.files == ["web.qcow2"]
    bench.guest.virsh("domstate")


async def test_what_goes_wrong_is_told_and_changes_nothing(
    bench: Bench, isolated_daemon: IsolatedDaemon
):
    """A name that is taken, a snapshot that is gone, another disk layout, a missing file."""
    await bench.take("taken")
    with pytest.raises(HypervisorError, match="already exists"):
        await snapshots.create(bench.host, bench.record, SnapshotRequest("taken", memory=True))
    # Deleted by virsh meanwhile: nothing to do, nothing fails.
    bench.guest.virsh("snapshot-delete", "taken", "--metadata")
    await delete_snapshots(bench.host, bench.record, ["taken"])
    with pytest.raises(HypervisorError, match="no domain snapshot"):
        await snapshots.revert(bench.host, bench.record, "taken")

    await bench.take("old")
    extra = isolated_daemon.image("extra.qcow2")
    bench.guest.virsh(
        "attach-disk", str(extra), "vdb", "--subdriver", "qcow2", "--config",
    )  # fmt: skip
    await bench.off()
    made = await bench.reversion("old")
    assert made.guided == ("vdb came since" in made.refusal)
    bench.guest.virsh("detach-disk", "vdb", "--config")

    # Deleting it starts QEMU for a moment, paused, and ends it.
    base = bench.guest.host.workspace.path / "web.qcow2"
    base.rename(base.with_suffix(".away"))
    with pytest.raises(HypervisorError, match="missing"):
        await delete_snapshots(bench.host, bench.record, ["old"])
    with pytest.raises(HypervisorError, match="missing"):
        await revert_by_hand(bench.host, bench.record, "old")
    base.with_suffix(".away").rename(base)
    await delete_snapshots(bench.host, bench.record, ["old"])
    assert bench.names == []
    assert bench.guest.state == "shut off"
    assert bench.chain == ["web.taken.qcow2", "web.qcow2"]  # virsh forgot it, its data stays

    bench.guest.virsh("undefine")
    with pytest.raises(HypervisorError):
        await look_at(bench.host, DomainRecord("lab", bench.guest.uuid, bench.guest.name))


async def test_a_merge_outlives_the_daemon(
    bench: Bench, isolated_daemon: IsolatedDaemon, by_hand: None
):
    """Killed in the middle: QEMU goes on; deleting again takes it up and leaves nothing."""
    await bench.take("slow")
    bench.inside("dd if=/dev/urandom of=/mnt/much bs=1M count=30; sync")
    sum_before = bench.inside("md5sum /mnt/much")
    work = asyncio.create_task(delete_snapshots(bench.host, bench.record, ["slow"]))
    await until(lambda: job_of(bench) is not None, 20)
    isolated_daemon.kill()
    with pytest.raises(HypervisorError):
        await work
    isolated_daemon.start()
    await until(lambda: bench.host.is_connected, 20)
    jobs = await block_jobs.read_jobs(bench.host, bench.record, ["vda"])
    assert [job.word for job in jobs] == ["commit"]
    running = bench.host.journal.running
    await until(lambda: [entry.text for entry in running.values()] == [FOUND], 10)
    work = asyncio.create_task(delete_snapshots(bench.host, bench.record, ["slow"]))
    await until(lambda: job_of(bench) is not None, 20)
    await block_jobs.limit(bench.host, bench.record, "vda", 0)
    await work
    assert bench.names == []
    assert bench.files == ["web.qcow2"]
    await until(lambda: not running)
    assert bench.inside("md5sum /mnt/much") == sum_before


async def test_a_merge_of_a_machine_that_is_off_is_cut(
    host: Host, isolated_daemon: IsolatedDaemon, by_hand: None
):
    """Its QEMU is left paused: that is told once, and deleting again finishes and ends it."""
    guest = isolated_daemon.guest(
        GuestSpec(name="cold", disk=True, kernel=False, memory_mib=16, state="shutoff")
    )
    await until(lambda: guest.uuid in host.inventory.domains)
    bench = Bench(host, guest)
    await bench.take("slow")
    overlay = guest.host.workspace.path / "cold.slow.qcow2"
    run(["qemu-io", "-c", "write -P 7 0 30M", str(overlay)])
    work = asyncio.create_task(delete_snapshots(host, bench.record, ["slow"]))
    await until(lambda: any(entry.progress for entry in host.journal.running.values()), 20)
    assert not any(entry.error for entry in host.journal.entries)
    isolated_daemon.kill()
    with pytest.raises(HypervisorError):
        await work
    isolated_daemon.start()
    await until(lambda: {FOUND, LEFT} <= {entry.text for entry in host.journal.entries}, 20)
    assert [entry.text for entry in host.journal.entries].count(LEFT) == 1
    assert bench.record.is_held_open
    assert bench.record.details is not None
    assert bench.record.details.pending == ()  # the mark is no difference to the next boot
    await block_jobs.limit(host, bench.record, "vda", 0)
    await delete_snapshots(host, bench.record, ["slow"])
    assert bench.names == []
    assert bench.files == ["cold.qcow2"]
    assert guest.state == "shut off"
    run(["qemu-io", "-r", "-c", "read -P 7 0 30M", str(overlay.with_name("cold.qcow2"))])


async def test_with_memory_and_the_work_on_chains(bench: Bench, isolated_daemon: IsolatedDaemon):
    """External with memory; flatten, commit down, and what is left over found and cleared."""
    bench.write("one")
    looked = await look_at(bench.host, bench.record)
    wanted = replace(
        first_request(bench.record.name, looked.circumstances),
        name="whole", external=True, memory=True, quiesce=False, disks={},
    )  # fmt: skip
    wanted = with_files(bench.record.name, wanted, looked.circumstances)
    await snapshots.create(bench.host, bench.record, wanted)
    assert wanted.memory_file.endswith("web.whole.memory")
    assert memory_files(isolated_daemon) == [Path(wanted.memory_file).name]
    assert bench.guest.state == "running"
    await delete_snapshots(bench.host, bench.record, ["whole"])
    assert memory_files(isolated_daemon) == []
    assert bench.files == ["web.qcow2"]

    # Overlays that no snapshot knows of: made by hand.
    for name in ("lower", "upper"):
        bench.guest.virsh(
            "snapshot-create-as", name, "--disk-only", "--no-metadata", "--diskspec",
            f"vda,file={isolated_daemon.workspace.path / f'web.{name}.qcow2'}",
        )  # fmt: skip
        bench.write(name)
    lower = str(isolated_daemon.workspace.path / "web.lower.qcow2")
    await chain_work.commit_down(bench.host, bench.record, "vda", lower, lambda: None)
    assert bench.chain == ["web.upper.qcow2", "web.qcow2"]
    assert bench.files == ["web.qcow2", "web.upper.qcow2"]
    bench.guest.virsh("managedsave")
    with pytest.raises(HypervisorError, match="saved state"):
        await chain_work.flatten(bench.host, bench.record, "vda", lambda: None)
    bench.guest.virsh("managedsave-remove")
    await chain_work.flatten(bench.host, bench.record, "vda", lambda: None)
    assert bench.chain == ["web.upper.qcow2"]
    assert bench.guest.state == "shut off"
    await bench.boot()
    assert bench.read() == "upper"

    orphan = isolated_daemon.workspace.path / "web.orphan.qcow2"
    active = isolated_daemon.workspace.path / "web.upper.qcow2"
    run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(active), "-F", "qcow2",
         "-u", str(orphan), "64M"])  # fmt: skip
    found = await chain_work.find_leftovers(bench.host, bench.record)
    assert {(one.kind, one.name) for one in found} == {
        ("file", str(orphan)),
        ("write", "vda"),
    }
    file = next(one for one in found if one.kind == "file")
    await chain_work.clear_away(bench.host, bench.record, file)
    assert "web.orphan.qcow2" not in bench.files
    with pytest.raises(HypervisorError, match="not left over"):
        await chain_work.clear_away(bench.host, bench.record, file)


async def test_a_merge_is_cancelled(bench: Bench, by_hand: None):
    await bench.take("kept")
    bench.inside("dd if=/dev/urandom of=/mnt/much bs=1M count=30; sync")
    work = asyncio.create_task(delete_snapshots(bench.host, bench.record, ["kept"]))
    await until(lambda: job_of(bench) is not None, 20)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert bench.chain == ["web.kept.qcow2", "web.qcow2"]
    assert bench.names == ["kept"]
    await until(lambda: job_of(bench) is None, 10)


def job_of(bench: Bench) -> str | None:
    """virsh's words for the job on the first disk; None without one."""
    told = bench.guest.virsh("blockjob", "vda", "--raw")
    return told if "cur=" in told else None


def memory_files(daemon: IsolatedDaemon) -> list[str]:
    return [file.name for file in daemon.workspace.path.glob("*.memory")]


async def test_a_chain_is_worked_on_by_keys(isolated_daemon: IsolatedDaemon):
    guest = isolated_daemon.guest(
        GuestSpec(name="layers", disk=True, kernel=False, memory_mib=16, state="shutoff")
    )
    folder = guest.host.workspace.path
    for name in ("one", "two"):
        guest.virsh("snapshot-create-as", name, "--disk-only", "--no-metadata",
                    "--diskspec", f"vda,file={folder}/layers.{name}.qcow2")  # fmt: skip
    fleet = Fleet()
    fleet.add("lab", isolated_daemon.uri).open()
    app = VirttyApp(fleet, Settings())
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(lambda: fleet.domain(("lab", guest.uuid)) is not None)
        chains = Chains(("lab", guest.uuid))
        await app.push_screen(chains)

        async def work(key: str, command: str, layers: int) -> None:
            await pilot.press(key)
            await until(lambda: isinstance(app.screen, Confirm))
            await pilot.pause()
            assert command in screen_text(app)
            assert "started paused" in screen_text(app)
            await pilot.press("y")
            await until(lambda: len(chains.table.visible_rows) == layers, 30)

        await until(lambda: len(chains.table.visible_rows) == 3)
        await work("m", "virsh blockcommit", 2)
        assert not (folder / "layers.two.qcow2").exists()
        await work("f", "virsh blockpull", 1)
    fleet.close()
    assert guest.state == "shut off"
    for image in folder.glob("layers*.qcow2"):
        image.unlink()
