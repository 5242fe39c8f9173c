#include "switch/marks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

struct mark {
	char *text;
	const void *owner; /* NULL: gone */
	uint64_t released; /* which release it was */
};

struct marks {
	struct mark *list;
	uint32_t n;
	uint64_t n_releases;
};

struct marks *
marks_new(void)
{
	return XNEW(struct marks);
}

void
marks_free(struct marks *marks)
{
	if (marks == NULL)
		return;
	for (uint32_t i = 0; i < marks->n; i++)
		free(marks->list[i].text);
	free(marks->list);
	free(marks);
}

static struct mark *
find(const struct marks *marks, const char *text)
{
	for (uint32_t i = 0; i < marks->n; i++) {
		if (strcmp(marks->list[i].text, text) == 0)
			return &marks->list[i];
	}
	return NULL;
}

static struct mark *
append(struct marks *marks)
{
	marks->list = xrealloc(marks->list, marks->n + 1, sizeof(*marks->list));
	marks->list[marks->n] = (struct mark){ .text = NULL };
	return &marks->list[marks->n++];
}

/* One whose owner is gone; NULL when there is none. */
static struct mark *
longest_gone(const struct marks *marks)
{
	struct mark *found = NULL;

	for (uint32_t i = 0; i < marks->n; i++) {
		struct mark *mark = &marks->list[i];

		if (mark->owner == NULL &&
		    (found == NULL || mark->released < found->released))
			found = mark;
	}
	return found;
}

int
marks_add(struct marks *marks, const void *owner, const char *text)
{
	struct mark *mark = find(marks, text);

	if (mark != NULL && mark->owner != NULL)
		return -EEXIST;
	if (mark == NULL) {
		mark =
		    marks->n < MARKS_MAX ? append(marks) : longest_gone(marks);
		if (mark == NULL)
			return -ENOSPC;
		free(mark->text);
		mark->text = xstrdup(text);
	}
	mark->owner = owner;
	return (int)(mark - marks->list);
}

void
marks_release(struct marks *marks, const void *owner)
{
	for (uint32_t i = 0; i < marks->n; i++) {
		if (marks->list[i].owner != owner)
			continue;
		marks->list[i].owner = NULL;
		marks->list[i].released = ++marks->n_releases;
	}
}

bool
marks_has(const struct marks *marks, const void *owner, int mark)
{
	return mark >= 0 && (uint32_t)mark < marks->n &&
	       marks->list[mark].owner == owner;
}

const char *
marks_text(const struct marks *marks, uint16_t mark)
{
	return marks->list[mark].text;
}
