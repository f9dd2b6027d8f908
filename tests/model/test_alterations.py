"""What libvirt has made of a definition, in words."""

from __future__ import annotations

from tests.model.definitions import Q35
from tui.model import Domain
from tui.model.alterations import alterations


def test_what_is_stored_as_sent_is_not_told():
    sent, stored = Domain.from_xml(Q35), Domain.from_xml(Q35)
    stored.disks[0].forget_address()
    stored.add_device("<video><model type='vga'/></video>")
    stored.disks[1].element.append(sent.disks[0].element.find("address"))
    assert alterations(sent, stored) == ()


def test_a_comment_that_is_not_kept_is_told():
    sent = Domain.from_xml(Q35.replace("<devices>", "<!-- mine --><devices>", 1))
    (told,) = alterations(sent, Domain.from_xml(Q35))
    assert told.startswith("the comment 'mine' was dropped")
    assert alterations(sent, sent) == ()


def test_values_and_what_was_dropped_are_told_once():
    sent, stored = Domain.from_xml(Q35), Domain.from_xml(Q35)
    sent.disks[0].cache = "none"
    sent.disks[0].element.find("driver").set("strange", "1")
    sent.disks[1].element.append(sent.disks[1].element.makeelement("stranger", {"a": "b"}))
    stored.disks[0].serial = ""
    stored.cpu.maximum = 8
    stored.root.remove(stored.root.find("memoryBacking"))
    stored.remove_device(stored.interfaces[0])
    assert set(alterations(sent, stored)) == {
        "CPU: Maximum vCPUs 4 became 8",
        "Memory: Keep pages unshared yes became no",
        "memoryBacking was dropped",
        "Disk vda: Cache mode none became default",
        "Disk vda: driver/@strange was dropped",
        "Disk vda: Serial number WEB-1 became not set",
        "CD-ROM sda: stranger was dropped",
        "NIC 52:54:00:00:00:01 was dropped",
    }
