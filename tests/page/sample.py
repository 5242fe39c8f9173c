"""Data for report.html, made up: what runs of many kinds would have left.

    sample.py SHELL KIND OUT     one page, to look at

SHELL is the page without data, driver/report/page.html of the build.
"""
import base64
import html
import json
import random
import struct
import sys
import zlib

MACS = {'client': '52:54:00:12:01:01', 'router': '52:54:00:12:01:02',
        'router2': '52:54:00:12:02:02', 'server': '52:54:00:12:02:03'}
TYPES = ['stdout', 'stderr', 'serial', 'qemu', 'qmp', 'log', 'mark',
         'switch', 'machine.started', 'machine.ready', 'machine.panicked',
         'attempt']
PROTOCOLS = ['ARP', 'ICMP', 'ICMP6', 'TCP', 'DNS', 'DHCP', 'HTTP']
DROPPED, IMPAIRED, AGAIN, BAD_SUM = 1, 2, 4, 8

SCRIPT = '''\
-- The shop's page, as its customers see it.
--
--   client ---- vlan1 ---- router ---- vlan2 ---- server

return {
	name = "shop",
	nodes = {
		client = { vlans = { 1 }, setup = "ip route add default via 192.168.1.2" },
		router = { vlans = { 2, 1 }, setup = "sysctl -qw net.ipv4.ip_forward=1" },
		server = {
			vlans = { 2 },
			files = { ["/etc/wall.nft"] = io.open("wall.nft"):read("a") },
			setup = "ip route add default via 192.168.2.2; nft -f /etc/wall.nft",
		},
	},

	test_script = function()
		start_all()
		server:succeed("mkdir -p /srv && echo open >/srv/index.html")
		server:succeed("httpd -p 80 -h /srv")
		server:wait_for_open_port(80)

		subtest("the server can be reached", function()
			client:succeed("ping -c 1 server")
		end)

		subtest("customers see the page", function()
			client:wait_until_succeeds("curl -sSf --max-time 3 http://server/", 12)
			local page = client:succeed("curl -sSf http://server/")
			assert(page == "open\\n", "not the shop's page: " .. page)
		end)
	end,
}
'''


def png(width, height, lines):
    """A screen with rows of something like text on it."""
    rng = random.Random(1)
    dark, light = b'\x10\x14\x18', b'\xb8\xc0\xc8'
    rows = []
    for y in range(height):
        row = b''
        line = y // 16
        inked = line < lines and 3 <= y % 16 < 13
        rng.seed(line)
        long = rng.randrange(8, width // 10)
        for x in range(width):
            rng_on = inked and x // 9 < long and x % 9 < 6 and \
                (x * 7 + y * 13 + line * 31) % 5 < 3
            row += light if rng_on else dark
        rows.append(b'\0' + row)

    def chunk(kind, body):
        return struct.pack('>I', len(body)) + kind + body + \
            struct.pack('>I', zlib.crc32(kind + body))
    return b'\x89PNG\r\n\x1a\n' + \
        chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)) + \
        chunk(b'IDAT', zlib.compress(b''.join(rows), 9)) + chunk(b'IEND', b'')


def tcp_octets(src, dst, sport, dport, seq, flags):
    """A TCP segment in IPv4 in Ethernet; its checksums are left to be."""
    def mac(name):
        return bytes.fromhex(MACS[name].replace(':', ''))
    ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 40, 1, 0x4000, 64, 6, 0,
                     bytes([192, 168, 1, 1]), bytes([192, 168, 2, 3]))
    tcp = struct.pack('>HHIIBBHHH', sport, dport, seq, 0, 0x50, flags, 64240,
                      0, 0)
    return mac(dst) + mac(src) + b'\x08\x00' + ip + tcp


