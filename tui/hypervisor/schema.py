"""libvirt's own schema for domains, where it is installed beside us."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import libvirt
from lxml import etree

from tui.hypervisor.listing import dotted
from tui.model.xml import parse

log = logging.getLogger(__name__)

DOMAIN_SCHEMA = Path("/usr/share/libvirt/schemas/domain.rng")


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """What the schema says of a document."""

    version: str
    """Of the libvirt that the schema came with; empty where none is installed."""
    troubles: tuple[tuple[int, str], ...]
    """Line and words. A host with another libvirt may know better: warnings, not errors."""


def check_schema(xml: str) -> SchemaReport:
    """Validate a domain's XML (RelaxNG); reads the schema from disk. Raises XMLSyntaxError."""
    document = parse(xml)
    if not DOMAIN_SCHEMA.exists():
        return SchemaReport("", ())
    version = dotted(libvirt.getVersion())
    try:
        schema = etree.RelaxNG(etree.parse(str(DOMAIN_SCHEMA)))
    except (OSError, etree.LxmlError) as error:
        log.warning("%s cannot be read: %s", DOMAIN_SCHEMA, error)
        return SchemaReport("", ())
    schema.validate(document)
    return SchemaReport(version, tuple((entry.line, entry.message) for entry in schema.error_log))
