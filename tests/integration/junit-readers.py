#!/usr/bin/python3
"""What readers of JUnit XML show of a file, by the rules that they document.

junit-readers.py READER FILE...     READER: gitlab, jenkins, github

A line a case: result, names, what else the reader shows, parted by " | ".
doc/junit.md says where the rules come from.
"""

import os
import re
import sys
import xml.etree.ElementTree as ElementTree

GITLAB_SIZE_MAX = 30 * 1000 * 1000  # "smaller than 30 MB per individual file"
JENKINS_HALF_PASSED, JENKINS_HALF_FAILED = 500, 50000


def first_line(text):
    return (text or "").strip().split("\n")[0]


def content(case, tag):
    element = case.find(tag)
    return None if element is None else "".join(element.itertext())


def gitlab(path):
    """docs.gitlab.com, "Unit test reports": names and file of testcase, the
    content of failure, error or skipped in that order, outputs of a case that
    failed, the first attachment; of two cases of one name only the first."""
    if os.path.getsize(path) >= GITLAB_SIZE_MAX:
        sys.exit(f"{path}: GitLab takes no file of that size")
    seen = set()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        key = (case.get("classname"), case.get("name"), case.get("file"))
        if key in seen:
            continue
        seen.add(key)
        status, text, link = "success", "", ""
        for tag, word in (("failure", "failed"), ("error", "error"),
                          ("skipped", "skipped")):
            if case.find(tag) is None:
                continue
            status, text = word, content(case, tag)
            found = re.search(r"\[\[ATTACHMENT\|([^\[\]|]+?)\]\]",
                              content(case, "system-out") or "")
            link = found.group(1) if found and tag != "skipped" else ""
            break
        print(" | ".join((status, case.get("classname"), case.get("name"),
                          case.get("file") or "-", first_line(text),
                          link or "-")))


def trimmed(text, failed):
    half = JENKINS_HALF_FAILED if failed else JENKINS_HALF_PASSED
    cut = len(text) - 2 * half
    if cut <= 0:
        return text
    return f"{text[:half]}\n...[truncated {cut} chars]...\n{text[-half:]}"


def jenkins(path):
    """The JUnit plugin (CaseResult.java, SuiteResult.java): error before
    failure, message and stack trace, flakyFailure and rerunFailure with their
    stackTrace; and the JUnit Attachments plugin: each line [[ATTACHMENT|file]]
    of a case's outputs, as they are when they have been cut."""
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        for case in suite.findall("testcase"):
            bad = case.find("error")
            bad = case.find("failure") if bad is None else bad
            out = trimmed(content(case, "system-out") or "", bad is not None)
            files = re.findall(r"\[\[ATTACHMENT\|(.+)\]\]", out)
            tries = [f"{tag} {t.get('message')}"
                     for tag in ("flakyFailure", "rerunFailure")
                     for t in case.findall(tag)
                     if t.findtext("stackTrace")]
            status = "failed" if bad is not None else "passed"
            if case.find("skipped") is not None:
                status = "skipped"
            message = bad.get("message") if bad is not None else ""
            print(" | ".join((status, case.get("classname"), case.get("name"),
                              message or "-", ", ".join(tries) or "-",
                              ", ".join(files) or "-")))


def github(path):
    """mikepenz/action-junit-report (testParser.ts): an annotation in the file of
    the case or its suite, at the line that the failure's text names last."""
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        for case in suite.findall("testcase"):
            bad = case.find("failure")
            bad = case.find("error") if bad is None else bad
            if bad is None:
                continue
            file = case.get("file") or suite.get("file") or \
                case.get("classname").split(".")[-1]
            line = case.get("line")
            if line is None:
                places = re.findall(rf" [^ ]*{re.escape(file)}.*?:\d+",
                                    (bad.text or "").strip())
                line = places[-1].split(":")[-1] if places else "1"
            print(f"{file}:{line} | {bad.get('message')}")


def main(argv):
    readers = {"gitlab": gitlab, "jenkins": jenkins, "github": github}
    if len(argv) < 3 or argv[1] not in readers:
        sys.exit(__doc__)
    for path in argv[2:]:
        readers[argv[1]](path)


main(sys.argv)
