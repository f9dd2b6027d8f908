"""What the demo host has that its inventory file cannot say."""

from functools import cache
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import libvirt

AUTOSTARTED_MACHINES = (
    "db-primary",
    "db-replica",
    "gitlab",
    "lb-01",
    "mail-01",
    "monitoring",
    "nas",
    "pfsense",
    "web-01",
    "web-02",
    "win2022-ad",
)
AUTOSTARTED_NETWORKS = ("backend", "default", "dmz", "office", "servers", "storage")
AUTOSTARTED_POOLS = ("default", "iso", "kube", "vg-fast")
STOPPED_NETWORKS = ("lab-old",)
STOPPED_POOLS = ("san-old",)
VCPUS_AT_NEXT_BOOT = {"k8s-worker-2": 12, "monitoring": 6}


def prepare(connection: libvirt.virConnect) -> None:
    """Bring a freshly opened demo host (see ``tui.demo``) into its starting state.

    libvirt's test driver starts every network and pool of its inventory file and reads
    neither autostart marks nor a definition that differs from the running machine, so
    these are set here: some thirty calls inside the process, a millisecond in all.

    Raises libvirt.libvirtError when the connection is not the demo host's.
    """
    for name in AUTOSTARTED_MACHINES:
        connection.lookupByName(name).setAutostart(1)
    for name in AUTOSTARTED_NETWORKS:
        connection.networkLookupByName(name).setAutostart(1)
    for name in AUTOSTARTED_POOLS:
        connection.storagePoolLookupByName(name).setAutostart(1)
    for name in STOPPED_NETWORKS:
        connection.networkLookupByName(name).destroy()
    for name in STOPPED_POOLS:
        connection.storagePoolLookupByName(name).destroy()
    for name, vcpus in VCPUS_AT_NEXT_BOOT.items():
        connection.lookupByName(name).setVcpusFlags(vcpus, libvirt.VIR_DOMAIN_AFFECT_CONFIG)


@cache
def drivers(uri: str) -> dict[str, str]:
    """Drivers of node devices by name: libvirt's test driver does not read them.

    ``uri`` is the demo host's, which names its inventory file.
    """
    devices = ElementTree.parse(unquote(urlsplit(uri).path)).getroot().iterfind("device")
    return {d.findtext("name", ""): d.findtext("driver/name", "") for d in devices}
