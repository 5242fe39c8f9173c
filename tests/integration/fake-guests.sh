# fake-guests.sh: for tests of vdelab on machines that are none; sourced behind
# lib.sh.
# shellcheck shell=sh

vdelab=$TOP_BUILDDIR/out/bin/vdelab
mkdir -m 700 "$T/run"
XDG_RUNTIME_DIR=$T/run
LC_ALL=C.UTF-8
FAKE_QEMU=$(cd "$TOP_BUILDDIR" && pwd)/tests/unit/fake-qemu
QEMU=$T/qemu
export T XDG_RUNTIME_DIR LC_ALL FAKE_QEMU QEMU
: >"$T/kernel" # of nodes, which has to be there

# Services in which this may run are not told of what it does, and do not decide.
unset CI_JOB_URL CI_NODE_INDEX CI_NODE_TOTAL CI_PROJECT_DIR CLICOLOR_FORCE \
	GITHUB_ACTIONS GITHUB_STEP_SUMMARY GITHUB_WORKSPACE GITLAB_CI \
	JOB_COMPLETION_INDEX NO_COLOR SLURM_ARRAY_TASK_ID TAP_VERSION \
	TEST_SHARD_INDEX TEST_SHARD_STATUS_FILE TEST_TOTAL_SHARDS WORKSPACE

# in_place_of_qemu: a program whose guest says "hello" and what it is told to;
# what it does before that comes from standard input
in_place_of_qemu() {
	{
		echo '#!/bin/sh'
		cat
		# shellcheck disable=SC2016 # the program expands
		echo 'exec "$FAKE_QEMU" "$@" talk'
	} >"$QEMU"
	chmod +x "$QEMU"
}
in_place_of_qemu </dev/null

# sure NAME COMMAND...: as check, but once, and with what it said when it fails
sure() {
	sure_name=$1
	shift
	"$@" >"$T/sure.log" 2>&1
	sure_status=$?
	result "$sure_status" "$sure_name"
	[ "$sure_status" -eq 0 ] || diag "$T/sure.log" "$T/out"
}
