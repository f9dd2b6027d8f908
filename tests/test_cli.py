"""The command line: what it accepts, which hosts it leads to, what it leaves unimported."""

import io
import logging
import runpy
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tui import __version__, cli, logs
from tui.cli import choose_hosts, expanded, main, resolved, short_name, unknown_words
from tui.demo import demo_uri
from tui.options import SHELLS, CommandLine, build_parser, completion, parse
from tui.settings import HostEntry, Settings

ROOT = Path(__file__).parents[1]
LAB = HostEntry("lab", "test:///default", autoconnect=False)
CELLAR = HostEntry("cellar", "qemu+ssh://root@cellar/system", readonly=True)
BOOK = Settings(hosts=[LAB, CELLAR])


class TestOptions:
    def test_nothing(self):
        assert parse([]) == CommandLine()

    def test_everything(self):
        line = "--demo --vm web-01 --readonly --config c.toml --log-file l.log a b:///c"
        assert parse(line.split()) == CommandLine(
            uris=("a", "b:///c"),
            demo=True,
            machine="web-01",
            readonly=True,
            config=Path("c.toml"),
            log_file=Path("l.log"),
        )

    def test_uris_may_be_written_as_for_virsh(self):
        assert parse(["-c", "a:///b", "--connect", "c", "d"]).uris == ("a:///b", "c", "d")

    @pytest.mark.parametrize(
        "line", ["--nonsense", "--vm", "--read", "--print-completion ksh", "--demo=1"]
    )
    def test_a_bad_argument_is_one_line_and_status_2(self, line, capsys):
        with pytest.raises(SystemExit) as ended:
            parse(line.split())
        assert ended.value.code == 2
        output = capsys.readouterr()
        assert output.out == ""
        assert output.err.startswith("virtty: ")
        assert output.err.count("\n") == 1

    def test_every_option_has_help(self):
        assert all(action.help for action in build_parser()._actions)


def test_an_alias_in_the_book_stands_for_its_uri():
    book = Settings(hosts=[HostEntry("far", "mine", mark="PROD"), LAB])
    far, lab = resolved(book, {"mine": CELLAR.uri}).hosts
    assert (far.uri, far.mark, lab) == (CELLAR.uri, "PROD", LAB)


def test_ranges_are_written_out(capsys):
    words = ("qemu+ssh://node[09:11]/system", "lab")
    nodes = [f"qemu+ssh://node{number}/system" for number in ("09", "10", "11")]
    assert list(expanded(words)) == [*nodes, "lab"]
    assert [
        host.name for host in choose_hosts(CommandLine(uris=tuple(nodes)), BOOK, {}, False)
    ] == [
        "node09",
        "node10",
        "node11",
    ]
    with pytest.raises(SystemExit) as ended:
        main(["qemu+ssh://node[20:1]/system"])
    assert ended.value.code == 2
    assert "the range [20:1] runs backwards" in capsys.readouterr().err


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, check=False
    )


class TestProcess:
    @pytest.mark.parametrize("option", ["--version", "--help"])
    def test_it_answers_without_the_heavy_parts(self, option):
        done = python("-X", "importtime", "-m", "tui", option)
        assert done.returncode == 0
        assert "virtty" in done.stdout
        imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
        assert "tui.options" in imported
        assert not imported & {"textual", "rich", "libvirt", "lxml", "msgspec", "platformdirs"}

    def test_version(self):
        assert python("-m", "tui", "--version").stdout == f"virtty {__version__}\n"

    def test_without_a_terminal_it_says_so(self):
        done = python("-m", "tui", "--demo")
        assert done.returncode == 1
        assert done.stdout == ""
        assert "needs a terminal" in done.stderr
        assert done.stderr.count("\n") == 1

    def test_a_bad_argument_is_what_it_says_first(self):
        done = python("-m", "tui", "nowhere")
        assert done.returncode == 2
        assert "'nowhere' is no URI" in done.stderr
        assert done.stderr.count("\n") == 1


