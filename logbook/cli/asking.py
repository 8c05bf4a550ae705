"""Single questions: a line, a number, yes or no, a secret. Ctrl-C and the end of input end the command."""

from __future__ import annotations

import click

from logbook.cli.context import Context

_YES = ("y", "yes", "是", "好", "对")
_NO = ("", "n", "no", "否", "不")


def line(question: str) -> str:
    """A line with something in it. Click's own complaints are English: nothing here lets it find one."""
    answer: str = click.prompt(question, err=True, prompt_suffix=": ")
    return answer


def number(context: Context, question: str, *, usual: int) -> int:
    """A whole number, 0 or more; Enter takes the ``usual`` one."""
    while True:
        answer: str = click.prompt(question, default=str(usual), err=True, prompt_suffix=": ")
        if answer.strip().isdecimal():
            return int(answer)
        click.echo(context.catalogue.say("cli.whole-number"), err=True)


def agreed(context: Context, question: str) -> bool:
    """Yes or no; Enter is no."""
    words = context.catalogue.say("cli.yes-no")
    while True:
        answer: str = click.prompt(f"{question} {words}", default="", show_default=False, err=True, prompt_suffix=": ")
        if answer.strip().lower() in _YES:
            return True
        if answer.strip().lower() in _NO:
            return False


def secret(context: Context, question: str, again: str = "") -> str:
    """What is typed without being shown; with ``again``, typed twice until both are the same."""
    while True:
        answer: str = click.prompt(question, hide_input=True, err=True, prompt_suffix=": ")
        if not again or click.prompt(again, hide_input=True, err=True, prompt_suffix=": ") == answer:
            return answer
        click.echo(context.catalogue.say("cli.not-same"), err=True)
