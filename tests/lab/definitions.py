"""The XML of what the lab defines."""

from pathlib import Path
from xml.sax.saxutils import escape

from tests.lab.guests import GuestSpec
from tests.lab.kernel import BootFiles


def domain(
    spec: GuestSpec,
    *,
    name: str,
    uuid: str,
    boot: BootFiles | None,
    image: Path | None,
    network: str | None,
    console_log: Path,
) -> str:
    """Return the definition of a guest.

    It is always of type "qemu": emulation works on every machine, and the same everywhere.
    """
    return f"""\
<domain type='qemu'>
  <name>{escape(name)}</name>
  <uuid>{uuid}</uuid>
  <memory unit='MiB'>{spec.memory_mib}</memory>
  <vcpu current='{spec.vcpus}'>{spec.max_vcpus or spec.vcpus}</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type>{_boot(boot, spec)}{_menu(spec)}</os>
  <features><acpi/></features>
  <on_crash>preserve</on_crash>
  <devices>
    <controller type='usb' model='none'/>
    {_balloon(spec)}
    <panic model='isa'/>
    {_serial(spec, console_log)}
    {_disk(image)}
    {_interface(network)}
    {_agent(spec)}
    {spec.devices}
  </devices>
</domain>
"""


def network(name: str, *, bridge: str, subnet: str) -> str:
    """Return an isolated network with DHCP; *subnet* is the first three octets of a /24."""
    return f"""\
<network>
  <name>{name}</name>
  <bridge name='{bridge}'/>
  <ip address='{subnet}.1' prefix='24'>
    <dhcp><range start='{subnet}.10' end='{subnet}.250'/></dhcp>
  </ip>
</network>
"""


def _boot(boot: BootFiles | None, spec: GuestSpec) -> str:
    if boot is None:
        return ""
    crash = " lab.crash" if spec.state == "crashed" else ""
    initramfs = boot.agent_initramfs if spec.agent else boot.initramfs
    return (
        f"<kernel>{boot.kernel}</kernel><initrd>{initramfs}</initrd>"
        f"<cmdline>console=ttyS0{' quiet' if spec.quiet else ''}{crash}</cmdline>"
    )


def _menu(spec: GuestSpec) -> str:
    return "<bootmenu enable='yes' timeout='60000'/>" if spec.boot_menu else ""


def _serial(spec: GuestSpec, log: Path) -> str:
    if not spec.serial:
        return ""
    return f"<serial type='pty'><log file='{log}' append='off'/></serial><console type='pty'/>"


def _balloon(spec: GuestSpec) -> str:
    return f"<memballoon model='{'virtio' if spec.kernel else 'none'}'/>"


def _disk(image: Path | None) -> str:
    if image is None:
        return ""
    return (
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
        f"<source file='{image}'/><target dev='vda' bus='virtio'/></disk>"
    )


def _interface(network_name: str | None) -> str:
    if network_name is None:
        return ""
    return (
        f"<interface type='network'><source network='{network_name}'/>"
        "<model type='virtio'/></interface>"
    )


def _agent(spec: GuestSpec) -> str:
    if not spec.agent:
        return ""
    return "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
