"""Errors keep libvirt's words and say what to do."""

# The texts stand as they came.
# ruff: noqa: E501

import subprocess
import sys

import libvirt
import pytest

from tui.hypervisor import advice
from tui.hypervisor.advice import BY_CODE, BY_WORDS, advise
from tui.hypervisor.errors import (
    GoneError,
    HypervisorError,
    NotConnectedError,
    NotRespondingError,
    from_libvirt,
)

QEMU = "internal error: process exited while connecting to monitor: 2026-11-21T03:01:59.039532Z "
INVALID = "Requested operation is not valid: "
UNSUPPORTED = "unsupported configuration: "

# What libvirt 9.0, QEMU 7.2 and OpenSSH said, and a word of the advice it is to bring.
OBSERVED = [
    ("Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied", "group libvirt"),
    ("Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory", "systemctl start"),
    ("Failed to connect socket to '/run/libvirt/libvirt-sock': Connection refused", "systemctl start"),
    ("Cannot recv data: ssh: connect to host 127.0.0.1 port 1: Connection refused: Connection reset by peer", "SSH server"),
    ("unable to connect to server at '127.0.0.1:22': Connection refused", "SSH server"),
    ("unable to connect to server at '127.0.0.1:1': Connection refused", "qemu+ssh"),
    ("Unable to resolve address 'no-such-host.invalid' service '16509': Name or service not known", "No such host"),
    ("Cannot recv data: ssh: Could not resolve hostname x.invalid: Name or service not known: Connection reset by peer", "No such host"),
    ("Cannot read CA certificate '/etc/pki/CA/cacert.pem': No such file or directory", "without a transport means TLS"),
    ("no connection driver available for URI 'nonsense' does not include a driver name", "Check the URI"),
    ("no connection driver available for lxc:///", "not installed"),
    ("internal error: unexpected qemu URI path '/nonsense', try qemu:///system", "Check the URI"),
    ("internal error: Unable to parse URI qemu://[::1/system", "Check the URI"),
    ("invalid argument: remote_open: transport in URL not recognised (should be tls|unix|ssh|ext|tcp|libssh2|libssh)", "Check the URI"),
    ("XML error: failed to parse xml document '/no/such/file.xml'", "not XML"),
    ("Cannot write data: Broken pipe", "broke"),
    ("Cannot recv data: Connection timed out", "whether this took effect"),
    ("unable to connect to server at '10.9.9.9:16509': Connection timed out", "cannot be reached"),
    (f"{INVALID}domain is not running", "state"),
    (f"{INVALID}domain is already running", "state"),
    ("internal error: Domain 'test' is already running", "state"),
    ("internal error: domain 'test' not paused", "state"),
    ("Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatchDomainSuspend)", "job"),
    ("argument unsupported: QEMU guest agent is not configured", "channel"),
    ("Guest agent is not responding: QEMU guest agent is not connected", "qemu-guest-agent"),
    ("Domain not found: no domain with matching uuid '4e69d7f4-6f4b-4e13-b0f2-47b31facd8e7' (web)", "meanwhile"),
    ("operation failed: domain 'web' already exists with uuid a3ae2e13-6d03-48db-b5a1-2f44a6aea9f0", "taken"),
    ("operation failed: domain 'web' is already defined with uuid a3ae2e13-6d03-48db-b5a1-2f44a6aea9f0", "taken"),
    (f"{INVALID}domain with name 'web' already exists", "taken"),
    ("operation failed: domain moment s1 already exists", "taken"),
    (f"{INVALID}cannot rename active domain", "shut it down"),
    (f"{INVALID}domain with a managed saved state can't be renamed", "saved state"),
    (f"{INVALID}Refusing to undefine while domain managed save image exists", "saved state"),
    (f"{INVALID}cannot delete inactive domain with 1 snapshots", "snapshots"),
    (f"{INVALID}cannot undefine domain with nvram", "NVRAM"),
    (f"{INVALID}cannot do managed save for transient domain", "transient"),
    (f"{INVALID}cannot set autostart for transient domain", "transient"),
    ("operation failed: image magic is incorrect", "managedsave-remove"),
    ("operation forbidden: read only access prevents virDomainDestroy", "read-only"),
    ("Cannot access storage file '/nope/x.img': No such file or directory", "missing"),
    ("Cannot access storage file '/x.img' (as uid:64055, gid:64055): No such file or directory", "missing"),
    ("unable to stat: /nope/vmlinuz: No such file or directory", "missing"),
    (QEMU + 'qemu-system-x86_64: -blockdev {"node-name":"libvirt-1-format"}: Image is not in qcow2 format', "qemu-img info"),
    ('internal error: qemu unexpectedly closed the monitor: qemu-system-x86_64: -blockdev {}: Failed to get "write" lock Is another process using the image [/x.qcow2]?', "destroy"),
    ("operation failed: /usr/lib/libvirt/libvirt_iohelper: failure with /dev/full: Unable to write /dev/full: No space left on device", "full"),
    (f"{INVALID}storage pool 'fast' is not active", "pool-start"),
    (f"{UNSUPPORTED}storage pool 'fast' containing volume 'v' is not active", "pool-start"),
    ("Storage pool not found: no storage pool with matching name 'nopool'", "pool-start"),
    ("cannot open directory '/srv/nodir': No such file or directory", "directory"),
    (f"{UNSUPPORTED}io='native' needs either no disk cache or directsync cache mode", "directsync"),
    (f"{UNSUPPORTED}IOThreads not available for bus sata target sda", "virtio"),
    (f"{UNSUPPORTED}Disk iothread '1' not defined in iothreadid", "I/O threads"),
    ("XML error: target 'vda' duplicated for disk sources '/x' and '/x'", "target"),
    (f"{UNSUPPORTED}internal snapshot for disk vda unsupported for storage type raw", "external"),
    (f"{INVALID}network 'lan' is not active", "net-start"),
    ("Network not found: no network with matching name 'nope'", "no network"),
    ("Cannot get interface MTU on 'nobr0': No such device", "no bridge"),
    ("Unable to get index for interface nodev0: No such device", "no bridge"),
    ("internal error: Failed to reserve port 5999", "port"),
    (QEMU + "qemu-system-x86_64: -vnc 203.0.113.9:99: Failed to bind socket: Cannot assign requested address", "address"),
    (f"{UNSUPPORTED}interface 52:54:00:78:c7:c3 - multiqueue is not supported for network interfaces of type user", "queues"),
    ("internal error: No more available PCI slots", "PCIe"),
    (f"{UNSUPPORTED}host doesn't support passthrough of host PCI devices", "IOMMU"),
    (f"{UNSUPPORTED}Mediated host device assignment requires VFIO support", "IOMMU"),
    (f"{UNSUPPORTED}Can't add host USB device: USB is disabled in this host", "USB"),
    (f"{UNSUPPORTED}Emulator '/usr/bin/qemu-system-x86_64' does not support virt type 'kvm'", "firmware"),
    (QEMU + "Could not access KVM kernel module: No such file or directory", "kvm_intel"),
    ("Requested operation is not valid: cgroup CPU controller is not mounted", "control group"),
    ("internal error: hugetlbfs filesystem is not mounted or disabled by administrator config", "nr_hugepages"),
    (QEMU + "qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory", "free memory"),
    (f"{UNSUPPORTED}interface 52:54:00:aa:bb:02 - vlan tag not supported for this connection type", "SR-IOV"),
    (f"{UNSUPPORTED}NUMA node 9 is unavailable", "node set"),
    ("operation failed: Failed to query numad for the advisory nodeset", "numad"),
    ("cannot set CPU affinity on process 112: Invalid argument", "pin"),
    ("Unable to write '/sys/fs/cgroup/x/vcpu0/cpuset.cpus': Numerical result out of range", "pin"),
    (f"{UNSUPPORTED}Maximum CPUs greater than specified machine type limit 288", "vCPUs"),
    (f"{UNSUPPORTED}CPU topology doesn't match maximum vcpu count", "Sockets"),
    (f"{UNSUPPORTED}NUMA cells 1 and 0 have overlapping vCPU ids", "one NUMA cell"),
    ("XML error: Element 'memnode' is invalid without any guest NUMA cells", "cells first"),
    (f"{UNSUPPORTED}Parameter 'min_guarantee' not supported by QEMU.", "remove it"),
    ("invalid argument: requested vcpus is greater than max allowable vcpus for the live domain: 8 > 1", "next boot"),
    ("invalid argument: cannot set memory higher than max memory", "next boot"),
    ("cannot limit locked memory of process 81 to 1073741824: Operation not permitted", "limit"),
    ("operation failed: guest CPU doesn't match specification: extra features: hypervisor, missing features: vme,pcid", "host-model"),
    (f"{UNSUPPORTED}CPU mode 'host-passthrough' for x86_64 qemu domain on x86_64 host is not supported by hypervisor", "host-model"),
    ("internal error: Unknown CPU model NoSuch", "host-model"),
    ("Cannot check QEMU binary /nope/qemu: No such file or directory", "emulator"),
    (f"{UNSUPPORTED}Emulator '/usr/bin/qemu-system-x86_64' does not support machine type 'q99'", "q35"),
    (f"{UNSUPPORTED}UEFI requires ACPI on this architecture", "ACPI"),
    ("operation failed: Unable to find any firmware to satisfy 'efi'", "ovmf"),
    ("operation failed: unable to find any master var store for loader: /nope/OVMF.fd", "ovmf"),
    (f"{UNSUPPORTED}per-device boot elements cannot be used together with os/boot elements", "boot order"),
    ("XML document failed to validate against schema: Unable to validate doc against domain.rng Extra element devices in interleave", "element"),
    ("Unable to read from monitor: Connection reset by peer", "log"),
    (QEMU + "qemu-system-x86_64: something new", "log"),
]  # fmt: skip

