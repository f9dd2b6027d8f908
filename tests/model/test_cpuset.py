"""Lists of CPUs as they are typed and read."""

from __future__ import annotations

import pytest

from tui.model import Domain
from tui.model.cpuset import format_cpus, parse_cpus
from tui.model.fields import fields_of
from tui.model.section_rules import pins
from tui.model.sections import Cpu
from tui.model.surroundings import HostCell, Surroundings


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0-3,^2,8", {0, 1, 3, 8}),
        ("^1, 0-1", {0, 1}),
        ("16383", {16383}),
        ("5-3", set()),
        ("", set()),
        ("all", set()),
        ("1,", set()),
        ("1-", set()),
        ("²", set()),
        ("0-9999999999", set()),  # whole in memory it would be 100 GB and more
    ],
)
def test_a_list_is_read_as_libvirt_reads_it(text: str, numbers: set[int]) -> None:
    assert parse_cpus(text) == numbers


def test_the_shortest_list_says_the_same() -> None:
    assert format_cpus({8, 0, 1, 3, 2}) == "0-3,8"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("cpuset", "0-9999999999"),
        ("pins", "0=0-9999999999"),
        ("emulator_pin", "123456"),
        ("current", "4000000000"),
        ("maximum", "4000000000"),
    ],
)
def test_numbers_that_no_host_has_are_not_taken(field: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|1 to 16384"):
        fields_of(Cpu)[field].parse(text)


def test_cpus_that_the_host_lacks_are_told_as_a_list() -> None:
    document = Domain.from_xml("<domain><name>a</name><vcpu cpuset='0-900'>2</vcpu></domain>")
    around = Surroundings(cells=(HostCell(0, (0, 1, 2, 3), None),))
    (finding,) = pins(document, around)
    assert finding.text == "The host has no CPU 4-900: it would not start."
