#include "driver/screen/keyboard.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/nearest.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

/* The keys that layouts differ in, row by row. */
static const char *const places[] = {
	"grave_accent",
	"1",
	"2",
	"3",
	"4",
	"5",
	"6",
	"7",
	"8",
	"9",
	"0",
	"minus",
	"equal",

	"q",
	"w",
	"e",
	"r",
	"t",
	"y",
	"u",
	"i",
	"o",
	"p",
	"bracket_left",
	"bracket_right",
	"backslash",

	"a",
	"s",
	"d",
	"f",
	"g",
	"h",
	"j",
	"k",
	"l",
	"semicolon",
	"apostrophe",

	"less",
	"z",
	"x",
	"c",
	"v",
	"b",
	"n",
	"m",
	"comma",
	"dot",
	"slash",
};
enum { N_PLACES = sizeof(places) / sizeof(places[0]) };

/*
 * What each of these keys types: a character a key, a space for none.  The
 * layouts are those of xkb.  An accent that waits for a letter is there only
 * if no other key types it.
 */
struct keyboard {
	const char *name;
	const char *plain, *shifted, *alt_gr;
	const char *dead; /* those that wait for a letter */
};

static const struct keyboard keyboards[] = {
	{
	    .name = "us",
	    .plain = "`1234567890-="
		     "qwertyuiop[]\\"
		     "asdfghjkl;'"
		     " zxcvbnm,./",
	    .shifted = "~!@#$%^&*()_+"
		       "QWERTYUIOP{}|"
		       "ASDFGHJKL:\""
		       " ZXCVBNM<>?",
	    .alt_gr = "",
	    .dead = "",
	},
	{
	    .name = "uk",
	    .plain = "`1234567890-="
		     "qwertyuiop[]#"
		     "asdfghjkl;'"
		     "\\zxcvbnm,./",
	    .shifted = "¬!\"£$%^&*()_+"
		       "QWERTYUIOP{}~"
		       "ASDFGHJKL:@"
		       "|ZXCVBNM<>?",
	    .alt_gr = "¦   €        ",
	    .dead = "",
	},
	{
	    .name = "de",
	    .plain = "^1234567890ß´"
		     "qwertzuiopü+#"
		     "asdfghjklöä"
		     "<yxcvbnm,.-",
	    .shifted = "°!\"§$%&/()=?`"
		       "QWERTZUIOPÜ*'"
		       "ASDFGHJKLÖÄ"
		       ">YXCVBNM;:_",
	    .alt_gr = "  ²³   {[]}\\ "
		      "@ €        ~ "
		      "           "
		      "|      µ   ",
	    .dead = "^´`",
	},
	{
	    .name = "fr",
	    .plain = "²&é\"'(-è_çà)="
		     "azertyuiop $*"
		     "qsdfghjklmù"
		     "<wxcvbn,;:!",
	    .shifted = " 1234567890°+"
		       "AZERTYUIOP¨£µ"
		       "QSDFGHJKLM%"
		       ">WXCVBN?./§",
	    .alt_gr = "  ~#{[|`\\^@]}"
		      "  €          ",
	    .dead = "¨",
	},
};
enum { N_KEYBOARDS = sizeof(keyboards) / sizeof(keyboards[0]) };

/* The other keys, by QEMU's names; those of `places` are names as well. */
static const char *const names[] = {
	"shift",	"shift_r",     "alt",	     "alt_r",
	"ctrl",		"ctrl_r",      "meta_l",     "meta_r",
	"menu",		"compose",     "esc",	     "backspace",
	"tab",		"ret",	       "spc",	     "caps_lock",
	"num_lock",	"scroll_lock", "f1",	     "f2",
	"f3",		"f4",	       "f5",	     "f6",
	"f7",		"f8",	       "f9",	     "f10",
	"f11",		"f12",	       "print",	     "sysrq",
	"pause",	"insert",      "delete",     "home",
	"end",		"pgup",	       "pgdn",	     "up",
	"down",		"left",	       "right",	     "asterisk",
	"kp_0",		"kp_1",	       "kp_2",	     "kp_3",
	"kp_4",		"kp_5",	       "kp_6",	     "kp_7",
	"kp_8",		"kp_9",	       "kp_divide",  "kp_multiply",
	"kp_subtract",	"kp_add",      "kp_enter",   "kp_decimal",
	"kp_comma",	"kp_equals",   "stop",	     "again",
	"props",	"undo",	       "front",	     "copy",
	"open",		"paste",       "find",	     "cut",
	"lf",		"help",	       "ro",	     "hiragana",
	"henkan",	"yen",	       "muhenkan",   "katakanahiragana",
	"lang1",	"lang2",       "power",	     "sleep",
	"wake",		"audionext",   "audioprev",  "audiostop",
	"audioplay",	"audiomute",   "volumeup",   "volumedown",
	"mediaselect",	"mail",	       "calculator", "computer",
	"ac_home",	"ac_back",     "ac_forward", "ac_refresh",
	"ac_bookmarks",
};
enum { N_NAMES = sizeof(names) / sizeof(names[0]) };

const struct keyboard *
keyboard_find(const char *name)
{
	for (size_t i = 0; i < N_KEYBOARDS; i++)
		if (strcmp(keyboards[i].name, name) == 0)
			return &keyboards[i];
	return NULL;
}

const char *
keyboard_name(const struct keyboard *keyboard)
{
	return keyboard->name;
}

const char *
keyboard_names(void)
{
	return "us, uk, de, fr";
}

/* ---- characters ---- */

