#include "driver/screen/keyboard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

static const char *const layouts[] = { "us", "uk", "de", "fr" };

static char typed[2048]; /* "shift+q ret " */

static void
write_chord(const struct chord *chord)
{
	for (size_t i = 0; i < chord->n; i++)
		snprintf(typed + strlen(typed), sizeof(typed) - strlen(typed),
			 "%s%s", i > 0 ? "+" : "", chord->keys[i]);
	strcat(typed, " ");
}

static const char *
type_on(const char *layout, const char *text)
{
	struct err err = ERR_INIT;
	struct chord *chords;
	size_t n;

	typed[0] = '\0';
	if (keyboard_type(keyboard_find(layout), text, strlen(text), &chords,
			  &n, &err) < 0) {
		ck_assert_ptr_null(chords);
		snprintf(typed, sizeof(typed), "%s", err.text);
		return typed;
	}
	for (size_t i = 0; i < n; i++)
		write_chord(&chords[i]);
	free(chords);
	return typed;
}

static const char *
press_on(const char *layout, const char *name)
{
	struct err err = ERR_INIT;
	struct chord chord;

	typed[0] = '\0';
	if (keyboard_press(keyboard_find(layout), name, &chord, &err) < 0)
		snprintf(typed, sizeof(typed), "%s", err.text);
	else
		write_chord(&chord);
	return typed;
}

START_TEST(every_layout_types_all_of_ascii_each_character_its_own_way)
{
	const struct keyboard *keyboard = keyboard_find(layouts[_i]);
	struct chord *chords, *other;
	size_t n;

	ck_assert_str_eq(keyboard_name(keyboard), layouts[_i]);
	for (char c = ' '; c < 0x7f; c++) {
		struct err err = ERR_INIT;

		ck_assert_msg(
		    keyboard_type(keyboard, &c, 1, &chords, &n, &err) == 0,
		    "%s: %s", layouts[_i], err.text);
		ck_assert_uint_ge(n, 1);
		for (char d = ' '; d < c; d++) {
			size_t m;

			ck_assert_int_eq(
			    keyboard_type(keyboard, &d, 1, &other, &m, NULL),
			    0);
			ck_assert_msg(
			    memcmp(&chords[0], &other[0], sizeof(*chords)) != 0,
			    "%s: '%c' is typed as '%c'", layouts[_i], c, d);
			free(other);
		}
		free(chords);
	}
}
END_TEST

/* By the layouts of xkb: what a person would press. */
static const struct {
	const char *layout, *text, *keys;
} words[] = {
	{ "us", "aZ 1!", "a shift+z spc 1 shift+1 " },
	{ "us", "\\|'\"<>?",
	  "backslash shift+backslash apostrophe shift+apostrophe shift+comma "
	  "shift+dot shift+slash " },
	{ "us", "a\n\t\b\x1b", "a ret tab backspace esc " },
	{ "uk", "\"@#~\\|£",
	  "shift+2 shift+apostrophe backslash shift+backslash less shift+less "
	  "shift+3 " },
	{ "uk", "€", "alt_r+4 " },
	{ "de", "yzYZ", "z y shift+z shift+y " },
	{ "de", "/-_@\\|{[]}~",
	  "shift+7 slash shift+slash alt_r+q alt_r+minus alt_r+less alt_r+7 "
	  "alt_r+8 alt_r+9 alt_r+0 alt_r+bracket_right " },
	{ "de", "äöüß", "apostrophe semicolon bracket_left minus " },
	/* Accents stand alone before a space. */
	{ "de", "^`", "grave_accent spc shift+equal spc " },
	{ "de", "#'+*<>",
	  "backslash shift+backslash bracket_right shift+bracket_right less "
	  "shift+less " },
	{ "fr", "azqwmAZ", "q w a z semicolon shift+q shift+w " },
	{ "fr", "190", "shift+1 shift+9 shift+0 " },
	{ "fr", "/-_.;:!", "shift+dot 6 8 shift+comma comma dot slash " },
	{ "fr", "@\\^`{[|]}#~",
	  "alt_r+0 alt_r+8 alt_r+9 alt_r+7 alt_r+4 alt_r+5 alt_r+6 "
	  "alt_r+minus alt_r+equal alt_r+3 alt_r+2 " },
	{ "fr", "éèçà", "2 7 9 0 " },
};

