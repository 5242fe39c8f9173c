"""page.py PAGE: what readers do with report.html, in a headless Chromium.

PAGE is the page without data, driver/report/page.html of the build.  With names
of tests behind it only these run.  TAP on stdout.
"""
import base64
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import sample
from reader import active, choose, equal, press, rows, run, search, start, told

TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Pages:
    """Pages as files, and tabs that show them."""

    def __init__(self, browser, shell, directory):
        self.browser, self.directory, self.tabs = browser, directory, []
        with open(shell, encoding='utf-8') as file:
            self.shell = file.read()

    def file(self, kind):
        path = os.path.join(self.directory, kind + '.html')
        if not os.path.exists(path):
            with open(path, 'wb') as file:
                file.write(sample.page(self.shell, sample.KINDS[kind]()))
        return path

    def tab(self, width=1440, height=900):
        self.tabs.append(self.browser.tab(width, height))
        return self.tabs[-1]

    def close(self):
        for tab in self.tabs:
            tab.close()
        self.tabs = []

    def open(self, kind='shop', hash_='', width=1440, height=900):
        tab = self.tab(width, height)
        tab.open('file://' + self.file(kind) + hash_)
        return tab


@test
def a_reader_with_one_minute_sees_everything_at_once(pages):
    tab = pages.open()
    for selector, words in (
            ('#test', 'shop'), ('#summary .verdict', 'failed'),
            ('.failed-step', 'wait_until_succeeds'),
            ('.failed-step', 'waited 12.3 s, and time was up'),
            ('.failed-step', 'Tries: 1: exit status 28;'),
            ('pre.error', 'curl: (28) Connection timed out'),
            ('.code-line.failing', 'client:wait_until_succeeds('),
            ('.findings .bad', 'nothing ever answered'),
            ('pre.output', 'curl: (28) Connection timed out after 3003'),
            ('.panels', 'DPT=80 SYN'),
            ('.shot img', '')):
        bottom, text = tab.eval(
            '(() => { const e = [...document.querySelectorAll(%s)].find('
            '(e) => e.textContent.includes(%s));'
            'return [e?.getBoundingClientRect().bottom, e?.textContent]; })()' %
            (json.dumps(selector), json.dumps(words)))
        assert text is not None, '%s: no %r' % (selector, words)
        assert bottom <= 900, '%s is below the fold' % selector
    assert tab.eval('document.querySelector(".shot img").naturalWidth') == 640
    equal(tab.eval('document.querySelector(".failing .number").textContent'),
          '28')
    equal(tab.complaints(), [])


@test
def runs_of_every_kind_open_without_a_complaint(pages):
    for kind, verdict, words in (
            ('passed', 'passed', 'passes'),
            ('killed', 'killed', 'its log ends at 9.200 s'),
            ('killed', 'killed', 'went on for 3.57 s when the run ended'),
            ('none', 'could not be run', 'apt install')):
        tab = pages.open(kind)
        equal(tab.eval('document.querySelector("#summary .verdict")'
                       '.textContent'), verdict)
        assert words in tab.eval('document.body.innerText'), kind
        equal(tab.complaints(), [])
        pages.close()


@test
def steps_fold_and_unfold(pages):
    tab = pages.open()
    whole = len(rows(tab, 'step-list'))
    press(tab, 'Collapse all', '#steps')
    equal(len(rows(tab, 'step-list')), 10)
    press(tab, 'Expand all', '#steps')
    assert tab.eval('document.getElementById("step-list").scrollHeight') > \
        whole * 24, 'not all is open'
    press(tab, 'Failures only', '#steps')
    text = ' '.join(rows(tab, 'step-list'))
    assert 'customers see the page' in text and 'ping' not in text, text
    assert 'httpd' not in text, text


