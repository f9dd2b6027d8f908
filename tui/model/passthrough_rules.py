"""What does not fit about a machine's devices of the host: findings for the Hardware tab."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.cpuset import parse_cpus
from tui.model.device_claims import Claim, claims_of
from tui.model.domain import Domain
from tui.model.passthrough import Devices
from tui.model.pci import short
from tui.model.rules import Finding
from tui.model.surroundings import HostCell
from tui.model.views import Device


def findings(
    document: Domain, uuid: str, devices: Devices, cells: Sequence[HostCell]
) -> list[Finding]:
    """Of every device of the host: missing, held, not viable, far from its vCPUs."""
    claims = devices.claims(claims_of(document, running=False))
    found: list[Finding] = []
    for device in document.devices:
        claim = _claim_of(device, claims)
        if claim is None:
            continue
        name = short(claim.place) or f"USB {claim.at}"
        told = devices.against_start(uuid, claims)
        group = next((d.group for d in devices.matching(claim)), None)
        found += [
            Finding(device.key, "", "warning", f"{words[:1].upper()}{words[1:]}.")
            for words in told
            if name in words or (group is not None and f"group {group} " in words)
        ]
        found += _far(document, device, claim, devices, cells)
    return found


def _claim_of(device: Device, claims: Sequence[Claim]) -> Claim | None:
    """The claim that an element makes: told again from it alone."""
    if device.tag_name not in ("hostdev", "interface"):
        return None
    for claim in claims:
        if claim.mac and claim.mac == device.get("mac/@address").lower():
            return claim
        if device.tag_name == "hostdev" and not claim.is_nic:
            address = getattr(device, "address", "")
            place = claim.place or "bus {} device {}".format(*claim.at.split("/"))
            if address == place:
                return claim
    return None


def _far(
    document: Domain,
    device: Device,
    claim: Claim,
    devices: Devices,
    cells: Sequence[HostCell],
) -> list[Finding]:
    """It is on one NUMA node, the vCPUs are pinned to others."""
    nodes = {d.pci.numa for d in devices.matching(claim) if d.pci is not None}
    pinned = frozenset[int]().union(*(parse_cpus(cpus) for _vcpu, cpus in document.cpu.pins))
    pinned = pinned or parse_cpus(document.cpu.cpuset)
    used = {cell.id for cell in cells if pinned & set(cell.cpus)}
    (node,) = nodes if len(nodes) == 1 else (None,)
    if node is None or node < 0 or not used or node in used:
        return []
    where = ", ".join(map(str, sorted(used)))
    text = f"It is on NUMA node {node}, the vCPUs are pinned to node {where}: every access crosses."
    return [Finding(device.key, "", "warning", text)]
