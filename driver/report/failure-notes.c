#include "driver/report/failure-notes.h"

#include <stdlib.h>
#include <string.h>

#include "driver/report/look.h"
#include "driver/report/progress.h"
#include "driver/report/shown-text.h"
#include "lib/json.h"
#include "lib/xalloc.h"

/* ---- taking ---- */

static char *
copy_or_null(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

static void
failed_step_fini(struct failed_step *step)
{
	free(step->machine);
	free(step->error);
	free(step->file);
}

static void
take_step_end(struct failure_notes *notes, const struct progress *progress,
	      const json_t *event)
{
	const struct progress_step *s =
	    progress_find(progress, json_int_or(event, "step", 0));

	if (s == NULL || json_bool_or(event, "ok", true))
		return;
	if (notes->n_steps == FAILURE_STEPS) {
		failed_step_fini(&notes->steps[0]);
		memmove(&notes->steps[0], &notes->steps[1],
			(FAILURE_STEPS - 1) * sizeof(notes->steps[0]));
		notes->n_steps--;
	}
	notes->steps[notes->n_steps++] = (struct failed_step){
		.id = s->id,
		.in = s->in,
		.began_s = s->began_s,
		.machine = copy_or_null(s->machine),
		.error = xstrdup(json_str_or(event, "error", "")),
		.file = copy_or_null(s->file),
		.line = s->line,
	};
}

static struct console_tail *
tail_of(struct failure_notes *notes, const char *machine)
{
	for (size_t i = 0; i < notes->n_tails; i++)
		if (strcmp(notes->tails[i].machine, machine) == 0)
			return &notes->tails[i];
	notes->tails =
	    xrealloc(notes->tails, notes->n_tails + 1, sizeof(*notes->tails));
	notes->tails[notes->n_tails] =
	    (struct console_tail){ .machine = xstrdup(machine) };
	return &notes->tails[notes->n_tails++];
}

static void
take_serial(struct failure_notes *notes, const struct progress *progress,
	    const json_t *event)
{
	struct console_tail *tail =
	    tail_of(notes, json_str_or(event, "machine", ""));
	size_t i = tail->n++ % FAILURE_LINES;

	(void)progress;
	free(tail->lines[i]);
	tail->lines[i] =
	    shown_line(json_str_or(event, "text", ""), FAILURE_LINE_LEN, true);
	tail->at_s[i] = json_number_value(json_object_get(event, "t"));
}

static void
take_source(struct failure_notes *notes, const struct progress *progress,
	    const json_t *event)
{
	(void)progress;
	if (notes->n_sources < FAILURE_SOURCES)
		notes->sources[notes->n_sources++] =
		    json_incref((json_t *)event);
}

void
failure_notes_take(struct failure_notes *notes, const struct progress *progress,
		   const json_t *event)
{
	static const struct {
		const char *type;
		void (*take)(struct failure_notes *notes,
			     const struct progress *progress,
			     const json_t *event);
	} takes[] = {
		{ "step.end", take_step_end },
		{ "serial", take_serial },
		{ "source", take_source },
	};
	const char *type = json_str_or(event, "type", "");

	for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++)
		if (strcmp(type, takes[i].type) == 0)
			takes[i].take(notes, progress, event);
}

/* ---- telling ---- */

/* The innermost of the steps that the run died of: its error went up through
 * those around it.  Steps whose failure the script has caught have another. */
static const struct failed_step *
culprit(const struct failure_notes *notes, const char *error)
{
	const struct failed_step *found = NULL;

	for (size_t i = notes->n_steps; i-- > 0;) {
		const struct failed_step *s = &notes->steps[i];

		if (found == NULL
			? s->error[0] != '\0' && strstr(error, s->error) != NULL
			: s->in == found->id)
			found = s;
	}
	return found;
}

/* Line @line of @text; NULL: it has none; returned owned. */
static char *
line_of(const char *text, json_int_t line)
{
	for (json_int_t n = 1; n < line; n++) {
		text = strchr(text, '\n');
		if (text == NULL)
			return NULL;
		text++;
	}
	text += strspn(text, " \t");
	return xasprintf("%.*s", (int)strcspn(text, "\r\n"), text);
}

static void
print_source(const struct failure_notes *notes, const char *file,
	     json_int_t number, const struct look *look, FILE *out)
{
	char *line = NULL;

	for (size_t i = 0; i < notes->n_sources && line == NULL; i++) {
		const json_t *source = notes->sources[i];

		if (strcmp(json_str_or(source, "file", ""), file) == 0)
			line = line_of(json_str_or(source, "text", ""), number);
	}
	if (line != NULL && line[0] != '\0') {
		fprintf(out, "\n    %s%lld |%s ", look_begin(look, LOOK_FAINT),
			(long long)number, look_end(look));
		shown_put(out, line, 4);
		fputc('\n', out);
	}
	free(line);
}

/* What the console of the step's machine has shown since it began, unless the
 * error tells that already. */
static void
print_tail(const struct failure_notes *notes, const struct failed_step *step,
	   const char *error, const struct look *look, FILE *out)
{
	bool first = true;

	for (size_t i = 0; i < notes->n_tails; i++) {
		const struct console_tail *tail = &notes->tails[i];
		size_t k =
		    tail->n > FAILURE_LINES ? tail->n - FAILURE_LINES : 0;

		if (step->machine == NULL ||
		    strcmp(tail->machine, step->machine) != 0)
			continue;
		for (; k < tail->n; k++) {
			const char *line = tail->lines[k % FAILURE_LINES];

			if (tail->at_s[k % FAILURE_LINES] < step->began_s ||
			    line[0] == '\0' || strstr(error, line) != NULL)
				continue;
			if (first) {
				fputs("\n    ", out);
				shown_put(out, tail->machine, 4);
				fputs("'s console meanwhile:\n", out);
			}
			first = false;
			fprintf(out, "    %s|%s %s\n",
				look_begin(look, LOOK_FAINT), look_end(look),
				line);
		}
	}
}

/* The first line names it; the rest is what was seen. */
static void
print_error(const char *error, const struct look *look, FILE *out)
{
	size_t len = strcspn(error, "\n");
	char *first = xasprintf("%.*s", (int)len, error);

	fprintf(out, "\n    %s", look_begin(look, LOOK_BAD));
	shown_put(out, first, 4);
	fputs(look_end(look), out);
	shown_put(out, error + len, 4);
	fputc('\n', out);
	free(first);
}

void
failure_notes_print(const struct failure_notes *notes, const json_t *event,
		    const struct look *look, FILE *out)
{
	const char *error = json_str_or(event, "error", "");
	const json_t *at = json_object_get(event, "at");
	const char *file = json_str_or(at, "file", NULL);
	const struct failed_step *step = culprit(notes, error);

	print_error(error, look, out);
	if (file != NULL)
		print_source(notes, file, json_int_or(at, "line", 0), look,
			     out);
	else if (step != NULL && step->file != NULL)
		print_source(notes, step->file, step->line, look, out);
	if (step != NULL)
		print_tail(notes, step, error, look, out);
	fputc('\n', out);
}

void
failure_notes_fini(struct failure_notes *notes)
{
	for (size_t i = 0; i < notes->n_steps; i++)
		failed_step_fini(&notes->steps[i]);
	for (size_t i = 0; i < notes->n_tails; i++) {
		for (size_t k = 0; k < FAILURE_LINES; k++)
			free(notes->tails[i].lines[k]);
		free(notes->tails[i].machine);
	}
	free(notes->tails);
	for (size_t i = 0; i < notes->n_sources; i++)
		json_decref(notes->sources[i]);
}
