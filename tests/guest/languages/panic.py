# A guest that panics: the same as panic.lua and test_panic.py.
with subtest("test_panic"):
    client.succeed("true")
    client.succeed("echo c >/proc/sysrq-trigger; sleep 100")
