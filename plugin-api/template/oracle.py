# SPDX-License-Identifier: LGPL-2.1-or-later
"""The oracle of test-template-oracle: renders templates with Python's Jinja2.

Reads one JSON object from its standard input: data, templates (name to text), cases (a list of
objects with text and escape). Prints a list with an object for each case: text, or syntax (whether
the error is one of the template's text) and error."""

import json
import sys

import jinja2


def render(environment, case, data):
    try:
        return {"text": environment.from_string(case["text"]).render(data)}
    except jinja2.TemplateSyntaxError as error:
        return {"syntax": True, "error": str(error)}
    except Exception as error:  # whatever a template can raise
        return {"syntax": False, "error": str(error)}


def main():
    asked = json.load(sys.stdin)
    loader = jinja2.DictLoader(asked["templates"])
    environments = {
        escape: jinja2.Environment(loader=loader, autoescape=escape) for escape in (False, True)
    }
    answers = [render(environments[case["escape"]], case, asked["data"]) for case in asked["cases"]]
    json.dump(answers, sys.stdout)


main()