# Not to be had on the machine that the others were seen on; in their programs' own words.
TOLD = [
    ("SSH transport error: SSH host key for 'far' (E4:29) was not accepted", "asks again"),
    (
        "libssh transport error: failed to authenticate: Access denied for 'none'. "
        "Authentication that can continue: publickey",
        "Check the user name",
    ),
    (
        "!!! SSH HOST KEY VERIFICATION FAILED !!!: Identity of host 'far:22' differs from stored "
        "identity. Please verify the new host key 'e4:8c' to avoid possible man in the middle "
        "attack. The key is stored in '/home/me/.ssh/known_hosts'.",
        "Somebody may sit in between",
    ),
    ("Cannot recv data: Host key verification failed.: Connection reset by peer", "accept"),
    ("Cannot recv data: root@h: Permission denied (publickey,password).: Connection reset by peer", "agent"),
    ("Cannot recv data: ssh: connect to host h port 22: No route to host: Connection reset by peer", "firewall"),
    ("Cannot recv data: sh: 1: nc: not found: Connection reset by peer", "netcat-openbsd"),
    ("End of file while reading data: bash: line 1: nc: command not found: Input/output error", "netcat-openbsd"),
    ("End of file while reading data: sh: 1: virt-ssh-helper: not found: Input/output error", "netcat"),
    ("End of file while reading data: nc: /run/libvirt/libvirt-sock: Permission denied: Input/output error", "ACCOUNT"),
    ("End of file while reading data: nc: /run/libvirt/libvirt-sock: No such file or directory: Input/output error", "Start it there"),
    ("End of file while reading data: virt-ssh-helper: cannot connect to '/run/libvirt/libvirt-sock': Failed to connect socket to '/run/libvirt/libvirt-sock': Permission denied: Input/output error", "ACCOUNT"),
    ("authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'", "polkit"),
    (QEMU + "qemu-system-x86_64: load of migration failed: Invalid argument", "managedsave-remove"),
    ("Cannot access storage file '/x.img' (as uid:64055, gid:64055): Permission denied", "owner"),
    (QEMU + "qemu-system-x86_64: -blockdev {}: Could not open '/x.img': Permission denied", "owner"),
    (QEMU + "qemu-system-x86_64: -vnc: Failed to bind socket: Address already in use", "port"),
    ("Requested operation is not valid: snapshot disk 'vda' was target of not completed snapshot delete", "once more"),
    ("Requested operation is not valid: domain has active block job", "wait for it"),
    (QEMU + "vfio 0000:03:00.0: group 17 is not viable", "IOMMU group"),
    (f"{INVALID}PCI device 0000:03:00.0 is in use by driver QEMU, domain web", "Another machine"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "word"), OBSERVED + TOLD)
