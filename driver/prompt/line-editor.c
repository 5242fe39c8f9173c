#include "config.h"

#include "driver/prompt/line-editor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <histedit.h>

#include "driver/prompt/complete.h"
#include "lib/xalloc.h"

enum {
	HISTORY_MAX = 1000,
	KEY_DROP = 003,	  /* Ctrl-C; bound below */
	KEY_REDRAW = 036, /* nobody types it */
};

struct line_editor {
	EditLine *el;	  /* owned */
	History *history; /* owned */
	char *file;	  /* of the history; owned; or NULL */
	const char *prompt;
	line_wait_fn *wait;
	line_complete_fn *complete;
	void *arg; /* borrowed */
	bool dropped;
	bool editing;
};

static struct line_editor *
editor_of(EditLine *el)
{
	struct line_editor *editor = NULL;

	el_get(el, EL_CLIENTDATA, &editor);
	return editor;
}

static char *
give_prompt(EditLine *el)
{
	return (char *)editor_of(el)->prompt;
}

/* ---- keys ---- */

/* One byte.  Return: 1; 0 at the end. */
static int
read_byte(char *byte)
{
	ssize_t n;

	do
		n = read(STDIN_FILENO, byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* The rest of a character of which stdin has the beginning. */
static int
read_character(wchar_t *wc)
{
	mbstate_t state = { 0 };
	char byte;

	for (;;) {
		if (!read_byte(&byte))
			return 0;
		switch (mbrtowc(wc, &byte, 1, &state)) {
		case (size_t)-2:
			continue;
		case (size_t)-1: /* not of this locale */
			*wc = L'?';
			return 1;
		default:
			return 1;
		}
	}
}

static int
get_character(EditLine *el, wchar_t *wc)
{
	struct line_editor *editor = editor_of(el);

	switch (editor->wait(editor->arg)) {
	case 1:
		return read_character(wc);
	case -EINTR:
		*wc = KEY_DROP;
		return 1;
	case -EAGAIN:
		*wc = KEY_REDRAW;
		return 1;
	default:
		return 0;
	}
}

static unsigned char
on_drop(EditLine *el, int c)
{
	(void)c;
	editor_of(el)->dropped = true;
	fputs("^C", stdout);
	fflush(stdout);
	return CC_NEWLINE;
}

static unsigned char
on_redraw(EditLine *el, int c)
{
	(void)el;
	(void)c;
	return CC_REDISPLAY;
}

static int
columns(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
		   ? size.ws_col
		   : 80;
}

static void
list_words(const struct completion *c)
{
	int width = 0, column = 0;

	for (size_t i = 0; i < c->n; i++)
		if ((int)strlen(c->words[i]) + 2 > width)
			width = (int)strlen(c->words[i]) + 2;
	putchar('\n');
	for (size_t i = 0; i < c->n; i++) {
		if (column > 0 && column + width > columns()) {
			putchar('\n');
			column = 0;
		}
		printf("%-*s", width, c->words[i]);
		column += width;
	}
	putchar('\n');
	fflush(stdout);
}

static unsigned char
on_complete(EditLine *el, int key)
{
	struct line_editor *editor = editor_of(el);
	const LineInfo *line = el_line(el);
	unsigned char result = CC_ERROR;
	struct completion c;
	size_t common;
	char *text;

	(void)key;
	editor->complete(line->buffer, (size_t)(line->cursor - line->buffer),
			 &c, editor->arg);
	common = complete_common(&c);
	if (common > c.typed) {
		text = xasprintf("%.*s", (int)(common - c.typed),
				 c.words[0] + c.typed);
		result = el_insertstr(el, text) == 0 ? CC_REFRESH : CC_ERROR;
		free(text);
	} else if (c.n > 1) {
		list_words(&c);
		result = CC_REDISPLAY;
	}
	complete_fini(&c);
	return result;
}

/* ---- lines ---- */

static void
setup_history(struct line_editor *editor)
{
	HistEvent event;

	editor->history = history_init();
	if (editor->history == NULL)
		return;
	history(editor->history, &event, H_SETSIZE, HISTORY_MAX);
	history(editor->history, &event, H_SETUNIQUE, 1);
	el_set(editor->el, EL_HIST, history, editor->history);
	if (editor->file != NULL)
		history(editor->history, &event, H_LOAD, editor->file);
}

struct line_editor *
line_editor_new(const char *file, line_wait_fn *wait,
		line_complete_fn *complete, void *arg)
{
	struct line_editor *editor = XNEW(struct line_editor);

	editor->wait = wait;
	editor->complete = complete;
	editor->arg = arg;
	editor->file = file != NULL ? xstrdup(file) : NULL;
	editor->el = el_init("vdelab", stdin, stdout, stderr);
	if (editor->el == NULL)
		abort(); /* out of memory */
	el_set(editor->el, EL_CLIENTDATA, editor);
	el_set(editor->el, EL_PROMPT, give_prompt);
	el_set(editor->el, EL_GETCFN, get_character);
	el_set(editor->el, EL_SIGNAL, 0);
	el_set(editor->el, EL_EDITOR, "emacs");
	/* Of what it converts itself it makes copies, and never frees them. */
	el_wset(editor->el, EL_ADDFN, L"vl-complete", L"complete a word",
		on_complete);
	el_wset(editor->el, EL_ADDFN, L"vl-drop", L"begin anew", on_drop);
	el_wset(editor->el, EL_ADDFN, L"vl-redraw", L"show the line again",
		on_redraw);
	el_set(editor->el, EL_BIND, "^I", "vl-complete", NULL);
	el_set(editor->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	setup_history(editor);
	if (isatty(STDIN_FILENO))
		el_source(editor->el, NULL); /* ~/.editrc */
	el_set(editor->el, EL_BIND, "\\003", "vl-drop", NULL);
	el_set(editor->el, EL_BIND, "\\036", "vl-redraw", NULL);
	return editor;
}

void
line_editor_free(struct line_editor *editor)
{
	if (editor == NULL)
		return;
	if (editor->history != NULL)
		history_end(editor->history);
	el_end(editor->el);
	free(editor->file);
	free(editor);
}

char *
line_editor_read(struct line_editor *editor, const char *prompt, bool *dropped)
{
	const char *text;
	char *line;
	int n = 0;

	editor->prompt = prompt;
	editor->dropped = false;
	editor->editing = true;
	text = el_gets(editor->el, &n);
	editor->editing = false;
	*dropped = editor->dropped;
	if (*dropped)
		return xstrdup("");
	if (text == NULL || n <= 0)
		return NULL;
	line = xstrdup(text);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

void
line_editor_remember(struct line_editor *editor, const char *line)
{
	HistEvent event;

	if (editor->history == NULL || line[strspn(line, " \t")] == '\0')
		return;
	history(editor->history, &event, H_ENTER, line);
	if (editor->file != NULL)
		history(editor->history, &event, H_SAVE, editor->file);
}

bool
line_editor_hide(struct line_editor *editor)
{
	const LineInfo *line;

	if (!editor->editing || !isatty(STDIN_FILENO))
		return true;
	line = el_line(editor->el);
	if ((int)(line->lastchar - line->buffer) +
		(int)strlen(editor->prompt) >=
	    columns())
		return false;
	fputs("\r\033[K", stdout);
	return true;
}
