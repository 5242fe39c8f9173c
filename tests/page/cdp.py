"""A headless Chromium, driven over a pipe with its DevTools protocol.

Nothing else is needed: no driver program, no port, no network.  Messages are
JSON objects that end with a NUL, to descriptor 3, from descriptor 4.
"""
import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time


class Trouble(Exception):
    """The browser is not there, or did not do what it was told."""


def find():
    """The path of a Chromium, or None."""
    for name in ('chromium', 'chromium-browser', 'google-chrome'):
        path = shutil.which(name)
        if path:
            return path
    return None


class Browser:
    """One process with a profile of its own; use it with `with`."""

    def __init__(self, path, flags=()):
        self.home = tempfile.mkdtemp(prefix='vdelab-page.')
        self.number = 0
        self.answers = {}
        self.events = []
        self.rest = b''
        from_us, self.out = os.pipe()
        self.into, to_us = os.pipe()
        command = [
            path, '--headless=new', '--remote-debugging-pipe',
            '--user-data-dir=' + self.home, '--no-first-run',
            '--disable-gpu', '--disable-extensions', '--disable-sync',
            '--disable-background-networking', '--disable-component-update',
            '--disable-dev-shm-usage', '--disable-breakpad', '--mute-audio',
            '--hide-scrollbars', '--force-color-profile=srgb',
            '--host-resolver-rules=MAP * ~NOTFOUND', *flags, 'about:blank']

        def ends():
            # Through numbers that are in nobody's way.
            one, two = os.dup(from_us), os.dup(to_us)
            os.dup2(one, 3)
            os.dup2(two, 4)
        self.log = open(os.path.join(self.home, 'log'), 'wb')
        # A home of its own: what it keeps there is gone afterwards.
        environment = dict(os.environ, HOME=self.home, TMPDIR=self.home,
                           XDG_CONFIG_HOME=self.home,
                           XDG_CACHE_HOME=self.home)
        environment.pop('DBUS_SESSION_BUS_ADDRESS', None)
        self.process = subprocess.Popen(
            command, pass_fds=(3, 4), preexec_fn=ends, env=environment,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            start_new_session=True, cwd=self.home)
        os.close(from_us)
        os.close(to_us)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Nothing of it is left: its helpers are in its session."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        for end in (self.out, self.into):
            os.close(end)
        self.log.close()
        for _ in range(50):
            shutil.rmtree(self.home, ignore_errors=True)
            if not os.path.exists(self.home):
                break
            time.sleep(0.02)  # helpers that are still dying write to it

    def said(self):
        """The end of what the browser itself has written."""
        with open(os.path.join(self.home, 'log'), 'rb') as file:
            return file.read()[-2000:].decode('utf-8', 'replace')

    def receive(self, deadline):
        """Read one message more into answers or events."""
        while b'\0' not in self.rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.into], [], [], left)[0]:
                raise Trouble('the browser does not answer')
            octets = os.read(self.into, 1 << 20)
            if not octets:
                raise Trouble('the browser has ended: ' + self.said())
            self.rest += octets
        message, self.rest = self.rest.split(b'\0', 1)
        message = json.loads(message)
        if 'id' in message:
            self.answers[message['id']] = message
        else:
            self.events.append(message)

    def call(self, method, params=None, session=None, seconds=30):
        """Call a method, and wait for its result."""
        self.number += 1
        message = {'id': self.number, 'method': method,
                   'params': params or {}}
        if session:
            message['sessionId'] = session
        try:
            os.write(self.out, json.dumps(message).encode() + b'\0')
        except BrokenPipeError:
            raise Trouble('the browser has ended: ' + self.said()) from None
        number, deadline = self.number, time.monotonic() + seconds
        while number not in self.answers:
            self.receive(deadline)
        answer = self.answers.pop(number)
        if 'error' in answer:
            raise Trouble('%s: %s' % (method, answer['error']['message']))
        return answer['result']

    def tab(self, width=1440, height=900):
        """A new tab."""
        return Tab(self, width, height)


KEYS = {'Enter': 13, 'Tab': 9, 'Escape': 27, 'Home': 36, 'End': 35,
        'PageUp': 33, 'PageDown': 34, 'ArrowLeft': 37, 'ArrowUp': 38,
        'ArrowRight': 39, 'ArrowDown': 40}