@test
def output_of_a_step_stands_below_it(pages):
    tab = pages.open()
    press(tab, 'Collapse all', '#steps')
    tab.eval('document.getElementById("step-list").focus()')
    for key in ('Home', *['ArrowDown'] * 8, 'ArrowRight', 'ArrowDown'):
        tab.key(key)
    assert 'ping -c 1 server' in active(tab, 'step-list')
    tab.key('Enter')
    text = rows(tab, 'step-list')
    assert any('stdout' in row and '64 bytes from' in row for row in text), text
    tab.key('ArrowLeft')
    tab.key('ArrowLeft')
    assert 'the server can be reached' in active(tab, 'step-list')


@test
def events_are_searched_and_filtered(pages):
    tab = pages.open()
    equal(told(tab, 'events'), '38 of 38 events')
    search(tab, 'events', 'WALL: dpt=80')
    tab.wait('document.querySelector("#events [role=status]").textContent'
             '.startsWith("2 of")')
    assert all('wall: IN=eth1' in row for row in rows(tab, 'event-list'))
    press(tab, 'All', '#events')
    equal(told(tab, 'events'), '38 of 38 events')
    choose(tab, 'events', 'Type', 'serial')
    choose(tab, 'events', 'Machine', 'router')
    tab.wait('document.querySelector("#events [role=status]").textContent'
             '.startsWith("5 of")')


@test
def a_segment_is_filtered(pages):
    tab = pages.open()
    names = 'document.querySelector(".ladder-head .lanes").innerText'
    assert 'vlan1' in tab.eval(names) and 'vlan2' in tab.eval(names)
    press(tab, 'Whole run', '#ladder')
    choose(tab, 'ladder', 'Segment', 'vlan2')
    tab.wait('!%s.includes("vlan1")' % names)
    wanted = [row for row in sample.shop()['frames'] if row[1] == 1]
    equal(told(tab, 'ladder'), '%d of 33 frames' % len(wanted))
    shown = tab.eval('[...document.querySelectorAll("#frame-list .row")]'
                     '.map((row) => row.getAttribute("aria-label"))')
    assert shown and all(', vlan2, ' in row for row in shown), shown
    press(tab, 'Hide chatter', '#ladder')
    some = len([row for row in wanted if 'multicast listener' not in row[7]])
    assert some < len(wanted)
    equal(told(tab, 'ladder'), '%d of 33 frames' % some)
    press(tab, 'Hide chatter', '#ladder')
    tab.eval('document.querySelector("#ladder .time[aria-label^=To]").focus()')
    tab.type('5.2')
    early = [row for row in wanted if row[0] <= 5.2]
    tab.wait('document.querySelector("#ladder [role=status]").textContent'
             ' === "%d of 33 frames"' % len(early))


@test
def a_finding_leads_to_its_frames_and_these_to_the_capture(pages):
    tab = pages.open()
    press(tab, '12 frames', '#findings')
    equal(told(tab, 'ladder'), '12 of 33 frames')
    assert 'SYN' in active(tab, 'frame-list')
    detail = tab.eval('document.querySelector("#ladder .detail").innerText')
    number = [row for row in sample.shop()['frames']
              if 'Flags [S]' in row[7]][0][2]
    assert 'wireshark -g %d vlan1.pcapng' % number in detail, detail
    link = '#ladder .detail a'
    equal(tab.eval('document.querySelector("%s").href' % link),
          'file://%s/vlan1.pcapng' % pages.directory)
    equal(tab.complaints(), [])
    # The address has kept the place; opened anew it leads there.
    hash_ = tab.eval('location.hash')
    equal(hash_, '#frame-vlan1-%d' % number)
    again = pages.open(hash_=hash_)
    equal(again.eval('document.querySelector("#ladder .detail").innerText'),
          detail)


@test
def what_nobody_answered_ends_in_the_air(pages):
    for kind, frames, open_ends in (('shop', 12, 12), ('refused', 2, 0)):
        tab = pages.open(kind)
        press(tab, '%d frames' % frames, '#findings')
        for selector, wanted in (('.rung', frames),
                                 ('.arrow.unanswered', open_ends)):
            equal(tab.eval('document.querySelectorAll("#frame-list %s")'
                           '.length' % selector), wanted)
        # An arrow ends short of the machine that it is for.
        gap = tab.eval(
            '(() => { const rung = document.querySelector("#frame-list .rung");'
            'const lives = [...rung.querySelectorAll(".life")].map((l) => '
            'l.getBoundingClientRect().x);'
            'const end = rung.querySelector(".arrow").getBoundingClientRect()'
            '.right; return Math.min(...lives.map((x) => Math.abs(x - end)));'
            '})()')
        assert (gap > 8) == (open_ends > 0), gap