class TestHosts:
    @staticmethod
    def choose(*uris, settings=BOOK, environ=None, socket=True, **options):
        return choose_hosts(CommandLine(uris=uris, **options), settings, environ or {}, socket)

    def test_arguments_come_first(self):
        environ = {"LIBVIRT_DEFAULT_URI": "xen:///system"}
        assert self.choose("qemu:///system", "qemu+ssh://ann@box:22/system", environ=environ) == [
            HostEntry("local", "qemu:///system"),
            HostEntry("box", "qemu+ssh://ann@box:22/system"),
        ]

    def test_saved_hosts_by_name_and_by_uri(self):
        assert self.choose("lab", CELLAR.uri) == [LAB, CELLAR]

    def test_an_alias_is_left_to_libvirt(self):
        assert self.choose("hail") == [HostEntry("hail", "hail")]

    def test_then_the_saved_hosts_marked_autoconnect(self):
        assert self.choose(environ={"LIBVIRT_DEFAULT_URI": "xen:///system"}) == [CELLAR]

    def test_then_the_environment(self):
        environ = {"LIBVIRT_DEFAULT_URI": "lxc:///"}
        settings = Settings(hosts=[LAB])
        assert self.choose(settings=settings, environ=environ) == [HostEntry("lxc", "lxc:///")]

    def test_then_the_local_libvirt(self):
        environ = {"LIBVIRT_DEFAULT_URI": ""}
        assert self.choose(settings=Settings(), environ=environ) == [
            HostEntry("local", "qemu:///system")
        ]

    def test_then_the_demo_host(self):
        assert self.choose(settings=Settings(), socket=False) == [HostEntry("demo", demo_uri())]

    def test_demo(self):
        assert self.choose(demo=True) == [HostEntry("demo", demo_uri())]
        assert [host.name for host in self.choose("lab", demo=True)] == ["lab", "demo"]

    def test_readonly_holds_for_all(self):
        assert all(host.readonly for host in self.choose("lab", "qemu:///system", readonly=True))

    def test_one_host_once(self):
        assert self.choose("lab", LAB.uri, "lab") == [LAB]

    def test_no_two_hosts_of_one_name(self):
        uris = ("qemu+ssh://box/system", "qemu+tls://box/system", "qemu+tcp://box/system")
        assert [host.name for host in self.choose(*uris)] == ["box", "box-2", "box-3"]

    @pytest.mark.parametrize(
        ("uri", "name"),
        [
            ("qemu:///session", "session"),
            ("qemu+unix:///system?socket=/x", "local"),
            ("test:///default", "test"),
            ("qemu+ssh://[fd00::1]/system", "fd00::1"),
            ("qemu://[nonsense", "qemu://[nonsense"),
        ],
    )
    def test_short_names(self, uri, name):
        assert short_name(uri) == name

    def test_words_that_lead_nowhere(self):
        words = ["lab", "hail", "labb", "qemu:///system", "test:/default"]
        assert unknown_words(words, ["lab", "hail"]) == ["labb"]
        assert unknown_words(["qemu:///a\udcff", "test:///a b"], []) == ["qemu:///a\udcff"]


@pytest.fixture
def terminal(monkeypatch, tmp_path):
    """A process with a terminal, its own home, and a screen that only notes what it gets."""
    monkeypatch.setattr(cli, "has_terminal", lambda: True)
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    seen = []

    def run(*arguments):
        seen.append(arguments)
        return 0

    monkeypatch.setattr(cli, "run", run)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    raising, last_resort = logging.raiseExceptions, logging.lastResort
    yield seen
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.raiseExceptions, logging.lastResort = raising, last_resort
    logging.captureWarnings(False)


