"""What Python's Jinja2 prints for each template of a JSON document on stdin, as JSON on stdout.

Undefined names are strict, but may be tested for truth: the one leniency of the engine that would
hide other differences. Every template has a second of CPU time.
"""

import json
import signal
import sys

import jinja2


class TruthTested(jinja2.StrictUndefined):
    def __bool__(self):
        return False


def give_up(_signal, _frame):
    raise TimeoutError("more than a second")


def render(environment, template, variables):
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        return {"text": environment.from_string(template).render(json.loads(variables))}
    except Exception as error:  # Whatever a template raises is its result.
        return {"error": f"{type(error).__name__}: {error}"[:200]}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main():
    work = json.load(sys.stdin)
    signal.signal(signal.SIGALRM, give_up)
    environment = jinja2.Environment(undefined=TruthTested, extensions=["jinja2.ext.loopcontrols"])
    variables = json.dumps(work["variables"])
    results = [render(environment, template, variables) for template in work["templates"]]
    python = ".".join(str(part) for part in sys.version_info[:3])
    json.dump({"version": f"jinja2 {jinja2.__version__}, Python {python}", "results": results}, sys.stdout)


main()
