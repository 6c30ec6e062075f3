"""Print docs/reference/commands.md from the commands themselves: `python tools/print_commands.py`."""

from collections.abc import Iterator, Mapping
from typing import Any

from nicu_dashboard.cli.catalogue import every_command

HEADER = """# Commands

This page is made from the commands themselves (`python tools/print_commands.py`) and a test keeps it so.

Exit codes: 0 done, 1 found wrong (refused lines, damage, a value that differs), 2 could not run, 130 stopped by Ctrl-C.
An error is one line on standard error that says what is wrong and what to do next. Results go to standard output, words
for people to standard error; `--json` prints a result for programs. Instants are ISO 8601 with a zone
(`2024-01-01T00:00:00Z`); a date alone means its first moment in UTC. The database is the one in `DATABASE_URL`
([settings](settings.md)).
"""


def page() -> str:
    """Return the page."""
    return "\n".join([HEADER, *_group("nicu", every_command())])


def _group(path: str, commands: Mapping[str, Any]) -> Iterator[str]:
    for name, command in commands.items():
        if hasattr(command, "commands"):
            yield from _group(f"{path} {name}", command.commands)
        else:
            yield from _command(f"{path} {name}", command)


def _command(path: str, command: Any) -> Iterator[str]:
    parameters = [one for one in command.params if one.name != "help"]
    arguments = [_argument(one) for one in parameters if one.param_type_name == "argument"]
    yield f"## {' '.join([path, *arguments])}\n"
    for paragraph in (command.help or "").split("\n\n"):
        text = " ".join(paragraph.split())
        yield f"```\n{text.removeprefix('Example: ')}\n```\n" if text.startswith("Example: ") else f"{text}\n"
    if parameters:
        yield "| | | |\n|---|---|---|"
        yield from (_row(one) for one in parameters)
        yield ""


def _argument(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"| `{_argument(parameter)}` | needed | {parameter.help} |"
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    return f"| {names} | {_need(parameter)} | {parameter.help} |"


def _need(parameter: Any) -> str:
    if parameter.required:
        return "needed"
    known = parameter.default not in (None, False, ()) and not callable(parameter.default)
    bounds = [
        f"{word} {bound}" for word, bound in (("from", parameter.min), ("to", parameter.max)) if bound is not None
    ]
    return ", ".join([*([f"default `{parameter.default}`"] if known else []), " ".join(bounds)]).strip(", ")


if __name__ == "__main__":
    print(page(), end="")
