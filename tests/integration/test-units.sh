#!/bin/sh
# The units are what systemd takes for units.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

need systemd-analyze
mkdir "$T/units" "$T/run"
chmod 700 "$T/run"
for unit in service socket; do
	sed "s|@bindir@|$TOP_BUILDDIR/out/bin|g" \
		"$TOP_SRCDIR/systemd/vdelab-switch@.$unit.in" \
		>"$T/units/vdelab-switch@.$unit"
	ln -s "vdelab-switch@.$unit" "$T/units/vdelab-switch@x.$unit"
done

for unit in service socket; do
	env XDG_RUNTIME_DIR="$T/run" HOME="$T" \
		SYSTEMD_UNIT_PATH="$T/units:" \
		systemd-analyze --user --man=no verify \
		"$T/units/vdelab-switch@x.$unit" >"$T/verify.log" 2>&1
	result $? "the $unit unit verifies"
	diag "$T/verify.log"
	! grep vdelab-switch "$T/verify.log" >"$T/complaints"
	result $? "systemd has nothing to say about the $unit unit"
	diag "$T/complaints"
done
! grep -r '@bindir@' "$TOP_BUILDDIR/systemd/" >"$T/left" 2>&1
result $? 'the units that are installed name their programs'
diag "$T/left"

finish
