#include "config.h"

#include "driver/coverage/data.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/siphash.h"
#include "lib/xalloc.h"

struct cov_data *
cov_data_new(void)
{
	return XNEW(struct cov_data);
}

static void
file_free(struct cov_file *file)
{
	for (size_t i = 0; i < file->n_lines; i++)
		free(file->lines[i].branches);
	for (size_t i = 0; i < file->n_functions; i++)
		free(file->functions[i].name);
	free(file->lines);
	free(file->functions);
	free(file->excluded);
	free(file->path);
	free(file);
}

void
cov_data_free(struct cov_data *data)
{
	if (data == NULL)
		return;
	for (size_t i = 0; i < data->n; i++)
		file_free(data->files[i]);
	free(data->files);
	free(data);
}

/* Where @path is, or would be. */
static size_t
file_index(const struct cov_data *data, const char *path, bool *found)
{
	size_t low = 0, high = data->n;

	*found = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int diff = strcmp(data->files[mid]->path, path);

		if (diff == 0) {
			*found = true;
			return mid;
		}
		if (diff < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct cov_file *
cov_data_file(struct cov_data *data, const char *path)
{
	struct cov_file *file;
	bool found;
	size_t i = file_index(data, path, &found);

	if (found)
		return data->files[i];
	file = XNEW(struct cov_file);
	file->path = xstrdup(path);
	data->files =
	    xrealloc(data->files, data->n + 1, sizeof(struct cov_file *));
	memmove(&data->files[i + 1], &data->files[i],
		(data->n - i) * sizeof(struct cov_file *));
	data->files[i] = file;
	data->n++;
	return file;
}

const struct cov_file *
cov_data_find(const struct cov_data *data, const char *path)
{
	bool found;
	size_t i = file_index(data, path, &found);

	return found ? data->files[i] : NULL;
}

/* ---- lines ---- */

static size_t
line_index(const struct cov_file *file, unsigned number)
{
	size_t low = 0, high = file->n_lines;

	/* They mostly come in order. */
	if (high > 0 && file->lines[high - 1].number < number)
		return high;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (file->lines[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct cov_line *
cov_file_line(const struct cov_file *file, unsigned number)
{
	size_t i = line_index(file, number);

	return i < file->n_lines && file->lines[i].number == number
		   ? &file->lines[i]
		   : NULL;
}

static uint64_t
sum(uint64_t a, uint64_t b)
{
	/* As much as JSON's readers take. */
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static uint64_t
bounded(uint64_t count)
{
	return count > INT64_MAX ? INT64_MAX : count;
}

static bool
is_excluded(const struct cov_file *file, unsigned number)
{
	return number > 0 && number <= file->n_excluded &&
	       file->excluded[number - 1] != 0;
}

struct cov_line *
cov_file_add_line(struct cov_file *file, unsigned number, uint64_t count)
{
	size_t i = line_index(file, number);

	if (number == 0 || number > COV_LINE_MAX || is_excluded(file, number))
		return NULL;
	if (i == file->n_lines || file->lines[i].number != number) {
		file->lines = xrealloc(file->lines, file->n_lines + 1,
				       sizeof(*file->lines));
		memmove(&file->lines[i + 1], &file->lines[i],
			(file->n_lines - i) * sizeof(*file->lines));
		file->lines[i] = (struct cov_line){ .number = number };
		file->n_lines++;
	}
	file->lines[i].count = sum(file->lines[i].count, bounded(count));
	return &file->lines[i];
}

void
cov_line_add_branches(struct cov_line *line, const struct cov_branch *branches,
		      size_t n)
{
	if (n > COV_BRANCHES_MAX)
		n = COV_BRANCHES_MAX;
	if (n < line->n_branches || n == 0)
		return;
	if (n > line->n_branches) {
		line->branches =
		    xrealloc(line->branches, n, sizeof(*line->branches));
		memset(line->branches, 0, n * sizeof(*line->branches));
		line->n_branches = n;
	}
	for (size_t i = 0; i < n; i++) {
		struct cov_branch *to = &line->branches[i];

		to->count = sum(to->count, bounded(branches[i].count));
		to->is_fallthrough = branches[i].is_fallthrough;
		to->is_throw = branches[i].is_throw;
	}
}

void
cov_file_add_function(struct cov_file *file, const char *name, unsigned line,
		      uint64_t count)
{
	struct cov_function *f;
	size_t i = file->n_functions;

	if (line == 0 || line > COV_LINE_MAX || is_excluded(file, line))
		return;
	for (; i > 0; i--) {
		f = &file->functions[i - 1];
		if (f->line < line ||
		    (f->line == line && strcmp(f->name, name) <= 0))
			break;
	}
	if (i == 0 || file->functions[i - 1].line != line ||
	    strcmp(file->functions[i - 1].name, name) != 0) {
		file->functions =
		    xrealloc(file->functions, file->n_functions + 1,
			     sizeof(*file->functions));
		memmove(&file->functions[i + 1], &file->functions[i],
			(file->n_functions - i) * sizeof(*file->functions));
		file->functions[i] = (struct cov_function){
			.name = xstrdup(name),
			.line = line,
		};
		file->n_functions++;
		i++;
	}
	f = &file->functions[i - 1];
	f->count = sum(f->count, bounded(count));
}

/* ---- the source ---- */

/* "LINE", "START", "STOP" behind the first GCOV_EXCL_ of the line; or NULL. */
static const char *
marker(const char *line)
{
	const char *at = strstr(line, "COV_EXCL_");
	const char *beside = strstr(line, "COVR_EXCL_");

	if (at == NULL || (beside != NULL && beside < at))
		at = beside;
	if (at == NULL || at == line || (at[-1] != 'G' && at[-1] != 'L'))
		return NULL;
	return strstr(at, "EXCL_") + 5;
}

void
cov_file_look(struct cov_file *file, const char *path)
{
	/* To compare, not to defend: it must be the same everywhere. */
	static const struct siphash_key key = { 0x76646c61, 0x62636f76 };
	bool skipping = false;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	uint64_t digest = 0;
	FILE *f;

	if (file->is_looked_at)
		return;
	file->is_looked_at = true;
	f = fopen(path, "re");
	if (f == NULL)
		return;
	while ((len = getline(&line, &size, f)) > 0 &&
	       file->n_excluded < COV_LINE_MAX) {
		const char *word = marker(line);
		bool here = word != NULL && strncmp(word, "LINE", 4) == 0;

		digest = siphash_u64(&key, digest) ^
			 siphash(&key, line, (size_t)len);
		if (word != NULL && strncmp(word, "START", 5) == 0)
			skipping = true;
		file->excluded =
		    xrealloc(file->excluded, file->n_excluded + 1, 1);
		file->excluded[file->n_excluded++] = skipping || here;
		if (word != NULL && strncmp(word, "STOP", 4) == 0)
			skipping = false;
	}
	snprintf(file->digest, sizeof(file->digest), "%016" PRIx64, digest);
	free(line);
	fclose(f);
}

/* ---- all of it ---- */

static void
add_file(struct cov_file *to, const struct cov_file *from)
{
	if (to->digest[0] == '\0')
		memcpy(to->digest, from->digest, sizeof(to->digest));
	for (size_t i = 0; i < from->n_lines; i++) {
		const struct cov_line *line = &from->lines[i];
		struct cov_line *mine =
		    cov_file_add_line(to, line->number, line->count);

		if (mine != NULL)
			cov_line_add_branches(mine, line->branches,
					      line->n_branches);
	}
	for (size_t i = 0; i < from->n_functions; i++)
		cov_file_add_function(to, from->functions[i].name,
				      from->functions[i].line,
				      from->functions[i].count);
}

void
cov_data_add(struct cov_data *to, const struct cov_data *from,
	     cov_differs_fn *differs, void *arg)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct cov_file *file = from->files[i];
		struct cov_file *mine = cov_data_file(to, file->path);

		if (mine->digest[0] != '\0' && file->digest[0] != '\0' &&
		    strcmp(mine->digest, file->digest) != 0)
			differs(file->path, arg);
		else
			add_file(mine, file);
	}
}

void
cov_file_totals(const struct cov_file *file, struct cov_totals *totals)
{
	totals->lines += file->n_lines;
	totals->functions += file->n_functions;
	for (size_t i = 0; i < file->n_lines; i++) {
		const struct cov_line *line = &file->lines[i];

		totals->lines_run += line->count > 0;
		totals->branches += line->n_branches;
		for (size_t b = 0; b < line->n_branches; b++)
			totals->branches_run += line->branches[b].count > 0;
	}
	for (size_t i = 0; i < file->n_functions; i++)
		totals->functions_run += file->functions[i].count > 0;
}

void
cov_data_totals(const struct cov_data *data, struct cov_totals *totals)
{
	*totals = (struct cov_totals){ .lines = 0 };
	for (size_t i = 0; i < data->n; i++)
		cov_file_totals(data->files[i], totals);
}

double
cov_percent(size_t part, size_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 100;
}