@test
def what_was_dropped_and_impaired_is_marked(pages):
    tab = pages.open()
    for words, arrows in (('dropped', '.arrow.dropped'),
                          ('impaired', '.arrow.impaired'),
                          ('sent again', '.arrow.again')):
        choose(tab, 'ladder', 'What happened to frames', words)
        tab.wait('[...document.querySelectorAll("#frame-list .rung")].every('
                 '(r) => r.querySelector("%s") && r.ariaLabel.includes("%s"))'
                 ' && document.querySelector("#frame-list .rung") !== null' %
                 (arrows, words))


@test
def links_lead_to_places(pages):
    tab = pages.open(hash_='#step-12')
    assert 'wait_until_succeeds' in active(tab, 'step-list')
    tab.eval('location.hash = "#event-3"')
    tab.wait('document.querySelector("#events .detail").innerText')
    equal(tab.eval('document.querySelector("#event-list .active").dataset.i'),
          '3')
    tab.eval('location.hash = "#line-0-19"')
    tab.wait('document.querySelector("#source-list .active") !== null')
    assert 'mkdir -p /srv' in active(tab, 'source-list')
    tab.key('Enter')
    assert 'mkdir -p /srv' in active(tab, 'step-list')
    tab.eval('location.hash = "#t=12.3"')
    tab.wait('document.querySelector("#event-list .row") !== null')
    equal(tab.complaints(), [])


@test
def frames_are_saved_as_a_capture_that_others_read(pages):
    tab = pages.open()
    press(tab, 'Around the failure', '#ladder')
    tab.eval('URL.createObjectURL = (blob) => { window.saved = blob;'
             'return "blob:null/0"; }; HTMLAnchorElement.prototype.click = '
             'function () { window.saved_as = this.download; }')
    press(tab, 'Save 12 of these', '#ladder')
    equal(tab.eval('saved_as'), 'shop-frames.pcapng')
    octets = base64.b64decode(tab.eval(
        'new Promise((done) => { const r = new FileReader(); r.onload = () => '
        'done(r.result.split(",")[1]); r.readAsDataURL(saved); })'))
    path = os.path.join(pages.directory, 'saved.pcapng')
    with open(path, 'wb') as file:
        file.write(octets)
    if not shutil.which('tshark'):
        equal(octets.count(b'\x06\0\0\0'), 12)
        return
    said = subprocess.run(
        ['tshark', '-r', path, '-T', 'fields', '-e', 'frame.time_epoch', '-e',
         'frame.interface_name', '-e', 'tcp.dstport', '-e', 'frame.comment'],
        check=True, capture_output=True, text=True,
        env=dict(os.environ, HOME=pages.directory)).stdout.splitlines()
    equal(len(said), 12)
    # 06:10:00.123456789 and 5.75 s
    equal(said[0].split('\t')[:3], ['1795414205.873456789', 'client.eth1',
                                    '80'])
    equal([line.split('\t')[3] for line in said].count('sent again'), 6)


@test
def everything_can_be_done_with_keys(pages):
    tab = pages.open()
    tab.eval('document.activeElement.blur()')
    seen = []
    for _ in range(80):
        tab.key('Tab')
        name = tab.eval(
            'document.activeElement === document.body ? null :'
            'document.activeElement.id || document.activeElement.textContent '
            '|| document.activeElement.getAttribute("aria-label")')
        if name is None:
            break
        outline = tab.eval('getComputedStyle(document.activeElement)'
                           '.outlineStyle')
        assert outline != 'none', 'nobody sees the focus on ' + str(name)
        seen.append(name)
    for name in ('theme', 'step-list', 'timeline-box', 'frame-list',
                 'event-list', 'source-list', 'Search events', 'Copy',
                 'Expand all'):
        assert name in seen, '%s cannot be reached: %s' % (name, seen)
    tab.eval('document.getElementById("frame-list").focus()')
    tab.key('End')
    tab.key('ArrowUp')
    assert 'Frame ' in tab.eval('document.querySelector("#ladder .detail")'
                                '.innerText')


