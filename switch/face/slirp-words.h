/*
 * slirp-words: what slirpvde is asked for, in the words of vdelab-slirp's
 * command line.  What an address or a number may be, that one checks.
 */
#ifndef FACE_SLIRP_WORDS_H
#define FACE_SLIRP_WORDS_H

#include <stdbool.h>

struct err;

enum { SLIRP_WORDS_MAX = 160 };

struct slirp_words {
	/* Owned, ended by NULL.  The first place is for the program. */
	char *words[SLIRP_WORDS_MAX + 1];
	int n;
};

void slirp_words_init(struct slirp_words *words);
void slirp_words_fini(struct slirp_words *words);

/** slirp_words_add() - @word: taken; Return: 0; -E2BIG with @err set */
int slirp_words_add(struct slirp_words *words, char *word, struct err *err);

/** slirp_words_option() - "--@option=@value" */
int slirp_words_option(struct slirp_words *words, const char *option,
		       const char *value, struct err *err);

/**
 * slirp_words_host() - "ADDR[/LENGTH]": the host's address and its network; or
 * the network alone, when nothing of the address is behind the prefix
 *
 * Return: as all below: 0; -EINVAL or -E2BIG with @err set.
 */
int slirp_words_host(struct slirp_words *words, const char *text,
		     struct err *err);

/** slirp_words_forward() - "PORT:ADDR:PORT": from that port of all addresses
 * of the host */
int slirp_words_forward(struct slirp_words *words, bool udp, const char *text,
			struct err *err);

/**
 * slirp_words_display() - "ADDR[:DISPLAY[.SCREEN]]": from the first X display
 * that nobody has here; the screen is a client's own affair
 * @display: out: which one that is
 */
int slirp_words_display(struct slirp_words *words, const char *text,
			unsigned *display, struct err *err);

/** slirp_words_socket() - "PORT:PATH" */
int slirp_words_socket(struct slirp_words *words, const char *text,
		       struct err *err);

#endif /* FACE_SLIRP_WORDS_H */
