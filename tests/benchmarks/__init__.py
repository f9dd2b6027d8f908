"""Figures of virtty in a pseudo-terminal, each beside its reference: `make bench`."""
