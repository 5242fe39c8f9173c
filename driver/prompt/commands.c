#include "config.h"

#include "driver/prompt/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/prompt/bridge.h"
#include "driver/prompt/session.h"
#include "driver/report/shown-text.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/xalloc.h"

enum { CAPTURE_LOOK_MS = 200 };

/* A call whose result nobody needs. */
static enum prompt_next
call(struct session *session, const char *method, json_t *params)
{
	json_t *result;
	char *error;
	int ret = session_call(session, method, params, &result, &error);

	if (ret < 0)
		log_error("%s", error);
	json_decref(result);
	free(error);
	return ret < 0 ? PROMPT_FAILED : PROMPT_GO_ON;
}

/* ---- frames as they cross ---- */

/* Where a look at a capture goes on. */
struct place {
	double since;	   /* of the last frame, in the run's seconds */
	json_int_t number; /* its number in the capture */
};

static void
print_frames(const json_t *frames, struct place *place)
{
	json_t *frame;
	size_t i;

	json_array_foreach(frames, i, frame)
	{
		json_int_t number = json_int_or(frame, "number", 0);

		if (number <= place->number)
			continue;
		place->number = number;
		place->since =
		    json_number_value(json_object_get(frame, "time"));
		printf("%12.6f %s: ", place->since,
		       json_str_or(frame, "port", ""));
		shown_put(stdout, json_str_or(frame, "line", ""), 2);
		putchar('\n');
	}
	fflush(stdout);
}

/* Return: 0; what session_call() says. */
static int
look(struct session *session, json_t *params, struct place *place, char **error)
{
	json_t *result;
	int ret;

	json_object_set_new(params, "since", json_real(place->since));
	ret = session_call(session, "capture.read", json_incref(params),
			   &result, error);
	if (ret == 0)
		print_frames(result, place);
	json_decref(result);
	return ret;
}

/* SEGMENT [FILTER] */
static enum prompt_next
capture(struct session *session, const char *words)
{
	size_t len = strcspn(words, " ");
	const char *filter = words + len + strspn(words + len, " ");
	json_t *params = json_pack("{s:s%}", "segment", words, len);
	struct place place = { .number = 0 };
	enum prompt_next next = PROMPT_GO_ON;
	json_t *now = NULL;
	char *error = NULL;
	int ret;

	if (filter[0] != '\0')
		json_object_set_new(params, "filter", json_string(filter));
	ret = session_call(session, "global.now", NULL, &now, &error);
	place.since = json_number_value(now);
	json_decref(now);
	if (ret == 0)
		puts("frames as they cross; Ctrl-C ends it");
	while (ret == 0) {
		ret = look(session, params, &place, &error);
		if (ret == 0 && !session_sleep(session, CAPTURE_LOOK_MS))
			break;
	}
	putchar('\n');
	if (ret < 0 && strcmp(error, "cancelled") != 0) {
		log_error("%s", error);
		next = PROMPT_FAILED;
	}
	json_decref(params);
	free(error);
	return next;
}

/* ---- the others ---- */

static enum prompt_next
console(struct session *session, const char *words)
{
	return bridge_run(session, words, false) ? PROMPT_GO_ON : PROMPT_FAILED;
}

static enum prompt_next
shell(struct session *session, const char *words)
{
	return bridge_run(session, words, true) ? PROMPT_GO_ON : PROMPT_FAILED;
}

static enum prompt_next
go_on(struct session *session, const char *words)
{
	(void)words;
	return call(session, "run.continue", NULL) == PROMPT_GO_ON
		   ? PROMPT_CONTINUED
		   : PROMPT_FAILED;
}

static enum prompt_next
leave(struct session *session, const char *words)
{
	(void)session;
	(void)words;
	return PROMPT_LEAVE;
}

static enum prompt_next help(struct session *session, const char *words);

static const struct {
	const char *name;
	const char *args;
	const char *text;
	bool takes_name;
	enum prompt_next (*fn)(struct session *session, const char *words);
} commands[] = {
	{ "capture", " SEGMENT [FILTER]", "show frames as they cross", true,
	  capture },
	{ "console", " MACHINE", "its serial console, until Ctrl-]", true,
	  console },
	{ "continue", "", "what stands still goes on", false, go_on },
	{ "exit", "", "the same as quit", false, leave },
	{ "help", " [METHOD]", "what there is, what a method takes", false,
	  help },
	{ "quit", "", "leave, as Ctrl-D does", false, leave },
	{ "shell", " MACHINE", "a shell in the guest, until Ctrl-]", true,
	  shell },
};
enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static enum prompt_next
help(struct session *session, const char *words)
{
	char *text = words[0] != '\0' ? xasprintf("help([==[%s]==])", words)
				      : xstrdup("help()");
	enum prompt_next next = PROMPT_GO_ON;
	json_t *result;
	char *error;

	if (session_call(session, "script.eval",
			 json_pack("{s:s}", "text", text), &result,
			 &error) < 0) {
		log_error("%s", error);
		next = PROMPT_FAILED;
	} else {
		shown_put(stdout,
			  json_string_value(json_array_get(
			      json_object_get(result, "values"), 0)),
			  0);
		putchar('\n');
	}
	free(text);
	free(error);
	json_decref(result);
	if (words[0] != '\0')
		return next;
	puts(
	    "\nLua, with what test scripts have, and test_script(), "
	    "subtests(),\n"
	    "run_subtest(\"NAME\"), locals (of the failure), help(\"METHOD\"); "
	    "beside it:");
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("%s%-*s %s\n", commands[i].name,
		       26 - (int)strlen(commands[i].name), commands[i].args,
		       commands[i].text);
	return next;
}

const char *
prompt_command_at(size_t i)
{
	return i < N_COMMANDS ? commands[i].name : NULL;
}

/* The command that @line begins with, as a word of its own; -1: none.  Lua has
 * assignments and calls of the same names. */
static int
find(const char *line, size_t len)
{
	size_t word = 0, next;

	while (word < len && line[word] >= 'a' && line[word] <= 'z')
		word++;
	for (next = word; next < len && line[next] == ' ';)
		next++;
	if (next < len && (next == word || line[next] == '=' ||
			   line[next] == '(' || line[next] == '{'))
		return -1;
	for (int i = 0; i < N_COMMANDS; i++)
		if (strlen(commands[i].name) == word &&
		    strncmp(commands[i].name, line, word) == 0)
			return i;
	return -1;
}

bool
prompt_command_takes(const char *words, size_t len)
{
	int i = find(words, len);

	/* One word, and the space behind it. */
	return i >= 0 && commands[i].takes_name &&
	       strlen(commands[i].name) < len &&
	       strspn(words + strlen(commands[i].name), " ") >=
		   len - strlen(commands[i].name);
}

enum prompt_next
prompt_command(struct session *session, const char *line)
{
	const char *words;
	int i;

	line += strspn(line, " \t");
	i = find(line, strlen(line));
	if (i < 0)
		return PROMPT_NOT_A_COMMAND;
	words = line + strlen(commands[i].name);
	words += strspn(words, " ");
	if (commands[i].takes_name && words[0] == '\0') {
		log_error("%s%s", commands[i].name, commands[i].args);
		return PROMPT_FAILED;
	}
	return commands[i].fn(session, words);
}