class Tab:
    """One page."""

    def __init__(self, browser, width, height):
        self.browser = browser
        target = browser.call('Target.createTarget', {'url': 'about:blank'})
        self.target = target['targetId']
        self.session = browser.call(
            'Target.attachToTarget',
            {'targetId': self.target, 'flatten': True})['sessionId']
        for domain in ('Page', 'Runtime', 'Log', 'Network', 'DOM',
                       'Accessibility'):
            self.call(domain + '.enable')
        self.size(width, height)

    def call(self, method, params=None, seconds=30):
        return self.browser.call(method, params, self.session, seconds)

    def close(self):
        self.browser.call('Target.closeTarget', {'targetId': self.target})

    def size(self, width, height, mobile=False):
        self.call('Emulation.setDeviceMetricsOverride', {
            'width': width, 'height': height, 'deviceScaleFactor': 1,
            'mobile': mobile})

    def open(self, url, ready='vdelab-ready', seconds=15):
        """Go to a page, and wait for its mark."""
        self.browser.events.clear()
        self.call('Page.navigate', {'url': url})
        try:
            self.wait('performance.getEntriesByName(%s).length > 0' %
                      json.dumps(ready), seconds)
        except Trouble as trouble:
            raise Trouble('%s; %s' % (trouble, self.complaints())) from None

    def eval(self, text, seconds=30, gesture=False):
        """The value of an expression; a promise is waited for."""
        answer = self.call('Runtime.evaluate', {
            'expression': text, 'returnByValue': True, 'awaitPromise': True,
            'userGesture': gesture}, seconds)
        if 'exceptionDetails' in answer:
            details = answer['exceptionDetails']
            raise Trouble('%s: %s' % (text, details.get('exception', {}).get(
                'description', details['text'])))
        return answer['result'].get('value')

    def wait(self, text, seconds=10):
        """Until an expression is true."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                value = self.eval(text)
            except Trouble as trouble:  # a page that is being left
                value = None
                if 'context' not in str(trouble):
                    raise
            if value:
                return value
            if time.monotonic() > deadline:
                raise Trouble('did not come true: ' + text)
            time.sleep(0.01)

    def key(self, key, modifiers=0):
        """Press and release a key (modifiers: 1 Alt, 2 Ctrl, 8 Shift)."""
        event = {'key': key, 'modifiers': modifiers,
                 'windowsVirtualKeyCode': KEYS.get(key) or ord(key.upper())}
        if len(key) == 1:
            event['text'] = key
        elif key == 'Enter':
            event['text'] = '\r'
        self.call('Input.dispatchKeyEvent', dict(event, type='keyDown'))
        self.call('Input.dispatchKeyEvent', dict(event, type='keyUp'))

    def type(self, text):
        self.call('Input.insertText', {'text': text})

    def mouse(self, kind, x, y, **more):
        self.call('Input.dispatchMouseEvent', dict(
            {'type': kind, 'x': x, 'y': y}, **more))

    def click(self, x, y):
        for kind in ('mousePressed', 'mouseReleased'):
            self.mouse(kind, x, y, button='left', clickCount=1, buttons=1)

    def click_on(self, selector):
        """Click in the middle of an element, once it is seen there."""
        element = 'document.querySelector(%s)' % json.dumps(selector)
        self.eval('%s.scrollIntoView({block: "center"})' % element)
        self.painted()
        x, y = self.eval(
            '(() => { const r = %s.getBoundingClientRect();'
            'return [r.x + r.width / 2, r.y + r.height / 2]; })()' % element)
        self.click(x, y)

    def painted(self):
        """All that has happened can be seen."""
        self.eval('new Promise((done) => requestAnimationFrame(() => '
                  'requestAnimationFrame(() => setTimeout(done))))')

    def shot(self, path):
        """A picture of what is seen."""
        picture = self.call('Page.captureScreenshot', {'format': 'png'})
        with open(path, 'wb') as file:
            file.write(base64.b64decode(picture['data']))

    def pdf(self, path):
        """What a printer would get."""
        result = self.call('Page.printToPDF', {'preferCSSPageSize': True,
                                               'printBackground': True})
        with open(path, 'wb') as file:
            file.write(base64.b64decode(result['data']))

    def complaints(self):
        """What the page did that it must not: errors, requests."""
        self.eval('1')
        found = []
        for event in self.browser.events:
            if event.get('sessionId') != self.session:
                continue
            method, params = event['method'], event['params']
            if method == 'Runtime.exceptionThrown':
                details = params['exceptionDetails']
                found.append(details.get('exception', {}).get(
                    'description', details['text']))
            elif method == 'Log.entryAdded':
                if params['entry']['level'] in ('error', 'warning'):
                    found.append(params['entry']['text'])
            elif method == 'Runtime.consoleAPICalled':
                found.append('console.' + params['type'])
            elif method == 'Network.requestWillBeSent':
                url = params['request']['url']
                if not url.startswith(('file:', 'data:', 'blob:')):
                    found.append('a request for ' + url)
        return found
