/*
 * keyboard: which keys of a PC's keyboard type a text, by layout.  Pure.
 *
 * Keys are named by QEMU (QKeyCode): by where they are, as on a US keyboard.
 */
#ifndef DRIVER_SCREEN_KEYBOARD_H
#define DRIVER_SCREEN_KEYBOARD_H

#include <stddef.h>

struct err;
struct keyboard; /* a layout; static */

enum { CHORD_KEYS_MAX = 8 };

/* Keys pressed together: in this order, and let go in the other. */
struct chord {
	const char *keys[CHORD_KEYS_MAX]; /* static */
	size_t n;
};

/** keyboard_find() - the layout "us", "uk", "de", "fr"; NULL: none is called so */
const struct keyboard *keyboard_find(const char *name);
/** keyboard_name() - static */
const char *keyboard_name(const struct keyboard *keyboard);
/** keyboard_names() - all of them: "us, uk, de, fr"; static */
const char *keyboard_names(void);

/**
 * keyboard_type() - the keys that type @text, UTF-8; '\n' is the Enter key
 * @chords: out, returned owned; an accent that waits for a letter is followed
 *          by the space bar, which makes it stand alone
 *
 * Return: 0; -EINVAL with @err naming the character that the layout lacks, and
 * *@chords NULL.
 */
int keyboard_type(const struct keyboard *keyboard, const char *text,
		  size_t size, struct chord **chords, size_t *n_chords,
		  struct err *err);

/**
 * keyboard_press() - "ctrl-alt-delete", "ret", "A": names of keys, and
 * characters as the layout has them, joined by '-'
 *
 * Return: 0; -EINVAL with @err naming what is no key.
 */
int keyboard_press(const struct keyboard *keyboard, const char *name,
		   struct chord *chord, struct err *err);

/** keyboard_press_any() - would some layout have it?
 * Return: 0; -EINVAL with @err set. */
int keyboard_press_any(const char *name, struct err *err);

#endif /* DRIVER_SCREEN_KEYBOARD_H */
