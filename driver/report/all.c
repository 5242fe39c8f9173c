#include "config.h"

#include "driver/report/all.h"

#include <stdlib.h>

#include "driver/batch/record.h"
#include "driver/report/index/index.h"
#include "driver/report/junit/junit.h"
#include "lib/xalloc.h"

int
report_write_all(const struct batch_record *record, struct err *err)
{
	char *junit = xasprintf("%s/junit%s.xml", record->root, record->tag);
	char *index = xasprintf("%s/report%s.html", record->root, record->tag);
	struct junit_options options;
	int ret;

	junit_options_init(&options, getenv);
	ret = junit_write_all(record, junit, &options, err);
	/* Last, for it leads to the others. */
	if (ret == 0)
		ret = index_write(record, index, err);
	else
		(void)index_write(record, index, NULL);
	free(junit);
	free(index);
	return ret;
}
