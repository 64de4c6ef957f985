"""Renders a chat template for every conversation; see jinja_judge.h. One JSON line in, one out."""
import json
import sys

try:
    import jinja2.ext
    import jinja2.sandbox
except ImportError:
    print(json.dumps({"missing": "jinja2"}))
    sys.exit(0)


class Generation(jinja2.ext.Extension):
    """{% generation %}: marks what training counts; renders as what is inside."""

    tags = {"generation"}

    def parse(self, parser):
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                      sort_keys=sort_keys)


def main():
    given = json.loads(sys.stdin.readline())
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"])
    env.filters["tojson"] = to_json
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda form: "2026-01-01"
    results = []
    try:
        template = env.from_string(given["text"])
    except Exception as error:
        print(json.dumps({"broken": f"{type(error).__name__}: {error}"}))
        return
    for conversation in given["conversations"]:
        try:
            results.append({"text": template.render(
                bos_token=given["bos_token"], eos_token=given["eos_token"],
                add_generation_prompt=True, **conversation)})
        except Exception as error:
            results.append({"error": f"{type(error).__name__}: {error}"})
    print(json.dumps({"results": results}))


main()
