"""XML in and out without loss, and what of it may be shown."""

from __future__ import annotations

import re

from lxml import etree

_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")


def parse(text: str) -> etree._ElementTree:
    """Parse a document; nothing is fetched or expanded. Raises lxml.etree.XMLSyntaxError."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True,
        remove_blank_text=False, strip_cdata=False,
    )  # fmt: skip
    root = etree.fromstring(_DECLARED.sub("", text, count=1).encode(), parser)
    return root.getroottree()


def serialise(tree: etree._ElementTree) -> str:
    """The document as text, comments beside the root included."""
    return etree.tostring(tree, encoding="unicode")


def mask_secrets(text: str) -> str:
    """The XML with passwords replaced: ``passwd`` of displays, ``password=`` on command lines."""
    text = re.sub(r"(\bpasswd\s*=\s*)(['\"]).*?\2", r"\1\2********\2", text, flags=re.DOTALL)
    return re.sub(r"(?i)(\b(?:password|secret)=)[^,'\"<\s]+", r"\1********", text)
