/* terminal: the console on our own standard input and output. */
#ifndef FACE_TERMINAL_H
#define FACE_TERMINAL_H

struct face;
struct terminal;

enum { TERMINAL_BACKLOG_MAX = 1024 * 1024 };

/**
 * terminal_new() - listen to descriptor 0, answer on descriptor 1
 * @ended: runs when there is nothing more to read; must not free the terminal
 *
 * Whoever reads our output too slowly loses of it what is beyond
 * TERMINAL_BACKLOG_MAX; the switch never waits for him.
 */
struct terminal *terminal_new(struct face *face, void (*ended)(void *arg),
			      void *arg);
/** terminal_free() - what is to be told still is, as far as somebody reads it
 * within a second; NULL is a no-op */
void terminal_free(struct terminal *terminal);

#endif /* FACE_TERMINAL_H */
