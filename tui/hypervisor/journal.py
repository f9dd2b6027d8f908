"""What happened and what is under way: the Activity pane's memory and the audit log."""

from __future__ import annotations

import enum
import itertools
import json
import logging
import os
import queue
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.events import Event, event_text
from tui.hypervisor.subscribers import Subscribers
from tui.model.text import visible
from tui.model.uri import without_password

log = logging.getLogger(__name__)

KEPT = 2000
"""Entries that Activity remembers; the audit log on disk keeps every change."""


class Outcome(enum.Enum):
    """How an entry ended; the value is the word shown."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of Activity: an event, or a piece of work from its begin to its end."""

    number: int
    time: float
    """Wall clock of the event or of the beginning."""
    host: str
    """Name of the host."""
    subject: str
    """Name of the machine or other object; empty for the host itself."""
    text: str
    outcome: Outcome = Outcome.EVENT
    virsh: str = ""
    """Equivalent command."""
    error: HypervisorError | None = None
    progress: float | None = None
    """0.0 to 1.0 where the work tells."""
    ended: float | None = None
    cancel: Callable[[], None] | None = None
    """Asks the work to stop, where it can."""


class Journal:
    """Entries newest last, their subscribers, and the audit log (JSON lines, mode 0600).

    Belongs to the loop's thread; only the file is written by a thread of its own.
    """

    def __init__(self, audit_path: Path | None) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.running: dict[int, Entry] = {}
        self._numbers = itertools.count(1)
        self.subscribers = Subscribers[Entry]()
        """Told of every new or changed entry."""
        self._lines: queue.Queue[str] = queue.Queue()
        self.audit_path = audit_path
        self._writer: threading.Thread | None = None

    def event(
        self, host: str, subject: str, text: str, error: HypervisorError | None = None
    ) -> None:
        """Note something that happened by itself."""
        outcome = Outcome.FAILED if error else Outcome.EVENT
        self._put(
            Entry(next(self._numbers), time.time(), host, subject, text, outcome, error=error)
        )

    def keep(self, error: HypervisorError, host: str = "", subject: str = "") -> None:
        """Note what failed, where no entry tells of it yet: what was refused was never begun."""
        if not any(entry.error is error for entry in self.entries):
            self.event(host, subject, error.what, error)

    def domain_event(self, host: str, event: Event) -> None:
        """Note a libvirt event in words, where a person would want to know of it."""
        text = event_text(event)
        if text:
            self.event(host, event.name, text)

    def begin(
        self,
        host: str,
        subject: str,
        text: str,
        virsh: str,
        cancel: Callable[[], None] | None = None,
    ) -> int:
        """Note the beginning of a change; returns its number for the other calls."""
        entry = Entry(
            next(self._numbers),
            time.time(),
            host,
            subject,
            text,
            Outcome.RUNNING,
            virsh,
            cancel=cancel,
        )
        self._put(entry)
        return entry.number

    def progress(self, number: int, share: float) -> None:
        """Tell how far a running piece of work is (0.0 to 1.0)."""
        if number in self.running:
            self._put(replace(self.running[number], progress=share))

    def end(
        self, number: int, outcome: Outcome, uri: str, error: HypervisorError | None = None
    ) -> None:
        """Note the end of a change and write its line to the audit log."""
        entry = replace(
            self.running[number], outcome=outcome, error=error, ended=time.time(), cancel=None
        )
        self._put(entry)
        if not entry.virsh:
            return  # found under way: not a change of ours
        self._audit(
            {
                "time": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(entry.time)),
                "host": entry.host,
                "uri": without_password(uri),
                "object": entry.subject,
                "what": entry.text,
                "virsh": entry.virsh,
                "result": outcome.value,
                "error": error.words if error else None,
                "seconds": round((entry.ended or entry.time) - entry.time, 3),
                "user": os.environ.get("SUDO_USER") or os.environ.get("USER") or str(os.getuid()),
            }
        )

    def _put(self, entry: Entry) -> None:
        known = entry.number in self.running
        if entry.outcome is Outcome.RUNNING:
            self.running[entry.number] = entry
        else:
            self.running.pop(entry.number, None)
        if known:
            for index in range(len(self.entries) - 1, -1, -1):
                if self.entries[index].number == entry.number:
                    self.entries[index] = entry
                    break
        else:
            self.entries.append(entry)
        self.subscribers.tell(entry)

    def _audit(self, line: dict[str, Any]) -> None:
        if self.audit_path is None:
            return
        self._lines.put(_NOT_PLAIN.sub(_escaped, json.dumps(line, ensure_ascii=False)))
        if self._writer is None:
            self._writer = threading.Thread(target=self._write, name="audit", daemon=True)
            self._writer.start()

    def _write(self) -> None:
        assert self.audit_path is not None
        while True:
            line = self._lines.get()
            try:
                self.audit_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                descriptor = os.open(
                    self.audit_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
                )
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(line + "\n")
            except OSError as error:
                log.error("the audit log %s cannot be written: %s", self.audit_path, error)
                log.error("audit: %s", line)
            finally:
                self._lines.task_done()

    def flush(self, seconds: float = 1.0) -> None:
        """Wait until the lines handed over so far are on disk; used when the program ends."""
        with self._lines.all_tasks_done:
            self._lines.all_tasks_done.wait_for(lambda: not self._lines.unfinished_tasks, seconds)


_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")


def _escaped(match: re.Match[str]) -> str:
    """As JSON writes it, of what would act on a terminal that shows the log, or is no text."""
    char = match[0]
    return char if visible(f"a{char}") == f"a{char}" else json.dumps(char)[1:-1]


EARLIER, AT_MOST = 500, 1 << 20
"""Lines of the audit log that are shown of earlier runs, and bytes that are read for them: nobody
cuts that log."""


def read_audit(path: Path, before: float) -> list[Entry]:
    """The audit log's last entries older than a wall clock time; for a thread.

    Lines that cannot be read are left out: a crash may have cut the last one.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - AT_MOST))
            lines = file.read().decode(errors="replace").rstrip("\n").split("\n")[-EARLIER:]
    except OSError as error:
        log.info("no audit log: %s", error)
        return []
    entries = []
    for number, text in enumerate(lines, start=1):
        try:
            line = json.loads(text)
            begin = datetime.strptime(line["time"], "%Y-%m-%dT%H:%M:%S%z").timestamp()
            entry = Entry(
                -number,
                begin,
                line["host"],
                line["object"],
                line["what"],
                Outcome(line["result"]),
                line["virsh"],
                HypervisorError(line["what"], words=line["error"]) if line["error"] else None,
                ended=begin + line["seconds"],
            )
        except (ValueError, KeyError, TypeError):
            log.warning("audit log: line not understood")
            continue
        if begin + 1 <= before:  # times in the log are whole seconds
            entries.append(entry)
    return entries