class TestMain:
    def test_it_hands_over_what_it_read(self, terminal, tmp_path):
        config = tmp_path / "settings.toml"
        config.write_text('themes = 1\n[[hosts]]\nname = "lab"\nuri = "test:///default"\n')
        assert main(["--config", str(config), "lab"]) == 0
        ((options, settings, problems),) = terminal
        assert options.uris == ("lab",)
        assert [host.name for host in settings.hosts] == ["lab"]
        assert [problem.line for problem in problems] == [1]

    def test_a_word_that_leads_nowhere_ends_it(self, terminal, capfd):
        with pytest.raises(SystemExit) as ended:
            main(["nowhere"])
        assert ended.value.code == 2
        assert "'nowhere' is no URI" in capfd.readouterr().err
        assert terminal == []

    def test_the_log_is_private_and_kept_off_the_terminal(self, terminal, tmp_path, capfd):
        path = tmp_path / "deep" / "virtty.log"
        assert main(["--log-file", str(path)]) == 0
        logging.getLogger("tui.somewhere").error("a \udcff b \x1b[2J \u202e c\nd")
        assert "a ‹U+DCFF› b ␛[2J ‹U+202E› c\nd\n" in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert capfd.readouterr() == ("", "")

    def test_the_log_does_not_grow_for_ever(self, terminal, tmp_path, monkeypatch):
        monkeypatch.setattr(logs, "BYTES_KEPT", 500)
        path = tmp_path / "virtty.log"
        main(["--log-file", str(path)])
        for number in range(50):
            logging.getLogger().error("line %d", number)
        kept = sorted(tmp_path.glob("virtty.log*"))
        assert len(kept) == 1 + logs.OLD_FILES
        assert all(file.stat().st_size <= 500 for file in kept)
        assert {stat.S_IMODE(file.stat().st_mode) for file in kept} == {0o600}

    @pytest.mark.parametrize(
        ("charset", "drawn", "told"), [("utf-8", "⟳ é", 0), ("iso8859-1", "? é", 1)]
    )
    def test_a_charset_without_our_glyphs_keeps_the_columns(
        self, terminal, monkeypatch, charset, drawn, told
    ):
        screen = io.TextIOWrapper(io.BytesIO(), encoding=charset, errors="backslashreplace")
        monkeypatch.setattr(sys, "__stderr__", screen)
        assert main(["--demo"]) == 0
        assert [problem.words for problem in terminal[0][2]] == told * [
            "The locale's character set is iso8859-1: what it lacks is drawn as ?"
        ]
        screen.write("⟳ é")
        screen.flush()
        assert screen.buffer.getvalue().decode(charset) == drawn

    def test_a_log_file_asked_for_must_be_writable(self, terminal, tmp_path, capfd):
        with pytest.raises(SystemExit) as ended:
            main(["--log-file", str(tmp_path)])
        assert ended.value.code == 2
        assert "cannot write the log" in capfd.readouterr().err

    def test_without_its_usual_log_it_still_runs(self, terminal, tmp_path):
        (tmp_path / "XDG_STATE_HOME").write_text("a file in the way")
        assert main([]) == 0
        ((_, _, problems),) = terminal
        assert "cannot write the log" in str(problems[0])


class TestCompletion:
    @pytest.mark.parametrize("shell", SHELLS)
    def test_it_knows_the_options(self, shell, capsys):
        assert main(["--print-completion", shell]) == 0
        script = capsys.readouterr().out
        for option in ("config", "demo", "log-file", "readonly", "vm"):
            assert option in script

    def test_bash_completes(self, tmp_path):
        script = tmp_path / "virtty.bash"
        script.write_text(completion("bash"))
        ask = f"""
            source {script}
            complete -p virtty >&2
            COMP_WORDS=(virtty --re) COMP_CWORD=1 COMP_LINE='virtty --re' COMP_POINT=11
            _shtab_virtty virtty --re virtty
            echo "${{COMPREPLY[@]}}"
        """
        done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=False)
        assert done.stdout.split() == ["--readonly"], done.stderr


def test_the_manual_page_is_what_the_options_say():
    """``make man`` writes it again."""
    page = runpy.run_path(str(ROOT / "docs" / "make_manpage.py"))["main"]()
    assert (ROOT / "docs" / "virtty.1").read_text(encoding="utf-8") == page
