#!/bin/sh
# A run on real guests that somebody looks at: from a prompt where it failed, and
# from elsewhere.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
need_guests
unset CI
export NO_COLOR=1
export vdelab XDG_STATE_HOME="$work/state"
cat >"$work/p.lua" <<'END'
return {
	name = "p",
	nodes = { client = { memory = 128 } },
	test_script = function()
		local path = "/tmp/there"
		client:succeed("echo hello >/tmp/there")
		breakpoint()
		subtest("it fails", function()
			client:succeed("test ! -e " .. path)
		end)
	end,
}
END
timeout 120 "$build/tests/integration/ptytalk" "$vdelab" run --pause-on-fail \
	--results "$work/results" "$work/p.lua" >"$work/out" 2>&1 <<'END'
< stands still at
< p> 
> client:succeed("cat " .. path)\n
< hello
< p> 
> continue\n
< command failed with exit status 1: test ! -e /tmp/there
< lets the run go on
< p> 
> client:succeed("cat " .. path)\n
< hello
< p> 
> client:succeed("sleep 100")\n
! sleep 1
> \x03
< cancelled
< p> 
! echo 'client:succeed("echo from-elsewhere >/tmp/there")' | "$vdelab" attach p
> client:succeed("cat " .. path)\n
< from-elsewhere
< p> 
> capture vlan1 icmp6\n
< Ctrl-C ends it
! echo 'client:execute("ping -6 -c 1 -W 1 -I eth1 ff02::1")' | "$vdelab" attach p
< client.eth1: IP6
> \x03
< p> 
> shell client\n
< Ctrl-] leaves it
! sleep 1
> echo x$((40+2))y; tty\n
< x42y
< /dev/ttyS0
> sleep 1000\n
! sleep 0.5
> \x03
! sleep 0.5
> echo af''ter\n
< after
> \x1d
< p> 
> console client\n
< Ctrl-] leaves it
! sleep 0.5; echo 'client:succeed("echo to-the-console >/dev/ttyS0")' | "$vdelab" attach p
< to-the-console
> \x1d
< p> 
> client:crash()\n
< crash
< p> 
> quit\n
< p: failed after
.
END
rc=$?
[ $rc -eq 1 ]
ok=$?
[ $ok -eq 0 ] || show "$work/out"
result $ok 'a guest can be looked at and changed where a test failed'
check 'what was done there is in the log' \
	grep -q '"text":"cat /tmp/there"' "$work/results/p/log.jsonl"
check 'every capture is readable' every_capture_is_readable "$work/results/p"
check 'nothing is left of the run' soon "$patience_s" nothing_left
finish
