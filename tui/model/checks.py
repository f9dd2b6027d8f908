"""What fits together and what does not, told before libvirt refuses or a guest fails to start."""

from __future__ import annotations

from tui.model import device_rules, section_rules
from tui.model.domain import Domain
from tui.model.rules import Finding
from tui.model.surroundings import Surroundings

RULES = (*section_rules.RULES, *device_rules.RULES)


def check(document: Domain, surroundings: Surroundings) -> tuple[Finding, ...]:
    """Everything that does not fit, errors first."""
    found = [finding for one in RULES for finding in one(document, surroundings)]
    return tuple(sorted(found, key=lambda finding: finding.severity))
