#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "driver/batch/attempt.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

static const char signature[] = "dir:str number:int(1..1000000) until_ns:int? "
				"limit_s:num? accel_reason:str compact:bool? "
				"unicode:bool?";

char *
attempt_part_json(const struct attempt_part *part)
{
	json_t *json = json_pack(
	    "{s:s, s:i, s:I, s:f, s:s, s:b, s:b}", "dir", part->dir, "number",
	    (int)part->number, "until_ns", (json_int_t)part->until_ns,
	    "limit_s", part->limit_s, "accel_reason", part->accel_reason,
	    "compact", part->compact, "unicode", part->unicode);
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	return text;
}

int
attempt_part_read(const char *text, struct attempt_part *part, struct err *err)
{
	json_t *json = json_loads(text, 0, NULL);
	int ret;

	*part = (struct attempt_part){ 0 };
	if (!json_is_object(json)) {
		json_decref(json);
		return err_set(err, -EINVAL, "not a JSON object");
	}
	ret = json_check(json, signature, err);
	if (ret == 0) {
		part->dir = xstrdup(json_str_or(json, "dir", ""));
		part->number = (unsigned)json_int_or(json, "number", 1);
		part->until_ns = (uint64_t)json_int_or(json, "until_ns", 0);
		part->limit_s =
		    json_number_value(json_object_get(json, "limit_s"));
		part->accel_reason =
		    xstrdup(json_str_or(json, "accel_reason", ""));
		part->compact = json_bool_or(json, "compact", false);
		part->unicode = json_bool_or(json, "unicode", false);
	}
	json_decref(json);
	return ret;
}

void
attempt_part_fini(struct attempt_part *part)
{
	free(part->dir);
	free(part->accel_reason);
}
