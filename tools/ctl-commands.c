/* The commands of vdelabctl, from lib/verb's table and what is special. */
#include <stdlib.h>
#include <string.h>

#include "lib/verb.h"
#include "lib/xalloc.h"
#include "tools/ctl.h"

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Let @special replace what @to says. */
static void
replace(struct cli_command *to, const struct cli_command *special)
{
	to->run = special->run;
	to->complete = special->complete;
	if (special->args != NULL) {
		free((char *)to->args);
		to->args = xstrdup(special->args);
		to->min_args = special->min_args;
		to->max_args = special->max_args;
	}
	if (special->help != NULL)
		to->help = special->help;
	if (special->options != NULL)
		to->options = special->options;
	if (special->details != NULL)
		to->details = special->details;
}

static void
apply_special(struct cli_command *to, const struct ctl_special *specials,
	      const char *noun, const char *verb)
{
	for (; specials->noun != NULL; specials++) {
		if (same(specials->noun, noun) && same(specials->verb, verb))
			replace(to, &specials->command);
	}
}

/* What a row says, but for its name. */
static void
take_row(struct cli_command *to, const struct verb *row)
{
	free((char *)to->args);
	to->args = verb_usage_text(row);
	to->options = row->options;
	if (row->details != NULL)
		to->details = row->details;
	to->run = ctl_run;
	to->data = row;
	verb_n_words(row, &to->min_args, &to->max_args);
	to->keeps_dashes = row->rest != NULL;
}

/* The subcommands of a noun, ended by a NULL name; or NULL. */
static struct cli_command *
new_verbs(const char *noun, const struct ctl_special *specials)
{
	const struct verb *row;
	struct cli_command *verbs = NULL;
	size_t n = 0;

	for (size_t i = 0; (row = verb_row(i)) != NULL; i++) {
		if (!same(row->noun, noun) || row->verb == NULL)
			continue;
		verbs = xrealloc(verbs, n + 2, sizeof(*verbs));
		verbs[n] = (struct cli_command){ .name = row->verb,
						 .help = row->help };
		take_row(&verbs[n], row);
		apply_special(&verbs[n], specials, noun, row->verb);
		verbs[++n] = (struct cli_command){ .name = NULL };
	}
	return verbs;
}

/* @to, the noun, is what it is alone: the row without verb, or its `show`. */
static void
take_alone(struct cli_command *to, const struct ctl_special *specials)
{
	const struct verb *row;
	const char *details = to->details;

	to->args = xstrdup("");
	for (size_t i = 0; (row = verb_row(i)) != NULL; i++) {
		if (!same(row->noun, to->name))
			continue;
		if (row->verb == NULL)
			take_row(to, row);
		else if (same(row->verb, "show")) {
			take_row(to, row);
			to->details = details;
		}
	}
	apply_special(to, specials, to->name, NULL);
}

static bool
is_noun(const char *name)
{
	const struct verb_noun *noun = verb_nouns;

	while (noun->name != NULL && strcmp(noun->name, name) != 0)
		noun++;
	return noun->name != NULL;
}

static struct cli_command *
add_command(struct cli_command *commands, size_t *n, const char *name,
	    const char *help)
{
	commands = xrealloc(commands, *n + 2, sizeof(*commands));
	commands[(*n)++] = (struct cli_command){ .name = name, .help = help };
	commands[*n] = (struct cli_command){ .name = NULL };
	return commands;
}

struct cli_command *
ctl_commands_new(const struct ctl_special *specials)
{
	struct cli_command *commands = NULL;
	size_t n = 0;

	for (const struct verb_noun *noun = verb_nouns; noun->name != NULL;
	     noun++) {
		commands = add_command(commands, &n, noun->name, noun->help);
		commands[n - 1].details = noun->details;
		commands[n - 1].subcommands = new_verbs(noun->name, specials);
		take_alone(&commands[n - 1], specials);
	}
	for (const struct ctl_special *s = specials; s->noun != NULL; s++) {
		if (is_noun(s->noun))
			continue;
		commands = add_command(commands, &n, s->noun, NULL);
		replace(&commands[n - 1], &s->command);
	}
	return commands;
}

void
ctl_commands_free(struct cli_command *commands)
{
	for (struct cli_command *c = commands; c != NULL && c->name != NULL;
	     c++) {
		ctl_commands_free((struct cli_command *)c->subcommands);
		free((char *)c->args);
	}
	free(commands);
}
