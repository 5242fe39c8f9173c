#include "config.h"

#include "driver/merge/merge.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/batch/record.h"
#include "driver/merge/inputs.h"
#include "driver/report/relative-path.h"
#include "lib/err.h"
#include "lib/xalloc.h"

/* A run and where its tests are. */
struct source {
	const struct input *input;
	const struct batch_part *part; /* NULL: the input's own run */
	size_t index;		       /* of the part in its record */
	size_t given;		       /* which of all, as they were given */
};

struct merge {
	const char *root;
	struct source *sources;
	size_t n;
	struct batch_record *merged;
	const char **labels; /* of each merged test: where it comes from */
};

/* ---- runs ---- */

static char *
copy_text(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

/* @path, relative to @from, as seen from the merged record; NULL when there is
 * nothing. */
static char *
rebase(const struct merge *merge, const char *from, const char *path)
{
	char *joined = xasprintf("%s/%s", from, path);
	char *real = realpath(joined, NULL);
	char *relative = real != NULL ? relative_path(merge->root, real) : NULL;

	free(joined);
	free(real);
	return relative;
}

static void
copy_part(const struct merge *merge, const struct source *source,
	  struct batch_part *part)
{
	const struct batch_record *record = &source->input->record;

	*part = *source->part;
	part->from = rebase(merge, record->root, source->part->from);
	if (part->from == NULL)
		part->from = xstrdup(source->part->from);
	part->shard_from = copy_text(source->part->shard_from);
	part->shard.from = part->shard_from;
	part->accel = copy_text(source->part->accel);
	part->accel_reason = copy_text(source->part->accel_reason);
	part->reason = copy_text(source->part->reason);
	part->is_replaced = false; /* is found out anew */
}

static void
make_part(const struct merge *merge, const struct source *source,
	  struct batch_part *part)
{
	const struct batch_record *record = &source->input->record;

	if (source->part != NULL) {
		copy_part(merge, source, part);
		return;
	}
	*part = (struct batch_part){
		.from = relative_path(merge->root, source->input->file),
		.shard = record->shard,
		.shard_from = copy_text(record->shard.from),
		.repeat = record->repeat,
		.retries = record->retries,
		.flaky_fails = record->flaky_fails,
		.seed = record->seed,
		.accel = copy_text(record->accel),
		.accel_reason = copy_text(record->accel_reason),
		.timeout_scale = record->timeout_scale,
		.began_s = record->began_s,
		.duration_ms = record->duration_ms,
		.ended = record->ended,
		.code = batch_record_code(record),
		.reason = copy_text(record->stop_reason),
	};
	part->shard.from = part->shard_from;
}

static const struct shard *
shard_of(const struct source *source)
{
	return source->part != NULL ? &source->part->shard
				    : &source->input->record.shard;
}

static int64_t
began_of(const struct source *source)
{
	return source->part != NULL ? source->part->began_s
				    : source->input->record.began_s;
}

static bool
is_shard(const struct shard *shard)
{
	return shard->from != NULL && shard->count > 1;
}

/* Those that are no shards as they were given; then shards by number, and the
 * same one by time. */
static int
compare_sources(const void *a, const void *b)
{
	const struct source *x = a, *y = b;
	const struct shard *p = shard_of(x), *q = shard_of(y);

	if (is_shard(p) != is_shard(q))
		return is_shard(p) ? 1 : -1;
	if (is_shard(p)) {
		if (p->count != q->count)
			return p->count < q->count ? -1 : 1;
		if (p->index != q->index)
			return p->index < q->index ? -1 : 1;
		if (began_of(x) != began_of(y))
			return began_of(x) < began_of(y) ? -1 : 1;
	}
	return x->given < y->given ? -1 : 1;
}

static void
add_source(struct merge *merge, const struct input *input,
	   const struct batch_part *part, size_t index)
{
	merge->sources =
	    xrealloc(merge->sources, merge->n + 1, sizeof(merge->sources[0]));
	merge->sources[merge->n] = (struct source){
		.input = input, .part = part, .index = index, .given = merge->n
	};
	merge->n++;
}

static bool
is_same_shard(const struct shard *a, const struct shard *b)
{
	return is_shard(a) && is_shard(b) && a->count == b->count &&
	       a->index == b->index;
}

static void
add_parts(struct merge *merge, const struct inputs *inputs)
{
	struct batch_record *merged = merge->merged;

	for (size_t i = 0; i < inputs->n; i++) {
		const struct batch_record *record = &inputs->items[i].record;

		if (record->n_parts == 0)
			add_source(merge, &inputs->items[i], NULL, 0);
		for (size_t p = 0; p < record->n_parts; p++)
			add_source(merge, &inputs->items[i], &record->parts[p],
				   p);
	}
	qsort(merge->sources, merge->n, sizeof(merge->sources[0]),
	      compare_sources);
	merged->parts = xcalloc(merge->n, sizeof(merged->parts[0]));
	merged->n_parts = merge->n;
	for (size_t i = 0; i < merge->n; i++) {
		make_part(merge, &merge->sources[i], &merged->parts[i]);
		if (i > 0 && is_same_shard(&merged->parts[i - 1].shard,
					   &merged->parts[i].shard))
			merged->parts[i - 1].is_replaced = true;
	}
}

/* ---- tests ---- */

static void
add_attempts(const struct merge *merge, const struct source *source,
	     const struct test_record *from, struct test_record *to)
{
	unsigned before =
	    to->n_attempts > 0 ? to->attempts[to->n_attempts - 1].number : 0;

	for (size_t i = 0; i < from->n_attempts; i++) {
		struct attempt_record a = from->attempts[i];

		a.number += before;
		a.error = copy_text(a.error);
		a.dir = a.dir != NULL
			    ? rebase(merge, source->input->record.root, a.dir)
			    : NULL;
		test_record_add(to, &a);
	}
}

/* The shard did not come to its end and was run again: what it has not found
 * out says nothing about the test. */
static void
forget_unfinished(struct test_record *test)
{
	size_t n = 0;

	for (size_t i = 0; i < test->n_attempts; i++) {
		if (test->attempts[i].code <= 128 &&
		    test->attempts[i].code != EXIT_INFRA) {
			test->attempts[n++] = test->attempts[i];
			continue;
		}
		free(test->attempts[i].error);
		free(test->attempts[i].dir);
	}
	test->n_attempts = n;
}

/* A test that the same shard has had before; NULL: none. */
static struct test_record *
find_tried(const struct merge *merge, size_t part, const char *name)
{
	struct batch_record *merged = merge->merged;
	const struct shard *shard = &merged->parts[part].shard;

	/* The same ones are neighbours. */
	if (part == 0 || !is_same_shard(&merged->parts[part - 1].shard, shard))
		return NULL;
	for (size_t i = 0; i < merged->n_tests; i++) {
		struct test_record *test = &merged->tests[i];

		if (test->part < part && strcmp(test->name, name) == 0 &&
		    is_same_shard(&merged->parts[test->part].shard, shard))
			return test;
	}
	return NULL;
}

static void
add_test(struct merge *merge, size_t part, const struct test_record *from)
{
	struct batch_record *merged = merge->merged;
	const struct source *source = &merge->sources[part];
	struct test_record *to = find_tried(merge, part, from->name);

	if (to == NULL) {
		merged->tests = xrealloc(merged->tests, merged->n_tests + 1,
					 sizeof(merged->tests[0]));
		merge->labels = xrealloc(merge->labels, merged->n_tests + 1,
					 sizeof(merge->labels[0]));
		merge->labels[merged->n_tests] = source->input->label;
		to = &merged->tests[merged->n_tests++];
		*to = (struct test_record){ .name = xstrdup(from->name),
					    .file = xstrdup(from->file) };
	} else if (from->n_attempts > 0 &&
		   (!merged->parts[to->part].ended ||
		    merged->parts[to->part].code > 128)) {
		forget_unfinished(to);
	}
	to->part = part;
	add_attempts(merge, source, from, to);
}

static void
add_tests(struct merge *merge)
{
	for (size_t i = 0; i < merge->n; i++) {
		const struct source *source = &merge->sources[i];
		const struct batch_record *record = &source->input->record;

		for (size_t k = 0; k < record->n_tests; k++)
			if (source->part == NULL ||
			    record->tests[k].part == source->index)
				add_test(merge, i, &record->tests[k]);
	}
}

/* ---- names ---- */

struct named {
	struct test_record *test;
	const char *label;
	size_t index;
};

static int
compare_names(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->test->name, y->test->name);

	return order != 0 ? order : (x->index < y->index ? -1 : 1);
}

