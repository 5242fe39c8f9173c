/* line-editor: lines that a person types, with history and completion; over
 * libedit.  Where stdin is no terminal: lines, and nothing is shown. */
#ifndef DRIVER_PROMPT_LINE_EDITOR_H
#define DRIVER_PROMPT_LINE_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

struct completion;
struct line_editor;

/* Waits until stdin can be read.  Return: 1; 0: give up, as if it had ended;
 * -EINTR: the line is not wanted any more; -EAGAIN: something else was printed,
 * the line is to be shown again. */
typedef int line_wait_fn(void *arg);
typedef void line_complete_fn(const char *line, size_t len,
			      struct completion *completion, void *arg);

/** line_editor_new() - one for a process; @history: a file, which it keeps up to
 * date; NULL: none */
struct line_editor *line_editor_new(const char *history, line_wait_fn *wait,
				    line_complete_fn *complete, void *arg);
void line_editor_free(struct line_editor *editor);
/** line_editor_read() - Return: a line without its end, returned owned; NULL at
 * the end of stdin; "" with *@dropped set after -EINTR */
char *line_editor_read(struct line_editor *editor, const char *prompt,
		       bool *dropped);
/** line_editor_remember() - in the history */
void line_editor_remember(struct line_editor *editor, const char *line);
/** line_editor_hide() - take the line that is being typed off the screen; the
 * wait function, from which it is called, then returns -EAGAIN
 * Return: false when it cannot be done now: it takes more than one row */
bool line_editor_hide(struct line_editor *editor);

#endif /* DRIVER_PROMPT_LINE_EDITOR_H */
