"""A wait whose time is up: the same as wait.lua and wait.py."""
import pytest

pytestmark = pytest.mark.vdelab("wait.lua")


def test_wait(client):
    client.succeed("echo ready; echo and waiting >&2")
    client.wait_until_succeeds("echo not yet; test -e /never", timeout=1)