START_TEST(a_text_is_typed_where_the_layout_has_its_characters)
{
	ck_assert_str_eq(type_on(words[_i].layout, words[_i].text),
			 words[_i].keys);
}
END_TEST

START_TEST(what_a_layout_lacks_is_named)
{
	ck_assert_ptr_nonnull(strstr(type_on("us", "aä"), "no key for 'ä'"));
	ck_assert_ptr_nonnull(strstr(typed, "\"us\""));
	ck_assert_ptr_nonnull(strstr(typed, "us, uk, de, fr"));
	ck_assert_ptr_nonnull(strstr(type_on("fr", "ж"), "'ж'"));
	ck_assert_ptr_nonnull(strstr(type_on("us", "\x01"), "0x01"));
	ck_assert_ptr_nonnull(strstr(type_on("us", "\xff"), "0xff"));
	ck_assert_ptr_nonnull(strstr(type_on("us", "\xc3"), "0xc3"));
	ck_assert_str_eq(type_on("us", ""), "");
}
END_TEST

static const struct {
	const char *layout, *name, *keys;
} presses[] = {
	{ "us", "ret", "ret " },
	{ "us", "ctrl-alt-delete", "ctrl+alt+delete " },
	{ "us", "alt-f2", "alt+f2 " },
	{ "us", "A", "shift+a " },
	{ "us", "shift-a", "shift+a " },
	{ "us", "shift-A", "shift+a " },
	{ "us", "-", "minus " },
	{ "us", "ctrl--", "ctrl+minus " },
	{ "us", "\n", "ret " },
	{ "us", "grave_accent", "grave_accent " },
	{ "us", "kp_5", "kp_5 " },
	/* Names are places, characters are what the layout says. */
	{ "de", "ctrl-z", "ctrl+y " },
	{ "de", "ctrl-ü", "ctrl+bracket_left " },
	{ "de", "minus", "minus " },
	{ "fr", "ctrl-1", "ctrl+shift+1 " },
};

START_TEST(keys_are_pressed_by_name_or_character)
{
	ck_assert_str_eq(press_on(presses[_i].layout, presses[_i].name),
			 presses[_i].keys);
}
END_TEST

START_TEST(what_is_no_key_is_named_with_what_it_may_mean)
{
	ck_assert_ptr_nonnull(
	    strstr(press_on("us", "ctrl-alt-delte"), "'delete'"));
	ck_assert_ptr_nonnull(strstr(press_on("us", "ctrl-"), "ctrl-: ''"));
	ck_assert_ptr_nonnull(strstr(press_on("us", ""), "''"));
	ck_assert_ptr_nonnull(strstr(press_on("us", "ctrl-ж"), "'ж'"));
	ck_assert_ptr_nonnull(
	    strstr(press_on("us", "a-b-c-d-e-f-g-h-i"), "too many"));
	ck_assert_str_eq(press_on("us", "a-b-c-d-e-f-g"), "a+b+c+d+e+f+g ");
	ck_assert_ptr_null(keyboard_find("dvorak"));
	ck_assert_int_eq(keyboard_press_any("ctrl-ü", NULL), 0);
	ck_assert_int_eq(keyboard_press_any("enter", NULL), -EINVAL);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ every_layout_types_all_of_ascii_each_character_its_own_way,
		  UNIT_ROWS(layouts) },
		{ a_text_is_typed_where_the_layout_has_its_characters,
		  UNIT_ROWS(words) },
		{ what_a_layout_lacks_is_named, 0 },
		{ keys_are_pressed_by_name_or_character, UNIT_ROWS(presses) },
		{ what_is_no_key_is_named_with_what_it_may_mean, 0 },
		{ NULL, 0 },
	};

	return unit_run("keyboard", tests, NULL, NULL);
}
