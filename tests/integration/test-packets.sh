#!/bin/sh
# Frames in test scripts: sent, expected, counted and taken apart, on the real
# switch and its captures, but without guests: nodes that nothing starts.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/integration/lib.sh"
need "$QEMU"

XDG_RUNTIME_DIR=$T/run
mkdir -m 700 "$XDG_RUNTIME_DIR"
export XDG_RUNTIME_DIR
: >"$T/kernel"

# script TEXT: a test with two nodes and two segments; "arp", "syn" and "udp" are
# frames
script() {
	cat >"$T/t.lua" <<END
return {
	name = "t",
	nodes = {
		a = { kernel = "./kernel" },
		b = { kernel = "./kernel", vlans = { 1, 2 } },
	},
	test_script = function()
		local eth = packet.eth{ src = a.eth1.mac, dst = b.eth1.mac }
		local ip = packet.ipv4{ src = "10.0.0.1", dst = "10.0.0.2" }
		local arp = eth / packet.arp{ sender_ip = "10.0.0.1",
			target_ip = "10.0.0.2" }
		local syn = eth / ip / packet.tcp{ src_port = 4000, dst_port = 80,
			flags = "S" }
		local udp = eth / ip / packet.udp{ src_port = 9, dst_port = 9 }
			/ "payload"
		log(arp, syn, udp)
$1
	end,
}
END
}

vdelab() {
	timeout "$PATIENCE_S" "$TOP_BUILDDIR/out/bin/vdelab" run --accel tcg \
		--timeout-scale 1 --seed 1000 --results "$T/results" "$T/t.lua" >"$T/out" 2>&1
}

# passes NAME SCRIPT
passes() {
	script "$2"
	vdelab
	passes_status=$?
	result $passes_status "$1"
	[ $passes_status -eq 0 ] || diag "$T/out"
}

# fails NAME TEXT SCRIPT: the test fails, and says TEXT
fails() {
	script "$3"
	vdelab
	fails_status=$?
	if [ $fails_status -eq 1 ] && grep -Fq -- "$2" "$T/out"; then
		result 0 "$1"
		return
	fi
	result 1 "$1"
	echo "# status $fails_status, wanted to read: $2"
	diag "$T/out"
}

passes 'what was sent is expected afterwards, decoded, and counted' '
	vlan1:send(arp)
	local f = vlan1:expect("arp", { within = 20 })[1]
	assert(f.arp.sender_ip == "10.0.0.1" and f.port == "test.vlan1")
	assert(f.data == arp:octets() and f.eth.dst == b.eth1.mac)
	vlan1:send(udp)
	assert(vlan1:count("udp") == 1 and vlan1:count() == 2)
	assert(vlan1:frames("udp")[1].payload == "payload")
	assert(vlan2:count() == 0)'
