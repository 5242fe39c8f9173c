#include "config.h"

#include "driver/batch/write-json.h"

#include <errno.h>
#include <stdio.h>

#include "lib/draft.h"
#include "lib/err.h"

int
write_json(const json_t *value, const char *path, struct err *err)
{
	struct draft draft;
	int ret = draft_open(&draft, path, err);

	if (ret < 0)
		return ret;
	errno = EIO;
	if (json_dumpf(value, draft.file,
		       JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 &&
	    fputc('\n', draft.file) != EOF)
		return draft_finish(&draft, err);
	ret = err_errno(err, "cannot write %s", path);
	draft_drop(&draft);
	return ret;
}
