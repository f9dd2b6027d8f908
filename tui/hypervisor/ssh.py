"""Signing in over SSH once per host: a control master that virtty starts, asks for and ends.

Why so: libvirt's own ``qemu+ssh`` starts an ssh per connection that would ask on the
terminal we draw on, and asks anew for each. libssh and libssh2 know neither jump hosts nor
``~/.ssh/config`` nor security keys. A control master is the person's own ssh with all of
these; libvirt then runs ``command=`` (understood by every libvirt in use) in batch mode,
which is a script of ours that joins the master and can never ask, and whatever else reaches
the host (logs, files) joins it as well.

Nothing outlives virtty: the master runs under a few lines of shell that read a pipe from
us. However virtty ends, the pipe closes, and the whole process group goes with it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.hypervisor.advice import advise
from tui.hypervisor.signin import (
    AGAIN,
    Attempt,
    QuestionKind,
    SignInError,
    SignInField,
    SignInQuestion,
)
from tui.model.text import visible
from tui.model.uri import Uri

PATIENCE = 45.0
"""Seconds without any question after which a sign-in is given up (a name server that hangs)."""
CONNECT_TIMEOUT, ALIVE_EVERY, ALIVE_MISSED = 20, 5, 4
"""Seconds for TCP, seconds between signs of life, and how many may fail before ssh ends."""
PATH_MOST = 80
"""Characters of the folder's path: sockets allow 108, and ssh adds to it while it binds."""
SETTLE = 0.02
"""Seconds between two looks for the master's socket, while it signs in."""

FOLLOWS = re.compile(r"UNKNOWN port \d+$|^\w+_exchange_identification: ")
"""What ssh says after the reason, when the way through a jump host has ended."""
CHANGED = re.compile(r"Host key for (.+) has changed ")

KEEPER = """\
dir=$1; shift
clean() { rm -f "$dir/control" "$dir/ask" "$dir/askpass" "$dir/ssh"; rmdir "$dir"; }
exec 3<&0
"$@" </dev/null 3<&- &
master=$!
{ trap '' TERM; read -r _ <&3; kill -TERM 0; clean; } 2>/dev/null &
watcher=$!
wait "$master"; status=$?
kill -KILL "$watcher"
clean 2>/dev/null
exit $status
"""
"""Runs ssh until it ends or virtty does, and leaves nothing behind."""


@dataclass(frozen=True, slots=True)
class SignInTarget:
    """Whom to sign in to, and as whom: connections with the same one share a sign-in."""

    host: str
    user: str = ""
    port: int | None = None
    keyfile: str = ""
    jump: str = ""
    """``user@host:port``, several with commas, as for ``ssh -J``."""
    binary: str = "ssh"
    """The URI's ``command=``."""
    verify: bool = True
    """False for the URI's ``no_verify=1``."""

    @classmethod
    def of(cls, uri: Uri) -> SignInTarget:
        """The part of a ``…+ssh`` URI that ssh is concerned with."""
        return cls(
            uri.host,
            uri.user,
            uri.port,
            uri.get("keyfile"),
            uri.get("jump"),
            uri.get("command") or "ssh",
            uri.get("no_verify") in ("", "0"),
        )

    def arguments(self) -> list[str]:
        """ssh's arguments for it, the host last."""
        words: list[str] = []
        for flag, value in (
            ("-p", str(self.port or "")),
            ("-l", self.user),
            ("-i", self.keyfile),
            ("-J", self.jump),
        ):
            words += [flag, value] if value else []
        if not self.verify:
            words += ["-o", "StrictHostKeyChecking=no"]
        return [*words, "--", self.host]


def options(**values: object) -> list[str]:
    """``-o Name=value`` for each."""
    return [word for name, value in values.items() for word in ("-o", f"{name}={value}")]