@test
def the_time_line_is_walked_with_keys(pages):
    tab = pages.open()
    said = 'document.querySelector("#timeline [role=status]").textContent'
    tab.eval('document.getElementById("timeline-box").focus()')
    tab.key('ArrowRight')
    assert 'the server can be reached' in tab.eval(said), tab.eval(said)
    tab.key('ArrowRight')
    assert 'failed subtest customers see the page' in tab.eval(said)
    tab.key('ArrowDown')
    assert 'client commands' in tab.eval(said), tab.eval(said)
    assert 'wait_until_succeeds' in tab.eval(said), tab.eval(said)
    tab.key('Enter')
    assert 'wait_until_succeeds' in active(tab, 'step-list')
    equal(tab.eval('document.activeElement.id'), 'step-list')


def ink(tab):
    """How much of the time line is drawn in the colour of failures."""
    return tab.eval(
        '(() => { const c = document.querySelector("canvas");'
        'const d = c.getContext("2d").getImageData(0, 24, c.width, 12).data;'
        'let n = 0; for (let i = 0; i < d.length; i += 4)'
        ' n += d[i] > 150 && d[i + 1] < 60 && d[i + 3] > 200;'
        'return n / (c.width * 12); })()')


TO_TIME_LINE = 'document.getElementById("timeline").scrollIntoView()'


@test
def the_time_line_is_moved_by_hand(pages):
    tab = pages.open()
    tab.eval(TO_TIME_LINE)
    x, y, width = tab.eval(
        '(() => { const r = document.getElementById("timeline-box")'
        '.getBoundingClientRect(); return [r.x, r.y, r.width]; })()')
    touch = 'Input.dispatchTouchEvent'

    def fingers(kind, *places):
        tab.call(touch, {'type': kind, 'touchPoints': [
            {'x': x + part * width, 'y': y + 60, 'id': i}
            for i, part in enumerate(places)]})
    tab.painted()
    before = ink(tab)
    # Two fingers that go apart, where nothing failed.
    fingers('touchStart', 0.05)
    fingers('touchStart', 0.05, 0.1)
    for part in (0.2, 0.4, 0.8):
        fingers('touchMove', 0.05, part)
    fingers('touchEnd')
    tab.painted()
    equal(ink(tab), 0)
    # And a mouse that pulls later time in.
    for _ in range(16):
        tab.mouse('mousePressed', x + 0.9 * width, y + 60, button='left',
                  buttons=1, clickCount=1)
        tab.mouse('mouseMoved', x + 0.5 * width, y + 60, button='left',
                  buttons=1)
        tab.mouse('mouseMoved', x + 0.1 * width, y + 60, button='left',
                  buttons=1)
        tab.mouse('mouseReleased', x + 0.1 * width, y + 60, button='left')
    tab.painted()
    assert ink(tab) > before, 'nothing was moved'
    equal(tab.eval('location.hash'), '')  # a drag is no click


@test
def the_time_line_zooms_moves_and_leads(pages):
    tab = pages.open()
    tab.eval(TO_TIME_LINE)
    x, y, width = tab.eval(
        '(() => { const r = document.getElementById("timeline-box")'
        '.getBoundingClientRect(); return [r.x, r.y, r.width]; })()')
    tab.painted()
    before = ink(tab)
    assert 0.4 < before < 0.8, before
    # With Ctrl the wheel zooms in to the beginning, where nothing failed.
    tab.mouse('mouseWheel', x + 25, y + 60, deltaX=0, deltaY=-900, modifiers=2)
    tab.painted()
    equal(ink(tab), 0)
    press(tab, 'The failure', '#timeline')
    tab.painted()
    assert ink(tab) > before, 'the failure is not in sight'
    press(tab, 'Whole run', '#timeline')
    tab.painted()
    tab.eval(TO_TIME_LINE)
    tab.mouse('mouseMoved', x + width * 0.7, y + 30)
    assert 'customers see the page' in tab.eval(
        'document.querySelector(".tip").textContent')
    tab.click(x + width * 0.7, y + 30)
    assert 'customers see the page' in active(tab, 'step-list')
    # Without Ctrl the wheel scrolls the page, as it does everywhere.
    tab.eval('scrollTo(0, 0)')
    tab.mouse('mouseWheel', x + 25, 300, deltaX=0, deltaY=400)
    tab.wait('scrollY > 100')


