"""The settings file: read without ever failing, changed without ever losing a word."""

import os
import stat
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from tui import settings_edit
from tui.remembered import Remembered, load_remembered, save_remembered
from tui.settings import HostEntry, MachinesSettings, Problem, Settings, load_settings
from tui.settings_edit import SettingsError, add_host, change_host, remove_host

FULL = """\
# my settings
theme = "nord"  # the blue one

[machines]
columns = ["state", "name", "cpu"]

[keys]
"machine.start" = "s"
machine.stop = "S,f9"

# the one in the cellar
[[hosts]]
name = "cellar"
uri = "qemu+ssh://root@cellar/system"  # by cable

[[hosts]]
name = "lab"
uri = "test:///default"
autoconnect = false
readonly = true
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "virtty" / "settings.toml"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(path: Path, text: str) -> list[Problem]:
    return load_settings(write(path, text))[1]


class TestReading:
    def test_missing_file_means_defaults_and_stays_missing(self, path):
        assert load_settings(path) == (Settings(), [])
        assert not path.exists()

    def test_everything(self, path):
        settings, problems = load_settings(write(path, FULL))
        assert problems == []
        assert settings == Settings(
            theme="nord",
            machines=MachinesSettings(["state", "name", "cpu"]),
            keys={"machine.start": "s", "machine.stop": "S,f9"},
            hosts=[
                HostEntry("cellar", "qemu+ssh://root@cellar/system"),
                HostEntry("lab", "test:///default", autoconnect=False, readonly=True),
            ],
        )

    @pytest.mark.parametrize(
        ("text", "line", "words"),
        [
            ('theme = "a"\nthemes = "b"\n', 2, "Unknown setting themes"),
            ("theme = 3\n", 1, "theme: must be text"),
            ("\n[machines]\n\ncolums = []\n", 4, "Unknown setting machines.colums"),
            ("[machines]\ncolumns = [1]\n", 2, "machines.columns: must be text"),
            ('[keys]\n"machine.start" = 5\n', 2, "keys.machine.start: must be text"),
            ("machines = 5\n", 1, "machines must be a table"),
            ("hosts = 5\n", 1, "hosts must be a list"),
            ('[[hosts]]\nname = "a"\n', 1, "uri is missing"),
            ('[[hosts]]\nname = "a"\nuri = "u"\nreadonly = "yes"\n', 4, "true or false"),
            ('[[hosts]]\nname = " "\nuri = "u"\n', 1, "a host needs a name"),
            ('[[hosts]]\nname="a"\nuri="u"\n[[hosts]]\nname="b"\nuri="u"\nx=1\n', 7, "field x"),
            ('[[hosts]]\nname="a"\nuri="u"\n[[hosts]]\nname="a"\nuri="v"\n', 5, "Two hosts"),
            ("a = 1\nb = = 2\n", 2, "Not valid TOML"),
            ("[machines\n", 1, "Not valid TOML"),
        ],
    )
    def test_a_fault_is_told_with_its_line(self, path, text, line, words):
        (problem,) = problems_of(path, text)
        assert problem.path == path
        assert problem.line == line
        assert words in problem.words
        assert str(path) in str(problem)

    def test_unknown_names_come_with_a_guess(self, path):
        (problem,) = problems_of(path, 'themes = "b"\n')
        assert problem.advice == "Did you mean theme?"

    def test_one_fault_costs_only_itself(self, path):
        text = FULL.replace('"nord"', "7").replace("readonly", "readonlee")
        settings, problems = load_settings(write(path, text))
        assert len(problems) == 2
        assert settings.theme is None
        assert [host.name for host in settings.hosts] == ["cellar"]
        assert settings.machines.columns == ["state", "name", "cpu"]

    def test_not_utf8(self, path):
        write(path, "")
        path.write_bytes(b'theme = "\xff"')
        settings, (problem,) = load_settings(path)
        assert settings == Settings()
        assert "UTF-8" in problem.words

    def test_a_directory(self, tmp_path):
        _, (problem,) = load_settings(tmp_path)
        assert "cannot be read" in problem.words

    @given(st.text())
    def test_no_text_stops_the_program(self, tmp_path_factory, text):
        path = tmp_path_factory.mktemp("any") / "settings.toml"
        path.write_text(text, encoding="utf-8")
        load_settings(path)

    json = st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab.", max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["name", "uri", "columns", "x"]), inner)
        ),
        max_leaves=6,
    )

    @given(st.dictionaries(st.sampled_from([*Settings.__struct_fields__, "x"]), json))
    def test_no_shape_stops_the_program(self, tmp_path_factory, raw):
        def without_null(value):
            if isinstance(value, dict):
                return {k: without_null(v) for k, v in value.items() if v is not None}
            if isinstance(value, list):
                return [without_null(v) for v in value if v is not None]
            return value

        path = tmp_path_factory.mktemp("any") / "settings.toml"
        path.write_text(tomlkit.dumps(without_null(raw)), encoding="utf-8")
        settings, _ = load_settings(path)
        assert all(isinstance(host, HostEntry) for host in settings.hosts)


class TestEditing:
    def test_the_first_host_makes_a_private_file(self, path):
        entry = HostEntry("lab", "test:///default", readonly=True)
        add_host(path, entry)
        assert load_settings(path) == (Settings(hosts=[entry]), [])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text() == (
            '[[hosts]]\nname = "lab"\nuri = "test:///default"\nreadonly = true\n'
        )

    def test_adding_keeps_every_word(self, path):
        add_host(write(path, FULL), HostEntry("new", "qemu:///system"))
        assert path.read_text().startswith(FULL)
        assert [host.name for host in load_settings(path)[0].hosts] == ["cellar", "lab", "new"]

    def test_adding_to_an_inline_list(self, path):
        write(path, 'hosts = [{name = "a", uri = "u"}]\ntheme = "nord"\n')
        add_host(path, HostEntry("b", "v"))
        settings, problems = load_settings(path)
        assert problems == []
        assert [host.name for host in settings.hosts] == ["a", "b"]
        assert settings.theme == "nord"

    def test_changing_keeps_comments(self, path):
        write(path, FULL)
        change_host(path, "cellar", HostEntry("attic", "qemu+ssh://attic/system", readonly=True))
        text = path.read_text()
        assert "# the one in the cellar" in text
        assert "# by cable" in text
        assert load_settings(path)[0].hosts[0] == HostEntry(
            "attic", "qemu+ssh://attic/system", readonly=True
        )
        assert "autoconnect = true" not in text

    def test_changing_to_the_same_changes_no_byte(self, path):
        write(path, FULL)
        before = path.stat()
        change_host(path, "cellar", HostEntry("cellar", "qemu+ssh://root@cellar/system"))
        assert path.read_text() == FULL
        assert path.stat().st_ino == before.st_ino

    def test_removing(self, path):
        write(path, FULL)
        remove_host(path, "cellar")
        assert [host.name for host in load_settings(path)[0].hosts] == ["lab"]
        remove_host(path, "lab")
        settings, problems = load_settings(path)
        assert problems == []
        assert settings.hosts == []
        assert settings.theme == "nord"
        add_host(path, HostEntry("again", "u"))
        assert [host.name for host in load_settings(path)[0].hosts] == ["again"]

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda path: add_host(path, HostEntry("lab", "u")), "already"),
            (lambda path: change_host(path, "lab", HostEntry("cellar", "u")), "already"),
            (lambda path: change_host(path, "gone", HostEntry("x", "u")), "no host named gone"),
            (lambda path: remove_host(path, "gone"), "no host named gone"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, path, change, words):
        write(path, FULL)
        with pytest.raises(SettingsError, match=words):
            change(path)
        assert path.read_text() == FULL

    @pytest.mark.parametrize("text", ["theme = = 1\n", "hosts = 5\n", "hosts = [1]\n"])
    def test_a_broken_file_is_never_written_over(self, path, text):
        write(path, text)
        with pytest.raises(SettingsError, match="Mend the file"):
            add_host(path, HostEntry("lab", "u"))
        assert path.read_text() == text

    def test_unknown_settings_survive(self, path):
        write(path, "of_a_newer_version = 1\n")
        add_host(path, HostEntry("lab", "u"))
        assert "of_a_newer_version = 1\n" in path.read_text()

    def test_a_write_protected_file_is_refused(self, path, monkeypatch):
        write(path, FULL)
        # Root may write anything, so the answer is put in access()'s mouth.
        monkeypatch.setattr(os, "access", lambda *_: False)
        with pytest.raises(SettingsError, match="write-protected"):
            remove_host(path, "lab")
        assert path.read_text() == FULL

    def test_a_directory_that_cannot_be_made(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(SettingsError, match="cannot be saved"):
            add_host(tmp_path / "file" / "settings.toml", HostEntry("lab", "u"))

    def test_links_and_modes_are_kept(self, path, tmp_path):
        real = write(tmp_path / "dotfiles" / "virtty.toml", FULL)
        real.chmod(0o644)
        path.parent.mkdir()
        path.symlink_to(real)
        remove_host(path, "lab")
        assert path.is_symlink()
        assert "lab" not in {host.name for host in load_settings(real)[0].hosts}
        assert stat.S_IMODE(real.stat().st_mode) == 0o644
        assert os.listdir(real.parent) == ["virtty.toml"]

    def test_an_editor_that_saves_meanwhile_loses_nothing(self, path, monkeypatch):
        write(path, FULL)
        parse = tomlkit.parse
        saves = iter([FULL.replace("cellar", "loft")])

        def slow_parse(text):
            for text_of_editor in saves:
                path.write_text(text_of_editor)
            return parse(text)

        monkeypatch.setattr(settings_edit.tomlkit, "parse", slow_parse)
        add_host(path, HostEntry("new", "u"))
        assert [host.name for host in load_settings(path)[0].hosts] == ["loft", "lab", "new"]

    names = st.text(min_size=1, max_size=8).filter(str.strip)

    @given(st.lists(names, unique=True, max_size=5), st.data())
    def test_the_book_holds_what_was_put_into_it(self, tmp_path_factory, names, data):
        path = write(tmp_path_factory.mktemp("any") / "settings.toml", "# top\n")
        entries = [
            HostEntry(name, data.draw(self.names), data.draw(st.booleans())) for name in names
        ]
        for entry in entries:
            add_host(path, entry)
        assert load_settings(path)[0].hosts == entries
        for entry in entries:
            remove_host(path, entry.name)
        assert load_settings(path) == (Settings(), [])
        assert path.read_text().startswith("# top\n")


class TestRemembered:
    def test_round_trip(self, tmp_path):
        path = tmp_path / "deep" / "state.json"
        remembered = Remembered("nord", ["name", "cpu"], "cpu", descending=True)
        save_remembered(path, remembered)
        assert load_remembered(path) == remembered

    @pytest.mark.parametrize("text", ["", "{", '{"theme": 5}', "[]"])
    def test_what_cannot_be_read_is_forgotten(self, tmp_path, text):
        path = tmp_path / "state.json"
        path.write_text(text)
        assert load_remembered(path) == Remembered()

    def test_fields_of_a_newer_version_are_ignored(self, tmp_path):
        path = tmp_path / "state.json"
        path.write_text('{"theme": "nord", "later": 1}')
        assert load_remembered(path).theme == "nord"

    def test_a_failure_to_write_is_logged(self, tmp_path, caplog):
        (tmp_path / "file").write_text("")
        save_remembered(tmp_path / "file" / "state.json", Remembered())
        assert "not remembered" in caplog.text