class Run:
    """Rows are added in any order, and sorted at the end."""

    def __init__(self, test):
        self.steps, self.events, self.frames = [], [], []
        self.octets = {}
        self.numbers = [0, 0]
        self.data = {
            'schema': 1, 'test': test, 'result': 'passed', 'code': 0,
            'error': None, 'complete': True,
            'began': '2026-11-23T06:10:00.123456789Z', 'duration': 30.0,
            'version': '0.6', 'file': 'tests/%s.lua' % test,
            'language': 'lua', 'seed': 2467096885, 'accel': 'tcg',
            'accel_reason': '/dev/kvm cannot be opened', 'timeout_scale': 1,
            'attempt': 1,
            'machines': [
                self.machine('client', ('client.eth1', 0, '1.1')),
                self.machine('router', ('router.eth1', 1, '2.2'),
                             ('router.eth2', 0, '1.2')),
                self.machine('server', ('server.eth1', 1, '2.3'))],
            'segments': [], 'sources': [], 'failure': None, 'findings': [],
            'event_types': TYPES, 'protocols': PROTOCOLS,
            'ports': ['client.eth1', 'router.eth1', 'router.eth2',
                      'server.eth1'],
            'screenshots': [], 'files': [], 'left_out': [],
        }

    @staticmethod
    def machine(name, *nics):
        return {'name': name, 'serial_log': name + '.serial.log', 'nics': [
            {'port': port, 'segment': segment,
             'mac': '52:54:00:12:0%s:0%s' % tuple(host.split('.')),
             'ipv4': '192.168.' + host,
             'ipv6': '2001:db8:%s::%s' % tuple(host.split('.'))}
            for port, segment, host in nics]}

    def step(self, parent, kind, machine, text, t0, t1, ok=1, error=None,
             line=0, timed_out=0):
        index = len(self.steps)
        self.steps.append([index + 1, parent, kind, machine, text, t0, t1, ok,
                           error, 0 if line else -1, line, timed_out])
        return index

    def event(self, t, kind, machine, text, step=-1, data=None):
        self.events.append([t, TYPES.index(kind), machine, step, text, data])

    def frame(self, t, segment, port, src, dst, protocol, text, size=74,
              flags=0, note=None, octets=None):
        self.frames.append([t, segment, 0, port, src, dst,
                            PROTOCOLS.index(protocol), text, size, flags,
                            note, octets])

    def done(self):
        self.events.sort(key=lambda row: row[0])
        self.frames.sort(key=lambda row: row[0])
        octets = {}
        sizes = [0, 0]
        for index, row in enumerate(self.frames):
            self.numbers[row[1]] += 1
            sizes[row[1]] += row[8]
            row[2] = self.numbers[row[1]]
            held = row.pop()
            if held is not None:
                octets[str(index)] = base64.b64encode(held).decode()
        names = ['vlan1', 'vlan2']
        self.data['segments'] = [
            {'name': name, 'capture': name + '.pcapng',
             'frames': self.numbers[i], 'octets': sizes[i], 'left_out': 0}
            for i, name in enumerate(names)]
        self.data['files'] = [
            {'path': 'log.jsonl', 'octets': 48213, 'what': 'the log'}] + [
            {'path': name + '.pcapng', 'octets': sizes[i] + 4000,
             'what': 'capture of ' + name} for i, name in enumerate(names)] + [
            {'path': m['serial_log'], 'octets': 10431,
             'what': 'console of ' + m['name']}
            for m in self.data['machines']]
        self.data.update(steps=self.steps, events=self.events,
                         frames=self.frames, frame_octets=octets)
        return self.data


def boot(run):
    for machine in range(3):
        step = run.step(-1, 'start', machine, '', 0.01 + machine / 500,
                        0.012 + machine / 500, line=18)
        run.event(0.011 + machine / 500, 'machine.started', machine,
                  str(4711 + machine), step)
        for i, text in enumerate((
                'Linux version 6.1.0-26-amd64 (debian-kernel@lists.debian.org)',
                'Command line: console=ttyS0 panic=-1 quiet',
                'clocksource: tsc-early: mask: 0xffffffffffffffff',
                'virtio_net virtio1 eth1: renamed from eth0',
                '\x1b[0;32mvdelab: a shell listens on /dev/hvc0\x1b[0m')):
            run.event(0.7 + i * 0.62 + machine * 0.11, 'serial', machine, text)
        run.event(4.1 + machine * 0.2, 'machine.ready', machine, '')
        run.event(4.3 + machine * 0.2, 'qmp', machine, 'NIC_RX_FILTER_CHANGED',
                  data={'name': 'n1-dev',
                        'path': '/machine/peripheral/n1-dev/virtio-backend'})
    run.step(-1, 'boot', 2, 'wait for its shell', 0.02, 4.5)
    run.step(-1, 'boot', 2, 'configure it', 4.5, 4.8)
    for machine, (segment, port) in enumerate(((0, 0), (1, 1), (1, 3))):
        for i in range(3):
            run.frame(4.3 + machine * 0.2 + i * 0.31, segment, port, machine,
                      -2, 'ICMP6', 'multicast listener report v2, '
                      '1 group record(s), length 28', 90)


