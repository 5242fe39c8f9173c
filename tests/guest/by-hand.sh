# by-hand.sh: a switch and QEMUs that no driver has started; sourced by tests
# that want them, after need_guests.  Needs socat.
# shellcheck shell=sh
bin=$build/out/bin
dir=$work/net # the switch's

ctl() {
	"$bin/vdelabctl" -t "$dir" "$@"
}

# QEMU hangs up when it reads an end of file, so socat must not pass one on.

# in_guest N TEXT: run shell text in guest N; its output is $work/answer
in_guest() {
	marker=done-$N_MARKER-
	N_MARKER=$((N_MARKER + 1))
	# The marker is not in the command as such, so its echo is no answer.
	printf '%s\necho done"-%s-"$?\n' "$2" "$((N_MARKER - 1))" |
		socat STDIO,ignoreeof "UNIX-CONNECT:$work/shell$1" >"$work/raw" &
	reader=$!
	soon 60 grep -q "$marker[0-9]" "$work/raw"
	kill "$reader" 2>/dev/null
	wait "$reader" 2>/dev/null
	tr -d '\r' <"$work/raw" | sed "/$marker/,\$d" >"$work/answer"
	grep -q "${marker}0" "$work/raw"
}
N_MARKER=1

# answers N: does guest N's shell answer within a moment?
answers() {
	printf 'echo he""llo\n' |
		timeout 2 socat STDIO,ignoreeof "UNIX-CONNECT:$work/shell$1" |
		tr -d '\r' | grep -qx hello
}

# guest N NETDEV...: a QEMU with its shell on a socket, and a card for each
# NETDEV (an argument of -netdev, without id; vhost-user=PATH: at the socket PATH);
# the MAC address of card I, from 0, is 52:54:00:00:0I:0N
guest() {
	n=$1
	shift
	n_cards=$#
	card=0
	while [ "$card" -lt "$n_cards" ]; do
		device=virtio-net-pci,netdev=n$card,mac=52:54:00:00:0$card:0$n,romfile=
		case $1 in
		vhost-user=*)
			# Without KVM, QEMU 7.2 falls over MSI-X here.
			set -- "$@" -chardev "socket,id=c$card,path=${1#*=}" \
				-netdev "vhost-user,chardev=c$card,id=n$card" \
				-device "$device,vectors=0"
			;;
		*) set -- "$@" -netdev "$1,id=n$card" -device "$device" ;;
		esac
		shift
		card=$((card + 1))
	done
	case " $* " in
	*' vhost-user,'*)
		set -- "$@" -machine memory-backend=ram -object \
			memory-backend-memfd,id=ram,size=256M,share=on
		;;
	esac
	"$qemu" -accel tcg -M q35 -m 256 -nodefaults -display none -no-reboot \
		-kernel "$(image_path kernel)" -initrd "$(image_path initrd)" \
		-append "$(image_path append) console=ttyS0" \
		-drive "file=$(image_path root),format=raw,if=virtio,readonly=on,file.locking=off" \
		-device virtio-serial-pci -chardev "socket,id=s,path=$work/shell$n,server=on,wait=off" \
		-device virtconsole,chardev=s -serial "file:$work/serial$n" \
		"$@" 9>&- &
	started="${started-} $!"
}

image_path() {
	sed -n "s/^$1  *//p" "$work/image"
}
