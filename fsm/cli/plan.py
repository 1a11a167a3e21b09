"""``fsm plan``: shows policy status, booking form and resolved plan of scenarios."""

from __future__ import annotations

import click

from fsm.cli.data import echo_json, load_scenarios
from fsm.cli.errors import printable
from fsm.cli.output import language_option, print_line, print_scenario_head
from fsm.recording import Form
from fsm.scenario import report
from fsm.translation import Lang, Translator


@click.command("plan")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("as_json", "--json", is_flag=True, help="Print JSON, one object a scenario.")
@language_option
def plan_command(files: tuple[str, ...], as_json: bool, lang: Lang) -> None:
    """Show policy status, booking form and resolved plan of scenarios, with the reasons."""
    translate = Translator(lang)
    for scenario in load_scenarios(files):
        if as_json:
            echo_json(report.plan_line(scenario))
            continue
        resolution = scenario.resolve()
        print_scenario_head(scenario, resolution, translate)
        form = _describe_form(resolution.form, translate)
        print_line((translate.fill("form: {form}", form=form), ""), indent=2)
        for reason in resolution.why:
            print_line((f"  · {printable(translate(reason))}", "dim"), indent=4)
        print_line()


def _describe_form(form: Form, translate: Translator) -> str:
    if not form.visible:
        return translate("not shown")
    options = " · ".join(
        f"{'◉' if option == form.selected else '○'} {translate(str(option))}"
        for option in form.options
    )
    locked = "" if form.editable else " (locked: contact the admin)"
    text = translate.fill(f"auto-record: {{options}}{locked}", options=options)
    return f"{'☑' if form.ticked else '☐'} {text}"
