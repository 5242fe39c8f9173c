#include "tools/ctl-params.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

int
ctl_param_set(json_t *params, const char *signature, const char *name,
	      const char *text, struct err *err)
{
	json_t *value = json_from_text(signature, name, text, err);

	if (value == NULL)
		return -EINVAL;
	json_object_set_new(params, name, value);
	return 0;
}

/* Does @signature have the member @name? */
static bool
has_member(const char *signature, const char *name)
{
	size_t len = strlen(name);

	while (*signature != '\0') {
		size_t word = strcspn(signature, " ");

		if (word > len && strncmp(signature, name, len) == 0 &&
		    signature[len] == ':')
			return true;
		signature += word + strspn(signature + word, " ");
	}
	return false;
}

static json_t *
guess(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

	if (json_is_number(value) || json_is_boolean(value) ||
	    json_is_string(value))
		return value;
	json_decref(value);
	return json_text(text, strlen(text));
}

/* The member @name of @params, an object; made if it is missing. */
static json_t *
member_object(json_t *params, const char *name)
{
	json_t *object = json_object_get(params, name);

	if (object == NULL) {
		object = json_object();
		json_object_set_new(params, name, object);
	}
	return object;
}

int
ctl_param_setting(json_t *params, const char *signature, const char *into,
		  const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	json_t *where = params;
	bool known;
	char *key;
	int ret = 0;

	if (equals == NULL || equals == text)
		return err_set(err, -EINVAL,
			       "'%s' is not of the form key=value", text);
	key = xcalloc((size_t)(equals - text) + 1, 1);
	memcpy(key, text, (size_t)(equals - text));
	known = has_member(signature, key);
	if (!known && into != NULL)
		where = member_object(params, into);
	if (json_object_get(where, key) != NULL)
		ret = err_set(err, -EINVAL, "%s is given twice", key);
	else if (known)
		ret = ctl_param_set(params, signature, key, equals + 1, err);
	else
		json_object_set_new(where, key, guess(equals + 1));
	free(key);
	return ret;
}
