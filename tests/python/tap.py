"""Runs the unittest tests of this directory, and says in TAP how they ended.

Used by tests/integration/test-python.sh; by hand, with TOP_BUILDDIR set,
`python3 tap.py [NAME...]` takes names of tests as unittest does.
"""
import os
import signal
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENT = os.path.join(HERE, os.pardir, os.pardir, "clients", "python")


class TapResult(unittest.TestResult):
    """A line for each test as it ends."""

    number = 0

    def _say(self, ok, test, more=""):
        self.number += 1
        words = "ok" if ok else "not ok"
        print(f"{words} {self.number} - {test.id()}{more}", flush=True)

    def _show(self, test, error):
        for line in self._exc_info_to_string(error, test).splitlines():
            print(f"# {line}")

    def addSuccess(self, test):
        super().addSuccess(test)
        self._say(True, test)

    def addError(self, test, err):
        super().addError(test, err)
        self._show(test, err)
        self._say(False, test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._show(test, err)
        self._say(False, test)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._show(subtest, err)
            self._say(False, subtest)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say(True, test, f" # SKIP {reason}")


def main():
    # Who runs in the background was told to ignore it; some tests send it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.path[:0] = [HERE, os.path.normpath(CLIENT)]
    loader = unittest.defaultTestLoader
    names = sys.argv[1:]
    suite = (loader.loadTestsFromNames(names) if names
             else loader.discover(HERE))
    result = TapResult()
    suite.run(result)
    print(f"1..{result.number}")
    return 0 if result.number > 0 and result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
