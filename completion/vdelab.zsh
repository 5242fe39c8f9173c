#compdef vdelab vdelabctl vdelab-switch vdelab-extcap
# The programs themselves know what a word may become (PROG --complete WORD...),
# so this never needs to change with them.

_vdelab()
{
	local line text before=''
	local -a described settings

	[[ $PREFIX == *=* ]] && before=${PREFIX%%=*}=
	for line in "${(@f)$("$words[1]" --complete \
		"${(@)words[2,CURRENT - 1]}" "$PREFIX" 2>/dev/null)}"; do
		text=${line%%$'\t'*}
		case $text in
		'') ;;
		:file)
			[[ -n $before ]] && compset -P '*='
			_files
			;;
		:dir)
			[[ -n $before ]] && compset -P '*='
			_files -/
			;;
		*=) settings+=("$text") ;;
		*) described+=("${text//:/\\:}:${line#*$'\t'}") ;;
		esac
	done
	(( $#settings )) && compadd -S '' -- "${settings[@]}"
	(( $#described )) && _describe 'word' described
}

_vdelab "$@"
