"""The command line (Typer): one module per command. Developer commands are targets of the Makefile; what a user of
the product may need is here."""

import typer

from callcenter.cli import demo, doctor, flag, init, models, replay, run, transcribe, users, work

app = typer.Typer(
    name="callcenter",
    help="Call-center assistant for car dealerships, beside Asterisk, offline.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(run.run)
app.command()(demo.demo)
app.command()(work.work)
app.command()(init.init)
app.command()(doctor.doctor)
app.command()(replay.replay)
app.command()(transcribe.transcribe)
app.command()(flag.flag)
app.add_typer(models.app, name="models")
app.add_typer(users.app, name="users")
