"""The key map: every way of spelling a key, every way of getting it wrong."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual.keys import _character_to_key

from tui.keymap import (
    EVERYWHERE,
    NAMED_KEYS,
    ActionKeys,
    normalise_key,
    normalise_keys,
    resolve_keymap,
)
from tui.widgets.key_bar import key_word

ACTIONS = {
    action.id: action
    for action in (
        ActionKeys("app.help", (EVERYWHERE,), "question_mark"),
        ActionKeys("app.palette", (EVERYWHERE,), "ctrl+p,colon"),
        ActionKeys("machine.start", ("Machines", "Machine"), "s"),
        ActionKeys("machine.shutdown", ("Machines", "Machine"), "S"),
        ActionKeys("machine.pause", ("Machines", "Machine"), "p"),
        ActionKeys("machines.filter", ("Machines",), "slash"),
        ActionKeys("host.connect", ("Hosts",), "s"),
    )
}
DEFAULTS = {action.id: action.keys for action in ACTIONS.values()}


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("s", "s"),
        ("G", "G"),
        ("shift+g", "G"),
        (" Ctrl+S ", "ctrl+s"),
        ("shift+ctrl+left", "ctrl+shift+left"),
        ("F2", "f2"),
        ("/", "slash"),
        ("?", "question_mark"),
        ("<", "less_than_sign"),
        (",", "comma"),
        ("+", "plus"),
        ("ctrl++", "ctrl+plus"),
        ("ctrl+]", "ctrl+right_square_bracket"),
        ("question_mark", "question_mark"),
        ("hyphen_minus", "minus"),
        ("Esc", "escape"),
        ("PgUp", "pageup"),
        ("é", "é"),
        ("Space", "space"),
    ],
)
def test_keys_may_be_spelt_in_many_ways(written, key):
    assert normalise_key(written) == key


@pytest.mark.parametrize("written", ["", "cntrl+s", "escpae", "f25", "ctrl+", "no key", "+s"])
def test_keys_that_do_not_exist(written):
    with pytest.raises(ValueError, match="key"):
        normalise_key(written)


def test_a_wrong_name_comes_with_a_guess():
    with pytest.raises(ValueError, match="Did you mean escape"):
        normalise_key("escpae")


@pytest.mark.parametrize("character", [c for c in string.printable if not c.isspace()])
def test_characters_are_named_as_textual_names_them(character):
    assert normalise_key(character) == _character_to_key(character)


@example("﷽")
@given(st.text(max_size=12))
def test_normalising_twice_is_normalising_once(text):
    try:
        once = normalise_keys(text)
    except ValueError:
        return
    assert normalise_keys(once) == once


def test_several_keys_are_kept_once_each():
    assert normalise_keys("j, down,j") == "j,down"
    assert normalise_keys(",") == "comma"


def test_defaults_are_sound_and_kept():
    assert resolve_keymap({}, ACTIONS) == (DEFAULTS, [])


def test_a_key_of_ones_own():
    keys, problems = resolve_keymap({"machine.start": "Ctrl+S, f3"}, ACTIONS)
    assert problems == []
    assert keys == DEFAULTS | {"machine.start": "ctrl+s,f3"}


def test_two_actions_can_swap_keys():
    keys, problems = resolve_keymap({"machine.start": "S", "machine.shutdown": "s"}, ACTIONS)
    assert problems == []
    assert (keys["machine.start"], keys["machine.shutdown"]) == ("S", "s")


def test_one_key_in_two_places_is_no_clash():
    assert resolve_keymap({"host.connect": "p"}, ACTIONS)[1] == []


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"machine.stert": "s"}, "no action machine.stert"),
        ({"machine.start": ""}, "no key is given"),
        ({"machine.start": ", ,"}, "no key is given"),
        ({"machine.start": "cntrl+s"}, "cntrl is not a modifier"),
        ({"machine.start": "p"}, "machine.start and machine.pause are both on p"),
        ({"machine.pause": "?"}, "app.help and machine.pause are both on question_mark"),
        ({"host.connect": "ctrl+p"}, "app.palette and host.connect are both on ctrl+p"),
    ],
)
def test_a_fault_is_told_and_the_default_stays(entries, words):
    keys, (problem,) = resolve_keymap(entries, ACTIONS)
    assert words in str(problem)
    assert keys == DEFAULTS


def test_an_unknown_action_comes_with_a_guess():
    (problem,) = resolve_keymap({"machine.stert": "f3"}, ACTIONS)[1]
    assert problem.advice == "Did you mean machine.start?"


def test_of_two_entries_on_one_key_the_first_stays():
    keys, (problem,) = resolve_keymap({"machine.pause": "f3", "machine.start": "F3"}, ACTIONS)
    assert keys == DEFAULTS | {"machine.pause": "f3"}
    assert "both on f3" in problem.words


def test_keys_that_a_terminal_cannot_tell_apart():
    entries = {"machine.pause": "tab", "machine.start": "ctrl+i"}
    (problem,) = resolve_keymap(entries, ACTIONS)[1]
    assert "both on tab" in problem.words


def test_a_clash_among_the_defaults_is_told():
    twice = ACTIONS | {"machine.stop": ActionKeys("machine.stop", ("Machine",), "s")}
    (problem,) = resolve_keymap({}, twice)[1]
    assert "machine.start and machine.stop" in problem.words


KEYS = st.sampled_from(["s", "S", "p", "/", "?", "ctrl+p", "f3", "nonsense", ""])


@given(st.dictionaries(st.sampled_from(sorted(ACTIONS)), KEYS))
def test_whatever_is_written_no_key_calls_two_actions(entries):
    keys, _ = resolve_keymap(entries, ACTIONS)
    effective = {id_: ActionKeys(id_, ACTIONS[id_].scopes, keys[id_]) for id_ in ACTIONS}
    assert resolve_keymap({}, effective)[1] == []


@pytest.mark.parametrize("name", sorted(NAMED_KEYS))
def test_every_key_with_a_name_is_shown_as_keyboards_print_it(name: str):
    assert key_word(name)[0].isupper()
