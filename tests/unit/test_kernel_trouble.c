#include "driver/vm/kernel-trouble.h"

#include <string.h>

#include "tests/unit/unit.h"

static const struct {
	const char *line, *trouble; /* NULL: none */
} lines[] = {
	{ "[   12.345678] Out of memory: Killed process 71 (stress) "
	  "total-vm:9kB",
	  "Out of memory: Killed process 71 (stress) total-vm:9kB" },
	{ "[12.3] cat[77]: segfault at 0 ip 00005581 sp 7ffc error 4 in cat",
	  "cat[77]: segfault at 0 ip 00005581 sp 7ffc error 4 in cat" },
	{ "[    1.000000][    T1] BUG: kernel NULL pointer dereference",
	  "BUG: kernel NULL pointer dereference" },
	{ "[  242.1] INFO: task cat:99 blocked for more than 120 seconds.",
	  "INFO: task cat:99 blocked for more than 120 seconds." },
	{ "<4>[  3.1] I/O error, dev vda, sector 0 op 0x0:(READ)",
	  "I/O error, dev vda, sector 0 op 0x0:(READ)" },
	{ "[  3.1] EXT4-fs error (device vda): ext4_lookup:1: comm a: bad",
	  "EXT4-fs error (device vda): ext4_lookup:1: comm a: bad" },
	{ "[    0.5] EXT4-fs (vda): mounted filesystem", NULL },
	{ "BUG: that is what a program says", NULL },
	{ "[ ok ] BUG: nor does a service manager count", NULL },
	{ "[", NULL },
	{ "[1", NULL },
	{ "[1]", NULL },
	{ "[1][", NULL },
	{ "", NULL },
};

START_TEST(the_kernels_complaints_are_found)
{
	const char *found = kernel_trouble_in(lines[_i].line);

	if (lines[_i].trouble == NULL)
		ck_assert_msg(found == NULL, "%s: %s", lines[_i].line, found);
	else
		ck_assert_pstr_eq(found, lines[_i].trouble);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ the_kernels_complaints_are_found,
		  sizeof(lines) / sizeof(lines[0]) },
		{ NULL, 0 },
	};

	return unit_run("kernel-trouble", tests, NULL, NULL);
}
