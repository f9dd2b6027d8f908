"""Edits of one machine's definition from opening the form to applying them."""

from __future__ import annotations

from collections.abc import Iterable

from tui.model.changes import Change, ChangeId, ChangeSet, LostError, pair, replay
from tui.model.devices.rest import Filesystem
from tui.model.domain import Domain
from tui.model.fields import fields_of
from tui.model.merge import ClashError, merge
from tui.model.views import Device, View, keys_of


def remove(document: Domain, key: str) -> None:
    """Take a device away; the first serial port and its console go together. LostError."""
    device = document.device(key)
    if device is None:
        raise LostError(f"{key} is no longer there")
    serial = [one for one in document.devices if one.tag_name == "serial"][:1]
    together = [*serial, *(one for one in document.devices if one.echo)]
    for one in together if key in [one.key for one in together] else [device]:
        document.remove_device(one)


class EditSession:
    """A base that is not touched, an edited copy of it, and the way back edit by edit."""

    def __init__(self, base: Domain) -> None:
        self.base = base
        self.edited = base.copy()
        self.held_back: set[ChangeId] = set()
        """Ids of changes that the person wants at the next boot only."""
        self.now_only: set[ChangeId] = set()
        """Ids of changes that the person does not want at the next boot."""
        self._before: list[Domain] = []
        self._forget_comparison()

    def _forget_comparison(self) -> None:
        self._changes: ChangeSet | None = None
        self._originals: dict[str, View] | None = None

    @property
    def changes(self) -> ChangeSet:
        """What has been changed so far."""
        if self._changes is None:
            self._changes = ChangeSet(self.base, self.edited)
        return self._changes

    def set(self, key: str, field: str, text: str) -> str:
        """Write a field's text; returns the view's key, which the edit may have changed.

        Raises ValueError with words for the person, LostError when there is no such view.
        """
        trial = self.edited.copy()
        view = trial.view(key)
        if view is None:
            raise LostError(f"{key} is no longer there")
        declared = fields_of(type(view))[field]
        if text == declared.read_text(view) or declared.parse(text) == declared.read(view):
            return key
        declared.write_text(view, text)
        self._take(trial)
        return view.key

    def add(self, *xmls: str) -> str:
        """Add devices, with the shared memory that one may need; returns the key of the first."""
        trial = self.edited.copy()
        added = [trial.add_device(xml) for xml in xmls]
        if any(isinstance(one, Filesystem) and one.needs_shared_memory for one in added):
            trial.memory.share()
        self._take(trial)
        return added[0].key

    def remove(self, key: str) -> None:
        """Take a device away, with what goes with it. Raises LostError."""
        trial = self.edited.copy()
        remove(trial, key)
        self._take(trial)

    def replace(self, document: Domain) -> None:
        """Take a document as the edited one: from the XML editor, from the history."""
        taken = document.copy()
        # XML by itself says nothing of what libvirt keeps beside it.
        taken.edits.beside = taken.edits.beside or dict(self.edited.edits.beside)
        self._take(taken)

    def drop(self, change_id: ChangeId) -> None:
        """Take one change back."""
        self._take(self.changes.without(change_id))

    def undo(self) -> bool:
        """Take the last edit back; False when there is none."""
        if not self._before:
            return False
        self.edited = self._before.pop()
        self._forget_comparison()
        return True

    def hold_back(self, change_id: ChangeId) -> None:
        """At the next boot only, or now again."""
        self.held_back ^= {change_id}
        self.now_only.discard(change_id)

    def only_now(self, change_id: ChangeId) -> None:
        """On the running machine only, or for good again."""
        self.now_only ^= {change_id}
        self.held_back.discard(change_id)

    def rebase(self, fresh: Domain) -> bool:
        """Put the edits on a definition that someone else has changed; False where they clash."""
        try:
            edited = merge(self.base, self.edited, fresh)
        except ClashError:
            return False
        self.base, self.edited = fresh, edited
        self._before.clear()
        self._forget_comparison()
        return True

    def begin_on(self, theirs: Domain, ours: Iterable[Change] = ()) -> tuple[str, ...]:
        """Begin anew on a definition that someone else has stored, with these of our changes.

        Returns in words what it has no place for: that is left out.
        """
        kept, lost = [], []
        for change in ours:
            try:
                replay(theirs, [change])
            except (LostError, ValueError) as error:
                lost.append(str(error))
            else:
                kept.append(change)
        self.base, self.edited = theirs, replay(theirs, kept)
        self._before.clear()
        self._forget_comparison()
        return tuple(dict.fromkeys(lost))

    def original(self, view: View) -> View | None:
        """The base's view of an edited one; None for a device that is new."""
        if not isinstance(view, Device):
            return self.base.view(view.key)
        if self._originals is None:
            edited = self.edited.devices
            pairs, _gone, _new = pair(self.base.devices, edited)
            before: dict[Device, View] = {new: old for old, new in pairs}
            named = zip(keys_of(edited), edited, strict=True)
            self._originals = {key: before[device] for key, device in named if device in before}
        return self._originals.get(view.key)

    def _take(self, document: Domain) -> None:
        self._before.append(self.edited)
        self.edited = document
        self._forget_comparison()
