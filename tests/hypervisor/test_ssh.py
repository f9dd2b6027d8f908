"""What ssh asks and says, in our words; the texts are OpenSSH's own."""

from __future__ import annotations

import select
import socket
from pathlib import Path

import pytest

from tests.waiting import until
from tui.hypervisor.opening import state_after
from tui.hypervisor.records import HostFacts, HostState
from tui.hypervisor.signin import Attempt, QuestionKind, SignInError, SignInQuestion
from tui.hypervisor.signin import question_of as libvirt_question
from tui.hypervisor.ssh import SignIns, SignInTarget, failure, question_of
from tui.model.uri import Uri

NO_FACTS = HostFacts("box", "QEMU", "9.0.0", "7.2.0", "x86_64", 8, 1 << 34, False)
CHANGED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
SHA256:3PpiQH1LNdfjXa6d0LyrBdHbmHtk4BFCMRvGoPKhvg4.
Please contact your system administrator.
Add correct host key in /home/me/.ssh/known_hosts to get rid of this message.
Offending ED25519 key in /home/me/.ssh/known_hosts:7
Host key for [far]:2222 has changed and you have requested strict checking.
Host key verification failed.""".splitlines()


def test_a_changed_host_key_names_key_and_line() -> None:
    error = failure("far", CHANGED, asked=False, declined=False)
    assert "SHA256:3PpiQH1LNdfjXa6d0LyrBdHbmHtk4BFCMRvGoPKhvg4 now" in error.words
    assert "/home/me/.ssh/known_hosts:7" in error.words
    assert error.advice.endswith("ssh-keygen -f /home/me/.ssh/known_hosts -R '[far]:2222'")
    assert error.hopeless
    assert not error.needs_person


@pytest.mark.parametrize(
    ("line", "asked", "declined", "person", "words"),
    [
        ("me@far: Permission denied (publickey,password).", True, False, True, "Permission denied"),
        ("me@far: Permission denied (publickey).", False, False, True, "Permission denied"),
        ("Host key verification failed.", True, False, True, "was not accepted"),
        ("ssh: connect to host far port 22: Connection refused", False, False, False, "refused"),
        (
            "ssh: Could not resolve hostname far: Name or service not known",
            False,
            False,
            False,
            "far",
        ),
        ("Connection closed by 10.0.0.1 port 22", True, False, True, "Connection closed"),
        ("Connection closed by 10.0.0.1 port 22", True, True, True, "put off"),
        ("\x1b[2Jodd", False, False, False, "␛[2Jodd"),
    ],
)
def test_why_ssh_ended_is_told_in_its_own_words(
    line: str, asked: bool, declined: bool, person: bool, words: str
) -> None:
    error = failure("far", ["Banner of the host", line], asked=asked, declined=declined)
    assert words in error.words
    assert error.needs_person is person
    assert not error.hopeless


def test_what_follows_at_a_jump_host_is_not_the_reason() -> None:
    cause = "ssh: Could not resolve hostname gate: Name or service not known"
    consequences = [
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by UNKNOWN port 65535",
    ]
    error = failure("far", [cause, *consequences], asked=False, declined=False)
    assert error.words == cause
    assert "No such host" in error.advice
    assert failure("far", consequences, asked=False, declined=False).words == consequences[-1]


@pytest.mark.parametrize(
    ("prompt", "hint", "kind"),
    [
        ("me@far's password: ", "", QuestionKind.FIELDS),
        ("Enter passphrase for key '/k': ", "", QuestionKind.FIELDS),
        ("(me@far) Verification code: ", "", QuestionKind.FIELDS),
        ("Enter PIN for ED25519-SK key /k: ", "", QuestionKind.FIELDS),
        ("Confirm user presence for key ED25519-SK", "none", QuestionKind.NOTICE),
        ("Allow use of key /k?", "confirm", QuestionKind.CONFIRM),
        ("Are you sure you want to continue connecting (yes/no)? ", "", QuestionKind.HOST_KEY),
        ("Please type 'yes', 'no' or the fingerprint: ", "", QuestionKind.HOST_KEY),
    ],
)
def test_what_ssh_asks_is_told_apart_and_never_echoed(
    prompt: str, hint: str, kind: QuestionKind
) -> None:
    question = question_of(prompt, hint, 1)
    assert question.kind is kind
    assert all(field.secret for field in question.fields)


def test_credentials_of_libvirt_are_fields() -> None:
    question = libvirt_question(
        [[2, "Enter name", "", "me", None], [5, "Enter password: ", "", None, None]], 1
    )
    assert [(f.prompt, f.secret, f.default) for f in question.fields] == [
        ("Enter name", False, "me"),
        ("Enter password", True, ""),
    ]


def test_one_target_for_one_sign_in() -> None:
    base = "qemu+ssh://me@far:22/"
    one = SignInTarget.of(Uri.parse(f"{base}system?jump=gate&keyfile=/k&no_verify=1"))
    assert one == SignInTarget.of(
        Uri.parse(f"{base}session?socket=/x&jump=gate&keyfile=/k&no_verify=1")
    )
    assert one.arguments() == [
        *("-p", "22", "-l", "me", "-i", "/k", "-J", "gate"),
        *("-o", "StrictHostKeyChecking=no", "--", "far"),
    ]
    assert SignInTarget.of(Uri.parse(f"{base}system")).verify


def test_a_host_name_is_no_option() -> None:
    words = SignInTarget.of(Uri("qemu", "ssh", host="-oProxyCommand=x")).arguments()
    assert words == ["--", "-oProxyCommand=x"]


def test_a_cancelled_attempt_answers_what_is_open_and_what_comes() -> None:
    put: list[SignInQuestion] = []
    attempt = Attempt(put.append, lambda _question: None)
    first, second = SignInQuestion(QuestionKind.CONFIRM), SignInQuestion(QuestionKind.CONFIRM)
    attempt.put(first)
    given_up: list[bool] = []
    attempt.when_cancelled(lambda: given_up.append(True))
    attempt.cancel()
    assert not first.is_open
    assert attempt.ask(second) is None
    attempt.when_cancelled(lambda: given_up.append(True))
    assert given_up == [True, True]
    assert put == [first]


def test_nobody_signed_in_has_no_master() -> None:
    assert SignIns().master("far") is None


@pytest.fixture
def stand_in(tmp_path: Path) -> SignInTarget:
    """Signs in at once: it makes the control socket's file and stays."""
    ssh = tmp_path / "ssh"
    ssh.write_text(
        '#!/bin/sh\nwhile [ "$1" != -S ]; do shift; done\ntouch "$2"\nexec sleep 60 <&-\n'
    )
    ssh.chmod(0o700)
    return SignInTarget("h", binary=str(ssh))


