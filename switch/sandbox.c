#include "switch/sandbox.h"

#include <errno.h>
#include <string.h>

#include "lib/err.h"

static const char *const names[] = {
	[SANDBOX_OFF] = "off",
	[SANDBOX_AUTO] = "auto",
	[SANDBOX_STRICT] = "strict",
};

int
sandbox_read(const char *text, enum sandbox *sandbox, struct err *err)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*sandbox = (enum sandbox)i;
			return 0;
		}
	}
	return err_set(err, -EINVAL,
		       "--sandbox takes auto, strict or off, not \"%s\"", text);
}

const char *
sandbox_name(enum sandbox sandbox)
{
	return names[sandbox];
}

/* The filter's answer to what is not on its list is ENOSYS. */
void
sandbox_explain(enum sandbox sandbox, struct err *err)
{
	char before[ERR_TEXT_SIZE * 3 / 4];
	size_t len;

	if (sandbox != SANDBOX_STRICT ||
	    (err->code != -EACCES && err->code != -EPERM &&
	     err->code != -ENOSYS && err->code != -EXDEV) ||
	    strstr(err->text, "--sandbox=strict") != NULL)
		return;
	len = strnlen(err->text, sizeof(before) - 1);
	memcpy(before, err->text, len);
	before[len] = '\0';
	err_set(err, err->code,
		"%s (under --sandbox=strict the switch runs no programs, loads "
		"no plugins after its start, and opens files only in its own "
		"directory and where its configuration, --plugin and "
		"--sandbox-dir say)",
		before);
}
