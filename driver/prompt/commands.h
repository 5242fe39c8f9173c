/* commands: what can be typed at the prompt that is not Lua, in front of a
 * line. */
#ifndef DRIVER_PROMPT_COMMANDS_H
#define DRIVER_PROMPT_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

struct session;

enum prompt_next {
	PROMPT_NOT_A_COMMAND, /* it is Lua */
	PROMPT_GO_ON,
	PROMPT_FAILED,
	PROMPT_CONTINUED, /* what stood still goes on */
	PROMPT_LEAVE,
};

/** prompt_command() - do what @line says */
enum prompt_next prompt_command(struct session *session, const char *line);
/** prompt_command_at() - the name of the @i-th; NULL past the last */
const char *prompt_command_at(size_t i);
/** prompt_command_takes() - does the name of a machine or a segment follow?
 * @words: all that stands before it, @len characters */
bool prompt_command_takes(const char *words, size_t len);

#endif /* DRIVER_PROMPT_COMMANDS_H */
