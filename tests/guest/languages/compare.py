"""Do the logs of several runs tell the same?  compare.py DIR DIR...

Compared are the steps, as a tree, with what was written in each, and how the
run ended; not times, nor what guests do in between by themselves.
"""
import difflib
import json
import os
import re
import sys

TEXTS = ("stdout", "stderr", "log")


def plain(text):
    """An error without what differs from run to run: places, and numbers of
    tries; and without the calls that led to it."""
    if text is None:
        return None
    text = re.sub(r"(?m)^\s*called from .*\n?", "", text)
    text = re.sub(r"\S+\.(lua|py):\d+: ", "", text)
    text = re.sub(r"\(\d+ tries\)", "(N tries)", text)
    # Of a console the last lines are shown, which come when they come.
    return text.split("the last lines of its console")[0].strip()


class Step:
    def __init__(self, begin):
        self.begin = begin
        self.end = {}
        self.parts = []

    def lines(self, indent=""):
        b, e = self.begin, self.end
        yield (f"{indent}{b['kind']} {b['machine'] or '-'}: {b['text']!r}: "
               f"ok={e.get('ok')} timed_out={e.get('timed_out')} "
               f"error={plain(e.get('error'))!r}")
        for part in self.parts:
            if isinstance(part, str):
                yield f"{indent}  {part}"
            else:
                yield from part.lines(indent + "  ")


def read(directory):
    steps = {0: Step({"kind": "run", "machine": None, "text": ""})}
    texts = {}
    started, tail = [], []
    with open(os.path.join(directory, "log.jsonl"), encoding="utf-8") as f:
        events = [json.loads(line) for line in f]
    for event in events:
        kind = event["type"]
        if kind == "step.begin":
            step = steps[event["step"]] = Step(event)
            steps[event["in"]].parts.append(step)
        elif kind == "step.end":
            steps[event["step"]].end = event
        elif kind == "log":
            steps[event["step"]].parts.append(f"log {event['text']!r}")
        elif kind in TEXTS:
            key = (kind, event["machine"])
            texts[key] = texts.get(key, "") + event["text"] + "\n"
        elif kind == "machine.started":
            started.append(f"{kind} {event['machine']}")  # in any order
        elif kind in ("machine.panicked", "time-out"):
            tail.append(f"{kind} {event.get('machine')}")
        elif kind == "run.end":
            tail.append(f"run.end {event['result']} {event['code']} "
                        f"{plain(event['error'])!r}")
    if not tail or not tail[-1].startswith("run.end"):
        raise ValueError(f"{directory}: the run has no end")
    said = [f"{kind} of {machine}: {text!r}"
            for (kind, machine), text in sorted(texts.items())]
    return [*steps[0].lines(), *said, *sorted(started), *tail]


def main():
    first, *others = sys.argv[1:]
    want = read(first)
    same = len(want) > 4 and len(others) > 0
    for other in others:
        for line in difflib.unified_diff(want, read(other), first, other,
                                         lineterm="", n=1):
            print(f"# {line}")
            same = False
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
