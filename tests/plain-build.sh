# plain-build.sh: sourced by tests, before anything else.
# shellcheck shell=sh

# Called first by tests whose code others run as well, that run none of our C, or
# that boot long: the build with sanitizers leaves them out.
plain_build_only() {
	! grep -qs '^VL_CFLAGS = .*-fsanitize=' \
		"${TOP_BUILDDIR:-${build:-.}}/Makefile" ||
		{ echo '1..0 # SKIP for the build without sanitizers'; exit 0; }
}
