#include "driver/coverage/guest-text.h"

#include <stdlib.h>
#include <string.h>

#include "driver/lab/plan.h"
#include "lib/xalloc.h"

/* @text as one word of shell text; returned owned. */
static char *
quote(const char *text)
{
	char *quoted = xcalloc(4 * strlen(text) + 3, 1);
	char *to = quoted;

	*to++ = '\'';
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			memcpy(to, "'\\''", 4);
			to += 4;
		} else {
			*to++ = *text;
		}
	}
	*to = '\'';
	return quoted;
}

/* No directory has the sticky bit: with it, fs.protected_regular lets nobody but
 * its owner open a file as libgcov does. */
static const char prepare[] =
    "umask 0\n"
    "rm -rf \"$p\" && mkdir -p \"$p/p$b\" || exit\n"
    "last=\n"
    "while IFS= read -r f; do\n"
    "	d=${f%/*}\n"
    "	[ \"$d\" = \"$last\" ] || mkdir -p \"$p/p$d\" || exit\n"
    "	last=$d\n"
    "	: >\"$p/p$f\" || exit\n"
    "done\n"
    "if [ \"$n\" != \"$b\" ]; then\n"
    "	mkdir -p \"$p/p${n%/*}\"\n"
    "	[ -e \"$p/p$n\" ] || ln -s \"$p/p$b\" \"$p/p$n\"\n"
    "fi\n"
    "[ ! -d /run/systemd/system ] || [ \"$p\" != " PLAN_COVERAGE_DIR " ] ||\n"
    "	systemctl set-environment \"GCOV_PREFIX=$p/p\" "
    "GCOV_PREFIX_STRIP=0\n";

/* What stands elsewhere is read by cat: files of debugfs have no size. */
static const char take[] =
    "echo here >&2\n"
    "cd \"$p\" 2>/dev/null || exit 0\n"
    "command -v find >/dev/null && command -v tar >/dev/null || {\n"
    "	echo 'there is no find, or no tar' >&2\n"
    "	exit 1\n"
    "}\n"
    "copy() {\n"
    "	[ -d \"$1$b\" ] || return\n"
    "	find \"$1$b\" -type f -name '*.gcda' | while IFS= read -r f; do\n"
    "		to=$2${f#\"$1\"}\n"
    "		mkdir -p \"${to%/*}\" && cat \"$f\" >\"$to\"\n"
    "	done\n"
    "}\n"
    "[ -d \"$k\" ] || [ ! -d /sys/kernel/debug ] ||\n"
    "	mount -t debugfs none /sys/kernel/debug 2>/dev/null\n"
    "copy '' r\n"
    "copy \"$k\" k\n"
    "touch stamp\n"
    "find p r k -type f -name '*.gcda' -size +0 -exec tar -cf - {} + "
    "2>/dev/null\n"
    "[ -z \"$(find p -type f -newer stamp)\" ] || exit $busy\n";

char *
coverage_prepare_text(const struct plan_coverage *coverage, const char *dir)
{
	char *p = quote(dir);
	char *b = quote(coverage->build);
	char *n = quote(coverage->build_named);
	char *text = xasprintf("p=%s b=%s n=%s\n%s", p, b, n, prepare);

	free(p);
	free(b);
	free(n);
	return text;
}

char *
coverage_take_text(const struct plan_coverage *coverage, const char *dir,
		   const char *kernel)
{
	char *p = quote(dir);
	char *b = quote(coverage->build);
	char *k = quote(kernel);
	char *text = xasprintf("p=%s b=%s k=%s busy=%d\n%s", p, b, k,
			       COVERAGE_TOOK_MOVING, take);

	free(p);
	free(b);
	free(k);
	return text;
}
