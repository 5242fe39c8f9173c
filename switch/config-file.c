#include "config.h"

#include "switch/config-file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

/* ---- lines ---- */

/* Where a reader of characters stands: as lib/words will read them. */
struct state {
	char quote; /* that is open, or NUL */
	bool comment;
	bool in_word;
};

/* Return: does @line, of @len bytes, want the next one joined to it? */
static bool
scan(const char *line, size_t len, struct state *s)
{
	for (size_t i = 0; i < len; i++) {
		char c = line[i];

		if (s->comment)
			return false;
		if (c == '\\' && s->quote != '\'') {
			if (++i == len)
				return true;
			s->in_word = true;
		} else if (s->quote != '\0') {
			if (c == s->quote)
				s->quote = '\0';
		} else if (c == '\'' || c == '"') {
			s->quote = c;
			s->in_word = true;
		} else if (c == ' ' || c == '\t' || c == '\r') {
			s->in_word = false;
		} else if (c == '#' && !s->in_word) {
			s->comment = true;
		} else {
			s->in_word = true;
		}
	}
	return false;
}

/* Return: what is wrong with the characters of @text, or NULL. */
static const char *
bad_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		size_t n = utf8_len(text + i, size - i);

		if (text[i] == '\0')
			return "there is a NUL in it";
		if (n == 0)
			return "it is not UTF-8";
		i += n;
	}
	return NULL;
}

/* A logical line: @text is changed and restored in no way; taken. */
static void
add_line(struct config_file *file, unsigned number, const char *text,
	 size_t size, config_mistake_fn *mistake, void *arg)
{
	const char *bad = bad_text(text, size);
	struct err err = ERR_INIT;
	struct words words;

	if (bad == NULL && size > CONFIG_LINE_MAX)
		bad = "it is too long";
	if (bad != NULL) {
		mistake(number, bad, arg);
		return;
	}
	if (words_split(text, &words, &err) < 0) {
		mistake(number, err.text, arg);
		return;
	}
	if (words.n == 0) {
		words_fini(&words);
		return;
	}
	file->lines = xrealloc(file->lines, file->n + 1, sizeof(*file->lines));
	file->lines[file->n++] = (struct config_line){ number, words };
}

/* Joins lines until one does not ask for more.
 * @joined: of the size of the rest of the text, and a NUL
 * Return: bytes of @text used; *@n_lines of them. */
static size_t
join(const char *text, size_t size, char *joined, size_t *joined_size,
     unsigned *n_lines)
{
	struct state s = { .quote = '\0' };
	size_t used = 0;
	bool more = true;

	*joined_size = 0;
	*n_lines = 0;
	while (more && used < size) {
		const char *line = text + used;
		const char *end = memchr(line, '\n', size - used);
		size_t len = end != NULL ? (size_t)(end - line) : size - used;

		more = scan(line, len, &s) && end != NULL;
		/* without its backslash */
		memcpy(joined + *joined_size, line, len - more);
		*joined_size += len - more;
		used += len + (end != NULL);
		++*n_lines;
	}
	joined[*joined_size] = '\0';
	return used;
}

void
config_file_parse(const char *text, size_t size, struct config_file *file,
		  config_mistake_fn *mistake, void *arg)
{
	char *joined = xcalloc(size + 1, 1);
	unsigned number = 1;

	*file = (struct config_file){ .n = 0 };
	while (size > 0) {
		size_t joined_size, used;
		unsigned n_lines;

		used = join(text, size, joined, &joined_size, &n_lines);
		add_line(file, number, joined, joined_size, mistake, arg);
		number += n_lines;
		text += used;
		size -= used;
	}
	free(joined);
}

void
config_file_fini(struct config_file *file)
{
	for (size_t i = 0; i < file->n; i++)
		words_fini(&file->lines[i].words);
	free(file->lines);
	*file = (struct config_file){ .n = 0 };
}

/* ---- the file ---- */

static int
check_file(int fd, const char *path, size_t *size, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "%s is not a file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(err, -EPERM,
			       "%s belongs to user %ju, and whoever writes it "
			       "rules the switch",
			       path, (uintmax_t)st.st_uid);
	if ((st.st_mode & 022) != 0)
		return err_set(err, -EPERM,
			       "others may write to %s, and whoever writes it "
			       "rules the switch: chmod go-w %s",
			       path, path);
	if (st.st_size > CONFIG_FILE_MAX)
		return err_set(err, -EFBIG, "%s has more than %d bytes", path,
			       CONFIG_FILE_MAX);
	*size = (size_t)st.st_size;
	return 0;
}

/* Reads until the end, which may have moved since its size was asked for.
 * Return: bytes; -errno. */
static ssize_t
read_all(int fd, char *text, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, text + len, size - len);

		if (n == 0)
			break;
		if (n > 0)
			len += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return (ssize_t)len;
}

int
config_file_read(const char *path, char **text, size_t *size, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;
	int ret;

	*text = NULL;
	if (fd < 0)
		return err_errno(err, "cannot open %s", path);
	ret = check_file(fd, path, size, err);
	if (ret < 0) {
		close(fd);
		return ret;
	}
	*text = xcalloc(*size + 1, 1);
	n = read_all(fd, *text, *size);
	close(fd);
	if (n >= 0) {
		*size = (size_t)n;
		return 0;
	}
	free(*text);
	*text = NULL;
	return err_set(err, (int)n, "cannot read %s: %s", path,
		       strerror((int)-n));
}