/* @named[0..n] are of one name: each gets its label, and a number where that is
 * not enough. */
static void
rename_all(struct named *named, size_t n)
{
	const char *name = named[0].test->name;
	char **names = xcalloc(n, sizeof(*names));

	for (size_t i = 0; i < n; i++) {
		unsigned number = 1;

		for (size_t k = 0; k < i; k++)
			number += strcmp(named[k].label, named[i].label) == 0;
		names[i] = number == 1
			       ? xasprintf("%s (%s)", name, named[i].label)
			       : xasprintf("%s (%s, %u)", name, named[i].label,
					   number);
	}
	for (size_t i = 0; i < n; i++) {
		free(named[i].test->name);
		named[i].test->name = names[i];
	}
	free(names);
}

static void
tell_apart(struct merge *merge)
{
	struct batch_record *merged = merge->merged;
	struct named *named = xcalloc(merged->n_tests + 1, sizeof(*named));
	size_t n;

	for (size_t i = 0; i < merged->n_tests; i++)
		named[i] =
		    (struct named){ &merged->tests[i], merge->labels[i], i };
	qsort(named, merged->n_tests, sizeof(*named), compare_names);
	for (size_t i = 0; i < merged->n_tests; i += n) {
		for (n = 1; i + n < merged->n_tests; n++)
			if (strcmp(named[i].test->name,
				   named[i + n].test->name) != 0)
				break;
		if (n > 1)
			rename_all(named + i, n);
	}
	free(named);
}

