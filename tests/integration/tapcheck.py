#!/usr/bin/python3
"""A strict reader of TAP 14: whatever is not in the specification is a mistake.

	tapcheck.py <OUTPUT

Prints what it has read, a line a test point: "DEPTH ok|not ok|skip NAME" and,
behind a tab, its diagnostics as JSON.  Exits with 1 after naming the mistake.
"""
import json
import re
import sys

POINT = re.compile(r"(not )?ok ([0-9]+) - (.*)")
KEYS = {"message", "severity", "at", "duration_ms", "runs", "passed"}


class Bad(Exception):
    pass


def unescape(text):
    """A description, and its directive."""
    out = []
    i = 0
    while i < len(text):
        if text[i] == "\\":
            if text[i + 1:i + 2] not in ("\\", "#"):
                raise Bad("a backslash before nothing special: " + text)
            i += 1
            out.append(text[i])
        elif text[i] == "#":
            directive = text[i:]
            if not re.fullmatch(r"# SKIP \S.*", directive):
                raise Bad("no directive: " + directive)
            return "".join(out).rstrip(), directive
        else:
            out.append(text[i])
        i += 1
    return "".join(out), None


class Reader:
    def __init__(self, lines):
        self.lines = lines
        self.at = 0

    def peek(self, depth):
        """The next line, if it is one of that depth."""
        if self.at == len(self.lines):
            return None
        line = self.lines[self.at]
        if not line.startswith(" " * (4 * depth)):
            return None
        line = line[4 * depth:]
        return line

    def value(self, text):
        if text.startswith('"'):
            value = json.loads(text)
            if not isinstance(value, str):
                raise Bad("no string: " + text)
            return value
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
            return float(text)
        raise Bad("no value of YAML: " + text)

    def diagnostics(self, depth):
        indent = " " * (4 * depth + 2)
        if self.at == len(self.lines) or self.lines[self.at] != indent + "---":
            return {}
        found = {}
        inner = found
        self.at += 1
        while self.lines[self.at] != indent + "...":
            line = self.lines[self.at]
            if not line.startswith(indent):
                raise Bad("this is within diagnostics: " + line)
            line = line[len(indent):]
            if line == "at:":
                inner = found["at"] = {}
            else:
                nested = line.startswith("  ")
                key, _, text = line.strip().partition(": ")
                if nested != (key in ("file", "line")):
                    raise Bad("another depth: " + line)
                if not nested and key not in KEYS:
                    raise Bad("an unknown key: " + line)
                (inner if nested else found)[key] = self.value(text)
            self.at += 1
        self.at += 1
        return found

    def point(self, depth, number, subtest):
        line = self.peek(depth)
        match = POINT.fullmatch(line or "")
        if match is None:
            raise Bad("no test point: %r" % line)
        if int(match.group(2)) != number:
            raise Bad("number %s, not %d" % (match.group(2), number))
        self.at += 1
        name, directive = unescape(match.group(3))
        if subtest is not None and name != subtest:
            raise Bad("of subtest %r, but %r" % (subtest, name))
        ok = match.group(1) is None
        if directive is not None and not ok:
            raise Bad("skipped, and not ok: " + line)
        word = "skip" if directive else "ok" if ok else "not ok"
        print(depth, word, name, sep=" ", end="\t")
        print(json.dumps(self.diagnostics(depth), sort_keys=True))

    def document(self, depth):
        """Return: was there the end that the plan tells?"""
        line = self.peek(depth)
        plan = re.fullmatch(r"1\.\.([0-9]+)( # SKIP .+)?", line or "")
        if plan is None:
            raise Bad("no plan: %r" % line)
        self.at += 1
        count = int(plan.group(1))
        if (count == 0) != (plan.group(2) is not None):
            raise Bad("skipped, or empty: " + line)
        number = 0
        while number < count:
            subtest = None
            line = self.peek(depth)
            if line is not None and line.startswith("Bail out! ") and depth == 0:
                return False
            if line is not None and line.startswith("# Subtest: "):
                subtest = unescape(line[len("# Subtest: "):])[0]
                self.at += 1
                self.document(depth + 1)
            elif line is not None and line.startswith("# "):
                self.at += 1
                continue
            number += 1
            self.point(depth, number, subtest)
        return True


def main():
    data = sys.stdin.buffer.read().decode()  # or it is a mistake
    if not data.endswith("\n"):
        raise Bad("the last line has no end")
    if re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", data):
        raise Bad("there are controls")
    lines = data.split("\n")[:-1]
    if lines[0] != "TAP version 14":
        raise Bad("no version: " + lines[0])
    reader = Reader(lines)
    reader.at = 1
    if lines[1].startswith("Bail out! "):
        whole = False
    else:
        whole = reader.document(0)
    rest = [line for line in lines[reader.at:] if not line.startswith("# ")]
    if whole and rest or not whole and len(rest) != 1:
        raise Bad("behind the end: %r" % rest)
    if not whole:
        print(rest[0])


try:
    main()
except (Bad, ValueError, IndexError) as bad:
    print("tapcheck: %s" % bad, file=sys.stderr)
    sys.exit(1)
