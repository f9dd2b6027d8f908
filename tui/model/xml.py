"""XML in and out without loss, and what of it may be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lxml import etree

from tui.model.text import visible

_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")


def parse(text: str) -> etree._ElementTree:
    """Parse a document; nothing is fetched or expanded. Raises lxml.etree.XMLSyntaxError."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True,
        remove_blank_text=False, strip_cdata=False,
    )  # fmt: skip
    # Two characters that no XML may hold: libvirt lets clients put them into a description, and
    # writes them as they are.
    text = text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    # A declaration may name an encoding that the text, being a str, is no longer in. Lone
    # surrogates are left for the parser to refuse.
    encoded = _DECLARED.sub("", text, count=1).encode("utf-8", "surrogatepass")
    return etree.fromstring(encoded, parser).getroottree()


def serialise(tree: etree._ElementTree) -> str:
    """The document as text, comments beside the root included."""
    return etree.tostring(tree, encoding="unicode")


_AS_IT_IS = re.compile(r"(?s)(<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>)")
_NOT_ASCII = re.compile(r"[^\x00-\x7e]")


def spelled_out(text: str) -> str:
    """The XML with every character that cannot be seen as a reference: ``&#x202E;``.

    It is the same document. In comments and CDATA, which have no references, nothing changes.
    """
    parts = _AS_IT_IS.split(text)
    parts[::2] = (_NOT_ASCII.sub(_reference, part) for part in parts[::2])
    return "".join(parts)


def _reference(match: re.Match[str]) -> str:
    char = match[0]
    return char if visible(f"a{char}") == f"a{char}" else f"&#x{ord(char):X};"


def element(
    tag: str, attributes: Mapping[str, str] | None = None, *children: etree._Element
) -> etree._Element:
    """An element with attributes and children."""
    made = etree.Element(tag, dict(attributes or {}))
    made.extend(children)
    return made


MASK = "********"

_SECRETS = (
    # <graphics passwd='…'>
    re.compile(r"""(?s)(?P<keep>\bpasswd\s*=\s*(?P<quote>['"])).*?(?P<end>(?P=quote))"""),
    # <qemu:env name='…PASSWORD' value='…'/>
    re.compile(
        r"""(?is)(?P<keep>name\s*=\s*['"][^'"<>]*(?:passw|secret|token)[^'"<>]*['"]\s+"""
        r"""value\s*=\s*(?P<quote>['"])).*?(?P<end>(?P=quote))"""
    ),
    # QEMU's and the kernel's key=value lists, where ",," stands for a comma. References to
    # secrets (password-secret=ID) are left: they tell nothing.
    re.compile(
        r"""(?i)(?P<keep>(?<![-\w])(?:password|passwd|secret,[^'"<\n]*?\bdata)=)"""
        r"""(?!['"])(?:,,|[^,'"<\n])+"""
    ),
    # scheme://user:password@host
    re.compile(r"""(?P<keep>://[^/\s:@'"<]+:)[^/\s@'"<]+(?=@)"""),
)


def mask_secrets(text: str) -> str:
    """The XML with its passwords replaced by asterisks, for showing.

    Exact for the passwords of displays, best effort for those in command lines, environments
    and addresses.
    """
    for pattern in _SECRETS:
        text = pattern.sub(_masked, text)
    return text


_HIDDEN = re.compile("\ue000(\\d+)\ue001")
_LIKE_HIDDEN = re.compile(rf"(?P<keep>){re.escape(MASK)}|[\ue000\ue001]")
"""What a document may hold by itself of the marks for hidden secrets."""


def hide_secrets(text: str) -> tuple[str, tuple[str, ...]]:
    """As :func:`mask_secrets`, for editing: the text and what was hidden, in its order."""
    found: list[str] = []

    def put_away(match: re.Match[str]) -> str:
        start, end = max(match.start(), match.end("keep")), match.end()
        if match.groupdict().get("end"):
            end -= len(match["end"])
        found.append(match.string[start:end])
        groups = match.groupdict("")
        return f"{groups['keep']}\ue000{len(found) - 1}\ue001{groups.get('end', '')}"

    for pattern in (_LIKE_HIDDEN, *_SECRETS):
        text = pattern.sub(put_away, text)
    order = [int(match[1]) for match in _HIDDEN.finditer(text)]

    def whole(number: int) -> str:  # a secret may hold one that an earlier pattern has found
        return _HIDDEN.sub(lambda match: whole(int(match[1])), found[number])

    return _HIDDEN.sub(MASK, text), tuple(whole(number) for number in order)


def restore_secrets(text: str, secrets: Sequence[str]) -> str:
    """Put hidden secrets back, in order.

    Raises ValueError when a mask has been taken away or doubled: which is which cannot be told.
    """
    if text.count(MASK) != len(secrets):
        raise ValueError(
            f"there were {len(secrets)} hidden passwords ({MASK}), there are "
            f"{text.count(MASK)} now: change passwords in the form"
        )
    parts = text.split(MASK)
    return "".join(part + secret for part, secret in zip(parts, (*secrets, ""), strict=True))


def _masked(match: re.Match[str]) -> str:
    return f"{match['keep']}{MASK}{match.groupdict().get('end', '')}"
