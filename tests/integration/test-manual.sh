#!/bin/sh
# What is generated for people: manual pages, and the manual of the control
# socket.  They tell of everything that the programs know.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

MAN=$TOP_BUILDDIR/man
API=$TOP_BUILDDIR/doc/control-api.md

for file in "$MAN"/vdelab*.1 "$TOP_SRCDIR"/man/vdelab*.1; do
	[ -e "$file" ] || continue
	page=$(basename "$file" .1)
	if command -v mandoc >/dev/null; then
		mandoc -Tlint -W warning "$file" >"$T/check.log" 2>&1
		check_status=$?
		result "$check_status" "$page.1: mandoc has no complaint"
		[ "$check_status" -eq 0 ] || diag "$T/check.log"
	elif command -v man >/dev/null; then
		man --warnings -E UTF-8 -l "$file" 2>&1 >/dev/null |
			grep -v "can't break line" >"$T/check.log"
		[ ! -s "$T/check.log" ]
		result $? "$page.1: man has no complaint"
		diag "$T/check.log"
	else
		skip "$page.1" 'neither mandoc nor man is installed'
	fi
	! grep -n '^@' "$file"
	result $? "$page.1: nothing is left of the template"
done

# in_page PAGE OPTION...
in_page() {
	in_page_page=$1
	shift
	in_page_missing=
	for option; do
		grep -qE "^\.It .*Fl -?${option#--}( |\$)" "$MAN/$in_page_page.1" ||
			in_page_missing="$in_page_missing $option"
	done
	[ -z "$in_page_missing" ]
	result $? "$in_page_page.1: its options"
	[ -z "$in_page_missing" ] || echo "# missing:$in_page_missing"
}
# shellcheck disable=SC2046 # words
for page in vdelab-extcap vdelab-switch vdelabctl; do
	in_page $page $("$TOP_BUILDDIR/out/bin/$page" --complete -- |
		cut -f1 | grep -vE '^--(help|version)$')
done
# shellcheck disable=SC2046
in_page vdelab-slirp $("$TOP_BUILDDIR/out/libexec/vdelab/vdelab-slirp" \
	--complete -- | cut -f1 | grep -vE '^--(help|version)$')
# shellcheck disable=SC2046
in_page vdelab $("$TOP_BUILDDIR/out/bin/vdelab" --complete run -- |
	cut -f1 | grep -vE '^--(help|version)$')

missing=
for noun in $("$CTL" --complete '' | cut -f1); do
	for verb in $("$CTL" --complete "$noun" '' 2>/dev/null | cut -f1 |
		grep -E '^[a-z]+$'); do
		"$CTL" "$noun" --help | grep -qE "^  $verb( |\$)" || continue
		grep -q "^\.It Cm $noun Cm $verb\( \|\$\)" "$MAN/vdelabctl.1" ||
			missing="$missing $noun-$verb"
	done
	grep -q "^\.Ss $noun\$" "$MAN/vdelabctl.1" || missing="$missing $noun"
done
[ -z "$missing" ]
result $? 'vdelabctl.1: every command'
[ -z "$missing" ] || echo "# missing:$missing"

# What scripts can call: every chapter has the methods of its owner, no other,
# each with its usage.
SCRIPT_API=$TOP_BUILDDIR/doc/script-api.md
for owner in global machine command condition segment port watch; do
	"$TOP_BUILDDIR/out/bin/vdelab" methods $owner |
		sed -e 's/^[A-Z]*[:.]//' >"$T/usages"
	awk -v owner=$owner '
		/^## / { in_it = tolower($2) ~ "^" owner "e?s$" }
		in_it && /^    / { print substr($0, 5) }' "$SCRIPT_API" \
		>"$T/chapter"
	[ -s "$T/usages" ] && diff "$T/usages" "$T/chapter" >"$T/check.log"
	script_status=$?
	result "$script_status" "script-api.md: all of $owner"
	[ "$script_status" -eq 0 ] || diag "$T/check.log"
done
! grep -n '^@' "$SCRIPT_API"
result $? 'script-api.md: nothing is left of the template'
"$TOP_BUILDDIR/out/bin/vdelab" methods | sed -e 's/^[A-Z]*[:.]//' -e 's/[( ].*//' |
	sort >"$T/names"
sed -n 's/^### //p' "$SCRIPT_API" | sort | diff "$T/names" - >"$T/check.log"
result $? 'script-api.md: an entry for each method'
"$TOP_BUILDDIR/out/bin/vdelab" methods succed 2>"$T/check.log"
[ $? -eq 2 ] && grep -q "did you mean 'succeed'" "$T/check.log"
result $? 'vdelab methods: a misspelt name is told'

# What a running switch tells of itself, the manual tells as well.
if command -v socat >/dev/null; then
	start_switch
	for list in methods events; do
		echo "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.$list\"}" |
			socat -t 10 - "UNIX-CONNECT:$T/sw/control" |
			grep -o '"name": *"[^"]*"' | cut -d'"' -f4 >"$T/$list"
		missing=
		while read -r name; do
			grep -qE "^### (Event )?$name\$" "$API" ||
				missing="$missing $name"
		done <"$T/$list"
		[ -s "$T/$list" ] && [ -z "$missing" ]
		result $? "control-api.md: all $list"
		[ -z "$missing" ] || echo "# missing:$missing"
	done
	stop_switch
else
	skip 'control-api.md' 'socat is not installed'
fi
finish