CONTRAST = '''(() => {
const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ?
	c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
	.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const colour = (text) => text.match(/[\\d.]+/g).map(Number);
const ground = (e) => {
	for (; e; e = e.parentElement) {
		const c = colour(getComputedStyle(e).backgroundColor);
		if (c.length === 3 || c[3] === 1)
			return c;
	}
	return [255, 255, 255];
};
const bad = new Set();
for (const e of document.querySelectorAll('#app *')) {
	const own = [...e.childNodes].some((n) => n.nodeType === 3 &&
		n.data.trim() !== '');
	if (!own || !e.checkVisibility() || e.closest('.away, option, :disabled'))
		continue;
	const [a, b] = [light(colour(getComputedStyle(e).color)),
		light(ground(e))];
	const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
	if (contrast < 4.5)
		bad.add(e.tagName + '.' + e.className + ' ' + contrast.toFixed(2));
}
return [...bad]; })()'''


def prefer(tab, name, value):
    tab.call('Emulation.setEmulatedMedia', {
        'features': [{'name': name, 'value': value}]})
    tab.painted()


@test
def light_and_dark_can_be_read(pages):
    tab = pages.open()
    ground = 'getComputedStyle(document.documentElement).backgroundColor'
    tab.eval('document.getElementById("frame-list").focus()')
    tab.key('Home')
    light = tab.eval(ground)
    equal(tab.eval(CONTRAST), [])
    prefer(tab, 'prefers-color-scheme', 'dark')
    dark = tab.eval(ground)
    assert light != dark, 'no dark'
    equal(tab.eval(CONTRAST), [])
    tab.click_on('#theme')
    equal(tab.eval(ground), light)
    tab.eval('location.reload()')
    tab.wait('document.querySelector("#theme")?.textContent.includes("Light")')
    equal(tab.eval(ground), light)
    tab.click_on('#theme')
    equal(tab.eval(ground), dark)
    tab.click_on('#theme')
    assert 'Auto' in tab.eval('document.querySelector("#theme").textContent')


@test
def nothing_moves_by_itself(pages):
    tab = pages.open()
    press(tab, '12 frames', '#findings')
    equal(tab.eval('document.getAnimations().length'), 0)
    equal(tab.eval('[...document.querySelectorAll("*")].filter((e) => '
                   'getComputedStyle(e).scrollBehavior !== "auto").length'), 0)


@test
def everything_interactive_has_a_name_and_a_role(pages):
    tab = pages.open()
    tab.eval('document.getElementById("step-list").focus()')
    tab.key('Home')
    nodes = tab.call('Accessibility.getFullAXTree')['nodes']
    roles = {}
    for node in nodes:
        if node.get('ignored'):
            continue
        role = node['role']['value']
        name = node.get('name', {}).get('value', '')
        roles.setdefault(role, []).append(name)
        properties = {p['name']: p['value'].get('value')
                      for p in node.get('properties', ())}
        if properties.get('focusable') and role != 'RootWebArea':
            assert name, 'no name: %s' % node
            assert role not in ('generic', 'none'), node
    for role, name in (
            ('main', ''), ('navigation', 'Sections'), ('banner', ''),
            ('heading', 'What failed'), ('tree', 'Steps of the test'),
            ('listbox', 'Frames'), ('listbox', 'Events'),
            ('search', 'frames'), ('image', 'Screenshot of server at 17.950 s'),
            ('application', 'Time line'), ('searchbox', 'Search events'),
            ('combobox', 'Segment')):
        assert name in roles.get(role, ()), (role, name, roles.get(role))
    item = [n for n in roles['treeitem'] if 'customers see the page' in n]
    assert item and item[0].startswith('failed, '), roles['treeitem']