def shop():
    """The server's firewall drops what it should let in."""
    run = Run('shop')
    boot(run)
    run.step(-1, 'succeed', 2, 'mkdir -p /srv && echo open >/srv/index.html',
             4.81, 4.86, line=19)
    run.step(-1, 'succeed', 2, 'httpd -p 80 -h /srv', 4.87, 4.91, line=20)
    run.step(-1, 'wait_for_open_port', 2, 'TCP port 80 of localhost is open',
             4.92, 5.02, line=21)
    first = run.step(-1, 'subtest', -1, 'the server can be reached', 5.03,
                     5.61, line=23)
    ping = run.step(first, 'succeed', 0, 'ping -c 1 server', 5.04, 5.6, line=24)
    for i, text in enumerate((
            'PING server (192.168.2.3): 56 data bytes\n',
            '64 bytes from 192.168.2.3: seq=0 ttl=63 time=12.301 ms\n',
            '\n--- server ping statistics ---\n1 packets transmitted, '
            '1 packets received, 0% packet loss\n')):
        run.event(5.2 + i * 0.15, 'stdout', 0, text, ping)
    for t, segment, asks, answers, port, back, address in (
            (5.100, 0, 0, 1, 0, 2, '192.168.1.2'),
            (5.108, 1, 1, 2, 1, 3, '192.168.2.3')):
        run.frame(t, segment, port, asks, -2, 'ARP',
                  'Request who-has %s tell 192.168.%d.%d, length 28' %
                  (address, segment + 1, asks + 1), 42)
        run.frame(t + 0.002, segment, back, answers, asks, 'ARP',
                  'Reply %s is-at 52:54:00:12:01:02, length 28' % address, 42)
    run.frame(5.105, 0, 0, 0, 1, 'ICMP',
              'echo request, id 156, seq 0, length 64', 98)
    run.frame(5.113, 1, 1, 1, 2, 'ICMP',
              'echo request, id 156, seq 0, length 64', 98)
    run.frame(5.116, 1, 3, 2, 1, 'ICMP',
              'echo reply, id 156, seq 0, length 64', 98)
    run.frame(5.118, 0, 2, 1, 0, 'ICMP',
              'echo reply, id 156, seq 0, length 64', 98)

    second = run.step(-1, 'subtest', -1, 'customers see the page', 5.62, 17.9,
                      0, 'client: the command did not succeed', line=27)
    error = ('client: "curl -sSf --max-time 3 http://server/" did not succeed '
             'within 12 s; the last time it ended with status 28, and said:\n'
             'curl: (28) Connection timed out after 3001 milliseconds')
    failed = run.step(second, 'wait_until_succeeds', 0,
                      'curl -sSf --max-time 3 http://server/', 5.63, 17.9, 0,
                      error, line=28, timed_out=1)
    port, seq, syn = 45056, 1790254310, []
    for attempt in range(3):
        t = 5.75 + attempt * 4.02
        for again, wait in enumerate((0, 1.01)):
            text = ('%d > 80: Flags [S], seq %d, win 64240, options [mss 1460,'
                    'sackOK,TS val %d ecr 0,nop,wscale 7], length 0' %
                    (port, seq, 1238315246 + attempt * 4020 + again * 1010))
            octets = tcp_octets('client', 'router', port, 80, seq, 2)
            flags = AGAIN if again else 0
            run.frame(t + wait, 0, 0, 0, 1, 'TCP', text, 74, flags, None, octets)
            octets = tcp_octets('router2', 'server', port, 80, seq, 2)
            run.frame(t + wait + 0.004, 1, 1, 1, 2, 'TCP', text, 74, flags,
                      None, octets)
        # Output comes in pieces, which end anywhere.
        run.event(t + 3.01, 'stderr', 0, 'c', failed)
        run.event(t + 3.03, 'attempt', -1, 'exit status 28', failed,
                  {'attempt': attempt + 1})
        run.event(t + 3.02, 'stderr', 0, 'url: (28) Connection timed out '
                  'after %d milliseconds\n' % (3001 + attempt), failed)
        port, seq = port + 14, seq + 77712345
    run.event(10.4, 'serial', 2, '[   10.381204] wall: IN=eth1 OUT= '
              'SRC=192.168.1.1 DST=192.168.2.3 PROTO=TCP SPT=45070 DPT=80 SYN')
    run.event(14.4, 'serial', 2, '[   14.402117] wall: IN=eth1 OUT= '
              'SRC=192.168.1.1 DST=192.168.2.3 PROTO=TCP SPT=45084 DPT=80 SYN')
    run.frame(9.12, 1, 1, 1, 2, 'ARP',
              'Request who-has 192.168.2.3 tell 192.168.2.2, length 28', 42)
    run.frame(9.122, 1, 3, 2, 1, 'ARP',
              'Reply 192.168.2.3 is-at 52:54:00:12:02:03, length 28', 42)
    run.frame(12.3, 0, 2, 1, 0, 'ARP',
              'Request who-has 192.168.1.1 tell 192.168.1.2, length 28', 42,
              IMPAIRED, 'netem: delayed')
    run.frame(12.33, 0, 0, 0, 1, 'ARP',
              'Reply 192.168.1.1 is-at 52:54:00:12:01:01, length 28', 42,
              DROPPED, 'link: client.eth1 is blocked')
    data = run.done()
    syn = [i for i, row in enumerate(data['frames'])
           if 'Flags [S]' in row[7]]
    data.update(
        result='failed', code=1, error='customers see the page: ' + error,
        duration=18.2,
        sources=[{'file': 'tests/shop.lua', 'text': SCRIPT, 'cut': False}],
        failure={'step': failed, 't': 17.9, 'error': error, 'source': 0,
                 'line': 28},
        findings=[
            {'text': 'client sent 6 SYN to server port 80 (192.168.2.3), three '
             'connections; nothing ever answered. They were seen on vlan1 and '
             'on vlan2, the last segment before server.', 't0': 5.75,
             't1': 14.8, 'segment': 1, 'frames': syn, 'severity': 'bad'},
            {'text': 'server answered to ARP and to ping in the same time: it '
             'is there, and does not want this port.', 't0': 5.1, 't1': 9.2,
             'segment': 1, 'frames': [], 'severity': 'note'}],
        screenshots=[{'machine': 2, 'step': -1, 't': 17.95,
                      'path': 'failed-server.png',
                      'png': base64.b64encode(png(640, 360, 14)).decode()}])
    return data


