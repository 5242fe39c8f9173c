#include "config.h"

#include "switch/face/slirp-words.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/xalloc.h"

enum {
	PREFIX_USUAL = 24,
	X_PORT = 6000, /* of display 0 */
	X_DISPLAYS = 64,
};

void
slirp_words_init(struct slirp_words *words)
{
	*words = (struct slirp_words){ .n = 1 };
}

void
slirp_words_fini(struct slirp_words *words)
{
	for (int i = 0; i < words->n; i++)
		free(words->words[i]);
	words->n = 0;
}

int
slirp_words_add(struct slirp_words *words, char *word, struct err *err)
{
	if (words->n == SLIRP_WORDS_MAX) {
		free(word);
		return err_set(err, -E2BIG, "more than %d options",
			       SLIRP_WORDS_MAX);
	}
	words->words[words->n++] = word;
	return 0;
}

int
slirp_words_option(struct slirp_words *words, const char *option,
		   const char *value, struct err *err)
{
	return slirp_words_add(words, xasprintf("--%s=%s", option, value), err);
}

/* ---- addresses ---- */

/* An address, at the end of @text or up to @separator.
 * Return: what is behind that, or the end; NULL when it is none. */
static const char *
take_addr(const char *text, char separator, char addr[static INET_ADDRSTRLEN])
{
	struct in_addr in;
	const char *end = strchr(text, separator);
	size_t len = end != NULL ? (size_t)(end - text) : strlen(text);

	if (len >= INET_ADDRSTRLEN)
		return NULL;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (inet_pton(AF_INET, addr, &in) != 1)
		return NULL;
	return end != NULL ? end + 1 : text + len;
}

/* Return: the bits of the network; 0 when @text is no length of a prefix. */
static uint32_t
take_mask(const char *text, unsigned *length)
{
	int end = 0;

	*length = PREFIX_USUAL;
	if (*text != '\0' && (!isdigit((unsigned char)*text) ||
			      sscanf(text, "%2u%n", length, &end) != 1 ||
			      text[end] != '\0' || *length < 1 || *length > 31))
		return 0;
	return UINT32_MAX << (32 - *length);
}

int
slirp_words_host(struct slirp_words *words, const char *text, struct err *err)
{
	char addr[INET_ADDRSTRLEN], network[INET_ADDRSTRLEN];
	char both[INET_ADDRSTRLEN + 4];
	const char *rest = take_addr(text, '/', addr);
	unsigned length;
	uint32_t mask = rest != NULL ? take_mask(rest, &length) : 0;
	struct in_addr host, in;
	int ret;

	if (mask == 0)
		return err_set(err, -EINVAL,
			       "\"%s\" is no ADDRESS or ADDRESS/LENGTH", text);
	inet_pton(AF_INET, addr, &host);
	in.s_addr = host.s_addr & htonl(mask);
	inet_ntop(AF_INET, &in, network, sizeof(network));
	snprintf(both, sizeof(both), "%s/%u", network, length);
	ret = slirp_words_option(words, "network", both, err);
	if (ret == 0 && in.s_addr != host.s_addr)
		ret = slirp_words_option(words, "host", addr, err);
	return ret;
}

/* ---- redirections ---- */

int
slirp_words_forward(struct slirp_words *words, bool udp, const char *text,
		    struct err *err)
{
	const char *colon = strchr(text, ':'), *port = NULL;
	char addr[INET_ADDRSTRLEN];

	if (colon != NULL)
		port = take_addr(colon + 1, ':', addr);
	if (port == NULL || *port == '\0')
		return err_set(err, -EINVAL, "\"%s\" is no PORT:ADDRESS:PORT",
			       text);
	return slirp_words_add(words,
			       xasprintf("--hostfwd=%s:0.0.0.0:%.*s-%s:%s",
					 udp ? "udp" : "tcp",
					 (int)(colon - text), text, addr, port),
			       err);
}

static bool
is_free(uint16_t port)
{
	const struct sockaddr_in addr = { .sin_family = AF_INET,
					  .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is = fd >= 0 &&
		  bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0;

	if (fd >= 0)
		close(fd);
	return is;
}

int
slirp_words_display(struct slirp_words *words, const char *text,
		    unsigned *display, struct err *err)
{
	char addr[INET_ADDRSTRLEN];
	const char *rest = take_addr(text, ':', addr);
	unsigned there = 0, screen;
	int end = 0;

	if (rest != NULL && *rest != '\0' &&
	    (!isdigit((unsigned char)*rest) ||
	     sscanf(rest, "%4u%n.%4u%n", &there, &end, &screen, &end) < 1))
		rest = NULL;
	if (rest == NULL || rest[end] != '\0')
		return err_set(err, -EINVAL,
			       "\"%s\" is no ADDRESS:DISPLAY.SCREEN", text);
	for (*display = 0; *display < X_DISPLAYS; ++*display) {
		if (!is_free((uint16_t)(X_PORT + *display)))
			continue;
		return slirp_words_add(
		    words,
		    xasprintf("--hostfwd=tcp:0.0.0.0:%u-%s:%u",
			      X_PORT + *display, addr, X_PORT + there),
		    err);
	}
	return err_set(err, -EADDRINUSE,
		       "the X displays from 0 to %d are all in use",
		       X_DISPLAYS - 1);
}

int
slirp_words_socket(struct slirp_words *words, const char *text, struct err *err)
{
	const char *colon = strchr(text, ':');

	if (colon == NULL)
		return err_set(err, -EINVAL, "\"%s\" is no PORT:PATH", text);
	return slirp_words_add(words,
			       xasprintf("--guestfwd=%.*s-unix:%s",
					 (int)(colon - text), text, colon + 1),
			       err);
}
