# nodes: client=1 server=1
# A web server, and who reads its pages.
import json
import os
import tempfile

start_all()
server.succeed("mkdir -p /srv/www")
with tempfile.TemporaryDirectory() as directory:
    page = os.path.join(directory, "index.html")
    with open(page, "w") as f:
        f.write("<h1>It works</h1>\n")
    server.copy_from_host(page, "/srv/www/index.html")

server.wait_for_closed_port(80)
server.succeed("busybox httpd -p 80 -h /srv/www")
server.wait_for_open_port(80)
client.wait_for_open_port(80, "server")

with subtest("pages"):
    t.assertIn("It works", client.succeed("curl -sSf http://server/"))
    client.fail("curl -sf http://server/missing.html")
    code = client.succeed(
        "curl -s -o /dev/null -w '%{http_code}' http://server/missing.html"
    )
    t.assertEqual(code, "404")

with subtest("an answer in JSON"):
    script = r'''#!/bin/sh
printf 'Content-Type: application/json\r\n\r\n{"name": "%s", "up": true}' $(hostname)
'''
    server.succeed("mkdir -p /srv/www/cgi-bin")
    server.succeed(f"cat >/srv/www/cgi-bin/status <<'END'\n{script}END")
    server.succeed("chmod +x /srv/www/cgi-bin/status")
    status = json.loads(client.succeed("curl -sSf http://server/cgi-bin/status"))
    t.assertEqual(status, {"name": "server", "up": True})

with subtest("a link that goes, and comes"):
    server.block()
    client.fail("curl -sf --connect-timeout 1 http://server/")
    server.unblock()
    client.wait_until_succeeds("curl -sf --connect-timeout 1 http://server/", timeout=30)

server.succeed("pkill -f 'httpd -p 80'")
server.wait_for_closed_port(80, timeout=30)
