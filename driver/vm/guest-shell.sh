# guest-shell.sh: the guest's end of guest-shell.  Any POSIX shell can read it;
# it is sent as text on every connection and needs, beside the shell, mkdir,
# mkfifo, chmod, mv, rm, cat, dd and base64 (or od).  Full-line comments and
# leading tabs are not sent.
#
# Processes.  The main shell reads what the host sends and never waits for a
# command.  A command is run by one of the workers, which are started as they
# are needed and used again.  A worker puts the command's stdout and stderr
# each into a pipe that a pump empties.
#
# A worker must not be a background job of the main shell: a shell without job
# control makes its background jobs ignore SIGINT and SIGQUIT for good, and the
# command would inherit that.  So it is started in the foreground by two setsid
# programs: the second finds itself the leader of a process group, therefore
# forks, and its parent returns at once.
#
# PIPE is caught, not ignored, so that a lost connection leaves nobody blocked
# for a semaphore and the command itself still has the default.
#
# The stdin of a command that is fed comes through a pipe that a feeder fills, a
# piece at a time: it asks for one, and reads from the FIFO S.ctl when the piece
# is there.  It hears of the command's end by the same way.
#
# Descriptors: 3 words to a feeder, 4 a command's stderr, 5 leave to send output, 6 whose turn it is
# to take a job, 7 jobs, 8 the connection, 9 who may write a frame.  5, 6 and 9
# are semaphores: a FIFO with one line in it.
#
# Output is sent one chunk at a time, the next when the host has said that it
# has the one before (vl_ack): QEMU throws away what a guest writes to a virtio
# console while the host does not keep up.
#
# Frames go out whole, each beginning on a line of its own:
#   NONCE R ENCODING         ready; "b" base64, "x" hexadecimal
#   NONCE E TEXT             cannot work here, because
#   NONCE I ID               a worker has become idle, after command ID or anew
#   NONCE D ID FD SEQ BLOCKS output of so many blocks of 128 bytes, the last one
#                            not always full: encoded lines, then "NONCE ."
#   NONCE F ID FD            end of that output
#   NONCE L ID FD            output was lost: no room for a chunk
#   NONCE X ID STATUS        the command has ended
#   NONCE K ID N             N processes of the command have been killed
#   NONCE S ID N             a signal was sent to N process groups
#   NONCE W ID               the command can take more of its stdin
#   NONCE Q                  the main shell ends
#
# Files, for each slot S (a number that the host gives to a command and gives
# again when the command's worker is idle): S the script, S.in its input, S.pid
# the command and its session, S.st the command and its stage (run, done, over;
# empty: to be killed), S.1 and S.2 chunks of its output, S.1n and S.2n how dd
# counted them.  They are overwritten, not removed: removing is one more program
# to start for each command.

# Makes the end marker a block of 128 bytes.
vl_pad=..............................................................................................

vl_frame() {
	read -r vl_t <&9
	printf '\n%s %s\n' "$vl_nonce" "$*" >&8
	echo >&9
}

