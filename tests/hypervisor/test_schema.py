"""The schema that is installed beside us, which need not be whole."""

from __future__ import annotations

import pytest

from tui.hypervisor import schema

BROKEN = ("<grammar", "<grammar xmlns='http://relaxng.org/ns/structure/1.0'/>")


@pytest.mark.parametrize("text", BROKEN)
def test_a_schema_that_cannot_be_read_is_as_good_as_none(tmp_path, monkeypatch, text: str):
    file = tmp_path / "domain.rng"
    file.write_text(text)
    monkeypatch.setattr(schema, "DOMAIN_SCHEMA", file)
    assert schema.check_schema("<domain/>") == schema.SchemaReport("", ())
