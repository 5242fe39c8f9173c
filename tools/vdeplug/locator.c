#include "config.h"

#include "tools/vdeplug/locator.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/sockpath.h"

enum { VID_MAX = 4094, MTU_MIN = 68 };

/* ---- options ---- */

/* The @len bytes at @text as a number between @min and @max. */
static int
read_number(const char *text, size_t len, uint32_t min, uint32_t max,
	    uint32_t *number)
{
	uint32_t n = 0;

	if (len == 0 || len > 6)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		n = 10 * n + (uint32_t)(text[i] - '0');
	}
	if (n < min || n > max)
		return -EINVAL;
	*number = n;
	return 0;
}

static bool
key_is(const char *key, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(key, name, len) == 0;
}

/* One "key=value" of @len bytes. */
static int
read_option(struct locator *l, const char *text, size_t len, struct err *err)
{
	const char *eq = memchr(text, '=', len);
	size_t key_len = eq != NULL ? (size_t)(eq - text) : len;
	const char *value = eq != NULL ? eq + 1 : text + len;
	size_t value_len = len - (size_t)(value - text);
	uint32_t number = 0;

	if (key_is(text, key_len, "port")) {
		if (value_len == 0 || value_len >= sizeof(l->port))
			return err_set(err, -EINVAL,
				       "port= takes a name of at most %zu "
				       "characters",
				       sizeof(l->port) - 1);
		memcpy(l->port, value, value_len);
		l->port[value_len] = '\0';
		return 0;
	}
	if (key_is(text, key_len, "vid")) {
		if (read_number(value, value_len, 1, VID_MAX, &number) < 0)
			return err_set(err, -EINVAL,
				       "vid=%.*s: a VLAN is 1 to %d",
				       (int)value_len, value, VID_MAX);
		l->vid = (uint16_t)number;
		return 0;
	}
	if (key_is(text, key_len, "mtu")) {
		if (read_number(value, value_len, MTU_MIN, LOCATOR_MTU_DEFAULT,
				&l->mtu) < 0)
			return err_set(err, -EINVAL,
				       "mtu=%.*s: VDE clients take %d to %d",
				       (int)value_len, value, MTU_MIN,
				       LOCATOR_MTU_DEFAULT);
		return 0;
	}
	return err_set(err, -EINVAL,
		       "unknown option '%.*s'; there are: port, vid, mtu",
		       (int)key_len, text);
}

/* What is between '[' and the ']' that must end the text. */
static int
read_options(struct locator *l, const char *text, struct err *err)
{
	size_t len = strlen(text);

	if (len == 0 || text[len - 1] != ']')
		return err_set(err, -EINVAL,
			       "the ']' behind options is "
			       "missing");
	len--;
	while (len > 0) {
		size_t n = 0;
		int ret;

		while (n < len && text[n] != '/' && text[n] != ',')
			n++;
		ret = read_option(l, text, n, err);
		if (ret < 0)
			return ret;
		n += n < len; /* what parts them */
		text += n;
		len -= n;
	}
	return 0;
}

/* ---- the place ---- */

static int
take(char *to, size_t size, const char *text, size_t len, const char *what,
     struct err *err)
{
	if (len == 0)
		return err_set(err, -EINVAL, "the %s is missing", what);
	if (len >= size)
		return err_set(err, -EINVAL, "the %s is longer than %zu bytes",
			       what, size - 1);
	memcpy(to, text, len);
	to[len] = '\0';
	return 0;
}

/* "SEGMENT", "NET/SEGMENT", "/PATH/SEGMENT" */
static int
read_place(struct locator *l, const char *text, size_t len, struct err *err)
{
	size_t slash = len;
	int ret;

	while (slash > 0 && text[slash - 1] != '/')
		slash--;
	/* "/lab" would be the segment of a switch in "/", and nobody's */
	ret = take(l->segment, sizeof(l->segment), text + slash, len - slash,
		   "segment", err);
	if (ret < 0 || slash == 0)
		return ret;
	ret = take(l->net, sizeof(l->net), text, slash - 1, "switch", err);
	if (ret == 0 && l->net[0] != '/' && strchr(l->net, '/') != NULL)
		return err_set(err, -EINVAL,
			       "\"%s\" is neither the name of a switch nor an "
			       "absolute path",
			       l->net);
	return ret;
}

int
locator_parse(struct locator *l, const char *text, struct err *err)
{
	size_t len = strcspn(text, "[");
	int ret;

	*l = (struct locator){ .net = "default", .mtu = LOCATOR_MTU_DEFAULT };
	ret = read_place(l, text, len, err);
	if (ret == 0 && text[len] == '[')
		ret = read_options(l, text + len + 1, err);
	return ret;
}

int
locator_socket(const struct locator *l, char *path, size_t size,
	       struct err *err)
{
	char dir[PATH_MAX] = "";
	int ret = 0, len;

	if (l->net[0] != '/')
		ret = sockpath_runtime_dir(dir, sizeof(dir), err);
	if (ret < 0)
		return ret;
	len = snprintf(path, size, "%s%s%s/control", dir,
		       dir[0] != '\0' ? "/" : "", l->net);
	if (len < 0 || (size_t)len >= size)
		return err_set(err, -ENAMETOOLONG,
			       "the path of the control socket is too long");
	return 0;
}
