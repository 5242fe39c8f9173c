/* problems: the list of mistakes found in a test file. */
#include "driver/lab/plan.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

void
plan_problems_add(struct plan_problems *problems, const char *file, int line,
		  const char *fmt, ...)
{
	struct plan_problem *p;
	va_list ap;

	problems->items = xrealloc(problems->items, problems->n + 1,
				   sizeof(*problems->items));
	p = &problems->items[problems->n++];
	p->file = xstrdup(file);
	p->line = line;
	va_start(ap, fmt);
	p->text = xvasprintf(fmt, ap);
	va_end(ap);
}

static int
compare(const void *a, const void *b)
{
	const struct plan_problem *p = a;
	const struct plan_problem *q = b;
	int diff = strcmp(p->file, q->file);

	if (diff == 0)
		diff = (p->line > q->line) - (p->line < q->line);
	return diff != 0 ? diff : strcmp(p->text, q->text);
}

static void
problem_fini(struct plan_problem *p)
{
	free(p->file);
	free(p->text);
}

void
plan_problems_sort(struct plan_problems *problems)
{
	size_t kept = 0;

	if (problems->n == 0)
		return;
	qsort(problems->items, problems->n, sizeof(*problems->items), compare);
	for (size_t i = 1; i < problems->n; i++) {
		if (compare(&problems->items[kept], &problems->items[i]) == 0)
			problem_fini(&problems->items[i]);
		else
			problems->items[++kept] = problems->items[i];
	}
	problems->n = kept + 1;
}

void
plan_problems_print(const struct plan_problems *problems, FILE *out)
{
	for (size_t i = 0; i < problems->n; i++) {
		const struct plan_problem *p = &problems->items[i];

		if (p->line > 0)
			fprintf(out, "%s:%d: %s\n", p->file, p->line, p->text);
		else
			fprintf(out, "%s: %s\n", p->file, p->text);
	}
}

void
plan_problems_fini(struct plan_problems *problems)
{
	for (size_t i = 0; i < problems->n; i++)
		problem_fini(&problems->items[i]);
	free(problems->items);
	*problems = (struct plan_problems){ .items = NULL, .n = 0 };
}
