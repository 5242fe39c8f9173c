/*
 * shells: real shells of this machine at the far end of a guest-shell, for
 * tests: over a socket as from a TCP listener, and over a terminal as on a
 * console.
 */
#ifndef TESTS_UNIT_SHELLS_H
#define TESTS_UNIT_SHELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct shell_kind {
	const char *name;
	const char *program; /* looked up in PATH */
	bool busybox;	     /* commands are busybox's too */
	bool beside_busybox; /* which is there, too */
	bool terminal;	     /* interactive, on a terminal that echoes */
	/* Ends without running its EXIT trap when its input cannot be read
	 * (reset, hung up), and so may leave directory and commands behind. */
	bool untidy;
};

/* Every kind; those whose program is missing are to be skipped. */
extern const struct shell_kind shell_kinds[];
extern const int n_shell_kinds;

struct far_shell {
	int fd;	   /* our end; the test hands it over */
	pid_t pid; /* the shell */
	bool untidy;
	char dir[64]; /* private; its bin/ is the shell's PATH */
	char tty[64]; /* path of the terminal, or "" */
};

/**
 * far_shell_start() - @without: commands that the shell shall not find, parted
 * by blanks, or NULL; @delay_ms: the shell comes that much later
 *
 * Return: false when the machine lacks what @kind needs.
 */
bool far_shell_start(struct far_shell *far, const struct shell_kind *kind,
		     const char *without, unsigned delay_ms);
/** far_shell_find() - some process that came of it, or 0 */
pid_t far_shell_find(const struct far_shell *far);
/** far_shell_end() - after our end has been closed: waits for the shell;
 * asserts that no process and no directory of it is left */
void far_shell_end(struct far_shell *far);

#endif /* TESTS_UNIT_SHELLS_H */