def test_without_ssh_it_says_so_and_does_not_try_again() -> None:
    target = SignInTarget("h", binary="no-such-ssh")
    with pytest.raises(SignInError, match="no command no-such-ssh") as caught:
        SignIns().sign_in(target, "a", Attempt(print, print))
    assert "OpenSSH" in caught.value.advice
    assert state_after(caught.value) is HostState.FAILED


async def test_an_attempt_given_up_keeps_no_sign_in_alive(stand_in: SignInTarget) -> None:
    sign_ins, given_up = SignIns(), Attempt(print, print)
    master = sign_ins.sign_in(stand_in, "a", Attempt(print, print))
    given_up.cancel()
    with pytest.raises(SignInError, match="given up"):
        sign_ins.sign_in(stand_in, "b", given_up)
    assert sign_ins.master("a") is master
    sign_ins.release("a")
    await until(lambda: not master.is_alive)


async def test_a_question_whose_asker_dies_is_withdrawn(stand_in: SignInTarget) -> None:
    asked: list[SignInQuestion] = []
    done: list[SignInQuestion] = []
    attempt, sign_ins = Attempt(asked.append, done.append), SignIns()
    master = sign_ins.sign_in(stand_in, "a", attempt)
    with socket.socket(socket.AF_UNIX) as asker:
        asker.connect(str(master.wrapper.with_name("ask")))
        asker.sendall(b'{"asker": "", "prompt": "Password: ", "kind": ""}\n')
        await until(lambda: asked)
        asked[0].answer(["never read"])  # its end is then a reset, not an end of file
        await until(lambda: select.select([asker], [], [], 0)[0])
    await until(lambda: done == asked)
    assert not attempt.is_asking
    sign_ins.close()


async def test_a_command_after_the_sign_in_has_ended_is_told_so(stand_in: SignInTarget) -> None:
    sign_ins = SignIns()
    master = sign_ins.sign_in(stand_in, "a", Attempt(print, print))
    sign_ins.close()
    await until(lambda: not master.wrapper.exists())
    with pytest.raises(SignInError, match="has ended"):
        master.run("true", 5)
