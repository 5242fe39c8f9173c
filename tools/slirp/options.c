#include "config.h"

#include "tools/slirp/options.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/xalloc.h"

const struct cli_option options_table[] = {
	{ "net-fd", 0, "N", "the stream socket whose other end QEMU has" },
	{ "forward", 0, "PATH:PORT",
	  "make the unix socket PATH lead to TCP port PORT of the guest (may "
	  "be repeated)" },
	{ "no-dhcp", 0, NULL, "give no addresses" },
	{ "no-restrict", 0, NULL, "let the guest reach the outside" },
	{ "ready-fd", 0, "N",
	  "write a newline to descriptor N when listening" },
	{ NULL, 0, NULL, NULL },
};

/* A decimal number of digits only, which is all of @text.
 * Return: 0 or -EINVAL. */
static int
read_number(const char *text, unsigned long max, unsigned long *value)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	*value = strtoul(text, &end, 10);
	return *end == '\0' && errno == 0 && *value <= max ? 0 : -EINVAL;
}

static int
read_fd(const char *option, const char *text, int *fd, struct err *err)
{
	unsigned long n;

	if (read_number(text, INT_MAX, &n) < 0)
		return err_set(err, -EINVAL,
			       "--%s takes a descriptor's number, not \"%s\"",
			       option, text);
	if (fcntl((int)n, F_GETFD) < 0)
		return err_set(err, -EINVAL, "--%s: descriptor %lu is not open",
			       option, n);
	*fd = (int)n;
	return 0;
}

int
forward_parse(const char *text, struct forward *forward, struct err *err)
{
	const char *colon = strrchr(text, ':');
	unsigned long port;

	if (colon == NULL || colon == text ||
	    read_number(colon + 1, UINT16_MAX, &port) < 0 || port == 0)
		return err_set(err, -EINVAL,
			       "--forward takes PATH:PORT with a PORT of 1 to "
			       "65535, not \"%s\"",
			       text);
	forward->path = xasprintf("%.*s", (int)(colon - text), text);
	forward->guest_port = (uint16_t)port;
	return 0;
}

static int
read_forwards(const struct cli *cli, struct options *options, struct err *err)
{
	const char *text;

	for (size_t i = 0; (text = cli_opt_nth(cli, "forward", i)) != NULL;
	     i++) {
		options->forwards = xrealloc(options->forwards, i + 1,
					     sizeof(*options->forwards));
		if (forward_parse(text, &options->forwards[i], err) < 0)
			return -EINVAL;
		options->n_forwards++;
	}
	if (options->n_forwards == 0 && options->restricted)
		return err_set(err, -EINVAL,
			       "without --forward or --no-restrict nothing "
			       "would reach the guest, nor the guest anything");
	return 0;
}

int
options_read(const struct cli *cli, struct options *options, struct err *err)
{
	const char *net_fd = cli_opt(cli, "net-fd");
	const char *ready_fd = cli_opt(cli, "ready-fd");

	*options = (struct options){
		.net_fd = -1,
		.ready_fd = -1,
		.restricted = !cli_has(cli, "no-restrict"),
		.no_dhcp = cli_has(cli, "no-dhcp"),
	};
	if (net_fd == NULL)
		return err_set(err, -EINVAL, "--net-fd is needed");
	if (read_fd("net-fd", net_fd, &options->net_fd, err) < 0)
		return -EINVAL;
	if (ready_fd != NULL &&
	    read_fd("ready-fd", ready_fd, &options->ready_fd, err) < 0)
		return -EINVAL;
	if (options->ready_fd == options->net_fd)
		return err_set(err, -EINVAL,
			       "--net-fd and --ready-fd are the same "
			       "descriptor");
	return read_forwards(cli, options, err);
}

void
options_fini(struct options *options)
{
	for (size_t i = 0; i < options->n_forwards; i++)
		free(options->forwards[i].path);
	free(options->forwards);
	options->forwards = NULL;
	options->n_forwards = 0;
}
