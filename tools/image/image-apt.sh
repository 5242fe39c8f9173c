# shellcheck shell=sh
# Part of build-image: which packages, and getting them.
#
# apt resolves dependencies from an empty system, in files of our own: nothing
# of the host's system is changed, and what is installed there does not matter.
#
# shellcheck disable=SC2154 # variables of build-image

# Packages that only serve to install others.  apt is told that they are there,
# so that a guest does not get perl for the sake of a script that never runs.
install_only='adduser debconf dpkg init-system-helpers initramfs-tools linux-base
	ucf usr-is-merged usrmerge'

write_status() {
	for name in $install_only; do
		printf '%s\n' "$wanted" | grep -qx "$name" && continue
		cat <<EOF
Package: $name
Status: install ok installed
Priority: optional
Section: admin
Maintainer: nobody <nobody@localhost>
Architecture: all
Multi-Arch: foreign
Version: 99999
Description: only needed to install packages

EOF
	done
}

private_apt() {
	if [ -n "$foreign" ]; then
		set -- -o APT::Architecture="$arch" -o APT::Architectures::="$arch" \
			-o Dir::Etc::sourcelist="$foreign/sources.list" \
			-o Dir::Etc::sourceparts=/dev/null \
			-o Dir::State::lists="$foreign/lists" \
			-o Acquire::Languages=none -o Acquire::PDiffs=0 "$@"
	fi
	own=${work:-$foreign}
	apt-get -o Dir::State::status="$own/status" \
		-o Dir::State::extended_states="$own/extended_states" \
		-o Dir::Cache::archives="$own/archives" \
		-o Dir::Cache::pkgcache= \
		-o Debug::NoLocking=1 -o APT::Sandbox::User=root \
		-o APT::Install-Recommends=0 -o APT::Install-Suggests=0 \
		"$@"
}

# find_lists: of which packages there are.  Those for this host are apt's own,
# LISTS; for another architecture there are lists in the cache, got from the same
# archives of Debian and checked against its keys, as often as apt's own.
find_lists() {
	foreign=''
	[ "$arch" != "$(dpkg --print-architecture)" ] || return 0
	foreign=$cache/apt/$arch
	mkdir -p "$foreign/lists/partial"
	exec 8>>"$foreign/lock"
	flock 8
	write_sources >"$foreign/sources.new"
	state=$({
		cat "$foreign/sources.new"
		find "$LISTS" -maxdepth 1 -name '*Release' -printf '%f %s %T@\n' |
			sort
	} | hash_text)
	mv "$foreign/sources.new" "$foreign/sources.list"
	LISTS=$foreign/lists/
	[ "$(cat "$foreign/state" 2>/dev/null)" = "$state" ] || update_lists
	exec 8>&-
}

write_sources() {
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	signed=
	[ ! -r "$keys" ] || signed="[signed-by=$keys] "
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' | sort -u |
		sed "s|^|deb $signed|"
}

update_lists() {
	[ -s "$foreign/sources.list" ] || die "apt knows no archive of Debian:" \
		"add one, and run 'apt-get update' as root"
	say "getting lists of packages for $arch"
	mkdir -p "$foreign/archives/partial"
	: >"$foreign/status"
	if private_apt -qq -o Acquire::Retries=1 -o APT::Update::Error-Mode=any update \
		>"$foreign/log" 2>&1; then
		printf '%s\n' "$state" >"$foreign/state"
	elif no_lists; then
		sed -n 's/^[EW]: //p' "$foreign/log" | sort -u | head -n 3 >&2
		die "there are no lists of packages for $arch, and none can be got" \
			"(no network?)"
	else
		say "lists of packages for $arch cannot be got, those from before serve"
	fi
}

no_lists() {
	for file in "$LISTS"*_Packages*; do
		[ ! -e "$file" ] || return 1
	done
}

# resolve_packages: $work/packages gets "name=version:arch" lines, sorted, where
# the version is as in the name of the package's file.
resolve_packages() {
	say 'resolving packages'
	write_status >"$work/status"
	mkdir -p "$work/archives/partial"
	names=$(default_packages; printf '%s\n' "$wanted")
	# shellcheck disable=SC2086 # a list of names
	private_apt -qq -s install $names >"$work/apt.out" 2>"$work/apt.err" ||
		explain_apt
	sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*\[\([a-z0-9-]*\)\]).*/\1=\2:\3/p' \
		"$work/apt.out" | sort >"$work/packages"
	# apt also takes a name as a pattern, or as that of a virtual package.
	for name in $names; do
		cut -d = -f 1 "$work/packages" | grep -qxF "$name" ||
			unknown="${unknown-} $name"
	done
	[ -z "${unknown-}" ] || no_such_package "$unknown"
	kernel_version=$(sed -n \
		"s/^linux-image-\([0-9][^=]*-cloud-$arch\)\(-unsigned\)\?=.*/\1/p" \
		"$work/packages" | head -n 1)
	[ -n "$kernel_version" ] ||
		die "linux-image-cloud-$arch did not bring a kernel"
}

no_such_package() {
	die "apt knows no package named:$1 (misspelt? else run 'apt-get update'" \
		"as root; guests need the 'main' archive of Debian)"
}

explain_apt() {
	unknown=$(sed -n -e 's/^E: Unable to locate package / /p' \
		-e "s/^E: Package '\(.*\)' has no installation candidate/ \1/p" \
		"$work/apt.err" | tr -d '\n')
	[ -z "$unknown" ] || no_such_package "$unknown"
	sed -n '/^The following packages have unmet/,$p' "$work/apt.out" >&2
	cat "$work/apt.err" >&2
	die 'apt cannot put these packages together'
}

# deb_file PACKAGE: name=version:arch -> the file's name
deb_file() {
	# the epoch's colon is written %3a
	version=${1#*=}
	pkg=${1%%=*}
	printf '%s/packages/%s_%s_%s.deb' "$cache" "${pkg%:*}" \
		"$(printf %s "${version%:*}" | sed 's/:/%3a/')" "${version##*:}"
}

# fetch_packages: $work/debs lists the files.  apt checks what it fetches
# against its signed lists.
fetch_packages() {
	set --
	total=0
	while read -r package; do
		file=$(deb_file "$package")
		printf '%s\n' "$file" >>"$work/debs"
		[ -s "$file" ] || set -- "$@" "${package%:*}"
		total=$((total + 1))
	done <"$work/packages"
	if [ $# -gt 0 ]; then
		say "fetching $# of $total packages"
		mkdir "$work/fetched"
		(cd "$work/fetched" && private_apt -qq download "$@") \
			>"$work/apt.out" 2>&1 || explain_fetch
		mv "$work/fetched"/*.deb "$cache/packages/"
	fi
	missing_files
	xargs -d '\n' touch -c <"$work/debs"
}

explain_fetch() {
	find "$work/fetched" -maxdepth 1 -name '*.deb' \
		-exec mv {} "$cache/packages/" \;
	sed -n 's/^[EW]: //p' "$work/apt.out" | sort -u | head -n 3 >&2
	missing_files
}

missing_files() {
	missing=
	while read -r file; do
		[ -s "$file" ] || missing="$missing ${file##*/}"
	done <"$work/debs"
	[ -z "$missing" ] || die "these packages could not be fetched (no network? no" \
		"space? old lists? then run 'apt-get update' as root):$missing"
}
