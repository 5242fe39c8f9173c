"""index.py VDELAB: what readers do with the table of tests, results/report.html,
in a headless Chromium.  The table is that of `VDELAB merge`.  TAP on stdout.
"""
import functools
import json
import os
import subprocess
import sys
import tempfile

from reader import equal, run, start

TESTS = []
HOSTILE = '"><img src=x onerror=document.title=1><script>document.title=1</script>'


def test(function):
    TESTS.append(function)
    return function


def a_test(name, *codes, seconds=1.0, error=None):
    return {'test': name, 'file': name + '.lua', 'attempts': [
        {'attempt': n, 'code': code, 'duration_s': seconds,
         'results': '%s/%d' % (name, n), 'error': error if code else None}
        for n, code in enumerate(codes, 1)]}


def results(tests):
    return {'schema': 1, 'began': '2026-11-23T06:10:00Z', 'duration_s': 60,
            'code': 1, 'reason': None, 'shard': None, 'seed': 7,
            'accel': 'kvm', 'accel_reason': '', 'timeout_scale': 1,
            'jobs': '1', 'repeat': 1, 'retries': 2, 'flaky_fails': False,
            'tests': tests}


SOME = [a_test('slow', 0, seconds=90), a_test('quick', 0, seconds=0.1),
        a_test('shaky', 1, 1, 0, error='now and then'),
        a_test('broken', 1, seconds=12, error=HOSTILE),
        a_test('late', 124, error='the test did not end within its 60 s'),
        a_test('never'), a_test('middling', 0, seconds=9)]


class Pages:
    """Tables of tests as files, and tabs that show them."""

    def __init__(self, browser, vdelab, directory):
        self.browser, self.vdelab = browser, vdelab
        self.directory, self.tabs = directory, []

    def table(self, name, tests):
        """The page of these tests, one of whose reports is there."""
        given = os.path.join(self.directory, name)
        made = given + '.made'
        if not os.path.exists(made):
            for at in [a['results'] for t in tests for a in t['attempts']]:
                if len(tests) < 100:
                    os.makedirs(os.path.join(given, at))
            os.makedirs(given, exist_ok=True)
            if 'shaky' in [t['test'] for t in tests]:
                with open(given + '/shaky/1/report.html', 'w',
                          encoding='utf-8') as file:
                    file.write('<title>the report of shaky</title>')
            with open(given + '/results.json', 'w',
                      encoding='utf-8') as file:
                json.dump(results(tests), file)
            subprocess.run([self.vdelab, 'merge', '-o', made, given],
                           stdout=subprocess.DEVNULL, check=False)
        return 'file://%s/report.html' % made

    def open(self, tests=None, name='some', width=1200, height=800):
        tab = self.browser.tab(width, height)
        self.tabs.append(tab)
        tab.open(self.table(name, tests or SOME))
        return tab

    def close(self):
        for tab in self.tabs:
            tab.close()
        self.tabs = []


def names(tab):
    """The tests in sight, from top to bottom."""
    return tab.eval('[...document.querySelectorAll("tbody tr")]'
                    '.filter((row) => row.offsetHeight > 0)'
                    '.map((row) => row.dataset.name)')


def press(tab, text):
    """The button of this text, by the mouse."""
    tab.eval('[...document.querySelectorAll("button")].find((b) => '
             'b.textContent === %s).id = "pressed"' % json.dumps(text))
    tab.click_on('#pressed')
    tab.eval('document.getElementById("pressed").removeAttribute("id")')


ALL = ['broken', 'late', 'shaky', 'never', 'slow', 'middling', 'quick']


@test
def what_failed_comes_first_and_nothing_is_refused(pages):
    tab = pages.open()
    equal(names(tab), ALL)
    assert tab.eval('document.getElementById("bar").offsetHeight') > 0
    equal(tab.eval('document.getElementById("shown").textContent'), '')
    equal(tab.complaints(), [])


@test
def words_find_tests(pages):
    tab = pages.open()
    tab.eval('document.getElementById("search").focus()')
    tab.type('60 LATE')
    equal(names(tab), ['late'])
    equal(tab.eval('document.getElementById("shown").textContent'),
          '1 of 7 shown')
    tab.type(' nothing')
    equal(names(tab), [])


@test
def results_are_chosen(pages):
    tab = pages.open()
    press(tab, '1 flaky')
    equal(names(tab), ['shaky'])
    press(tab, '1 timed out')
    equal(names(tab), ['late', 'shaky'])
    equal(tab.eval('document.querySelectorAll("[aria-pressed=true]").length'),
          2)
    press(tab, '1 flaky')
    press(tab, '1 timed out')
    equal(names(tab), ALL)


