"""Changes tell an edit completely: replayed on the base they give the edited document."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model.definitions import MACHINES, NUMA, Q35
from tests.model.test_fields import PLACES, another, inject, views_of
from tui.model import ChangeSet, Domain
from tui.model.changes import (
    WHOLE,
    DeviceAdded,
    DeviceRemoved,
    FieldChange,
    LostError,
    XmlChange,
    canonical,
    replay,
)
from tui.model.fields import fields_of
from tui.model.session import EditSession


def same(one: Domain, other: Domain) -> bool:
    return canonical(one.root) == canonical(other.root)


def changed(document: Domain, edit) -> ChangeSet:
    edited = document.copy()
    edit(edited)
    return ChangeSet(document, edited)


@pytest.mark.parametrize("machine", MACHINES)
def test_no_edit_is_no_change(machine):
    base = Domain.from_xml(MACHINES[machine])
    assert not ChangeSet(base, base.copy())
    assert not ChangeSet(base, Domain.from_xml(base.to_xml()))


@pytest.mark.parametrize(("machine", "number", "name"), PLACES)
def test_each_field_is_told_by_its_own_change(machine, number, name):
    base = Domain.from_xml(MACHINES[machine])
    edited = base.copy()
    view = views_of(edited)[number]
    field = fields_of(type(view))[name]
    field.write(view, another(field, view))
    changes = ChangeSet(base, edited)
    assert changes
    assert WHOLE not in [change.key for change in changes.changes]
    assert same(replay(base, changes.changes), edited)
    renamed = [c for c in changes.changes if isinstance(c, (DeviceAdded, DeviceRemoved))]
    told = [c.field.name for c in changes.changes if isinstance(c, FieldChange)]
    assert renamed or name in told or "boot_order" in (name, *told)
    if len(changes) == 1:
        assert same(changes.without(changes.changes[0].id), base)


@settings(max_examples=40)
@given(st.data())
def test_any_sequence_of_edits_is_told_completely(data):
    machine = data.draw(st.sampled_from(sorted(MACHINES)))
    base = Domain.from_xml(MACHINES[machine])
    edited = base.copy()
    places = [(number, name) for m, number, name in PLACES if m == machine]
    removed: set[int] = set()
    for number, name in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=6)):
        if number in removed:
            continue
        view = views_of(edited)[number]
        field = fields_of(type(view)).get(name)
        if field is not None:
            field.write(view, another(field, view))
    devices = edited.devices
    if data.draw(st.booleans()):
        edited.remove_device(devices[data.draw(st.integers(0, len(devices) - 1))])
    if data.draw(st.booleans()):
        edited.add_device("<rng model='virtio'><backend model='builtin'/></rng>")
    changes = ChangeSet(base, edited)
    assert same(replay(base, changes.changes), edited)
    for change in changes.changes:
        assert change.label
        assert change.what
        changes.without(change.id)


@settings(max_examples=40)
@given(
    st.sampled_from(sorted(MACHINES)),
    st.lists(st.integers(0, 400), min_size=1, max_size=4),
    st.data(),
)
def test_any_edit_of_the_xml_is_told_completely(machine, where, data):
    base = Domain.from_xml(MACHINES[machine])
    edited = base.copy()
    kinds = data.draw(
        st.lists(
            st.sampled_from(["element", "namespaced", "comment", "instruction", "attribute"]),
            min_size=len(where),
            max_size=len(where),
        )
    )
    inject(edited.root, where, kinds)
    assert same(replay(base, ChangeSet(base, edited).changes), edited)
    assert same(replay(edited, ChangeSet(edited, base).changes), base)


def test_changes_go_into_what_another_has_made_of_it():
    base = Domain.from_xml(Q35)
    theirs = base.copy()
    theirs.general.description = "by another hand"
    theirs.disks[0].discard = "ignore"
    theirs.remove_device(theirs.device("watchdog"))

    def edit(document: Domain) -> None:
        document.disks[0].cache = "none"
        document.cpu.current = 3
        document.remove_device(document.device("rng"))
        document.add_device("<sound model='ac97'/>")

    merged = replay(theirs, changed(base, edit).changes)
    assert merged.disks[0].cache == "none"
    assert merged.disks[0].discard == "ignore"
    assert merged.general.description == "by another hand"
    assert merged.cpu.current == 3
    assert merged.device("rng") is None
    assert merged.device("watchdog") is None
    assert [d.summary for d in merged.devices if d.tag_name == "sound"] == ["ich9", "ac97"]


def test_a_change_of_what_is_gone_is_lost():
    base = Domain.from_xml(Q35)
    theirs = base.copy()
    theirs.remove_device(theirs.disks[0])
    changes = changed(base, lambda d: setattr(d.disks[0], "cache", "none"))
    with pytest.raises(LostError, match="Disk vda"):
        replay(theirs, changes.changes)


def test_two_cannot_stand_at_one_place():
    base = Domain.from_xml(Q35)
    new = "<disk type='file'><source file='/b'/><target dev='vdb' bus='virtio'/></disk>"
    theirs = base.copy()
    theirs.add_device(new)
    with pytest.raises(LostError, match="vdb"):
        replay(theirs, changed(base, lambda d: d.add_device(new)).changes)


def test_one_of_two_alike_is_told_from_the_other():
    base = Domain.from_xml(Q35)
    changes = changed(base, lambda d: d.remove_device(d.device("redirdev #2")))
    assert [type(change) for change in changes.changes] == [DeviceRemoved]

    def second(document: Domain) -> None:
        document.view("redirdev #2").boot_order = 3

    changes = changed(base, second)
    assert [change.key for change in changes.changes if change.id[1] == "boot_order"] == [
        "redirdev #2"
    ] or [change.id for change in changes.changes] == [("boot", "order")]
    assert same(replay(base, changes.changes), changes.edited)


def test_order_matters_where_it_may():
    base = Domain.from_xml(Q35)
    edited = Domain.from_xml(Q35.replace("keep <own:b>this</own:b> order", "<own:b/>keep order"))
    changes = ChangeSet(base, edited)
    assert [type(change) for change in changes.changes] == [XmlChange]
    assert changes.changes[0].key == "<metadata>"


def test_a_password_is_never_in_words():
    base = Domain.from_xml(Q35)
    changes = changed(base, lambda d: setattr(d.graphics[0], "password", "tiger7"))
    (change,) = changes.changes
    assert (change.old, change.new) == ("set", "another one")
    (gone,) = changed(base, lambda d: setattr(d.graphics[0], "password", "")).changes
    assert (gone.old, gone.new) == ("set", "none")


def test_a_session_takes_back_what_was_edited():
    base = Domain.from_xml(Q35)
    session = EditSession(base)
    assert session.set("disk vda", "bus", "sata") == "disk sdb"
    session.set("disk sdb", "cache", "none")
    assert session.set("disk sdb", "bus", "virtio") == "disk vda"
    assert [change.what for change in session.changes.changes] == ["Cache mode"]
    assert session.undo()
    assert session.set("disk sdb", "target", "sdb") == "disk sdb"
    assert session.undo()
    assert session.undo()
    assert not session.changes
    assert not session.undo()


def test_more_than_the_maximum_raises_it_and_less_lowers_what_is_in_use():
    session = EditSession(Domain.from_xml(Q35))
    session.set("memory", "current", "8 GiB")
    assert session.edited.memory.maximum == 8 * 1024**3
    session.set("memory", "maximum", "1 GiB")
    assert session.edited.memory.current == 1024**3
    session.drop(("memory", "maximum"))
    assert [change.what for change in session.changes.changes] == ["Memory"]
    session.set("cpu", "current", "9")
    assert session.edited.cpu.maximum == 9
    session.set("cpu", "maximum", "2")
    assert session.edited.cpu.vcpus == 2
    assert "current" not in session.edited.root.find("vcpu").attrib
    with pytest.raises(ValueError, match="cannot be empty"):
        session.set("memory", "maximum", "")


def test_what_is_kept_beside_the_definition_survives_edits_of_its_xml():
    base = Domain.from_xml(Q35)
    base.edits.beside["autostart"] = "no"
    session = EditSession(base)
    session.set("boot", "autostart", "yes")
    assert session.edited.to_xml() == base.to_xml()
    odd = base.to_xml().replace("<devices>", "<!-- kept --><devices>")
    session.replace(Domain.from_xml(odd))
    assert [change.what for change in session.changes.changes] == ["XML", "Autostart"]
    assert "<!-- kept -->" in session.changes.without(("boot", "autostart")).to_xml()
    assert session.changes.without(("domain", "xml")).boot.autostart


def test_edits_are_put_on_what_another_has_saved():
    base = Domain.from_xml(Q35)
    session = EditSession(base)
    session.set("cpu", "current", "3")
    fresh = base.copy()
    fresh.general.heading = "theirs"
    assert session.rebase(fresh)
    assert (session.edited.cpu.current, session.edited.title) == (3, "theirs")
    clash = fresh.copy()
    clash.cpu.current = 4
    assert not session.rebase(clash)


def test_edits_of_xml_do_not_cover_what_another_has_saved_within_it():
    base = Domain.from_xml(Q35)
    session = EditSession(base)
    odd = base.to_xml().replace('<driver name="qemu" type="qcow2"', '<driver odd="1" name="qemu"')
    session.replace(Domain.from_xml(odd))
    fresh = base.copy()
    fresh.disks[0].cache = "none"
    assert session.rebase(fresh) is ('cache="none"' in session.edited.to_xml())
    assert "odd" in session.edited.to_xml()


def test_a_removed_device_is_not_told_as_another_boot_order():
    devices = "".join(
        f"<disk><target dev='{name}'/><boot order='{place}'/></disk>"
        for place, name in ((1, "vda"), (2, "vdb"))
    )
    session = EditSession(Domain.from_xml(f"<domain><devices>{devices}</devices></domain>"))
    session.remove("disk vdb")
    assert [change.what for change in session.changes.changes] == ["removed"]
    session.undo()
    session.set("boot", "order", "vdb, vda")
    assert [change.what for change in session.changes.changes] == ["Boot order"]


def test_timers_are_told_in_whatever_order_they_were_set():
    session = EditSession(Domain.from_xml(NUMA))
    session.set("clock", "tsc", "yes")
    session.set("clock", "kvmclock", "no")
    assert {change.id for change in session.changes.changes} == {
        ("clock", "tsc"),
        ("clock", "kvmclock"),
    }
