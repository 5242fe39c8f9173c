/* findings-internal: what the files of findings share. */
#ifndef DRIVER_REPORT_FINDINGS_INTERNAL_H
#define DRIVER_REPORT_FINDINGS_INTERNAL_H

#include "driver/report/findings.h"
#include "driver/report/story.h"
#include "driver/report/wire-names.h"

/* The most telling first. */
enum finding_rank {
	RANK_NO_CONNECTION,
	RANK_REFUSED,
	RANK_UNREACHABLE,
	RANK_NOBODY_THERE,
	RANK_NO_NAME,
	RANK_NO_LEASE,
	RANK_NO_ECHO,
	RANK_TOO_BIG,
	RANK_NO_HOPS,
	/* From here on, what is worth knowing, but may well be meant. */
	RANK_NOTES,
	RANK_TWICE = RANK_NOTES,
	RANK_DROPPED,
	RANK_RESET,
	RANK_AGAIN,
	RANK_BAD_SUM,
};

enum { FINDING_FRAMES_MAX = 40, FINDING_GROUPS_MAX = 256 };

/* Frames that something stands on: all are counted, the first ones are kept. */
struct frame_set {
	size_t frames[FINDING_FRAMES_MAX];
	size_t n;     /* of .frames */
	size_t n_all; /* with those that have no place there */
	double begin_s, end_s;
};

struct finder {
	struct story *story; /* borrowed, as all */
	const struct wire_names *names;
	const struct wire_frame *said; /* of each of the story's frames */
	size_t from, to;  /* the frames that are looked at; answers may come
			  * later */
	bool is_failure;  /* they are those around the failure */
	double failing_s; /* since when the step went on that failed */
	double end_s;	  /* when the run ended */
};

/* How often, "once" or "3 times in 7.1 s". */
enum { FINDING_TIMES_SIZE = 64 };
const char *finding_times(const struct frame_set *set, size_t n,
			  char text[static FINDING_TIMES_SIZE]);

void frame_set_add(struct frame_set *set, const struct story *story,
		   size_t frame);
void frame_set_merge(struct frame_set *set, const struct frame_set *more);
/** finding_add() - a finding that stands on @set, in printf()'s words */
void finding_add(struct finder *finder, enum finding_rank rank,
		 const struct frame_set *set, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* findings-asked.c: questions without an answer */
void find_unanswered(struct finder *finder);
/* findings-told.c: what frames say themselves, or is said of them */
void find_told(struct finder *finder);

/** finding_is_copy() - of a frame that was dropped: has it entered its segment
 * before, where it was counted? */
bool finding_is_copy(const struct finder *finder, size_t frame);

#endif /* DRIVER_REPORT_FINDINGS_INTERNAL_H */