def test_what_to_do_about_a_text(words, word):
    assert word in advise(words)


def test_no_row_is_without_a_text():
    used = {advise(words) for words, _ in OBSERVED + TOLD}
    assert [text for _, text in BY_WORDS if text not in used] == []


def test_an_unknown_text_brings_no_advice():
    assert advise("the moon is full", libvirt.VIR_ERR_INTERNAL_ERROR) == ""


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("NO_SUPPORT", "driver"),
        ("OPERATION_UNSUPPORTED", "driver"),
        ("OPERATION_DENIED", "read-only"),
        ("AUTH_FAILED", "password"),
        ("AUTH_CANCELLED", "user name"),
        ("OPERATION_TIMEOUT", "slow"),
        ("AGENT_UNRESPONSIVE", "qemu-guest-agent"),
        ("ACCESS_DENIED", "rules"),
    ],
)
def test_codes_bring_advice_for_words_in_any_language(name, word):
    assert word in advise("Zugriff verweigert", getattr(libvirt, f"VIR_ERR_{name}"))


def test_no_code_is_untested():
    assert len(BY_CODE) == 8


@pytest.fixture
def connection():
    connection = libvirt.open("test:///default")
    yield connection
    connection.close()


def error_of(call) -> libvirt.libvirtError:
    with pytest.raises(libvirt.libvirtError) as caught:
        call()
    return caught.value


