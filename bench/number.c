#include "bench/number.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/cli.h"
#include "lib/err.h"

int
number_option(const struct cli *cli, const char *name, long min, long max,
	      long *value, struct err *err)
{
	const char *text = cli_opt(cli, name);
	char *end;
	long n;

	if (text == NULL)
		return 0;
	errno = 0;
	n = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || n < min || n > max)
		return err_set(err, -EINVAL,
			       "--%s takes a number, %ld to %ld, not \"%s\"",
			       name, min, max, text);
	*value = n;
	return 0;
}
