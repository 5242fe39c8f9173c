-- Ways in and out: forwards, and the host's network where it is asked for.
-- The other side of it is forward.sh, which calls the ports that are told in the
-- log, and ends the test by a call to port 99.
return {
  name = "forward",
  nodes = {
    -- port 80 at a socket and at a port; later 81, and 99
    server = {
      vlans = {}, memory = 128, internet = { host_loopback = true },
      forward_ports = { { guest = 80 }, { guest = 80, host = 0 } },
    },
    -- reached, but reaches nothing
    shut = { vlans = {}, memory = 128, forward_ports = {} },
    -- never started
    closed = { vlans = {} },
  },
  test_script = function()
    server:start()
    shut:start()
    -- before the guest is there: a caller waits
    local before = server:forward_socket(81, { path = os.getenv("SOCKET_81") })
    assert(before == os.getenv("SOCKET_81"))
    assert(server:forward_socket(81) == before)
    server:succeed("mkdir -p /srv && echo hello >/srv/index.html",
      "httpd -p 80 -h /srv", "httpd -p 81 -h /srv",
      "(echo bye | nc -l -p 99; touch /done) >/dev/null 2>&1 &")

    -- what there is already is found again
    local port = server:forward_port(0, 80)
    assert(port > 1023 and server:forward_port(port, 80) == port)
    assert(server:forward_socket():match("/server%.80%.socket$"))

    subtest("the guest reaches the host's network only if asked to", function()
      local listener = os.getenv("LISTENER")
      assert(server:succeed("wget -qO- http://10.0.2.2:" .. listener)
        == "outside\n")
      server:succeed("ip route | grep -q 'default via 10.0.2.2 dev eth0'",
        "grep -q 'nameserver 10.0.2.3' /etc/resolv.conf")
      shut:succeed("ip addr show eth0 | grep -q 10.0.2.15/24")
      shut:fail("ip route | grep -q default")
      shut:fail("timeout 3 wget -qO- http://10.0.2.2:" .. listener)
      -- not even when it takes the way that others have
      shut:succeed("ip route add default via 10.0.2.2")
      shut:fail("timeout 3 wget -qO- http://10.0.2.2:" .. listener)
    end)
    subtest("one that comes later leads to the guest, too", function()
      server:forward_socket(99)
      server:forward_port(0, 81, { public = true })
    end)
    subtest("what cannot be is told", function()
      local ok, why = pcall(shut.forward_port, shut, port, 80)
      assert(not ok and why:find("Address already in use", 1, true), why)
      ok, why = pcall(closed.forward_socket, closed, 80)
      assert(not ok and why:find("no eth0", 1, true), why)
    end)
    server:wait_for_file("/done", { timeout = 60 })
    -- what is forwarded stays so: the next guest is reached at the same places
    server:crash()
    server:succeed("mkdir -p /srv && echo again >/srv/index.html",
      "httpd -p 80 -h /srv", "(echo bye | nc -l -p 99; touch /done) >/dev/null 2>&1 &")
    server:wait_for_file("/done", { timeout = 60 })
  end,
}
