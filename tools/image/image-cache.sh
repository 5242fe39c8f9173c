# shellcheck shell=sh
# Part of build-image: what is kept, and under which name.
#
#   images/KEY/       kernel bios-kernel initrd root.squashfs packages wanted
#                     arch init builder
#   images/memo/HASH  the KEY that was the answer to a question
#   packages/*.deb    as fetched
#   apt/ARCH/         apt's lists for another architecture than the host's
#
# A KEY is made of what goes into an image.  To know that takes apt a second or
# two, so answers are kept too: to the same question (process 1, packages wanted,
# state of apt's lists and configuration, this program), the same answer.
#
# shellcheck disable=SC2154,SC2034 # variables of build-image

keep_days=30

hash_text() {
	sha256sum | cut -c 1-20
}

hash_builder() {
	cat "$0" "$data"/image-*.sh "$data"/guest-* | hash_text
}

# ask: $question is a hash of the question.
ask() {
	command -v apt-config >/dev/null ||
		die 'apt is needed on the host: images are made of Debian packages'
	eval "$(apt-config shell LISTS Dir::State::lists/d ETC Dir::Etc/d)"
	find_lists
	builder=$(hash_builder)
	question=$({
		printf '%s\n' "$builder" "$arch" "$init" "$wanted"
		find "$LISTS" "$ETC" -maxdepth 2 -type f ! -name lock \
			-printf '%p %s %T@\n' 2>/dev/null | sort
	} | hash_text)
}

# recall QUESTION: the key, if the answer is known and the image is there.
recall() {
	[ -r "$images/memo/$1" ] || return 0
	read -r known <"$images/memo/$1"
	[ -d "$images/$known" ] || return 0
	# What is used stays.
	touch -c "$images/$known" "$images/memo/$1"
	printf '%s\n' "$known"
}

# remember QUESTION KEY
remember() {
	mkdir -p "$images/memo"
	printf '%s\n' "$2" >"$work/memo"
	mv "$work/memo" "$images/memo/$1"
}

make_key() {
	{
		printf '%s\n' "$builder" "$arch" "$init" "$wanted"
		cat "$work/packages"
	} | hash_text
}

# newest_alike: the key of the image last used that this program made of the
# same names, whatever their versions.
newest_alike() {
	for dir in "$images"/*/; do
		[ -e "$dir/builder" ] || continue
		read -r by <"$dir/builder"
		[ "$by" = "$builder" ] || continue
		[ "$(cat "$dir/wanted")" = "$wanted" ] || continue
		[ "$(cat "$dir/init")" = "$init" ] || continue
		[ "$(cat "$dir/arch")" = "$arch" ] || continue
		name=${dir%/}
		printf '%s %s\n' "$(stat -c %Y "$dir")" "${name##*/}"
	done | sort -n | tail -n 1 | cut -d ' ' -f 2
}

# The finished image appears under its name in one step; what nobody has used
# for long goes.
keep_image() {
	printf '%s\n' "$builder" >"$work/image/builder"
	printf '%s\n' "$wanted" >"$work/image/wanted"
	printf '%s\n' "$arch" >"$work/image/arch"
	printf '%s\n' "$init" >"$work/image/init"
	cp "$work/packages" "$work/image/packages"
	chmod a-w "$work/image"/*
	mv "$work/image" "$images/$key"
	find "$images" -mindepth 1 -maxdepth 1 -type d -mtime +$keep_days \
		! -name memo -exec rm -rf {} +
	find "$images/memo" "$cache/packages" -type f -mtime +$keep_days -delete \
		2>/dev/null || :
}

json_string() {
	printf '%s' "$1" | sed 's/[\\"]/\\&/g; 1s/^/"/; $s/$/"/'
}

# json_array FILE: of its lines
json_array() {
	sed '/^$/d; s/.*/"&"/' "$1" | paste -s -d , - | sed 's/^.*$/[&]/'
}

print_manifest() {
	dir=$images/$1
	printf '{"key": "%s", "kernel": %s, "initrd": %s, "root": %s, ' "$1" \
		"$(json_string "$dir/kernel")" "$(json_string "$dir/initrd")" \
		"$(json_string "$dir/root.squashfs")"
	[ ! -e "$dir/bios-kernel" ] ||
		printf '"bios_kernel": %s, ' "$(json_string "$dir/bios-kernel")"
	printf '"append": "%s", "arch": "%s", "init": "%s", "wanted": %s, "packages": %s}\n' \
		"$kernel_parameters" "$arch" "$init" "$(json_array "$dir/wanted")" \
		"$(json_array "$dir/packages")"
}

list_images() {
	for dir in "$images"/*/; do
		[ -e "$dir/packages" ] || continue
		name=${dir%/}
		[ -e "$dir/arch" ] || continue
		printf '%s  %s  %s  %s MiB  last used %s  %s\n' "${name##*/}" \
			"$(cat "$dir/arch")" "$(cat "$dir/init")" "$(du -sm "$dir" | cut -f 1)" \
			"$(date -r "$dir" '+%Y-%m-%d')" \
			"$(paste -s -d ' ' "$dir/wanted")"
	done
}

clean_cache() {
	lock_cache
	for dir in "$images"/*/; do
		remove_tree "$dir"
	done
	rm -rf "$cache/packages" "$cache/apt"
}
