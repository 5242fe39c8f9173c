/*
 * findings: what stands out on the wire, a sentence each: questions that nobody
 * answered, refusals, errors, frames that were lost.
 *
 * Pure: of frames that have been decoded.
 */
#ifndef DRIVER_REPORT_FINDINGS_H
#define DRIVER_REPORT_FINDINGS_H

#include "driver/report/wire-frame.h"

struct story;
struct wire_names;

/* Before and behind the failure is looked, too, when the story has no more
 * frames than that. */
enum { FINDINGS_FRAMES_MAX = 20000 };

/**
 * findings_find() - .findings of @story, of its frames
 * @said: what each of story->frames says; borrowed
 *
 * Around the failure first; of a run that did not fail, of all of it.
 */
void findings_find(struct story *story, const struct wire_names *names,
		   const struct wire_frame said[]);

#endif /* DRIVER_REPORT_FINDINGS_H */