@test
def columns_sort_by_mouse_and_keys(pages):
    tab = pages.open()
    press(tab, 'Took')
    by_time = ['never', 'quick', 'shaky', 'late', 'middling', 'broken', 'slow']
    equal(names(tab)[0:2], by_time[0:2])
    equal(names(tab)[4:], by_time[4:])
    equal(tab.eval('document.querySelector("[aria-sort]").textContent'),
          'Took')
    tab.key('Enter')  # it has the focus
    equal(names(tab)[0], 'slow')
    equal(tab.eval('document.querySelector("[aria-sort]")'
                   '.getAttribute("aria-sort")'), 'descending')
    press(tab, 'Test')
    equal(names(tab), sorted(ALL))
    press(tab, 'Result')
    equal(names(tab), ALL)


@test
def a_test_leads_to_its_report(pages):
    tab = pages.open()
    tab.click_on('tr[data-name=shaky] .test a')
    tab.wait('document.title === "the report of shaky"')


@test
def what_tests_say_is_no_part_of_the_page(pages):
    tab = pages.open()
    equal(tab.eval('document.querySelector("[data-name=broken] .error")'
                   '.textContent'), HOSTILE)
    equal(tab.eval('document.querySelectorAll("script, img").length'), 1)
    assert tab.eval('document.title') != '1'
    equal(tab.complaints(), [])


@test
def the_dark_is_dark(pages):
    tab = pages.open()
    shade = ('getComputedStyle(document.documentElement).backgroundColor'
             '.match(/\\d+/g).slice(0, 3).every((c) => c < 64)')
    equal(tab.eval(shade), False)
    tab.call('Emulation.setEmulatedMedia', {'features': [
        {'name': 'prefers-color-scheme', 'value': 'dark'}]})
    equal(tab.eval(shade), True)


@test
def a_narrow_window_is_wide_enough(pages):
    tab = pages.open(width=360)
    assert tab.eval('document.documentElement.scrollWidth') <= 360
    equal(names(tab), ALL)


@test
def without_programs_it_is_a_table_all_the_same(pages):
    tab = pages.browser.tab(1200, 800)
    pages.tabs.append(tab)
    tab.call('Emulation.setScriptExecutionDisabled', {'value': True})
    tab.call('Page.navigate', {'url': pages.table('some', SOME)})
    tab.wait('document.querySelectorAll("tbody tr").length === 7')
    equal(names(tab), ALL)
    equal(tab.eval('document.getElementById("bar").offsetHeight'), 0)


@test
def readers_who_hear_it_are_told_what_is_what(pages):
    tab = pages.open()
    nodes = tab.call('Accessibility.getFullAXTree')['nodes']
    found = {(n['role']['value'], n.get('name', {}).get('value'))
             for n in nodes if not n.get('ignored') and 'role' in n}
    for role, name in (('table', 'Tests, what failed first'),
                       ('searchbox', 'Find in tests'), ('button', '1 flaky'),
                       ('heading', '2 of 7 tests failed'), ('link', 'slow'),
                       ('columnheader', 'Took')):
        assert (role, name) in found, (role, name, sorted(
            (r, str(n)) for r, n in found if r == role))
    unnamed = [n for n in nodes if not n.get('ignored') and
               n.get('role', {}).get('value') in ('button', 'link') and
               not n.get('name', {}).get('value')]
    equal(unnamed, [])


@test
def thousands_of_tests_are_at_hand(pages):
    tab = pages.open([a_test('t%d' % i, int(i % 7 == 0), seconds=i % 100)
                      for i in range(3000)], 'many')
    spent = tab.eval(
        '(() => { const before = performance.now();'
        'document.querySelector("th[data-key=\'2\'] button").click();'
        'const box = document.getElementById("search"); box.value = "t29";'
        'box.dispatchEvent(new Event("input"));'
        'document.body.offsetHeight;'
        'return performance.now() - before; })()')
    print('# sorted and searched in %d ms' % spent)
    assert spent < 3000, spent
    equal(len(names(tab)), 111)


def main():
    with start() as browser, \
            tempfile.TemporaryDirectory(prefix='vdelab-index.') as directory:
        pages = Pages(browser, sys.argv[1], os.path.realpath(directory))
        bound = [functools.wraps(t)(functools.partial(t, pages))
                 for t in TESTS]
        failed = run(bound, pages.close)
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
