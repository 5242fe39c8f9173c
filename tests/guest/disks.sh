#!/bin/sh
# Disks: empty ones, files that stay as they are, CDs, and a disk that fails.
. "${TOP_SRCDIR:-$(dirname "$0")/../..}/tests/guest/lib.sh"
plain_build_only
need_guests

# qcow2 SIZE L1...: an image whose tables begin at these offsets, 0 for none
qcow2() {
	perl -e '
		my ($size, @tables) = @ARGV;
		print pack("(a65536)4",
			pack("a4 N Q> N2 Q> N2 Q>2 N2 Q> x24 N2", "QFI\xfb",
				3, 0, 0, 16, $size, 0, scalar(@tables), 3 << 16,
				1 << 16, 1, 0, 0, 4, 104),
			pack("Q>", 2 << 16), pack("n4", 1, 1, 1, 1),
			pack("Q>*", @tables));' "$@"
}

# A sector that a PC starts: it writes to its first serial port, and stops.
sector() {
	perl -e 'print pack("H42 a489 H4",
		"31c08ed8be157cbaf803ac84c07403eeebf8f4ebfd",
		"\r\nboot sector says hello\r\n", "55aa")'
}

# An ISO 9660 without files, that boots what stdin has (El Torito).
iso() {
	perl -e '
		sub both { pack("V N", $_[0], $_[0]) }
		my $boot = do { local $/; <STDIN> };
		my $dir = pack("C2 a8 a8 x7 C x2 v n C2", 34, 0, both(21),
			both(2048), 2, 1, 1, 1, 0);
		print pack("x32768 (a2048)6",
			pack("C a5 C x73 a8 x32 v n v n v n a8 V x4 N x4 a34",
				1, "CD001", 1, both(22), 1, 1, 1, 1, 2048, 2048,
				both(0), 0, 0, $dir),
			pack("C a5 C a32 x32 V", 0, "CD001", 1,
				"EL TORITO SPECIFICATION", 19),
			pack("C a5 C", 255, "CD001", 1),
			pack("C x27 H8 C x5 v V", 1, "aa5555aa", 0x88, 1, 20),
			$boot, $dir . $dir);'
}

printf 'base%01000d' 7 >"$work/base.img"
qcow2 1048576 0 >"$work/base.qcow2"
# Firmware reads no disk that is smaller than a cylinder.
{ sector; head -c 2096640 /dev/zero; } >"$work/boot.img"
sector | iso >"$work/boot.iso"
cp "$work/boot.iso" "$work/some.iso"
cp "$top/tests/guest/disks.lua" "$work/"
chmod a-w "$work"/*.img "$work"/*.qcow2 "$work"/*.iso
sums=$(cd "$work" && sha256sum ./*.img ./*.qcow2 ./*.iso)

"$vdelab" run --results "$work/results" "$work/disks.lua" >"$work/out" 2>&1
rc=$?
show "$work/out"
result $rc 'disks of all kinds are as they should be'
check 'the files on which they lie are unchanged' \
	test "$(cd "$work" && sha256sum ./*.img ./*.qcow2 ./*.iso)" = "$sums"

# A table that is not where a table can be: reading there is an error.
qcow2 1610612736 0 66048 0 >"$work/bad.qcow2"
cat >"$work/bad.lua" <<'END'
return {
	name = "bad",
	machine = { vlans = {}, disks = { { file = "bad.qcow2", name = "worn" } } },
	test_script = function()
		machine:succeed("head -c 512 /dev/vdb >/dev/null")
		pcall(machine.succeed, machine,
			"dd if=/dev/vdb of=/dev/null bs=1M skip=600 count=1; sleep 60")
	end,
}
END
began=$(date +%s)
"$vdelab" run --results "$work/results" "$work/bad.lua" >"$work/out" 2>&1
rc=$?
show "$work/out"
check 'a disk that fails ends the run, whatever the test makes of it' \
	test $rc -eq 4
check 'and says which disk, and why' grep -q \
	"machine: disk 'worn': the host cannot read it: Input/output error" \
	"$work/out"
check 'at once' test $(($(date +%s) - began)) -lt 50
check 'nothing is left of the runs' soon "$patience_s" nothing_left
finish
