"""failing.py CODE RESULTS: what the report of examples/failing says.

CODE is how `vdelab run` ended.  TAP on stdout.
"""
import os
import re
import shutil
import subprocess
import sys

from reader import active, equal, press, run, start, told


class Reader:
    def __init__(self, browser, code, results):
        self.browser, self.code, self.results = browser, code, results
        self.tab = browser.tab()

    def the_test_fails(self):
        equal(self.code, 1)
        self.tab.open('file://%s/report.html' % self.results)
        equal(self.tab.eval('document.querySelector("#summary .verdict")'
                            '.textContent'), 'failed')

    def the_top_says_what_failed_and_where(self):
        with open(os.path.join(os.path.dirname(__file__), os.pardir,
                               os.pardir, 'examples', 'failing',
                               'failing.lua'), encoding='utf-8') as file:
            line = file.read().split('\n').index(
                '\t\t\tlocal page = client:wait_until_succeeds(') + 1
        for selector, words in (
                ('.path', 'customers see the page'),
                ('.failed-step', 'client: wait_until_succeeds'),
                ('.failed-step', 'and time was up'),
                ('pre.error', 'http://server/'),
                ('.code-line.failing .number', str(line)),
                ('.code-line.failing', 'client:wait_until_succeeds('),
                ('pre.output', 'curl: (28) Connection timed out'),
                ('pre[aria-label="Console of server"]', 'wall drops: ')):
            bottom, text = self.tab.eval(
                '(() => { const e = document.querySelector(\'%s\'); return '
                '[e?.getBoundingClientRect().bottom, e?.textContent]; })()' %
                selector)
            assert text and words in text, (selector, text)
            assert bottom <= 900, selector

    def the_top_says_that_nobody_answered(self):
        text = self.tab.eval('document.querySelector(".findings .bad")'
                             '?.textContent') or 'no finding'
        for words in ('client', 'server', '80'):
            assert words in text, text
        assert re.search('never|no answer|nothing', text), text

    def the_finding_leads_to_frames_that_end_in_the_air(self):
        button = self.tab.eval('document.querySelector("#findings .bad button")'
                               '.textContent')
        press(self.tab, button, '#findings')
        n = int(button.split()[0])
        assert n >= 2 and told(self.tab, 'ladder').startswith('%d of' % n)
        assert 'SYN' in active(self.tab, 'frame-list')
        assert self.tab.eval(
            '[...document.querySelectorAll("#frame-list .rung")].every((r) => '
            'r.querySelector(".arrow.unanswered"))')

    def the_frame_is_the_one_in_the_capture(self):
        text = self.tab.eval('document.querySelector("#ladder .detail")'
                             '.innerText')
        number = re.search(r'wireshark -g (\d+) vlan1\.pcapng', text)[1]
        link = self.tab.eval('document.querySelector("#ladder .detail a").href')
        capture = os.path.join(self.results, 'vlan1.pcapng')
        equal(link, 'file://' + capture)
        if not shutil.which('tshark'):
            print('# tshark is not installed: the capture is not read')
            return
        said = subprocess.run(
            ['tshark', '-r', capture, '-Y', 'frame.number == ' + number, '-T',
             'fields', '-e', 'tcp.flags.str', '-e', 'tcp.dstport', '-e',
             'tcp.seq_raw'], check=True, capture_output=True, text=True,
            env=dict(os.environ, HOME=self.results)).stdout.split('\t')
        assert 'S' in said[0] and said[1] == '80', said
        assert 'seq %s,' % said[2].strip() in text, (said, text)

    def the_page_complains_of_nothing(self):
        equal(self.tab.complaints(), [])

    def the_table_of_tests_leads_to_the_page(self):
        index = os.path.join(os.path.dirname(self.results), 'report.html')
        self.browser.events.clear()
        self.tab.call('Page.navigate', {'url': 'file://' + index})
        self.tab.wait('location.pathname === "%s" && '
                      'document.readyState === "complete"' % index)
        equal(self.tab.complaints(), [])
        self.tab.click_on('a[href$="failing/report.html"]')
        self.tab.wait('location.pathname === "%s/report.html" && '
                      'document.querySelector("#summary") !== null' %
                      self.results)


def main():
    with start() as browser:
        reader = Reader(browser, int(sys.argv[1]),
                        os.path.realpath(sys.argv[2]))
        failed = run([reader.the_test_fails,
                      reader.the_top_says_what_failed_and_where,
                      reader.the_top_says_that_nobody_answered,
                      reader.the_finding_leads_to_frames_that_end_in_the_air,
                      reader.the_frame_is_the_one_in_the_capture,
                      reader.the_page_complains_of_nothing,
                      reader.the_table_of_tests_leads_to_the_page],
                     lambda: None)
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