@test
def a_narrow_window_is_enough(pages):
    for kind in ('shop', 'hostile'):
        tab = pages.open(kind, width=360, height=740)
        equal(tab.eval('document.documentElement.scrollWidth'), 360)
        pages.close()


@test
def paper_gets_whole_lists_and_no_controls(pages):
    tab = pages.open()
    tab.call('Emulation.setEmulatedMedia', {'media': 'print'})
    tab.eval('dispatchEvent(new Event("beforeprint"))')
    equal(tab.eval('document.querySelectorAll(".on-paper .rung").length'), 30)
    assert tab.eval('document.querySelectorAll(".on-paper .step").length') == 12
    assert tab.eval(
        '[...document.querySelectorAll(".on-paper small")].every((e) => '
        'Math.abs(e.getBoundingClientRect().y - e.closest(".row")'
        '.getBoundingClientRect().y) < 20)'), 'pieces fly about'
    text = tab.eval('document.body.innerText')
    for words in ('nothing ever answered', 'curl: (28)', 'SYN'):
        assert words in text, words
    for selector in ('header', '#events', '.view', 'button', '.bar input'):
        equal(tab.eval('document.querySelector("%s").checkVisibility()' %
                       selector), False)
    tab.eval('dispatchEvent(new Event("afterprint"))')
    equal(tab.eval('document.querySelectorAll(".on-paper").length'), 0)
    tab.call('Emulation.setEmulatedMedia', {'media': ''})
    path = os.path.join(pages.directory, 'page.pdf')
    tab.pdf(path)
    with open(path, 'rb') as file:
        sheets = len(re.findall(rb'/Type\s*/Page\b', file.read()))
    assert 3 <= sheets <= 8, '%d sheets' % sheets


@test
def hostile_text_stays_text(pages):
    tab = pages.open('hostile')
    press(tab, 'Expand all', '#steps')
    for name in ('step-list', 'frame-list', 'event-list', 'source-list'):
        tab.eval('document.getElementById("%s").focus()' % name)
        tab.key('Home')
        # Down to the end, so that each row has been drawn.
        for _ in range(12):
            tab.key('PageDown')
            tab.painted()
    equal(tab.eval('typeof owned'), 'undefined')
    equal(tab.eval('document.querySelectorAll("script").length'), 2)
    equal(tab.eval('document.querySelectorAll("#app svg, #app script, '
                   '#app u, #app img:not(.shot img)").length'), 0)
    equal(tab.eval('document.title'), 'failed: <b>bold</b>')
    # What is copied to a shell is one word there.
    equal(tab.eval('document.querySelector(".facts code").textContent'),
          'vdelab run --seed 2467096885 \'"><script>owned = 1</script>'
          '; it\'\\\'\'s $(reboot)\'')
    equal(tab.eval('[...document.links].filter((a) => a.protocol !== "file:")'
                   '.length'), 0)
    error = tab.eval('document.querySelector("pre.error").textContent')
    for words in ('<script>window.owned = 1</script>', 'red end',
                  'file\u27e8U+202E\u27e9txt.exe', 'one\u27e8U+2028\u27e9two',
                  'nul\u27e8NUL\u27e9nul', '\ufffd alone', 'bell\u27e8BEL\u27e9',
                  '\u27e8U+200B\u27e9nothing', '\u27e8U+E0041\u27e9tags'):
        assert words in error, words
    assert '\u27e8ESC\u27e9' not in error, 'commands of terminals'
    unseen = re.compile('[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e'
                        '\u2060-\u2069\ufeff\ud800-\udfff]')
    text = tab.eval('document.getElementById("app").textContent')
    assert not unseen.search(text), unseen.search(text)
    equal(tab.complaints(), [])


