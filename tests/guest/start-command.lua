-- Machines that a script starts.  Their cards have the MAC addresses that ours
-- would have; what else they are is their own business.
return {
  name = "start-command",
  nodes = {
    alice = { start_command = "./start-vm 1", setup = "hostname alice" },
    bob = { start_command = "./start-vm 2 -rtc base=utc", files = { ["/etc/motd"] = "hi\n" } },
    mute = { start_command = "echo nothing to start >&2; false; true" },
  },
  test_script = function()
    alice:start()
    bob:start()
    for i, m in ipairs{ alice, bob } do
      m:succeed(("ip link set lo up; for d in /sys/class/net/*; do "
        .. "read -r mac <$d/address; [ $mac != 52:54:00:12:01:0%d ] || nic=${d##*/}; "
        .. "done; ip addr add 192.168.1.%d/24 dev $nic && ip link set $nic up && "
        .. "echo $nic >/nic"):format(i, i))
    end

    subtest("they reach each other", function()
      alice:succeed("ping -c 1 192.168.1.2")
      vlan1:expect("icmp and src host 192.168.1.1", { port = alice.eth1 })
      vlan1:expect("icmp and src host 192.168.1.2", { port = "bob.eth1" })
    end)
    subtest("their ports have names: cables are cut, frames get lost", function()
      alice:block()
      bob:fail("ping -c 1 -W 1 192.168.1.1")
      alice:succeed("grep -q 0 /sys/class/net/$(cat /nic)/carrier")
      alice:unblock()
      alice:succeed("grep -q 1 /sys/class/net/$(cat /nic)/carrier")
      bob:wait_until_succeeds("ping -c 1 -W 1 192.168.1.1")
      with_netem(bob.eth1, { loss = "100%" }, function()
        alice:fail("ping -c 1 -W 1 192.168.1.2")
      end)
      alice:succeed("ping -c 1 192.168.1.2")
    end)
    subtest("setup and files are theirs, names are not", function()
      assert(alice:succeed("hostname") == "alice\n")
      assert(bob:succeed("cat /etc/motd") == "hi\n")
      assert(bob:succeed("hostname") ~= "bob\n")
    end)
    subtest("what a shell can do it does", function()
      -- several at once, stdout and stderr apart, octets as they are
      local status, out, err = alice:execute("cat; echo e >&2; exit 3",
        { stdin = "a\0b\n" })
      assert(status == 3 and out == "a\0b\n" and err == "e\n")
      alice:succeed("echo from the console >/dev/console")
      alice:wait_for_console_text("from the console")
    end)
    subtest("the state of a machine lasts for the run", function()
      alice:succeed("echo kept | dd of=/dev/vdb conv=notrunc 2>/dev/null; sync")
      alice:crash()
      assert(not alice:is_up())
      assert(alice:succeed("head -c 5 /dev/vdb") == "kept\n")
      -- and its port has its name again
      local since = now()
      alice:succeed("for n in /sys/class/net/*; do ip link set ${n##*/} up; done")
      vlan1:expect("ether src 52:54:00:12:01:01", { port = alice.eth1, since = since })
    end)
    subtest("what is the script's own business is told so", function()
      local ok, why = pcall(alice.forward_port, alice, 0, 80)
      assert(not ok and why:find("QEMU_NET_OPTS", 1, true), why)
    end)
    subtest("a script that starts nothing is quoted", function()
      local ok, why = pcall(mute.succeed, mute, "true")
      assert(not ok and why:find("nothing to start", 1, true), why)
    end)
    bob:shutdown()
    assert(not bob:is_up())
  end,
}