passes 'an expectation is set before what it watches' '
	vlan1:send(syn)
	local watch = vlan1:watch("tcp")
	assert(watch:count() == 0)
	vlan1:expect("tcp", { count = 2, within = 20 }, function()
		vlan1:send(syn)
		vlan1:send(syn)
	end)
	assert(#watch:frames() == 2 and #watch:expect{ count = 2 } == 2)
	vlan1:expect_no("udp", function() vlan1:send(syn) end)'
passes 'what is expected may come while it is waited for' '
	parallel(function() vlan1:expect("udp", { within = 20 }) end,
		function() sleep(0.3) vlan1:send(udp) end)'
passes 'what is not expected, and comes, fails at once' '
	local begin = now()
	parallel(function()
		local ok, why = pcall(vlan1.expect_no, vlan1, "udp",
			{ during = 100 })
		assert(not ok and why:find("1 frame must not be there", 1, true),
			why)
		assert(now() - begin < 50)
	end, function() sleep(0.2) vlan1:send(udp) end)'
passes 'a subtest is looked at by itself' '
	vlan1:send(syn)
	subtest("nothing done yet: the last command is meant", function()
		vlan1:expect("tcp", { within = 0 })
	end)
	subtest("something done", function()
		vlan1:send(udp)
		vlan1:expect("udp", { within = 0 })
		vlan1:expect_no("tcp")
		assert(not pcall(vlan1.expect, vlan1, "tcp", { within = 0 }))
		subtest("within it", function()
			vlan1:send(arp)
			vlan1:expect_no("udp")
		end)
		vlan1:expect("arp", { within = 0 })
	end)
	vlan1:expect("tcp", { within = 0 })
	local since = now()
	vlan1:expect_no("tcp", { since = since })'
passes 'a frame taken apart is made again, and may be changed' '
	vlan1:send(syn)
	local layers = vlan1:expect("tcp", { within = 20 })[1].layers
	assert(packet.make(layers):octets() == syn:octets())
	layers[2].ttl, layers[2].checksum = 1, nil
	vlan1:send(packet.make(layers))
	vlan1:expect("ip[8] = 1", { within = 20 })'
passes 'two segments and two ports are kept apart' '
	vlan2:send(udp)
	vlan2:expect("udp", { within = 20, port = "test.vlan2" })
	vlan1:expect_no("udp")
	vlan2:expect_no("udp", { port = b.eth2 })'
passes 'many frames at once lose none' '
	for _ = 1, 3000 do vlan1:send(udp) end
	vlan1:expect("udp", { count = 3000, within = 60 })
	assert(vlan1:count("udp") == 3000)'

passes 'a segment loses frames for as long as it is told to' '
	vlan1:netem{ loss = "100%" }
	vlan1:send(udp)
	vlan1:expect_no("udp")
	vlan1:netem{}
	vlan1:send(udp)
	vlan1:expect("udp", { within = 0 })
	with_netem(vlan1, { loss = "100%", seed = 7 }, function()
		vlan1:send(arp)
	end)
	local ok, why = pcall(with_netem, vlan1, { loss = "100%" }, function()
		vlan1:send(arp)
		error("on purpose", 0)
	end)
	assert(not ok and why == "on purpose", why)
	vlan1:send(syn)
	vlan1:expect("tcp", { within = 0 })
	assert(vlan1:count("arp") == 0)'
passes 'what was set before is set again' '
	vlan1:netem{ loss = "100%", dir = "in" }
	with_netem(vlan1, { loss = "0%" }, function()
		vlan1:send(udp)
	end)
	vlan1:expect("udp", { within = 0 })
	vlan1:send(arp)
	vlan1:expect_no("arp")'
passes 'the seed of the run decides what is lost' '
	local seed = vlan1:netem{ loss = "50%" }
	assert(seed == 1001, seed)
	for _ = 1, 64 do vlan1:send(udp) end
	local n = vlan1:count("udp")
	assert(n > 0 and n < 64, n)
	assert(vlan1:netem{ spec = "loss 1% seed 5" } == nil)'
passes 'a mark is a comment between the frames' '
	vlan1:send(udp)
	vlan1:mark("this is the mark")
	vlan1:send(udp)
	assert(vlan1:count("udp") == 2)'
check '... in the file' grep -q 'this is the mark' "$T/results/t/vlan1.pcapng"
fails 'a port of a machine that is off has nothing to hold' 'a.eth1: a is off' '
	a.eth1:hold("arp")'
fails 'what is no netem is told at its line' 't.lua:18: netem.set: ' '
	vlan1:netem{ delay = "fast" }'

fails 'a failure shows how many came, and the nearest' \
	't.lua:19: vlan1: 1 of 2 frames within 0.1 s: tcp dst port 80' '
	vlan1:send(syn) vlan1:send(udp)
	vlan1:expect("tcp dst port 80", { within = 0.1, count = 2 })'
check '... in one line each, from where it looked' grep -Eq \
	'^ +0\.[0-9]+ test.vlan1: IP 10\.0\.0\.1\.4000 > 10\.0\.0\.2\.80: Flags \[S\]' \
	"$T/out"
check '... and no others' sh -c "! grep -q '^ .*test.vlan1: .*UDP' $T/out"
fails 'a leak is told with its frames' \
	'vlan1: 2 frames must not be there: src host 10.0.0.1' '
	vlan1:send(syn) vlan1:send(udp)
	vlan1:expect_no("src host 10.0.0.1")'
fails 'nothing at all is told as such' \
	'no frame at all since the run began' '
	vlan1:expect("arp", { within = 0.1 })'
fails 'a bad filter that is no literal is told at its line' \
	't.lua:19: expect: "arp or" is no capture filter' '
	local filter = "arp" .. " or"
	vlan1:expect(filter)'
fails 'a runt is refused by the switch, and so seen by nobody' \
	'1 of 2 frames' '
	vlan1:send("too short") vlan1:send(arp)
	vlan1:expect("", { within = 0.1, count = 2 })'
finish
