"""What does not fit is told; what fits is not."""

from __future__ import annotations

import libvirt
import pytest

from tests.lab.definitions import domain as lab_domain
from tests.lab.guests import GuestSpec
from tests.lab.kernel import BootFiles
from tests.model.definitions import NUMA, Q35
from tui.demo import demo_uri
from tui.hypervisor.demo import prepare
from tui.model import Domain
from tui.model.capabilities import DomainCapabilities
from tui.model.checks import RULES, check
from tui.model.surroundings import HostCell, Neighbours, Surroundings

HOST = Surroundings(
    capabilities=DomainCapabilities.from_xml(
        "<domainCapabilities><vcpu max='288'/></domainCapabilities>"
    ),
    cells=(HostCell(0, (0, 1, 2, 3)),),
    networks=("default",),
    filters=("clean-traffic",),
    macs={"52:54:00:00:00:aa": "db"},
    neighbours=Neighbours(sources={"/images/db.qcow2": "db"}),
    free_pages={2 * 1024**2: 100_000},
)
DISK = "<driver name='qemu' type='qcow2' discard='unmap'/>"
DISKS = "<disk type='file' device='disk'>\n      <driver name='qemu' type='qcow2' discard='unmap'/>"
NIC = "<mac address='52:54:00:00:00:01'/>"


def found(xml: str, around: Surroundings = HOST) -> set[tuple[str, str, str]]:
    return {(f.key, f.field, f.severity) for f in check(Domain.from_xml(xml), around)}


@pytest.mark.parametrize("xml", [Q35, NUMA], ids=["q35", "numa"])
def test_what_fits_is_not_told(xml):
    assert found(xml) == set()