/* ---- how all of it ended ---- */

/* @why is taken. */
static void
add_reason(struct batch_record *merged, int code, char *why)
{
	char *before = merged->stop_reason;

	merged->stop_reason =
	    before != NULL ? xasprintf("%s; %s", before, why) : xstrdup(why);
	/* A signal outweighs all, what is missing the end of a time. */
	if (code > 128 ? merged->stop_code <= 128
		       : merged->stop_code == 0 ||
			     (code == EXIT_INFRA && merged->stop_code <= 128))
		merged->stop_code = code;
	free(before);
	free(why);
}

static void
add_end(struct batch_record *merged, const struct batch_part *part)
{
	char *name = part->shard_from != NULL
			 ? xasprintf("shard %u of %u (%s)", part->shard.index,
				     part->shard.count, part->from)
			 : xstrdup(part->from);

	if (!part->ended)
		add_reason(merged, EXIT_INFRA,
			   xasprintf("%s has not ended: it was killed, or "
				     "goes on",
				     name));
	else if (part->reason != NULL)
		add_reason(merged,
			   part->code > 128 ? part->code : EXIT_TIMED_OUT,
			   xasprintf("%s: %s", name, part->reason));
	free(name);
}

/* Of the shards of which @parts[first] is one, those that are not there. */
static char *
missing_shards(const struct batch_record *merged, size_t first, size_t *n_end)
{
	enum { TOLD_MAX = 20 };
	unsigned count = merged->parts[first].shard.count, next = 1;
	unsigned n_missing = 0;
	char *text = xstrdup("");
	size_t i = first;

	while (next <= count) {
		bool here = i < merged->n_parts &&
			    is_shard(&merged->parts[i].shard) &&
			    merged->parts[i].shard.count == count;

		if (here && merged->parts[i].shard.index < next) {
			i++;
			continue;
		}
		if (!here || merged->parts[i].shard.index != next) {
			char *more = xasprintf("%s%s%u", text,
					       n_missing > 0 ? ", " : "", next);

			if (n_missing++ < TOLD_MAX) {
				free(text);
				text = more;
			} else {
				free(more);
			}
		}
		next++;
	}
	while (i < merged->n_parts && merged->parts[i].shard.count == count)
		i++;
	*n_end = i;
	if (n_missing > 0) {
		char *told = xasprintf("shard%s %s%s of %u %s missing",
				       n_missing > 1 ? "s" : "", text,
				       n_missing > TOLD_MAX ? ", ..." : "",
				       count, n_missing > 1 ? "are" : "is");

		free(text);
		return told;
	}
	free(text);
	return NULL;
}

static void
judge(struct merge *merge)
{
	struct batch_record *merged = merge->merged;
	size_t i = 0;

	for (size_t p = 0; p < merged->n_parts; p++)
		if (!merged->parts[p].is_replaced)
			add_end(merged, &merged->parts[p]);
	while (i < merged->n_parts) {
		size_t end = i + 1;
		char *missing = is_shard(&merged->parts[i].shard)
				    ? missing_shards(merged, i, &end)
				    : NULL;

		if (missing != NULL)
			add_reason(merged, EXIT_INFRA, missing);
		i = end;
	}
}

/* ---- all of it ---- */

/* What all have in common. */
static void
sum_up(struct batch_record *merged)
{
	const struct batch_part *first = &merged->parts[0];

	merged->seed = first->seed;
	merged->accel = first->accel;
	merged->accel_reason = first->accel_reason;
	merged->timeout_scale = first->timeout_scale;
	merged->repeat = first->repeat;
	merged->retries = first->retries;
	merged->began_s = first->began_s;
	for (size_t i = 0; i < merged->n_parts; i++) {
		const struct batch_part *part = &merged->parts[i];

		merged->duration_ms += part->duration_ms;
		if (part->began_s < merged->began_s)
			merged->began_s = part->began_s;
		if (part->accel == NULL || merged->accel == NULL ||
		    strcmp(part->accel, merged->accel) != 0)
			merged->accel = merged->accel_reason = NULL;
		if (part->flaky_fails)
			merged->flaky_fails = true;
	}
}

void
merge_records(const struct inputs *inputs, const char *root,
	      struct batch_record *merged)
{
	struct merge merge = { .root = root, .merged = merged };

	*merged = (struct batch_record){ .root = xstrdup(root),
					 .shard = { 1, 1, NULL },
					 .ended = true };
	add_parts(&merge, inputs);
	add_tests(&merge);
	tell_apart(&merge);
	judge(&merge);
	sum_up(merged);
	free(merge.sources);
	free(merge.labels);
}
