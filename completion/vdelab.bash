# bash completion for vdelab, vdelabctl, vdelab-switch and vdelab-extcap.
#
# The programs themselves know what a word may become (PROG --complete WORD...),
# so this never needs to change with them.

_vdelab()
{
	local cur='' before='' words=() i word reply
	local IFS=$'\n'

	# Bash parts words at = and :, which are no borders here.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((i > 1)) && [[ $word == [=:]* ||
			${COMP_WORDS[i - 1]} == *[=:] ]]; then
			words[${#words[@]} - 1]+=$word
		else
			words+=("$word")
		fi
	done
	cur=${words[${#words[@]} - 1]}
	# What it has of the word already stays, whatever is chosen.
	[[ $cur == *[=:]* ]] && before=${cur%"${cur##*[=:]}"}

	COMPREPLY=()
	while read -r reply; do
		reply=${reply%%$'\t'*}
		case $reply in
		:file)
			compopt -o filenames 2>/dev/null
			COMPREPLY+=($(compgen -f -- "${cur#"$before"}"))
			;;
		:dir)
			compopt -o filenames 2>/dev/null
			COMPREPLY+=($(compgen -d -- "${cur#"$before"}"))
			;;
		*)
			[[ $reply == *= ]] && compopt -o nospace 2>/dev/null
			COMPREPLY+=("${reply#"$before"}")
			;;
		esac
	done < <("${COMP_WORDS[0]}" --complete "${words[@]}" 2>/dev/null)
}

complete -F _vdelab vdelab vdelabctl vdelab-switch vdelab-extcap
