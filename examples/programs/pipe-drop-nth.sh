#!/bin/sh
# For the plugin pipe: drops every N-th frame.
#
#	vdelabctl plugin load pipe segment lab -- ./pipe-drop-nth.sh 3
n=${1:-3}
seen=0

# One read is one message; the first 24 octets of it are its header.
while header=$(dd bs=65574 count=1 <&3 2>/dev/null | od -An -v -tu1 -N24) &&
	[ -n "$header" ]; do
	# shellcheck disable=SC2086 # these are 24 words
	set -- $header
	[ "$2" -eq 70 ] || continue # an F: a frame
	seen=$((seen + 1))
	verdict=p
	[ $((seen % n)) -ne 0 ] || verdict=d
	id=$(printf '\\0%03o' "$5" "$6" "$7" "$8")
	printf '\1%s\0\0%b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' "$verdict" "$id" >&3
done