def refused():
    """The server says no: what is answered is not drawn as if it were not."""
    data = shop()
    asked = next(row for row in data['frames'] if row[1] == 1 and
                 'Flags [S]' in row[7])
    at = data['frames'].index(asked) + 1
    data['frames'].insert(at, [
        asked[0] + 0.001, 1, 99, 3, 2, 1, PROTOCOLS.index('TCP'),
        '80 > 45056: Flags [R.], seq 0, ack 1790254311, win 0, length 0', 54,
        0, None])
    data['frame_octets'] = {}
    data['findings'] = [{
        'text': 'server refused port 80 to client', 't0': asked[0],
        't1': asked[0] + 0.001, 'segment': 1, 'frames': [at - 1, at],
        'severity': 'bad'}]
    data['test'] = 'refused'
    return data


def passed():
    data = shop()
    for row in data['steps']:
        row[7:9] = [1, None]
        row[11] = 0
    data.update(result='passed', code=0, error=None, failure=None,
                screenshots=[], test='passes', findings=[])
    return data


def killed():
    data = shop()
    data.update(result='killed', code=-1, error=None, complete=False,
                began=None, failure=None, test='ends early', duration=9.2,
                findings=[], screenshots=[])
    for name in ('events', 'frames'):
        data[name] = [row for row in data[name] if row[0] < 9.2]
    data['frame_octets'] = {}
    for row in data['steps']:
        if row[6] is not None and row[6] > 9.2:
            row[6], row[7], row[8], row[11] = None, None, None, 0
    data['segments'][0]['capture'] = None
    data['left_out'] = [{'what': 'frames of vlan1', 'shown': 0, 'of': 217,
                         'where': 'vlan1.pcapng'}]
    return data


HOSTILE = [
    '<script>window.owned = 1</script>', '</script><img src=x onerror=owned=1>',
    '<!--<script>', ']]>', '@DATA@ @TITLE@', '&lt;b&gt; &#x3c;',
    '\x1b[31mred\x1b[0m \x1b]0;title\x07\x1b[2J\x1b(Bend',
    'file\u202etxt.exe', 'one\u2028two\u2029three', 'nul\0nul', '\ud800 alone',
    '\u200bnothing\ufeff', 'x' * 5000, '\u0627\u0644\u0633\u0644\u0627\u0645',
    'javascript:alert(1)', '{{7*7}} ${7*7}', 'bell\x07 back\x08 \x9b31m',
    '\U000e0041tags', 'a\r\nb\rc\n\n\nd', '\'"`><svg/onload=owned=1>',
]


