"""What a reader does with a page, for the tests that are readers."""
import json
import os
import signal
import sys
import traceback

import cdp


def equal(is_, should):
    if is_ != should:
        raise AssertionError('%r instead of %r' % (is_, should))


def rows(tab, list_):
    """The rows of a list that are in sight, from top to bottom."""
    return tab.eval(
        '(() => { const view = document.getElementById("%s");'
        'const box = view.getBoundingClientRect();'
        'return [...view.querySelectorAll(".row")].filter((row) => {'
        ' const b = row.getBoundingClientRect();'
        ' return b.bottom > box.top + 1 && b.top < box.bottom - 1; })'
        '.sort((a, b) => a.dataset.i - b.dataset.i)'
        '.map((row) => row.textContent); })()' % list_)


def told(tab, section):
    return tab.eval('document.querySelector("#%s [role=status]").textContent' %
                    section)


def search(tab, section, text):
    tab.eval('document.querySelector("#%s input[type=search]").focus()' %
             section)
    tab.type(text)


def choose(tab, section, label, text):
    """An entry of a <select>."""
    tab.eval(
        '(() => { const s = document.querySelector("#%s select[aria-label='
        '\'%s\']"); s.value = [...s.options].find((o) => o.text === %s).value;'
        's.dispatchEvent(new Event("change")); })()' %
        (section, label, json.dumps(text)))


def press(tab, text, within='body'):
    """Click on the button of this text."""
    tab.eval('[...document.querySelectorAll("%s button")].find((b) => '
             'b.textContent === %s).id ||= "pressed-by-test"' %
             (within, json.dumps(text)))
    tab.click_on(within + ' #pressed-by-test')
    tab.eval('document.getElementById("pressed-by-test")'
             '?.removeAttribute("id")')


def active(tab, list_):
    """The active row, as a screen reader is told of it."""
    return tab.eval(
        'document.getElementById(document.getElementById("%s")'
        '.getAttribute("aria-activedescendant"))?.textContent' % list_)


def start():
    """A browser that answers; in its own sandbox if there can be one."""
    path = cdp.find()
    if path is None:
        print('1..0 # SKIP chromium is not installed')
        sys.exit(0)
    # Whoever ends us: with what was begun.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    trouble = None
    for flags in ([], ['--no-sandbox'])[os.geteuid() == 0:]:
        browser = cdp.Browser(path, flags)
        try:
            print('# ' + browser.call('Browser.getVersion')['product'],
                  *flags)
            return browser
        except cdp.Trouble as problem:
            trouble = problem
            browser.close()
    print('Bail out! ' + ' '.join(str(trouble).split()))
    sys.exit(99)


def run(tests, after):
    """Run tests, functions without arguments; TAP on stdout."""
    failed = 0
    for number, function in enumerate(tests, 1):
        try:
            function()
        except Exception:  # whatever it is, the others run
            failed += 1
            for line in traceback.format_exc().splitlines():
                print('# ' + line)
            print('not', end=' ')
        print('ok %d - %s' % (number, function.__name__.replace('_', ' ')),
              flush=True)
        after()
    print('1..%d' % len(tests))
    return failed
