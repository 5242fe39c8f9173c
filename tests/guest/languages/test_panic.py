"""A guest that panics: the same as panic.lua and panic.py."""
import pytest

pytestmark = pytest.mark.vdelab("panic.lua")


def test_panic(client):
    client.succeed("true")
    client.succeed("echo c >/proc/sysrq-trigger; sleep 100")
