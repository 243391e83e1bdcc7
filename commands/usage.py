"""What click says of a call it cannot follow, in Spanish too: its own words are English."""

from __future__ import annotations

import difflib

import click


def usage_sentence(fault: click.ClickException, lang: str) -> str:
    """One sentence: what is wrong with the call."""
    return _spanish(fault) if lang == "es" else fault.format_message()


def usage_lines(fault: click.ClickException, lang: str) -> str:
    """How the command is written, where click knows which one was meant, and the sentence."""
    sentence = usage_sentence(fault, lang)
    ctx = fault.ctx if isinstance(fault, click.UsageError) else None
    if ctx is None:
        return sentence
    usage = ctx.get_usage()
    usage = usage.replace("Usage:", "Uso:", 1).replace("[OPTIONS]", "[OPCIONES]") if lang == "es" else usage
    more = "Más: " if lang == "es" else "More: "
    return f"{usage}\n{more}{ctx.command_path} --help\n\n{sentence}"


def _spanish(fault: click.ClickException) -> str:
    if isinstance(fault, click.NoSuchOption):
        near = difflib.get_close_matches(fault.option_name, fault.possibilities or (), n=1, cutoff=0.5)
        return f"No existe la opción {fault.option_name}." + (f" ¿Quiso decir {near[0]}?" if near else "")
    if isinstance(fault, click.MissingParameter):
        return f"Falta {_name(fault.param)}."
    if isinstance(fault, click.BadParameter):
        return f"{_name(fault.param)}: el valor no sirve{_allowed(fault.param)}."
    if isinstance(fault, click.BadOptionUsage):
        return f"A la opción {fault.option_name} le falta su valor, o le sobra."
    message = fault.format_message()
    if message.startswith("No such command"):
        return f"No existe el comando {message.split(chr(39))[1]}. Use «--help» para ver los que hay."
    if message.startswith("Got unexpected extra"):
        return f"Sobra {message[message.find('(') + 1 : message.rfind(')')]}."
    return f"La llamada no se entiende: {message}"


def _name(param: click.Parameter | None) -> str:
    if param is None:
        return "un argumento"
    return param.opts[0] if isinstance(param, click.Option) else param.make_metavar(click.Context(click.Command("")))


def _allowed(param: click.Parameter | None) -> str:
    kind = param.type if param else None
    if isinstance(kind, click.Choice):
        return f"; use uno de: {', '.join(str(choice) for choice in kind.choices)}"
    if isinstance(kind, click.IntRange | click.FloatRange):
        whole = "número entero" if isinstance(kind, click.IntRange) else "número"
        ends = [f"{word} {end}" for word, end in (("desde", kind.min), ("hasta", kind.max)) if end is not None]
        return f"; debe ser un {whole} {' '.join(ends)}"
    if isinstance(kind, click.Path) and not kind.file_okay:
        return "; debe ser una carpeta"
    return "; debe ser un número entero" if kind is click.INT else ""
