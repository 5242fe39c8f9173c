/*
 * replay: feeds each file of a corpus to a fuzz target, for builds without
 * libFuzzer: `fuzz_x` alone replays its own corpus, `fuzz_x FILE...` those
 * files.  A crash is the failure.
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 4 * 1024 * 1024 };

static void
replay(const char *path)
{
	static uint8_t buf[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	uint8_t *exact;
	size_t size;

	if (f == NULL) {
		printf("Bail out! cannot read %s\n", path);
		exit(EXIT_FAILURE);
	}
	size = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	exact = malloc(size > 0 ? size : 1); /* an over-read is seen by ASan */
	if (exact == NULL)
		exit(EXIT_FAILURE);
	memcpy(exact, buf, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static unsigned
replay_dir(const char *dir)
{
	char path[PATH_MAX];
	struct dirent *entry;
	unsigned n = 0;
	DIR *d = opendir(dir);

	if (d == NULL)
		return 0;
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) >=
		    (int)sizeof(path))
			continue;
		replay(path);
		n++;
	}
	closedir(d);
	return n;
}

int
main(int argc, char **argv)
{
	const char *top = getenv("TOP_SRCDIR");
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash != NULL ? slash + 1 : argv[0];
	char dir[PATH_MAX];
	unsigned n = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..1\n");
	if (argc > 1) {
		for (int i = 1; i < argc; i++, n++)
			replay(argv[i]);
	} else {
		snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s",
			 top != NULL ? top : ".", name);
		n = replay_dir(dir);
	}
	printf("%s 1 - %s: %u inputs replayed\n", n > 0 ? "ok" : "not ok", name,
	       n);
	return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
