"""`python -m tests.benchmarks [NAME …] [--quick] [--write-docs]`; see docs/benchmarks.md."""

import argparse
import sys

from tests.benchmarks import changes, console, keys, live, remote, report, start
from tests.benchmarks.registry import MEASURES, in_order
from tests.benchmarks.result import Figure
from tests.benchmarks.stage import Stage
from tests.benchmarks.terminal import TimeOutError

MODULES = (start, keys, live, changes, remote, console)
"""Imported for the measures that they register."""


def main() -> int:
    """Run the named measures, or all; status 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(in_order()))
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument(
        "--write-docs", action="store_true", help="put the figures into docs/benchmarks.md"
    )
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in MEASURES]:
        parser.error(f"no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    if options.write_docs and options.quick:
        parser.error("the page shows full runs: --write-docs does not go with --quick")
    figures: list[Figure] = []
    broken = []
    with Stage(options.quick) as stage:
        for name in options.names or in_order():
            print(f"{name} …", file=sys.stderr, flush=True)
            try:
                for figure in MEASURES[name](stage):
                    figures.append(figure)
                    print(report.line(figure), file=sys.stderr, flush=True)
            except TimeOutError as error:
                broken.append(name)
                print(f"{name} could not be measured: {error}", file=sys.stderr, flush=True)
    print(report.table(figures))
    if broken:
        print(f"not measured: {', '.join(broken)}")
    if options.write_docs and not broken:
        report.write_docs(figures)
    return 0 if not broken and all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())
