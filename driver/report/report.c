#include "config.h"

#include "driver/report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "driver/report/page-data.h"
#include "driver/report/page.h"
#include "driver/report/story.h"
#include "lib/err.h"
#include "lib/xalloc.h"

/* What a reader without JavaScript sees; returned owned. */
static char *
summary_of(const struct story *story)
{
	const struct story_failure *failure = &story->failure;
	char *text = NULL, *line = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return xstrdup("");
	fprintf(out, "%s %s after %.1f s.\n", story->run.test,
		story->run.result, story->run.duration_s);
	if (story->run.error != NULL)
		fprintf(out, "\n%s\n", story->run.error);
	if (failure->at.file != NULL)
		fprintf(out, "\n%s, line %d", failure->at.file,
			failure->at.line);
	if (failure->at.source >= 0)
		line = story_source_line(&story->sources[failure->at.source],
					 failure->at.line);
	if (failure->at.file != NULL)
		fprintf(out, "%s%s\n", line != NULL ? ":\n" : ".",
			line != NULL ? line : "");
	free(line);
	if (story->n_findings > 0)
		fprintf(out, "\nOn the wire:\n");
	for (size_t i = 0; i < story->n_findings; i++)
		fprintf(out, "- %s\n", story->findings[i].text);
	fclose(out);
	return text;
}

static int
write_page(struct story *story, FILE *file)
{
	char *title = xasprintf("%s: %s", story->run.test, story->run.result);
	char *summary = summary_of(story);
	size_t size = 0;
	char *data = page_data(story, &size);
	int ret = data != NULL ? page_write(file, title, summary, data, size)
			       : -ENOMEM;

	free(data);
	free(summary);
	free(title);
	return ret;
}

int
report_write_story(struct story *story, struct err *err)
{
	char *path = xasprintf("%s/report.html", story->dir);
	char *tmp =
	    xasprintf("%s/.report.html.%ld", story->dir, (long)getpid());
	int fd, ret = 0;
	FILE *file;

	(void)unlink(tmp); /* of a process with this number, long ago */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (file == NULL) {
		ret = err_errno(err, "cannot write %s", tmp);
	} else {
		ret = write_page(story, file);
		if (fclose(file) != 0 && ret == 0)
			ret = -EIO;
		if (ret == 0 && rename(tmp, path) < 0)
			ret = -EIO;
		if (ret < 0) {
			err_errno(err, "cannot write %s", path);
			(void)unlink(tmp);
		}
	}
	free(tmp);
	free(path);
	return ret;
}

int
report_write(const char *dir, struct err *err)
{
	struct story *story = story_read(dir, err);
	int ret;

	if (story == NULL)
		return err != NULL && err->code < 0 ? err->code : -EIO;
	story_read_wire(story);
	ret = report_write_story(story, err);
	story_free(story);
	return ret;
}
