/*
 * annotations: what CI services make of lines in a job's log.
 *
 * GitHub Actions: workflow commands, "::error file=F,line=L,title=T::MESSAGE",
 * "::group::" ... "::endgroup::", and "::stop-commands::TOKEN" ... "::TOKEN::"
 * around what tests print, so that no guest gives commands to the job.  In a
 * command's text %, CR and LF, in its properties also : and , are written as
 * %XX.  Job summaries are GitHub's Markdown.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 * https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
 *
 * GitLab CI: "ESC[0Ksection_start:TIME:NAME\r ESC[0KHEADER" and section_end; names of
 * letters, digits, '.', '_' and '-'.
 * https://docs.gitlab.com/ci/jobs/job_logs/
 *
 * Writers, nothing more.  Texts may hold anything.
 */
#ifndef DRIVER_REPORT_ANNOTATIONS_H
#define DRIVER_REPORT_ANNOTATIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
	/* GitHub keeps no more of one (4 KiB), with room for its escapes. */
	ANNOTATION_MESSAGE_MAX = 3000,
	ANNOTATION_TITLE_MAX = 200,
};

enum annotation_severity { ANNOTATION_ERROR, ANNOTATION_WARNING };

/** github_annotate() - @file: NULL: at no place; @line: 0: not known */
void github_annotate(FILE *out, enum annotation_severity severity,
		     const char *file, long long line, const char *title,
		     const char *message);
/** github_group_begin() - @token: what ends it, which tests cannot guess */
void github_group_begin(FILE *out, const char *title, const char *token);
void github_group_end(FILE *out, const char *token);
/** github_markdown() - @text as text, whatever it holds: one line, line ends as
 * <br> */
void github_markdown(FILE *out, const char *text);

/** gitlab_section_begin() - @name: of letters, digits, '.', '_', '-', else it is
 * made so; @now_s: since 1970 */
void gitlab_section_begin(FILE *out, const char *name, const char *header,
			  int64_t now_s, bool collapsed);
void gitlab_section_end(FILE *out, const char *name, int64_t now_s);
/** gitlab_url() - @path, which is relative, as part of an address; returned
 * owned */
char *gitlab_url(const char *path);

#endif /* DRIVER_REPORT_ANNOTATIONS_H */
