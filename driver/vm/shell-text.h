/* shell-text: the lines that the host sends to the functions of
 * guest-shell.sh.  Pure. */
#ifndef DRIVER_VM_SHELL_TEXT_H
#define DRIVER_VM_SHELL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evbuffer;

/* Bytes that one line carries at most, before encoding. */
enum { SHELL_PIECE_BYTES = 48 * 1024 };

/** shell_quote() - @data, without NUL, as one word of shell text */
void shell_quote(struct evbuffer *out, const char *data, size_t size);
/** shell_text_script() - a piece of a command's script; @is_first begins it */
void shell_text_script(struct evbuffer *out, unsigned slot, uint32_t id,
		       const char *text, size_t size, bool is_first);
/** shell_text_input() - a piece of a command's input, any bytes; @is_first
 * begins it, @base64: how it is to be encoded, else in octal */
void shell_text_input(struct evbuffer *out, unsigned slot, const void *data,
		      size_t size, bool is_first, bool base64);
/* Where a command's stdin comes from; the guest knows the numbers. */
enum shell_input {
	SHELL_INPUT_NONE = 0,
	SHELL_INPUT_FILE = 1, /* shell_text_input() came first */
	SHELL_INPUT_FED = 2,  /* it will come as the command takes it */
};

/** shell_text_run() - hand the command to a worker */
void shell_text_run(struct evbuffer *out, unsigned slot, uint32_t id,
		    enum shell_input input, const char *mark);

#endif /* DRIVER_VM_SHELL_TEXT_H */