def test_a_real_error_keeps_libvirts_words_and_code(connection):
    domain = connection.lookupByName("test")
    domain.destroy()
    error = from_libvirt(error_of(domain.destroy), "Forcing off test")
    assert type(error) is HypervisorError
    assert error.what == "Forcing off test"
    assert error.words == "Requested operation is not valid: domain is not running"
    assert str(error) == f"{error.what}: {error.words}"
    assert (error.code, error.domain) == (
        libvirt.VIR_ERR_OPERATION_INVALID,
        libvirt.VIR_FROM_DOMAIN,
    )
    assert "look again" in error.advice


def test_a_vanished_domain_is_an_error_of_its_own(connection):
    error = from_libvirt(error_of(lambda: connection.lookupByName("nope")), "Starting nope")
    assert isinstance(error, GoneError)
    assert "meanwhile" in error.advice


def test_an_error_of_the_binding_itself():
    error = from_libvirt(libvirt.libvirtError("no connection"), "Listing")
    assert (error.words, error.code, error.domain, error.advice) == ("no connection", 0, 0, "")


class Raised:
    def get_error_code(self):
        return 1

    def get_error_domain(self):
        return None

    def get_error_message(self):
        return "name a\x1b[2J is bad\r\n  see \u202ethere\n"


def test_words_are_one_line_that_does_nothing():
    assert from_libvirt(Raised(), "Starting").words == "name a␛[2J is bad see ‹U+202E›there"


def test_our_own_errors_say_what_to_do():
    assert NotConnectedError("Starting web", words="lab is not connected").advice
    assert NotRespondingError("Starting web", words="no answer for 30 s").advice
    assert NotRespondingError("Starting web", words="no answer", advice="Wait.").advice == "Wait."


def test_screens_may_import_it_without_libvirt():
    check = (
        "import sys, tui.model.states, tui.model.filter, tui.hypervisor.errors; "
        "sys.exit(bool({'libvirt', 'lxml', 'textual'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_advice_is_short_enough_for_a_narrow_screen():
    assert max(len(text) for _, text in advice.BY_WORDS) <= 190
