"""References to environment variables, `${NAME}`, in the values of feeds.yaml.

What stands in the environment is often a secret: `Reference` knows how it was written, and messages say that instead.
"""

import re
from collections.abc import Callable, Mapping

_REFERENCE = re.compile(r"\$(?:\$\{|\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?)")
"""`$${`, which stands for `${` itself; `${NAME}`; or a `${` that is neither."""


class Reference(str):
    """A value that names environment variables, with those filled in that are set."""

    __slots__ = ("problem", "written")

    written: str
    """As it stands in the file."""
    problem: str
    """Why it has no value; empty where it has one."""

    def read(self, read: Callable[[str], object], quoted: Callable[[str], str]) -> object:
        """Read what it stands for.

        Raises:
            ValueError: it has no value, or not one that `read` takes; the message does not repeat that value.
        """
        if self.problem:
            raise ValueError(self.problem)
        value = str(self)
        try:
            return read(value)
        except ValueError as error:
            said = str(error).replace(quoted(value), self.written)
            if value in said:
                said = f"what {self.written} stands for is not possible here"
            raise ValueError(said) from None


def resolve(text: str, environment: Mapping[str, str]) -> str:
    """Fill in what a value refers to; a value that refers to nothing is given back as it is."""
    if "${" not in text:
        return text
    found = list(_REFERENCE.finditer(text))
    if all(each[0] == "$${" for each in found):
        return text.replace("$${", "${")
    value = Reference(_REFERENCE.sub(lambda each: _filled(each, environment), text))
    value.written = text
    value.problem = next((problem for each in found if (problem := _problem(each, environment))), "")
    return value


def _filled(found: re.Match[str], environment: Mapping[str, str]) -> str:
    return "${" if found[0] == "$${" else environment.get(found[1] or "", "")


def _problem(found: re.Match[str], environment: Mapping[str, str]) -> str:
    if found[0] == "$${":
        return ""
    if found[1] is None:
        return "has a '${' that names no environment variable; write ${NAME}, or $${ for the characters themselves"
    return "" if found[1] in environment else f"the environment variable {found[1]} is not set"
