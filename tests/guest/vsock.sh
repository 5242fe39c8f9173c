#!/bin/sh
# Shells over vsock: what listens in a guest, over the loopback that a guest has
# of its own; and all of it, where the host has vhost-vsock.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
need_guests

cat >"$work/listener.lua" <<'END'
return {
	name = "listener",
	machine = { vlans = {} },
	test_script = function()
		machine:succeed("modprobe vsock_loopback",
			"/usr/lib/vdelab/shell vsock >/dev/null 2>&1 &")
		machine:wait_for_console_text("the shell is on vsock port 514")
		-- Its end of file must not overtake the answer.
		local ask = "socat -t 10 - VSOCK-CONNECT:1:514"
		assert(machine:wait_until_succeeds(
			"printf 'echo $((6 * 7)) $HOME; exit\n' | " .. ask) == "42 /root\n")
		machine:succeed("printf 'x=1; sleep 60\n' | socat -t 60 - "
			.. "VSOCK-CONNECT:1:514 >/dev/null 2>&1 &")
		assert(machine:succeed("printf 'echo ${x-none}\n' | " .. ask) == "none\n",
			"each connection has a shell of its own")
	end,
}
END
"$vdelab" run --results "$work/results" "$work/listener.lua" >"$work/out" 2>&1
rc=$?
show "$work/out"
result $rc 'a guest answers on vsock, each connection with a shell of its own'

cat >"$work/shell.lua" <<'END'
return {
	name = "shell",
	nodes = {
		a = { vlans = {}, shell = "vsock" },
		b = { vlans = {}, shell = "vsock" },
	},
	test_script = function()
		start_all()
		assert(a:succeed("hostname") == "a\n")
		assert(b:succeed("hostname") == "b\n")
		a:crash()
		assert(a:succeed("head -c 100000 /dev/zero | wc -c") == "100000\n")
		b:reboot()
		assert(b:succeed("hostname") == "b\n")
	end,
}
END
"$vdelab" run --results "$work/results" "$work/shell.lua" >"$work/out" 2>&1
rc=$?
show "$work/out"
if [ -w /dev/vhost-vsock ]; then
	result $rc 'commands go over vsock, through crashes and reboots'
else
	echo '# this host has no vhost-vsock, or not for us'
	check 'without vhost-vsock nothing is started, with exit code 4' \
		test $rc -eq 4 -a ! -s "$work/results/shell/a.serial.log"
	check 'and what is missing is told with the remedy' \
		grep -q 'a: .*vhost-vsock.*module vhost_vsock\|a: .*must be allowed' \
		"$work/out"
fi
check 'nothing is left of the runs' soon "$patience_s" nothing_left
finish
