"""What the console's emulator makes of control sequences, case by case.

`python -m tests.conformance` writes docs/terminal-conformance.md afresh.
"""