def hostile():
    """Every text that foreigners have a hand in is not nice."""
    data = shop()
    turn = iter(HOSTILE * 1000)
    for row in data['steps']:
        row[4] = next(turn)
        row[8] = next(turn) if row[8] else None
    for row in data['events']:
        row[4] = next(turn)
        row[5] = {next(turn): next(turn)}
    for row in data['frames']:
        row[7], row[10] = next(turn), next(turn)
    for name in ('machines', 'segments'):
        for row in data[name]:
            row['name'] += next(turn)
    for row in data['findings']:
        row['text'] = next(turn)
    for row in data['files']:
        row['path'], row['what'] = next(turn), next(turn)
    data['files'].append({'path': 'javascript:window.owned=1', 'octets': 1,
                          'what': 'no file'})
    data['sources'][0]['text'] = '\n'.join(HOSTILE * 3)
    data['sources'][0]['file'] = '<i>'
    data['failure']['error'] = '\n'.join(HOSTILE)
    data['screenshots'][0]['path'] = '"><script>owned=1</script>.png'
    data['left_out'] = [{'what': '<u>', 'shown': 1, 'of': 2, 'where': '<u>'}]
    data.update(test='<b>bold</b>', error='\n'.join(HOSTILE),
                file='"><script>owned = 1</script>; it\'s $(reboot)', accel='<script>',
                accel_reason='</p><script>', version='<script>')
    return data


def big(n_events=100_000, n_frames=50_000):
    """As much as a page ever gets."""
    run = Run('big')
    rng = random.Random(6)
    boot(run)
    step = -1
    n_steps = 4000
    total = 1800.0
    for i in range(n_steps):
        t = 5 + i * (total - 10) / n_steps
        if i % 100 == 0:
            step = run.step(-1, 'subtest', -1, 'round %d' % (i // 100), t,
                            t + 44, line=25)
        run.step(step, 'succeed', i % 3, 'iperf3 -c server -t 1 # %d' % i, t,
                 t + rng.random() * 0.4, line=26)
    for i in range(n_events - len(run.events)):
        t = 5 + i * (total - 10) / n_events
        kind = ('stdout', 'stderr', 'serial', 'qmp', 'log')[i * 7 % 5]
        run.event(t, kind, i % 3, '%s %d: %x bytes in 0.%03d s, all is well' % (
            kind, i, rng.getrandbits(40), i % 1000),
            i * n_steps // n_events + 5 if kind[:3] == 'std' else -1)
    for i in range(n_frames - len(run.frames)):
        t = 5 + i * (total - 10) / n_frames
        segment = i % 2
        way = (i // 2) % 2
        machines = [(0, 1), (1, 2)][segment]
        run.frame(t, segment, [(0, 2), (1, 3)][segment][way], machines[way],
                  machines[1 - way], 'TCP', '5201 > %d: Flags [.], seq %d, ack '
                  '1, win 502, length 1448' % (40000 + i % 9, i * 1448), 1514,
                  AGAIN if i % 997 == 0 else 0)
    data = run.done()
    failed = 2003
    data['steps'][failed][7:9] = [0, 'router: iperf3 ended with status 1']
    data.update(result='failed', code=1, duration=total,
                error='router: iperf3 ended with status 1',
                sources=[{'file': 'tests/big.lua', 'text': SCRIPT,
                          'cut': False}],
                failure={'step': failed, 't': data['steps'][failed][6],
                         'error': 'router: iperf3 ended with status 1',
                         'source': 0, 'line': 26},
                left_out=[{'what': 'frames of vlan2', 'shown': n_frames // 2,
                           'of': 1234567, 'where': 'vlan2.pcapng'}])
    return data


def none():
    """A test that could not be run: there is next to nothing."""
    run = Run('none')
    data = run.done()
    data.update(result='could not be run', code=4, duration=0.1,
                error='qemu-system-x86_64 is not installed: apt install '
                'qemu-system-x86', began=None, seed=0, segments=[],
                machines=[], ports=[], files=[])
    return data


KINDS = {f.__name__: f for f in (shop, refused, passed, killed, hostile, big, none)}


def page(shell, data):
    """What page_write() makes; its own test is tests/unit/test_page.c."""
    text = json.dumps(data, separators=(',', ':'))  # all of it ASCII
    for character in '<>&':
        text = text.replace(character, '\\u%04x' % ord(character))
    title = html.escape(data['test'])
    summary = html.escape(data['error'] or data['result'])
    head, tail = shell.split('@DATA@')
    head = head.replace('@TITLE@', title).replace('@SUMMARY@', summary)
    return (head + text + tail).encode('utf-8', 'replace')


if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as file:
        result = page(file.read(), KINDS[sys.argv[2]]())
    with open(sys.argv[3], 'wb') as file:
        file.write(result)