# vl_measure: of how many blocks of 128 bytes is the chunk?  dd has counted
# them as it wrote them: no other program need be started to know.
vl_measure() {
	{
		read -r vl_t
		read -r vl_records vl_t
	} <"${vl_chunk}n"
	case $vl_records in
	'' | *[!0-9+]*) vl_records=0+0 ;;
	esac
	vl_blocks=$((${vl_records%+*} + ${vl_records#*+}))
}

# vl_send FD: the chunk.  A long one goes through cat, because to a terminal
# base64 would write line by line, and each write is a turn of the host.
vl_send() {
	read -r vl_t <&5
	read -r vl_t <&9
	printf '\n%s D %s %s %s %s\n' "$vl_nonce" "$vl_id" "$1" "$vl_seq" \
		"$vl_blocks" >&8
	if [ "$vl_blocks" -gt 16 ]; then
		$vl_encode <"$vl_chunk" | cat >&8
	else
		$vl_encode <"$vl_chunk" >&8
	fi
	printf '\n%s .\n' "$vl_nonce" >&8
	echo >&9
}

# vl_pump FD: frames from stdin until the end marker.  The marker may hide
# behind output in its chunk; then the host finds it, and says so by the stage
# "over" when a left child keeps the pipe open.  `read` skips NULs, so that the
# line alone does not tell whether there is anything else; but the marker is one
# block, and a full one.
vl_pump() {
	trap : PIPE
	vl_chunk=$vl_dir/$vl_slot.$1 vl_seq=0
	while :; do
		if ! dd ibs=64k obs=128 count=1 >"$vl_chunk" \
			2>"${vl_chunk}n"; then
			vl_frame L "$vl_id" "$1"
			exec cat >/dev/null
		fi
		[ -s "$vl_chunk" ] || break
		vl_measure
		read -r vl_of vl_stage <"$vl_dir/$vl_slot.st"
		if [ "$vl_stage" != run ]; then
			[ "$vl_stage" = over ] && exec cat >/dev/null
			IFS= read -r vl_line <"$vl_chunk"
			[ "$vl_records $vl_line" = "1+0 $vl_mark" ] && break
		fi
		vl_send "$1"
		vl_seq=$((vl_seq + 1))
	done
	vl_frame F "$vl_id" "$1"
	# A child may still hold the pipe: what it writes goes nowhere, but it
	# must neither block nor get SIGPIPE.
	read -r vl_line && exec cat >/dev/null
}

# vl_feed: into stdout what the host has for the command, as it takes it.
vl_feed() {
	trap : PIPE
	while :; do
		vl_frame W "$vl_id"
		vl_of=
		while [ "$vl_of" != "$vl_id" ]; do
			read -r vl_of vl_word <&3
		done
		[ "$vl_word" = go ] || break
		cat "$vl_dir/$vl_slot.in" 3<&- 5<&- 6<&- 7<&- 8>&- 9>&- || break
	done
}

vl_lead() {
	trap : PIPE
	$vl_setsid "$vl_sh" "$vl_dir/$vl_slot" 2>&4 3<&- 4>&- \
		5<&- 6<&- 7<&- 8>&- 9>&-
	vl_status=$?
	echo "$vl_id done" >"$vl_dir/$vl_slot.st"
	printf '%s\n' "$vl_mark"
	printf '%s\n' "$vl_mark" >&4
	vl_frame X "$vl_id" "$vl_status"
}

# The FIFO is opened before anything can be lost: what was written to one that
# nobody has open is gone.
vl_lead_fed() {
	exec 3<>"$vl_dir/$vl_slot.ctl"
	vl_feed 4>&- | {
		vl_lead
		echo "$vl_id end" >&3
	}
}

vl_work() {
	trap : PIPE
	read -r vl_nonce vl_dir vl_setsid vl_sh vl_encode
	[ "$vl_setsid" = - ] && vl_setsid=
	# Read-only, so that the end of the main shell is its end.
	exec </dev/null 7<"$vl_dir/jobs"
	vl_id=0
	while :; do
		vl_frame I "$vl_id"
		read -r vl_t <&6
		read -r vl_slot vl_id vl_in vl_mark <&7 || break
		echo >&6
		if [ "$vl_slot" = - ]; then
			vl_nonce=$vl_id vl_id=0
			continue
		fi
		vl_mark=$vl_mark$vl_pad
		{
			if [ "$vl_in" = fed ]; then
				vl_lead_fed
			else
				vl_lead <"$vl_in"
			fi | vl_pump 1 >/dev/null 4>&-
		} 4>&1 | vl_pump 2 4>&-
	done
	echo >&6
}

# The rest runs in the main shell, called by the host.

vl_worker() {
	if [ -n "$vl_setsid" ]; then
		setsid setsid $vl_work_sh "$vl_dir/lib" <&3 3<&-
	else
		$vl_work_sh "$vl_dir/lib" <&3 3<&- &
	fi 3<<VL
$vl_nonce $vl_dir ${vl_setsid:--} $vl_sh $vl_encode
VL
}

# vl_resume NONCE ANEW: the host talks to us over another connection, or this is
# a copy of the machine that we were loaded in.  ANEW is 1 when the nonce is
# another one, which the idle worker must be told (there is one then).
vl_resume() {
	vl_nonce=$1
	[ "$2" = 1 ] && echo "- $1" >&7
	vl_frame R "$vl_how"
}

vl_ack() {
	echo >&5
}

# vl_script SLOT ID TEXT: begin a script.  Its first words tell its session and
# see whether it has been killed before it began: who kills empties S.st first
# and reads S.pid then.
vl_script() {
	printf 'echo %s $$ >%s.pid;[ -s %s.st ]||exit 137;%s' "$2" \
		"$vl_dir/$1" "$vl_dir/$1" "$3" >"$vl_dir/$1"
}

vl_script_more() {
	printf %s "$2" >>"$vl_dir/$1"
}

vl_input() {
	: >"$vl_dir/$1.in"
}

vl_input_base64() {
	printf %s "$2" | base64 -d >>"$vl_dir/$1.in"
}

vl_input_octal() {
	printf "$2" >>"$vl_dir/$1.in"
}

# vl_run SLOT ID INPUT MARK
vl_run() {
	echo "$2 run" >"$vl_dir/$1.st"
	case $3 in
	0) vl_in=/dev/null ;;
	1) vl_in=$vl_dir/$1.in ;;
	2)
		vl_in=fed
		[ -p "$vl_dir/$1.ctl" ] || mkfifo "$vl_dir/$1.ctl"
		;;
	esac
	printf '%s %s %s %s\n' "$1" "$2" "$vl_in" "$4" >&7
}

