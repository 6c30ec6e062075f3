"""Units by command: made, renamed, chosen; and nothing is guessed where there are several."""

import json

from tests.cli.conftest import Nicu


def test_a_second_unit_gets_its_cots(nicu: Nicu) -> None:
    assert nicu("units", "add", "Special care").err.startswith("Added Special care, unit 2; next: nicu cot add")
    assert nicu("cot", "add", "NICU-01", "--unit", "NICU").code == 0
    assert nicu("cot", "add", "SC-01", "SC-02", "--unit", "special care").code == 0
    listed = json.loads(nicu("units", "list", "--json").out)
    assert listed == [
        {"id": 1, "name": "NICU", "cots": 1, "babies": 0},
        {"id": 2, "name": "Special care", "cots": 2, "babies": 0},
    ]
    assert [row["unit"] for row in json.loads(nicu("cot", "list", "--json").out)] == ["NICU", *["Special care"] * 2]
    assert nicu("units", "rename", "2", "SCBU").err.strip() == "Special care is now SCBU"
    assert [row["label"] for row in json.loads(nicu("cot", "list", "--unit", "SCBU", "--json").out)] == [
        "SC-01",
        "SC-02",
    ]


def test_where_there_are_several_none_is_guessed(nicu: Nicu) -> None:
    nicu("units", "add", "Special care")
    for command in (("serve", "--port", "0"), ("cot", "add", "X-1"), ("demo", "--port", "0", "--no-browser")):
        said = nicu(*command)
        assert (said.code, said.err.count("\n")) == (2, 1)
        assert "holds 2 units: NICU, Special care; name one: --unit NAME or NICU_UNIT" in said.err
    said = nicu("serve", "--port", "0", "--unit", "Surgery")
    assert (said.code, said.err.strip()) == (
        2,
        "nicu: there is no unit 'Surgery'; there are: NICU, Special care; add one with: nicu units add NAME",
    )


def test_names_that_would_be_mistaken_are_refused(nicu: Nicu) -> None:
    for name in ("nicu", "12", " "):
        assert nicu("units", "add", name).code == 2
    assert nicu("units", "rename", "Surgery", "X").code == 2