@pytest.mark.parametrize(
    ("xml", "old", "new", "key", "field", "severity"),
    [
        (Q35, DISK, DISK.replace("/>", " io='native'/>"), "disk vda", "io", "error"),
        (Q35, "'unmap'", "'ignore' detect_zeroes='unmap'", "disk vda", "detect_zeroes", "warning"),
        (Q35, DISK, "<driver name='qemu'/>", "disk vda", "format", "warning"),
        (Q35, DISK, DISK.replace("/>", " iothread='3'/>"), "disk vda", "iothread", "error"),
        (Q35, "bus='virtio'", "bus='ide'", "disk vda", "bus", "error"),
        (Q35, "dev='sda' bus='sata'", "dev='vdb' bus='virtio'", "disk vdb", "bus", "error"),
        (Q35, "device='disk'", "device='lun'", "disk vda", "source", "error"),
        (Q35, "dev='vda' bus='virtio'/>", "dev='sdb' bus='sata'/><readonly/>", "disk sdb",
         "readonly", "error"),
        (Q35, "<serial>WEB", "<blockio logical_block_size='1000'/><serial>WEB", "disk vda",
         "logical_block", "error"),
        (Q35, "<model type='virtio'/>\n      <driver",
         "<filterref filter='gone'/><model type='virtio'/>\n      <driver",
         "interface 52:54:00:00:00:01", "filter", "error"),
        (Q35, "intremap='off'", "intremap='on'", "iommu", "intremap", "error"),
        (Q35, "<source file='/images/cd.iso' startupPolicy='optional'/>\n      "
         "<target dev='sda' bus='sata'/>", "<target dev='sda' bus='usb'/>", "disk sda", "source",
         "error"),
        (Q35, "intremap='off'", "eim='on'", "iommu", "eim", "error"),
        (Q35, "WEB-1", "W" * 21, "disk vda", "serial", "warning"),
        (Q35, "web.qcow2", "db.qcow2", "disk vda", "source", "warning"),
        (Q35, "dev='sda'", "dev='vda'", "disk vda", "target", "error"),
        (Q35, "</iotune>", "<read_iops_sec>1</read_iops_sec></iotune>", "disk vda", "total_iops",
         "error"),
        (Q35, "current='2'", "current='5'", "cpu", "current", "error"),
        (Q35, "cores='4'", "cores='3'", "cpu", "sockets", "error"),
        (Q35, "'2'>4<", "'2'>289<", "cpu", "maximum", "error"),
        (Q35, ">destroy</on_poweroff>\n  <on_reboot>restart<",
         ">restart</on_poweroff>\n  <on_reboot>destroy<", "general", "on_reboot", "error"),
        (Q35, "vcpu='1' cpuset='2'", "vcpu='1' cpuset='9'", "cpu", "pins", "error"),
        (Q35, "vcpu='1'", "vcpu='4'", "cpu", "pins", "error"),
        (Q35, "<emulatorpin cpuset='0'/>", "<iothreadpin iothread='3' cpuset='0'/>", "cpu",
         "iothread_pins", "error"),
        (Q35, "<emulatorpin cpuset='0'/>", "", "cpu", "emulator_pin", "warning"),
        (Q35, ">2097152<", ">8388608<", "memory", "current", "warning"),
        (Q35, "<nosharepages/>", "<locked/>", "memory", "hard_limit", "warning"),
        (Q35, "<acpi/>", "<acpi/><kvm><hidden state='on'/></kvm>", "general", "kvm_hidden", None),
        (Q35, "mode='vepa'/>", "mode='vepa'/><link state='up'/>", "interface 52:54:00:00:00:02",
         "link", None),
        (Q35, "00:00:02", "00:00:01", "interface 52:54:00:00:00:01", "mac", "error"),
        (Q35, "'52:54:00:00:00:02'", "'53:54:00:00:00:02'", "interface 53:54:00:00:00:02", "mac",
         "error"),
        (Q35, "00:00:02", "00:00:aa", "interface 52:54:00:00:00:aa", "mac", "warning"),
        (Q35, "network='default'", "network='gone'", "interface 52:54:00:00:00:01", "where",
         "error"),
        (Q35, "type='virtio'/>\n      <driver", "type='e1000'/>\n      <driver",
         "interface 52:54:00:00:00:01", "queues", "warning"),
        (Q35, "address='127.0.0.1'", "address='0.0.0.0'", "graphics spice", "listen", None),
        (Q35, " passwd='s3cret'", "", "graphics spice", "listen", None),
        (Q35, "type='spice' autoport", "type='vnc' autoport", "channel com.redhat.spice.0", "",
         "error"),
        (Q35, "type='spice' autoport", "type='vnc' autoport", "redirdev #2", "", "error"),
        (Q35, "model='qemu-xhci'", "model='none'", "input tablet usb", "", "error"),
        (Q35, "model='qemu-xhci'", "model='none'", "hostdev usb 046d:c52b", "", "error"),
        (Q35, "<panic model", "<interface type='user'><boot order='1'/></interface><panic model",
         "boot", "order", "error"),
        (NUMA, "passwd", "passwd", "graphics vnc", "password", None),
        (NUMA, "port='5901'", "passwd='123456789'", "graphics vnc", "password", "error"),
        (NUMA, "port='5901'", "listen='0.0.0.0'", "graphics vnc", "listen", "warning"),
        (NUMA, "order='2'", "order='1'", "disk vda", "boot_order", "error"),
        (NUMA, "type='user'><mac", "type='user'><driver queues='4'/><mac",
         "interface 52:54:00:00:00:03", "queues", "error"),
        (NUMA, "cpus='2-3'", "cpus='1-3'", "memory", "cells", "error"),
        (NUMA, "cpus='2-3'", "cpus='2-4'", "memory", "cells", "error"),
        (NUMA, "'GiB'>3<", "'GiB'>4<", "memory", "cells", "warning"),
        (NUMA, "nodeset='0'/>\n    <memnode", "nodeset='9'/>\n    <memnode", "memory",
         "numa_nodes", "error"),
        (NUMA, "cellid='0'", "cellid='2'", "memory", "cell_nodes", "error"),
        (NUMA, "size='2' unit='M'", "size='7' unit='M'", "memory", "page_size", "error"),
        (NUMA, "'GiB'>8<", "'GiB'>1<", "memory", "hard_limit", "error"),
        (NUMA, "</hard_limit>", "</hard_limit><swap_hard_limit>1</swap_hard_limit>", "memory",
         "swap_hard_limit", "error"),
        (NUMA, "access mode='shared'", "access mode='private'", "filesystem srv", "driver", None),
        (NUMA, "machine='q35'", "machine='pc'", "boot", "firmware", "error"),
        (NUMA, "smm state='on'", "smm state='off'", "general", "smm", "error"),
        (NUMA, "slots='16' ", "", "memory", "slots", "error"),
        (NUMA, "'MiB'>512<", "'GiB'>2<", "memory virtio-mem", "requested", "error"),
        (NUMA, "'MiB'>512<", "'MiB'>511<", "memory virtio-mem", "requested", "error"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(xml, old, new, key, field, severity):
    """``severity`` None: nothing is told of this."""
    assert old in xml or severity is None
    told = found(xml.replace(old, new, 1))
    if severity is None:
        assert not [entry for entry in told if entry[:2] == (key, field)]
    else:
        assert (key, field, severity) in told


def test_too_few_huge_pages_are_told():
    told = check(Domain.from_xml(NUMA), Surroundings(free_pages={2 * 1024**2: 10}))
    assert [(finding.field, finding.severity) for finding in told] == [("hugepages", "warning")]
    assert "1536 are needed" in told[0].text


def test_a_host_without_swtpm_is_told():
    tpm = "<devices><tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"
    machine = Domain.from_xml(Q35.replace("<devices>", tpm, 1))
    told = {
        word: DomainCapabilities.from_xml(
            "<domainCapabilities><devices><tpm supported='yes'><enum name='backendModel'>"
            f"<value>{word}</value></enum></tpm></devices></domainCapabilities>"
        )
        for word in ("passthrough", "emulator")
    }
    texts = {
        word: [f.text for f in check(machine, Surroundings(capabilities=capabilities))]
        for word, capabilities in told.items()
    }
    assert any("swtpm" in text for text in texts["passthrough"])
    assert not any("swtpm" in text for text in texts["emulator"])


def test_virtiofs_needs_shared_memory():
    private = NUMA.replace("mode='shared'", "mode='private'").replace(" memAccess='shared'", "")
    assert ("filesystem srv", "driver", "error") in found(private)


def test_modules_need_cells_and_a_limit():
    start, end = NUMA.index("<numa>"), NUMA.index("</numa>") + 7
    told = found(NUMA[:start] + NUMA[end:])
    assert ("memory", "plug_limit", "error") in told
    unlimited = NUMA.replace("<maxMemory slots='16' unit='GiB'>16</maxMemory>", "")
    assert ("memory virtio-mem", "size", "error") in found(unlimited)


def test_sentences_end_and_rules_have_words():
    broken = Q35.replace("cores='4'", "cores='3'").replace("bus='virtio'", "bus='ide'")
    for finding in check(Domain.from_xml(broken), HOST):
        assert finding.text.endswith(".")
    assert all(rule.__doc__ for rule in RULES)


def test_the_demo_and_the_lab_have_no_errors(tmp_path):
    connection = libvirt.open(demo_uri())
    prepare(connection)
    texts = [domain.XMLDesc(0) for domain in connection.listAllDomains()]
    assert len(texts) > 20
    boot = BootFiles(tmp_path / "kernel", tmp_path / "initramfs")
    texts += [
        lab_domain(
            spec, name="lab", uuid="c7a5fdbd-cdaf-9455-926a-d65c16db1809", boot=boot,
            image=tmp_path / "a.qcow2", network="lab", console_log=tmp_path / "log",
        )
        for spec in (
            GuestSpec(name="lab"),
            GuestSpec(name="lab", vcpus=2, max_vcpus=4, disk=True, network=True, agent=True),
        )
    ]  # fmt: skip
    for text in texts:
        errors = [f for f in check(Domain.from_xml(text), Surroundings()) if f.severity == "error"]
        assert errors == [], text