# vl_feed_word SLOT ID WORD: a piece is there (go), or no more will come (end).
# Opened for reading, too, lest it wait for a feeder that is gone.
vl_feed_word() {
	echo "$2 $3" 1<>"$vl_dir/$1.ctl"
}

vl_over() {
	echo "$2 over" >"$vl_dir/$1.st"
}

# vl_tree PID: kill the session of that number and all descendants of it.
# Each is stopped as it is found, so that the search comes to an end and none
# is begun behind its back; the first one too.
vl_tree() {
	vl_sid=$1 vl_found=" $1 " vl_before= vl_n=1
	kill -STOP "$1"
	while [ "$vl_found" != "$vl_before" ]; do
		vl_before=$vl_found
		for vl_f in /proc/[0-9]*; do
			read -r vl_line <"$vl_f/stat" || continue
			vl_pid=${vl_f#/proc/}
			# after "PID (NAME) ": state, parent, group, session
			set -- ${vl_line##*) }
			case $vl_found in *" $vl_pid "*) continue ;; esac
			case $1 in [ZX]) continue ;; esac
			case $vl_found in
			*" $2 "*) ;;
			*) [ "$4" = "$vl_sid" ] || continue ;;
			esac
			kill -STOP "$vl_pid"
			vl_found="$vl_found$vl_pid " vl_n=$((vl_n + 1))
		done
	done
	kill -KILL $vl_found
}

# vl_stop SLOT ID
vl_stop() {
	: >"$vl_dir/$1.st"
	vl_n=0 vl_of= vl_pid=
	read -r vl_of vl_pid <"$vl_dir/$1.pid"
	[ "$vl_of" = "$2" ] && vl_tree "$vl_pid"
}

# vl_signal SLOT ID NUMBER: where there is no setsid, the command leads no group.
vl_signal() {
	vl_n=0 vl_of= vl_pid=
	read -r vl_of vl_pid <"$vl_dir/$1.pid"
	if [ "$vl_of" = "$2" ]; then
		kill "-$3" "-$vl_pid" || kill "-$3" "$vl_pid"
		vl_n=1
	fi
	vl_frame S "$2" "$vl_n"
}

vl_kill() {
	vl_stop "$@"
	vl_frame K "$2" "$vl_n"
}

vl_end() {
	trap '' HUP # what hung up shall not stop the removal
	for vl_st in "$vl_dir"/*.st; do
		vl_stage=
		read -r vl_id vl_stage <"$vl_st"
		vl_st=${vl_st##*/}
		[ "$vl_stage" = run ] && vl_stop "${vl_st%.st}" "$vl_id"
	done
	# Nobody gives leave any more: whoever waits for it goes on to its end.
	vl_n=0
	while [ "$vl_n" -lt 100 ]; do
		echo
		vl_n=$((vl_n + 1))
	done >&5
	# Renamed first: what still runs shall not make files in it meanwhile.
	mv "$vl_dir" "$vl_dir-" && rm -rf "$vl_dir-"
	vl_frame Q
}

vl_fail() {
	printf '\n%s E %s\n' "$vl_nonce" "$*" >&8
	exit 1
}

vl_main() {
	vl_nonce=$1
	for vl_dir in /run /tmp /dev/shm /var/tmp -; do
		vl_dir=$vl_dir/vdelab.$$
		mkdir "$vl_dir" && chmod 700 "$vl_dir" && break
	done
	[ -d "$vl_dir" ] || vl_fail 'no directory can be written to'
	trap vl_end EXIT
	trap : HUP PIPE # the end of input is what ends us
	(cd "$vl_dir" && mkfifo jobs turn token leave) ||
		vl_fail 'there is no mkfifo'
	exec 5<>"$vl_dir/leave" 6<>"$vl_dir/turn" 7<>"$vl_dir/jobs" \
		9<>"$vl_dir/token"
	echo >&5
	echo >&6
	echo >&9
	printf '%s\nvl_work\n' "$vl_lib" >"$vl_dir/lib"
	vl_chunk=$vl_dir/0 vl_records=
	dd ibs=64k obs=128 count=1 <"$vl_dir/lib" >"$vl_chunk" 2>"${vl_chunk}n"
	vl_measure
	[ "$vl_blocks" -gt 9 ] || vl_fail 'there is no dd that counts'
	# By its path: busybox's setsid would start busybox's own sh for a mere
	# name, and that one its own programs, whatever is in PATH.
	vl_sh=$(command -v sh || echo sh)
	# Workers start a handful of programs for each command: in busybox's
	# own shell, which has them built in, that takes a third of the time.
	vl_work_sh=$vl_sh
	busybox sh -c : </dev/null && vl_work_sh='busybox sh'
	vl_setsid= vl_encode=base64 vl_how=b
	setsid true </dev/null && vl_setsid=setsid
	if ! base64 </dev/null; then
		vl_encode='od -An -v -tx1' vl_how=x
		od -An </dev/null || vl_fail 'there is neither base64 nor od'
	fi
	vl_frame R "$vl_how"
}
