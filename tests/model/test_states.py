"""The numbers are libvirt's, the words are ours."""

import re

import libvirt
import pytest

from tui.model.states import DomainState, lifecycle_text, reason_text, state_after, state_of

EVENTS = (
    "DEFINED",
    "UNDEFINED",
    "STARTED",
    "SUSPENDED",
    "RESUMED",
    "STOPPED",
    "SHUTDOWN",
    "PMSUSPENDED",
    "CRASHED",
)


def constants(prefix: str) -> dict[str, int]:
    found = {
        name.removeprefix(prefix): value
        for name, value in vars(libvirt).items()
        if name.startswith(prefix) and isinstance(value, int)
    }
    assert found
    return found


def constant(name: str) -> int:
    value = getattr(libvirt, f"VIR_DOMAIN_{name}")
    assert isinstance(value, int)
    return value


@pytest.mark.parametrize("state", DomainState)
def test_a_state_has_libvirts_number(state):
    assert constant(state.name) == state


def test_states_are_told_apart_without_colour_and_without_words():
    assert len({state.glyph for state in DomainState}) == len(DomainState)
    assert len({state.word for state in DomainState}) == len(DomainState)
    assert all(len(state.glyph) == 1 for state in DomainState)


def test_glyphs_are_in_the_kernels_console_font():
    # The low control positions of CP437 draw these in the kernel's font; Python's codec lacks them.
    low = {"▶", "•", "▼"}
    for state in DomainState:
        assert state.glyph in low or state.glyph.encode("cp437")


def test_a_state_of_a_newer_libvirt_is_no_state():
    assert state_of(99) is DomainState.NOSTATE


def test_only_an_off_domain_is_not_active():
    assert [state.name for state in DomainState if not state.is_active] == ["SHUTOFF"]


@pytest.mark.parametrize("state", DomainState)
def test_every_reason_of_libvirt_has_words(state):
    for name, reason in constants(f"VIR_DOMAIN_{state.name}_").items():
        if state is DomainState.SHUTDOWN and name not in ("UNKNOWN", "USER"):
            continue  # a flag of virDomainShutdownFlags
        text = reason_text(state, reason)
        assert not re.match("reason ", text), name
        if "UNKNOWN" in name:
            assert text == ""
        else:
            assert text, name


@pytest.mark.parametrize(
    ("state", "name", "text"),
    [
        ("SHUTOFF", "SHUTOFF_DESTROYED", "forced off"),
        ("SHUTOFF", "SHUTOFF_SAVED", "saved to disk"),
        ("SHUTOFF", "SHUTOFF_DAEMON", "stopped by the daemon"),
        ("RUNNING", "RUNNING_CRASHED", "its kernel crashed"),
        ("RUNNING", "RUNNING_POSTCOPY_FAILED", "post-copy migration failed"),
        ("PAUSED", "PAUSED_IOERROR", "disk I/O error"),
        ("PAUSED", "PAUSED_STARTING_UP", "starting up"),
        ("PAUSED", "PAUSED_POSTCOPY_FAILED", "post-copy migration failed"),
        ("CRASHED", "CRASHED_PANICKED", "its kernel panicked"),
    ],
)
def test_reasons_stand_at_their_numbers(state, name, text):
    assert reason_text(DomainState[state], constant(name)) == text


def test_an_unknown_reason_is_told_by_number():
    assert reason_text(DomainState.RUNNING, 77) == "reason 77"


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_and_detail_of_libvirt_has_words(event):
    number = constant(f"EVENT_{event}")
    for name, detail in constants(f"VIR_DOMAIN_EVENT_{event}_").items():
        assert not re.search(r"detail \d", lifecycle_text(number, detail)), name


@pytest.mark.parametrize(
    ("event", "detail", "state", "reason"),
    [
        ("STARTED", "BOOTED", "RUNNING", "BOOTED"),
        ("STARTED", "MIGRATED", "RUNNING", "MIGRATED"),
        ("STARTED", "RESTORED", "RUNNING", "RESTORED"),
        ("STARTED", "FROM_SNAPSHOT", "RUNNING", "FROM_SNAPSHOT"),
        ("STARTED", "WAKEUP", "RUNNING", "WAKEUP"),
        ("SUSPENDED", "PAUSED", "PAUSED", "USER"),
        ("SUSPENDED", "MIGRATED", "PAUSED", "MIGRATION"),
        ("SUSPENDED", "IOERROR", "PAUSED", "IOERROR"),
        ("SUSPENDED", "WATCHDOG", "PAUSED", "WATCHDOG"),
        ("SUSPENDED", "FROM_SNAPSHOT", "PAUSED", "FROM_SNAPSHOT"),
        ("SUSPENDED", "API_ERROR", "PAUSED", "UNKNOWN"),
        ("SUSPENDED", "POSTCOPY", "PAUSED", "POSTCOPY"),
        ("SUSPENDED", "POSTCOPY_FAILED", "PAUSED", "POSTCOPY_FAILED"),
        ("RESUMED", "UNPAUSED", "RUNNING", "UNPAUSED"),
        ("RESUMED", "MIGRATED", "RUNNING", "MIGRATED"),
        ("RESUMED", "FROM_SNAPSHOT", "RUNNING", "FROM_SNAPSHOT"),
        ("RESUMED", "POSTCOPY", "RUNNING", "POSTCOPY"),
        ("STOPPED", "SHUTDOWN", "SHUTOFF", "SHUTDOWN"),
        ("STOPPED", "DESTROYED", "SHUTOFF", "DESTROYED"),
        ("STOPPED", "CRASHED", "SHUTOFF", "CRASHED"),
        ("STOPPED", "MIGRATED", "SHUTOFF", "MIGRATED"),
        ("STOPPED", "SAVED", "SHUTOFF", "SAVED"),
        ("STOPPED", "FAILED", "SHUTOFF", "FAILED"),
        ("STOPPED", "FROM_SNAPSHOT", "SHUTOFF", "FROM_SNAPSHOT"),
        ("SHUTDOWN", "FINISHED", "SHUTDOWN", "UNKNOWN"),
        ("PMSUSPENDED", "MEMORY", "PMSUSPENDED", "UNKNOWN"),
        ("CRASHED", "PANICKED", "CRASHED", "PANICKED"),
    ],
)
def test_the_state_after_an_event(event, detail, state, reason):
    after = state_after(constant(f"EVENT_{event}"), constant(f"EVENT_{event}_{detail}"))
    assert after == (constant(state), constant(f"{state}_{reason}"))


@pytest.mark.parametrize(
    "event", [("DEFINED", "UPDATED"), ("UNDEFINED", "REMOVED"), ("CRASHED", "CRASHLOADED")]
)
def test_events_that_tell_nothing_of_the_state(event):
    kind, detail = event
    assert state_after(constant(f"EVENT_{kind}"), constant(f"EVENT_{kind}_{detail}")) is None


def test_details_and_events_of_a_newer_libvirt():
    assert state_after(2, 99) == (DomainState.RUNNING, 0)
    assert lifecycle_text(5, 99) == "stopped: detail 99"
    assert state_after(42, 0) is None
    assert lifecycle_text(42, 7) == "lifecycle event 42, detail 7"


def test_what_stands_still_can_be_resumed():
    resumable = [state for state in DomainState.__members__.values() if state.can_resume]
    assert resumable == [DomainState.PAUSED, DomainState.PMSUSPENDED]


def test_words_are_a_persons():
    assert lifecycle_text(constant("EVENT_STOPPED"), 1) == "stopped: forced off"
    assert lifecycle_text(constant("EVENT_STARTED"), 0) == "started: booted"