class Master:
    """A running ``ssh -M -N``; made and used in threads, ended from any."""

    def __init__(self, target: SignInTarget, attempt: Attempt) -> None:
        """Start it; raises OSError, also where there is no such command."""
        if shutil.which(target.binary) is None:
            raise FileNotFoundError(errno.ENOENT, f"there is no command {target.binary} here")
        self.target = target
        self._directory = private_directory()
        self._control = self._directory / "control"
        self.wrapper = self._directory / "ssh"
        """Joins this sign-in and never asks: libvirt's ``command=``."""
        self._words: deque[str] = deque(maxlen=40)
        self._asked_before: Counter[tuple[int, str]] = Counter()
        """How often each ssh (by process id) has asked each thing."""
        self._attempt = attempt
        self._write_scripts()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._directory / "ask"))
        self._listener.listen()
        threading.Thread(target=self._answer_calls, name="ssh askpass", daemon=True).start()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", KEEPER, "virtty-ssh", str(self._directory), *self._command()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=self._environment(),
            start_new_session=True,  # no terminal that it could ask on
        )
        self._reader = threading.Thread(target=self._read_words, name="ssh words", daemon=True)
        self._reader.start()
        self._ready = False
        attempt.when_cancelled(self._give_up)

    def _command(self) -> list[str]:
        fixed = options(
            ControlPersist="no",
            BatchMode="no",
            ConnectTimeout=CONNECT_TIMEOUT,
            ServerAliveInterval=ALIVE_EVERY,
            ServerAliveCountMax=ALIVE_MISSED,
            ClearAllForwardings="yes",
            RemoteCommand="none",
            PermitLocalCommand="no",
            ForwardX11="no",
            ForwardAgent="no",
        )
        mode = ["-M", "-N", "-T", "-e", "none", "-S", str(self._control)]
        return [self.target.binary, *mode, *fixed, *self.target.arguments()]

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "SSH_ASKPASS": str(self._directory / "askpass"),
            "SSH_ASKPASS_REQUIRE": "force",
            # Before OpenSSH 8.4: askpass is used where there is a display and no terminal.
            "DISPLAY": os.environ.get("DISPLAY") or ":0",
            "VIRTTY_ASK": str(self._directory / "ask"),
        }

    def _write_scripts(self) -> None:
        helper = Path(__file__).with_name("askpass.py")
        self._write("askpass", [sys.executable, "-I", "-S", str(helper)])
        gone = "echo 'the sign-in to this host has ended' >&2; exit 1"
        join = options(
            ControlMaster="no",
            BatchMode="yes",
            # Without the master ssh would sign in by itself: that is not to happen.
            ProxyCommand=gone,
            ClearAllForwardings="yes",
            RemoteCommand="none",
            RequestTTY="no",
        )
        self._write("ssh", [self.target.binary, "-S", str(self._control), *join])

    def _write(self, name: str, words: Sequence[str]) -> None:
        path = self._directory / name
        path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        path.chmod(stat.S_IRWXU)

    # -- signing in --------------------------------------------------------------------------

    def sign_in(self) -> None:
        """Wait until it is through; raises SignInError."""
        quiet_since, asked = time.monotonic(), 0
        while not self._control.exists():
            if self._process.poll() is not None:
                self._reader.join(1)
                error = self._failure()
                self.close()
                raise error
            if self._attempt.is_asking or asked != self._attempt.asked:
                quiet_since, asked = time.monotonic(), self._attempt.asked
            if time.monotonic() - quiet_since > PATIENCE:
                self.close()
                raise SignInError(
                    f"Signing in to {self.target.host}",
                    words=f"no answer for {PATIENCE:.0f} s",
                    advice="Is the host up, and does the name server answer?",
                )
            time.sleep(SETTLE)
        self._ready = True

    def _failure(self) -> SignInError:
        return failure(
            self.target.host,
            list(self._words),
            asked=self._attempt.asked > 0,
            declined=self._attempt.declined,
        )

    @property
    def is_alive(self) -> bool:
        """Signed in, and ssh is still there."""
        return self._ready and self._process.poll() is None

    def _give_up(self) -> None:
        if not self._ready:
            self.close()

    def close(self) -> None:
        """End it and all that runs over it; does not wait."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _read_words(self) -> None:
        """What ssh says on standard error; the last of it is the reason when it ends."""
        assert self._process.stderr is not None
        with self._process.stderr as said:
            for line in said:
                self._words.append(line.decode(errors="replace").rstrip())
        self._process.wait()

    # -- ssh asks ----------------------------------------------------------------------------

    def _answer_calls(self) -> None:
        while True:
            try:
                call = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._answer, args=(call,), daemon=True).start()

    def _answer(self, call: socket.socket) -> None:
        with call, contextlib.suppress(OSError, ValueError):
            request = json.loads(call.makefile().readline())
            question = self._question(request["asker"], request["prompt"], request["kind"])

            def reply(answers: list[str] | None) -> None:
                with contextlib.suppress(OSError):
                    if answers is not None:
                        call.sendall(json.dumps(answers[0] if answers else "").encode() + b"\n")
                    elif question.kind is not QuestionKind.NOTICE:
                        call.shutdown(socket.SHUT_RDWR)

            question.on_answer = reply
            try:
                self._attempt.put(question)
                call.recv(1)  # until it has its answer, or ssh ends it
            finally:
                self._attempt.done(question)

    def _question(self, asker: int, prompt: str, kind: str) -> SignInQuestion:
        self._asked_before[asker, prompt] += 1
        return question_of(prompt, kind, self._asked_before[asker, prompt])

    # -- using it ----------------------------------------------------------------------------

    def run(self, command: str, timeout: float) -> bytes:
        """Run a command line on the host over this sign-in and return what it prints.

        Blocks; raises SignInError with the command's own words when it fails.
        """
        what = f"Running a command on {self.target.host}"
        try:
            done = subprocess.run(
                [str(self.wrapper), "-T", *self.target.arguments(), command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
                check=False,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise SignInError(what, words=f"no answer for {timeout:.0f} s") from None
        except OSError as error:  # its scripts go with the master
            raise SignInError(what, words="the sign-in to this host has ended") from error
        if done.returncode:
            words = visible(" ".join(done.stderr.decode(errors="replace").split()))
            raise SignInError(
                what, words=words or f"status {done.returncode}", advice=advise(words)
            )
        return done.stdout


def question_of(prompt: str, kind: str, count: int) -> SignInQuestion:
    """What ssh asks, as a question; ``kind`` is SSH_ASKPASS_PROMPT."""
    text = prompt.strip()
    if kind == "none":
        return SignInQuestion(QuestionKind.NOTICE, text)
    if "(yes/no" in text or text.startswith("Please type 'yes'"):
        return SignInQuestion(QuestionKind.HOST_KEY, text, attempt=count)
    if kind == "confirm":
        return SignInQuestion(QuestionKind.CONFIRM, text, attempt=count)
    # A PIN and a one-time code are secrets as well: nothing that ssh asks is echoed.
    return SignInQuestion(
        QuestionKind.FIELDS, fields=[SignInField(text.rstrip(": "), True)], attempt=count
    )


def failure(host: str, lines: Sequence[str], *, asked: bool, declined: bool) -> SignInError:
    """Why ssh ended before it was through, by what it wrote."""
    what = f"Signing in to {host}"
    text = "\n".join(lines)
    told = [visible(line.strip()) for line in lines if line.strip(" @\r")]
    causes = [line for line in told if not FOLLOWS.search(line)]
    words = (causes or told or ["ssh ended without a word"])[-1]
    if "IDENTIFICATION HAS CHANGED" in text:
        return _changed_key(what, host, told)
    if "Host key verification failed" in text:
        return SignInError(
            what,
            words="its host key was not accepted",
            advice=f"{AGAIN} Compare the fingerprint with what ssh-keygen -lf "
            "/etc/ssh/ssh_host_ed25519_key.pub prints there.",
            person=True,
        )
    refused = next((line for line in told if "Permission denied (" in line), "")
    if refused or "Too many authentication failures" in text:
        return SignInError(
            what,
            words=refused or words,
            advice=f"{AGAIN} Check the user name, and the password or the key.",
            person=True,
        )
    if declined:
        return SignInError(what, words="sign-in put off", advice=AGAIN, person=True)
    if asked:
        return SignInError(
            what, words=words, advice=f"The host waits only so long. {AGAIN}", person=True
        )
    return SignInError(what, words=words, advice=advise(words))


def _changed_key(what: str, host: str, told: Sequence[str]) -> SignInError:
    """The host has another key than ``known_hosts`` tells of it; ``told`` is what ssh wrote."""
    words = [word.rstrip(".") for line in told for word in line.split()]
    fingerprint = next((word for word in words if word.startswith(("SHA256:", "MD5:"))), "")
    where = next((line.partition(" key in ")[2] for line in told if "Offending " in line), "")
    file = where.rpartition(":")[0]
    # With its port where that is not the usual one; of a jump host, that one's.
    known_as = next((found[1] for line in told if (found := CHANGED.match(line))), host)
    forget = shlex.join(["ssh-keygen", *(["-f", file] if file else []), "-R", known_as])
    return SignInError(
        what,
        words=f"the host key has changed: it is {fingerprint or 'another one'} now, "
        f"and {where or 'known_hosts'} has another",
        advice="Somebody may sit in between: do not sign in before its administrator has "
        f"confirmed the new key. Then: {forget}",
        hopeless=True,
    )


def private_directory() -> Path:
    """A new folder for this user alone, with a short path, from which scripts may be run."""
    wanted = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp", "/dev/shm"]
    for place in wanted:
        if not place or len(place) > PATH_MOST - len("/virtty-12345678/control"):
            continue
        with contextlib.suppress(OSError):
            if not os.statvfs(place).f_flag & os.ST_NOEXEC:
                return Path(tempfile.mkdtemp(prefix="virtty-", dir=place))
    raise SignInError(
        "Signing in",
        words="no folder for ssh's control socket",
        advice="Set TMPDIR to a folder with a short path, not mounted noexec.",
    )


class SignIns:
    """The sign-ins of this run, one per target."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[SignInTarget, threading.Lock] = {}
        self._masters: dict[SignInTarget, Master] = {}
        self._users: dict[SignInTarget, set[str]] = {}

    def sign_in(self, target: SignInTarget, user: str, attempt: Attempt) -> Master:
        """The target's master, started where there is none; ``user`` keeps it alive.

        Blocks; raises SignInError. Two hosts that want the same one wait for each other.
        """
        with self._lock:
            lock = self._locks.setdefault(target, threading.Lock())
        with lock:
            master = self._masters.get(target)
            if master is None or not master.is_alive:
                if master is not None:
                    master.close()
                if attempt.is_cancelled:
                    raise SignInError(f"Signing in to {target.host}", words="given up")
                try:
                    master = Master(target, attempt)
                except OSError as error:
                    raise SignInError(
                        f"Signing in to {target.host}",
                        words=error.strerror or str(error),
                        advice="virtty needs the ssh command of OpenSSH for this.",
                        hopeless=True,
                    ) from error
                master.sign_in()
                self._masters[target] = master
            with self._lock:
                users = self._users.setdefault(target, set())
                if attempt.is_cancelled:  # nobody would release it
                    if not users:
                        del self._users[target], self._masters[target]
                        master.close()
                    raise SignInError(f"Signing in to {target.host}", words="given up")
                users.add(user)
            return master

    def release(self, user: str) -> None:
        """A host needs its sign-in no longer: it ends with its last user."""
        with self._lock:
            for target, users in list(self._users.items()):
                users.discard(user)
                if not users:
                    del self._users[target]
                    if master := self._masters.pop(target, None):
                        master.close()

    def master(self, user: str) -> Master | None:
        """The sign-in that a host uses; None when it has none."""
        with self._lock:
            found = (self._masters.get(t) for t, users in self._users.items() if user in users)
            return next((m for m in found if m is not None and m.is_alive), None)

    def close(self) -> None:
        """End all of them; does not wait."""
        with self._lock:
            masters = list(self._masters.values())
            self._masters.clear()
            self._users.clear()
        for master in masters:
            master.close()
