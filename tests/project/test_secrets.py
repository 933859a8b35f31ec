"""What a stranger sends is compared with what is secret in a time that does not tell how much of it is right."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "aggregator"
PLACES = sorted([*PACKAGE.glob("web/**/*.py"), PACKAGE / "text" / "passwords.py", PACKAGE / "polling" / "websub.py"])
"""Where anything that a stranger sent meets a secret. Tokens of WebSub are found in the database by an index."""
SECRET = {"signature", "token", "password", "secret", "mac", "nonce", "proved", "cookie", "credentials"}
ASKED = {
    "polling/websub.py": 1,
    "text/passwords.py": 1,
    "web/attempts.py": 1,
    "web/guard.py": 1,
    "web/measuring.py": 1,
    "web/sessions.py": 2,
    "web/signed.py": 1,
}
"""How often `compare_digest` is asked at least, by module."""


def called(node: ast.expr) -> str:
    """Give the last word of what a name or attribute is called; empty for anything else."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.rpartition("_")[2].lower()


def comparisons(tree: ast.AST) -> Iterator[ast.Compare]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(
            isinstance(each, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for each in node.ops
        ):
            yield node


@pytest.mark.parametrize("file", PLACES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a13_no_secret_is_compared_as_other_texts_are(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = [
        ast.unparse(each) for each in comparisons(tree) if SECRET & {called(each.left), *map(called, each.comparators)}
    ]
    assert found == []


def test_a13_signatures_tokens_and_passwords_are_compared_in_constant_time() -> None:
    found = {name: (PACKAGE / name).read_text(encoding="utf-8").count("compare_digest(") for name in ASKED}
    assert [name for name, count in found.items() if count < ASKED[name]] == []