static void
add_key(struct chord *chord, const char *key)
{
	for (size_t i = 0; i < chord->n; i++)
		if (strcmp(chord->keys[i], key) == 0)
			return;
	if (chord->n < CHORD_KEYS_MAX)
		chord->keys[chord->n++] = key;
}

/* Which character of @level, UTF-8, the @len bytes at @c are; or -1. */
static int
index_in(const char *level, const char *c, size_t len)
{
	for (int i = 0; *level != '\0'; i++) {
		size_t n = utf8_len(level, strlen(level));

		if (n == len && memcmp(level, c, n) == 0)
			return i;
		level += n;
	}
	return -1;
}

/* The key of a character that is the same in all layouts, or NULL. */
static const char *
control_key(char c)
{
	switch (c) {
	case ' ':
		return "spc";
	case '\n':
	case '\r':
		return "ret";
	case '\t':
		return "tab";
	case '\b':
	case 0x7f:
		return "backspace";
	case 0x1b:
		return "esc";
	default:
		return NULL;
	}
}

/* Adds the keys of a character to @chord.  Return: is it there? */
static bool
press_char(const struct keyboard *keyboard, const char *c, size_t len,
	   struct chord *chord)
{
	const struct {
		const char *chars, *modifier;
	} levels[] = {
		{ keyboard->plain, NULL },
		{ keyboard->shifted, "shift" },
		{ keyboard->alt_gr, "alt_r" },
	};
	const char *key = len == 1 ? control_key(*c) : NULL;

	if (key != NULL) {
		add_key(chord, key);
		return true;
	}
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		int place = index_in(levels[i].chars, c, len);

		if (place < 0 || place >= N_PLACES)
			continue;
		if (levels[i].modifier != NULL)
			add_key(chord, levels[i].modifier);
		add_key(chord, places[place]);
		return true;
	}
	return false;
}

static int
no_char(const struct keyboard *keyboard, const char *c, size_t len,
	struct err *err)
{
	unsigned char byte = (unsigned char)*c;

	if (len == 0)
		return err_set(err, -EINVAL,
			       "the byte 0x%02x is no character of UTF-8, and "
			       "no key types it",
			       byte);
	if (len == 1 && byte < 0x20)
		return err_set(err, -EINVAL,
			       "no key types the control character 0x%02x "
			       "(send_key(\"ctrl-...\") may)",
			       byte);
	return err_set(err, -EINVAL,
		       "the keyboard \"%s\" has no key for '%.*s'; the node's "
		       "key `keyboard` chooses another (%s)",
		       keyboard->name, (int)len, c, keyboard_names());
}

int
keyboard_type(const struct keyboard *keyboard, const char *text, size_t size,
	      struct chord **chords, size_t *n_chords, struct err *err)
{
	/* Two for an accent, and one more than none. */
	struct chord *out = xcalloc(2 * size + 1, sizeof(*out));
	size_t n = 0;

	*chords = NULL;
	*n_chords = 0;
	while (size > 0) {
		size_t len = utf8_len(text, size);

		if (len == 0 || !press_char(keyboard, text, len, &out[n])) {
			free(out);
			return no_char(keyboard, text, len, err);
		}
		n++;
		if (index_in(keyboard->dead, text, len) >= 0)
			add_key(&out[n++], "spc");
		text += len;
		size -= len;
	}
	*chords = out;
	*n_chords = n;
	return 0;
}

/* ---- names ---- */

static const char *
find_name(const char *word, size_t len, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && memcmp(list[i], word, len) == 0)
			return list[i];
	return NULL;
}

static int
no_key(const struct keyboard *keyboard, const char *word, size_t len,
       const char *whole, struct err *err)
{
	const char *all[N_NAMES + N_PLACES + 1];
	char *text = xasprintf("%.*s", (int)len, word);
	const char *near;

	memcpy(all, names, sizeof(names));
	memcpy(all + N_NAMES, places, sizeof(places));
	all[N_NAMES + N_PLACES] = NULL;
	near = len > 1 ? nearest_word(text, all) : NULL;
	err_set(err, -EINVAL,
		"%s: '%s' is neither a key%s%s%s nor a character "
		"of the keyboard \"%s\"",
		whole, text, near != NULL ? " (is it '" : "",
		near != NULL ? near : "", near != NULL ? "'?)" : "",
		keyboard->name);
	free(text);
	return -EINVAL;
}

int
keyboard_press(const struct keyboard *keyboard, const char *name,
	       struct chord *chord, struct err *err)
{
	const char *p = name;

	*chord = (struct chord){ .n = 0 };
	do {
		/* At the start of a word '-' is the key itself. */
		size_t len = *p == '-' ? 1 : strcspn(p, "-");
		const char *key = find_name(p, len, names, N_NAMES);

		if (chord->n + 2 > CHORD_KEYS_MAX)
			return err_set(err, -EINVAL, "%s: too many keys", name);
		if (len > 1 && key == NULL)
			key = find_name(p, len, places, N_PLACES);
		if (key != NULL)
			add_key(chord, key);
		else if (len == 0 || utf8_len(p, len) != len ||
			 !press_char(keyboard, p, len, chord))
			return no_key(keyboard, p, len, name, err);
		p += len;
	} while (*p++ == '-');
	return 0;
}

int
keyboard_press_any(const char *name, struct err *err)
{
	struct chord chord;

	for (size_t i = 1; i < N_KEYBOARDS; i++)
		if (keyboard_press(&keyboards[i], name, &chord, NULL) == 0)
			return 0;
	return keyboard_press(&keyboards[0], name, &chord, err);
}
