#include "switch/methods/methods.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/mac.h"
#include "switch/segment.h"

int
method_read_mac(const json_t *params, struct mac *mac, struct err *err)
{
	const char *text = json_str_or(params, "mac", NULL);

	if (text == NULL)
		return 0;
	if (mac_parse(text, mac) == 0 && !mac_is_multicast(mac) &&
	    !mac_is_zero(mac))
		return 0;
	return err_set(err, -EINVAL,
		       "\"%.40s\" is not the address of a single station: six "
		       "pairs of hexadecimal digits parted by ':'",
		       text);
}

static int
check_mac(const json_t *params, struct err *err)
{
	struct mac mac;

	return method_read_mac(params, &mac, err);
}

static int
check_vids(const json_t *params, struct err *err)
{
	uint16_t first, last;

	return method_read_vids(params, &first, &last, err);
}

static int
check_segment(const json_t *params, struct err *err)
{
	const char *name = json_str_or(params, "name", "");

	if (segment_name_is_valid(name))
		return 0;
	return err_set(err, -EINVAL,
		       "\"%s\" is no name for a segment: it must be a-z, then "
		       "a-z, 0-9 or '-', at most %d characters",
		       name, SEGMENT_NAME_SIZE - 1);
}

int
method_check(const char *method, const json_t *params, struct err *err)
{
	static const struct {
		const char *method;
		int (*check)(const json_t *params, struct err *err);
	} checks[] = {
		{ "segment.add", check_segment }, { "vlan.add", check_vids },
		{ "vlan.del", check_vids },	  { "fdb.add", check_mac },
		{ "port.declare", check_mac },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (strcmp(checks[i].method, method) == 0)
			return checks[i].check(params, err);
	}
	return 0;
}
