#include "driver/failed-screens.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/report/event-log.h"
#include "driver/screen/picture.h"
#include "driver/screen/screendump.h"
#include "driver/vm/machine.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/xalloc.h"

struct screen {
	struct failed_screens *all;
	const char *machine; /* borrowed of the plan */
	struct screendump dump;
};

struct failed_screens {
	struct failed_screens_spec spec; /* all borrowed */
	struct screen *screens;		 /* plan->n_nodes, owned */
	size_t n_due;			 /* QEMU has not shown them yet */
	bool late;			 /* nobody waits any more */
};

static void
keep(const struct screen *screen, const struct picture *picture)
{
	const struct failed_screens_spec *spec = &screen->all->spec;
	struct err err = ERR_INIT;
	char path[PATH_MAX];
	const char *file = path + strlen(spec->results_dir) + 1;

	if (snprintf(path, sizeof(path), "%s/failed-%s.png", spec->results_dir,
		     screen->machine) >= (int)sizeof(path))
		return;
	if (picture_write_png(picture, path, &err) < 0)
		log_warn("%s", err.text);
	else
		event_log_add(spec->log, "screenshot", "s:s, s:i, s:o, s:o",
			      "machine", screen->machine, "step", 0, "path",
			      json_text(path, strlen(path)), "file",
			      json_text(file, strlen(file)));
}

static void
on_picture(struct picture *picture, const struct err *err, void *arg)
{
	struct screen *screen = arg;

	screen->all->n_due--;
	if (picture == NULL)
		log_warn("%s: no picture of its screen: %s", screen->machine,
			 err->text);
	else if (!screen->all->late)
		keep(screen, picture);
	picture_free(picture);
}

static void
on_late(void *arg)
{
	struct failed_screens *all = arg;

	log_warn("%zu machines have not shown their screen within %d s",
		 all->n_due, FAILED_SCREENS_MS / 1000);
	all->late = true;
}

static void
ask(struct failed_screens *all)
{
	const struct plan *plan = all->spec.plan;

	for (size_t i = 0; i < plan->n_nodes; i++) {
		struct machine *machine = live_machine(all->spec.live, i);
		struct screen *screen = &all->screens[i];

		if (plan->nodes[i].display == PLAN_DISPLAY_NONE ||
		    machine_state(machine) == MACHINE_OFF)
			continue;
		screen->all = all;
		screen->machine = plan->nodes[i].name;
		all->n_due++;
		/* Scripts number theirs from 1. */
		screendump_start(&screen->dump, machine,
				 live_run_dir(all->spec.live), 0, on_picture,
				 screen);
	}
}

struct failed_screens *
failed_screens_take(const struct failed_screens_spec *spec)
{
	struct failed_screens *all = XNEW(struct failed_screens);
	struct timer *timer;

	all->spec = *spec;
	all->screens = xcalloc(spec->plan->n_nodes + 1, sizeof(*all->screens));
	timer = timer_new(spec->clock, on_late, all);
	timer_set_in(timer, FAILED_SCREENS_MS * NS_PER_MS);
	ask(all);
	while (all->n_due > 0 && !all->late &&
	       event_base_loop(spec->base, EVLOOP_ONCE) == 0)
		;
	timer_free(timer);
	all->late = true;
	return all;
}

void
failed_screens_free(struct failed_screens *all)
{
	if (all == NULL)
		return;
	free(all->screens);
	free(all);
}
