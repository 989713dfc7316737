"""The README's table of faults is that of the tests."""

from tests.faults.table import README, in_readme, table


def test_the_readme_has_the_table_that_the_tests_make() -> None:
    text = README.read_text(encoding="utf-8")
    assert table() in text
    assert in_readme(text) == text
