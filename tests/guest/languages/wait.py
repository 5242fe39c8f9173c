# A wait whose time is up: the same as wait.lua and test_wait.py.
with subtest("test_wait"):
    client.succeed("echo ready; echo and waiting >&2")
    client.wait_until_succeeds("echo not yet; test -e /never", timeout=1)
