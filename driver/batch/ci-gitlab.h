/*
 * ci-gitlab: what GitLab CI is told of the tests of a batch: a section of the
 * job's log for each, and a file of links for `artifacts:reports:annotations`
 * (https://docs.gitlab.com/ci/yaml/artifacts_reports/), where the results lie in
 * the project's directory.
 */
#ifndef DRIVER_BATCH_CI_GITLAB_H
#define DRIVER_BATCH_CI_GITLAB_H

#include <stdio.h>

struct batch_record;

struct ci_gitlab {
	FILE *out; /* borrowed */
	char *label;
	size_t n_sections;
};

void ci_gitlab_init(struct ci_gitlab *gitlab, FILE *out);
void ci_gitlab_print_begins(struct ci_gitlab *gitlab, const char *label);
void ci_gitlab_print_ends(struct ci_gitlab *gitlab);
/** ci_gitlab_end() - write results/gl-annotations.json; may be called again */
void ci_gitlab_end(struct ci_gitlab *gitlab, const struct batch_record *batch);

#endif /* DRIVER_BATCH_CI_GITLAB_H */
