#!/bin/sh
# What Tab does: in bash, by its script, and in zsh and fish where they are.
. "${TOP_SRCDIR:-.}/tests/integration/lib.sh"

VDELAB_DIR=$T/sw
export VDELAB_DIR
BIN=$TOP_BUILDDIR/out/bin
start_switch --segment vlan1 --segment lab
"$CTL" port add lab dummy name=d0 >/dev/null || bail 'no port'
mkdir "$T/cwd" && : >"$T/cwd/some.lua" && mkdir "$T/cwd/somewhere"
cd "$T/cwd" || exit 99

# becomes NAME WANT WORD...: in bash, the last of the words may become just WANT,
# parted by spaces.  As bash does, words are parted at = and :.
cat >"$T/bash.sh" <<'END'
. "$1"
shift
COMP_WORDS=()
for word; do
	while [[ $word == *[=:]* ]]; do
		head=${word%%[=:]*}
		[ -z "$head" ] || COMP_WORDS+=("$head")
		word=${word#"$head"}
		COMP_WORDS+=("${word:0:1}")
		word=${word:1}
		[ -n "$word" ] || continue 2
	done
	COMP_WORDS+=("$word")
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_vdelab
echo ${COMPREPLY[@]}
END
becomes() {
	becomes_name=$1
	becomes_want=$2
	shift 2
	becomes_prog=$1
	shift
	bash "$T/bash.sh" "$TOP_SRCDIR/completion/vdelab.bash" \
		"$BIN/$becomes_prog" "$@" >"$T/out" 2>&1
	[ "$(cat "$T/out")" = "$becomes_want" ]
	result $? "$becomes_name"
	[ "$(cat "$T/out")" = "$becomes_want" ] || diag "$T/out"
}

if command -v bash >/dev/null; then
	becomes 'a command' 'segment' vdelabctl seg
	becomes 'a verb' 'unload' vdelabctl plugin u
	becomes 'an abbreviated noun is one' 'add' vdelabctl seg a
	becomes 'a segment that is there' 'vlan1 lab' vdelabctl segment del ''
	becomes 'a port that is there' 'd0' vdelabctl port del ''
	becomes 'a word of a few' 'block unblock suspend' vdelabctl link set d0 ''
	becomes 'a keyword, or a value that may be left out' 'vlan1 lab port' \
		vdelabctl fdb flush ''
	becomes "a keyword's value" 'd0' vdelabctl fdb flush port ''
	becomes 'the same behind =' 'd0' vdelabctl fdb flush port=
	becomes 'an option' '--port' vdelabctl fdb flush --po
	becomes "an option's value" 'd0' vdelabctl fdb flush -i ''
	becomes 'a kind of port' 'dummy' vdelabctl port add lab du
	becomes 'a parameter of the kind' 'path=' \
		vdelabctl port add lab stream name=x pa
	becomes 'nothing of other kinds' 'name mtu' \
		vdelabctl port add lab dummy ''
	becomes 'nor in a call' 'path=' \
		vdelabctl call port.add segment=lab kind=stream pa
	becomes 'of any kind while there is none' 'path= packed=' \
		vdelabctl call port.add segment=lab pa
	becomes 'a plugin that is installed' 'link' vdelabctl plugin load li
	becomes 'a command that can be watched' 'stats' vdelabctl watch stat
	becomes 'its argument' 'lab' vdelabctl watch stats l
	becomes 'a method' 'segment.add' vdelabctl call segment.a
	becomes 'its parameter' 'port=' vdelabctl call port.del p
	becomes 'a file' 'some.lua' vdelab run some.
	becomes 'a directory' 'somewhere' vdelabctl -t so
	becomes 'a directory behind =' 'somewhere' vdelab run --results=so
	becomes 'one of the words that an option takes' 'kvm' vdelab run --accel k
	becomes 'the same behind =' 'kvm' vdelab run --accel=k
	becomes 'an option of the switch' '--segment' vdelab-switch --seg
	becomes 'nothing after a mistake' '' vdelabctl prot ''
	becomes 'nothing where nothing more is taken' '' vdelabctl port del d0 ''
	VDELAB_DIR=$T/nowhere becomes 'nothing without a switch' '' \
		vdelabctl port del ''
	bash -c '. "$1"; complete -p vdelab vdelabctl vdelab-switch' - \
		"$TOP_SRCDIR/completion/vdelab.bash" >"$T/out" 2>&1
	result $? 'all programs are completed'
else
	skip 'bash' 'there is no bash'
fi

# fish tells what it would do.
if command -v fish >/dev/null; then
	HOME=$T fish -c "source '$TOP_BUILDDIR/completion/fish/vdelabctl.fish'
		set -x PATH '$BIN' \$PATH
		complete -C 'vdelabctl segment del '" >"$T/out" 2>"$T/check.log"
	grep -q '^lab' "$T/out" && grep -q '^vlan1' "$T/out" &&
		! grep -q '^d0' "$T/out"
	result $? 'fish: a segment that is there'
	diag "$T/check.log"
else
	skip 'fish: a segment that is there' 'there is no fish'
fi

# zsh only has completion where there is a terminal.
if command -v zsh >/dev/null; then
	cat >"$T/zsh.sh" <<'END'
zmodload zsh/zpty || exit 77
zpty z zsh -f -i
zpty -w z "PS1='ready> '; PATH=$1:\$PATH; fpath=($2 \$fpath)
autoload -U compinit; compinit -u -D; unsetopt zle_bracketed_paste
zstyle ':completion:*' list-colors ''; LISTMAX=0; echo set-'up'"
zpty -r z out '*set-up*' || exit 1
zpty -w -n z $'vdelabctl segment del \t\t'
while zpty -r z out '*vlan1*'; do
	print -r -- "$out"
	break
done
zpty -d z
END
	timeout "$PATIENCE_S" zsh -f "$T/zsh.sh" "$BIN" "$TOP_BUILDDIR/completion/zsh" \
		>"$T/out" 2>&1
	grep -q lab "$T/out" && grep -q vlan1 "$T/out"
	check_status=$?
	result "$check_status" 'zsh: a segment that is there'
	[ "$check_status" -eq 0 ] || diag "$T/out"
else
	skip 'zsh: a segment that is there' 'there is no zsh'
fi

stop_switch
finish
