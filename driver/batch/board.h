/*
 * board: the tests of a batch that are running, as lines at the bottom of the
 * terminal: of one its machines, too, of several a line each.
 *
 * Where a test is, is read from its log as it grows (inotify wakes us; where
 * that cannot be had, once a second is enough).
 */
#ifndef DRIVER_BATCH_BOARD_H
#define DRIVER_BATCH_BOARD_H

#include <stdint.h>
#include <stdio.h>

struct batch_record;
struct board;
struct board_test;
struct clock;
struct event_base;
struct look;

/** board_new() - @record: what has come of tests so far; borrowed, as is @look
 * Return: owned by the caller; NULL when there is nothing to draw on. */
struct board *board_new(struct event_base *base, struct clock *clock,
			const struct look *look,
			const struct batch_record *record);
/** board_out() - where to print, whole lines; board_change() is due */
FILE *board_out(struct board *board);
void board_change(struct board *board);
/** board_add() - a test runs, in whose directory @dir its log will be
 * Return: owned by the board; board_remove() takes it off. */
struct board_test *board_add(struct board *board, const char *label,
			     const char *dir);
void board_remove(struct board *board, struct board_test *test);
/** board_free() - NULL is a no-op */
void board_free(struct board *board);

#endif /* DRIVER_BATCH_BOARD_H */
