#include "config.h"

#include "driver/prompt/prompt.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/prompt/commands.h"
#include "driver/prompt/complete.h"
#include "driver/prompt/line-editor.h"
#include "driver/prompt/session.h"
#include "driver/report/shown-text.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

struct prompt {
	struct session *session; /* borrowed */
	struct line_editor *editor;
	json_t *info;	    /* run.info */
	char *first, *next; /* what is shown before lines */
	char *text; /* lines so far of what is not finished; owned; or NULL */
	bool failed;
};

static bool
hide(void *arg)
{
	return line_editor_hide(((struct prompt *)arg)->editor);
}

static int
wait_input(void *arg)
{
	return session_wait_input(((struct prompt *)arg)->session);
}

static void
complete(const char *line, size_t len, struct completion *completion, void *arg)
{
	complete_line(((struct prompt *)arg)->info, line, len, completion);
}

/* $XDG_STATE_HOME/vdelab/history; "" when it cannot be kept. */
static void
history_path(char *path, size_t size)
{
	char dir[PATH_MAX];

	path[0] = '\0';
	if (!isatty(STDIN_FILENO) ||
	    paths_xdg("XDG_STATE_HOME", ".local/state", dir, sizeof(dir),
		      NULL) < 0 ||
	    sockpath_make_dir(dir, 0700, NULL) < 0 ||
	    snprintf(path, size, "%s/history", dir) >= (int)size)
		path[0] = '\0';
}

/* ---- what the run says ---- */

static void
print_state(const json_t *info)
{
	const char *error = json_str_or(info, "error", NULL);
	json_t *machine;
	size_t i;

	printf("%s (run %s) is %s;", json_str_or(info, "test", ""),
	       json_str_or(info, "run", ""), json_str_or(info, "state", ""));
	json_array_foreach(json_object_get(info, "machines"), i, machine)
	    printf("%s %s %s", i > 0 ? "," : "",
		   json_str_or(machine, "name", ""),
		   json_str_or(machine, "state", ""));
	putchar('\n');
	if (error != NULL) {
		fputs("\n    ", stdout);
		shown_put(stdout, error, 4);
		fputs("\n\n", stdout);
	}
}

static bool
get_info(struct prompt *p)
{
	char *error;

	json_decref(p->info);
	if (session_call(p->session, "run.info", NULL, &p->info, &error) == 0)
		return true;
	log_error("%s", error);
	free(error);
	return false;
}

static void
print_values(const json_t *values)
{
	json_t *value;
	size_t i;

	json_array_foreach(values, i, value)
	{
		shown_put(stdout, json_string_value(value), 0);
		putchar('\n');
	}
}

/* ---- lines ---- */

static void
add_line(struct prompt *p, const char *line)
{
	char *longer;

	if (p->text == NULL) {
		p->text = xstrdup(line);
		return;
	}
	longer = xasprintf("%s\n%s", p->text, line);
	free(p->text);
	p->text = longer;
}

static void
forget_text(struct prompt *p)
{
	free(p->text);
	p->text = NULL;
}

/* What has become of a call of script.eval; @result and @error are taken.
 * Return: was it only the beginning of something? */
static bool
show_outcome(struct prompt *p, int ret, json_t *result, char *error)
{
	bool unfinished = json_bool_or(result, "unfinished", false);

	fflush(stdout);
	if (ret == -EINPROGRESS) {
		puts("its variables can be looked at; continue lets it go on");
	} else if (ret == 0) {
		print_values(json_object_get(result, "values"));
	} else if (ret != -ENOENT) {
		if (!session_is_over(p->session))
			log_error("%s", error);
		p->failed = true;
	}
	free(error);
	json_decref(result);
	return unfinished;
}

/* All that was typed so far, as Lua. */
static void
eval(struct prompt *p)
{
	json_t *result;
	char *error;
	int ret = session_call(
	    p->session, "script.eval",
	    json_pack("{s:o}", "text", json_text(p->text, strlen(p->text))),
	    &result, &error);

	if (!show_outcome(p, ret, result, error))
		forget_text(p);
}

/* What stood still when it was called from here goes on. */
static void
resume(struct prompt *p)
{
	json_t *result;
	char *error;
	int ret = session_resume(p->session, &result, &error);

	show_outcome(p, ret, result, error);
}

/* Return: false: the person leaves. */
static bool
obey(struct prompt *p, const char *line)
{
	enum prompt_next next = PROMPT_NOT_A_COMMAND;

	line_editor_remember(p->editor, line);
	if (p->text == NULL) {
		if (line[strspn(line, " \t")] == '\0')
			return true;
		next = prompt_command(p->session, line);
	}
	if (next == PROMPT_FAILED)
		p->failed = true;
	if (next == PROMPT_CONTINUED)
		resume(p);
	if (next == PROMPT_NOT_A_COMMAND) {
		add_line(p, line);
		eval(p);
	}
	return next != PROMPT_LEAVE;
}

static void
read_lines(struct prompt *p)
{
	bool dropped, go_on = true;
	char *line;

	while (go_on && !session_is_over(p->session)) {
		line = line_editor_read(
		    p->editor, p->text != NULL ? p->next : p->first, &dropped);
		session_flush(p->session);
		if (line == NULL) {
			if (isatty(STDIN_FILENO))
				putchar('\n');
			break;
		}
		if (dropped)
			forget_text(p);
		else
			go_on = obey(p, line);
		fflush(stdout);
		free(line);
	}
	if (p->text != NULL && !isatty(STDIN_FILENO)) {
		log_error("the text ends in the middle of something");
		p->failed = true;
	}
}

int
prompt_run(struct session *session, const char *leaving)
{
	struct prompt p = { .session = session };
	json_t *result = NULL;
	char history[PATH_MAX];
	char *error = NULL;

	if (!get_info(&p))
		return EXIT_INFRA;
	history_path(history, sizeof(history));
	p.editor = line_editor_new(history[0] != '\0' ? history : NULL,
				   wait_input, complete, &p);
	p.first = xasprintf("%s> ", json_str_or(p.info, "test", "vdelab"));
	p.next = xasprintf("%*s> ", (int)strlen(p.first) - 2, "..");
	session_on_hide(session, hide, &p);
	if (isatty(STDIN_FILENO)) {
		print_state(p.info);
		printf("help tells what there is; Ctrl-D %s\n", leaving);
	}
	if (session_call(session, "rpc.subscribe", NULL, &result, &error) == 0)
		read_lines(&p);
	json_decref(result);
	free(error);
	session_on_hide(session, NULL, NULL);
	line_editor_free(p.editor);
	forget_text(&p);
	free(p.first);
	free(p.next);
	json_decref(p.info);
	return p.failed && !isatty(STDIN_FILENO) ? EXIT_TEST_FAILED : EXIT_OK;
}