@test
def no_other_script_runs(pages):
    tab = pages.open()
    tab.eval('(() => { const s = document.createElement("script");'
             's.textContent = "window.injected = 1"; document.body.append(s);'
             'const d = document.createElement("div");'
             'd.innerHTML = "<img src=data:, onerror=window.injected=2>";'
             'document.body.append(d); })()')
    tab.painted()
    equal(tab.eval('typeof injected'), 'undefined')
    assert any('Content Security Policy' in text for text in tab.complaints())


@test
def without_a_script_the_summary_can_be_read(pages):
    tab = pages.tab()
    tab.call('Emulation.setScriptExecutionDisabled', {'value': True})
    tab.call('Page.navigate', {'url': 'file://' + pages.file('shop')})
    tab.wait('document.readyState === "complete" && '
             'location.protocol === "file:"')
    text = tab.eval('document.body.innerText')
    for words in ('shop', 'curl: (28)', 'needs JavaScript'):
        assert words in text, text


@test
def the_time_is_split(pages):
    tab = pages.open()
    cells = tab.eval('[...document.querySelectorAll(".times tbody tr")].map('
                     '(tr) => [...tr.querySelectorAll("th, .number")].map('
                     '(c) => c.textContent))')
    equal(cells[0], ['the test', '4.79 s', '12.4 s', '650 ms', '394 ms'])
    equal(cells[3], ['server', '4.79 s', '100 ms', '90 ms', '13.2 s'])
    equal(tab.eval('[...document.querySelectorAll(".split")].map((bar) => '
                   'Math.round([...bar.children].reduce((sum, i) => sum + '
                   'parseFloat(i.style.width), 0)))'), [100] * 4)


SCROLL = '''(async () => {
const view = document.getElementById("%s");
const times = [];
let last = await new Promise(requestAnimationFrame);
for (let i = 0; i < 40; i++) {
	view.scrollTop += i %% 10 === 9 ? view.scrollHeight / 11 : 170;
	const now = await new Promise(requestAnimationFrame);
	times.push(now - last);
	last = now;
}
times.sort((a, b) => a - b);
return times[Math.floor(times.length * 0.8)]; })()'''


@test
def a_huge_run_opens_at_once_and_scrolls(pages):
    best = None
    for _ in range(3):  # others may use this machine
        tab = pages.open('big')
        ready = tab.eval('performance.getEntriesByName("vdelab-ready")[0]'
                         '.startTime')
        best = min(ready, best or ready)
        if best < 2000:
            break
        pages.close()
    print('# ready after %d ms' % best)
    assert best < 2000, 'ready after %d ms' % best
    equal(told(tab, 'events'), '100,000 of 100,000 events')
    assert tab.eval('document.querySelectorAll("*").length') < 3000
    press(tab, 'Whole run', '#ladder')
    press(tab, 'Expand all', '#steps')
    for name in ('step-list', 'frame-list', 'event-list'):
        tab.eval('document.getElementById("%s").scrollIntoView()'
                 % name)
        for _ in range(6):
            slow = tab.eval(SCROLL % name)
            if slow < 34:  # 30 frames a second, but others are at work here
                break
        print('# %s: %d ms a frame' % (name, slow))
        assert slow < 45, '%s: %d ms a frame' % (name, slow)
        assert len(rows(tab, name)) > 10, name
    search(tab, 'events', 'qmp 77777')
    tab.wait('document.querySelector("#events [role=status]").textContent'
             '.startsWith("0 of") || document.querySelector("#events '
             '[role=status]").textContent.startsWith("1 of")')
    assert 'could' not in tab.eval('document.querySelector("#left-out")'
                                   '.innerText')
    assert '1,234,567' in tab.eval('document.querySelector("#left-out")'
                                   '.innerText')
    equal(tab.complaints(), [])


def main():
    wanted = sys.argv[2:]
    chosen = [t for t in TESTS if not wanted or t.__name__ in wanted]
    with start() as browser, \
            tempfile.TemporaryDirectory(prefix='vdelab-page.') as directory:
        pages = Pages(browser, sys.argv[1], os.path.realpath(directory))
        bound = [functools.wraps(t)(functools.partial(t, pages))
                 for t in chosen]
        failed = run(bound, pages.close)
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
