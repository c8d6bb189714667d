"""Render docs/reference/cli.md from the command line itself."""

from __future__ import annotations

from typing import Any

import typer.main

from faceplate.cli.exits import MEANINGS
from faceplate.cli.main import app

NOTE = "<!-- Written by scripts/write_reference.py; change the code, not this page. -->\n"
SHARED = {"--url", "--api-key", "--data-dir", "--collection-id", "--json", "--help"}
"""Options that many verbs have, explained once."""


def cli_page() -> str:
    """Render every verb with its arguments and options."""
    root = typer.main.get_command(app)
    verbs = sorted(_verbs(root, ()))
    shared = {
        parameter.opts[0]: parameter
        for _, command in verbs
        for parameter in command.params
        if parameter.opts[0] in SHARED
    }
    rows = [
        "# Command line\n",
        NOTE,
        "`faceplate VERB --help` prints the same. A verb works on the server named by `--url`, "
        "else on the server that runs on the data folder, else in its own process.\n",
        "## Shared options\n",
        "| option | meaning |",
        "|---|---|",
        *(_option(shared[name]) for name in sorted(shared)),
        "\n## Exit codes\n",
        "| code | meaning |",
        "|---|---|",
        *(f"| {code} | {meaning} |" for code, meaning in sorted(MEANINGS.items())),
        "\n## Verbs\n",
    ]
    for name, command in verbs:
        rows += _section(name, command)
    return "\n".join(rows).rstrip() + "\n"


def _verbs(command: Any, path: tuple[str, ...]) -> list[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        return [(" ".join(path), command)]
    return [
        found for name, inner in command.commands.items() for found in _verbs(inner, (*path, name))
    ]


def _section(name: str, command: Any) -> list[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    own = [one for one in options if one.opts[0] not in SHARED]
    usage = " ".join([f"faceplate {name}", *(_argument(one) for one in arguments)])
    about = "\n".join(line.strip() for line in (command.help or "").splitlines())
    rows = [f"### {name}\n", f"`{usage}`\n", about + "\n"]
    shared = sorted({one.opts[0] for one in options} & SHARED - {"--help"})
    if any(one.help for one in arguments) or own:
        rows += ["| argument or option | meaning |", "|---|---|"]
        rows += [f"| `{_argument(one)}` | {_cell(one.help)} |" for one in arguments]
        rows += [_option(one) for one in own]
        rows.append("")
    if shared:
        rows.append("Shared: " + ", ".join(f"`{one}`" for one in shared) + ".\n")
    return rows


def _argument(parameter: Any) -> str:
    name = (parameter.metavar or parameter.name).strip("[]{}").removesuffix("…").upper()
    name += "…" if parameter.nargs == -1 else ""
    return name if parameter.required else f"[{name}]"


def _option(parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    default = parameter.default
    shown = "" if default in (None, False, (), "") or callable(default) else str(default)
    shown = getattr(default, "value", shown)
    meaning = _cell(parameter.help) + (f" Default: `{shown}`." if shown else "")
    return f"| {names} | {meaning} |"


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
