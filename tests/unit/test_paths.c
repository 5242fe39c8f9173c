#include "config.h"

#include "lib/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "tests/unit/unit.h"

static char dir[64]; /* of this test alone, the working directory too */
static char answer[PATH_MAX + ERR_TEXT_SIZE];

static void
setup(void)
{
	char real[PATH_MAX];

	snprintf(dir, sizeof(dir), "/tmp/paths-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_ptr_nonnull(realpath(dir, real));
	ck_assert_uint_lt(strlen(real), sizeof(dir));
	strcpy(dir, real);
	ck_assert_int_eq(chdir(dir), 0);
}

static void
teardown(void)
{
	ck_assert_int_eq(sockpath_remove_tree(dir, NULL), 0);
}

/* ---- programs in trees of our own ---- */

static void
make_parents(const char *path)
{
	char parent[PATH_MAX];

	for (const char *p = strchr(path, '/'); p != NULL;
	     p = strchr(p + 1, '/')) {
		snprintf(parent, sizeof(parent), "%.*s", (int)(p - path), path);
		ck_assert(mkdir(parent, 0755) == 0 || errno == EEXIST);
	}
}

static void
make_file(const char *path, mode_t mode)
{
	int fd;

	make_parents(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

/* Put a copy of this very program at @path. */
static void
install_us(const char *path)
{
	int in = open("/proc/self/exe", O_RDONLY);
	int out;
	ssize_t n;

	make_parents(path);
	out = open(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
	ck_assert(in >= 0 && out >= 0);
	while ((n = sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	ck_assert_int_eq(n, 0);
	close(in);
	close(out);
}

/* What the copies do: `PROGRAM find KIND NAME SIZE` prints paths_find()'s
 * result and path or error. */
static int
find_and_tell(char **argv)
{
	static char path[PATH_MAX];
	struct err err = ERR_INIT;
	int ret = paths_find((enum paths_kind)atoi(argv[2]), argv[3], path,
			     (size_t)atoi(argv[4]), &err);

	printf("%d %s", ret, ret == 0 ? path : err.text);
	return EXIT_SUCCESS;
}

/* Return: paths_find()'s result in @program; @answer is its path or text. */
static int
find_from(const char *program, enum paths_kind kind, const char *name,
	  size_t size)
{
	char kind_text[8], size_text[24];
	int fds[2];
	size_t len = 0;
	ssize_t n;
	int status;
	char *rest;
	pid_t pid;
	long ret;

	snprintf(kind_text, sizeof(kind_text), "%d", (int)kind);
	snprintf(size_text, sizeof(size_text), "%zu", size);
	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execl(program, program, "find", kind_text, name, size_text,
		      (char *)NULL);
		_exit(99);
	}
	close(fds[1]);
	while ((n = read(fds[0], answer + len, sizeof(answer) - 1 - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	answer[len] = '\0';
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ret = strtol(answer, &rest, 10);
	memmove(answer, rest + 1, strlen(rest + 1) + 1);
	return (int)ret;
}

static void
check_found(const char *program, enum paths_kind kind, const char *path)
{
	char want[PATH_MAX];
	const char *name = strrchr(path, '/') + 1;

	snprintf(want, sizeof(want), "%s/%s", dir, path);
	ck_assert_int_eq(find_from(program, kind, name, PATH_MAX), 0);
	ck_assert_str_eq(answer, want);
}

/* ---- where files are found ---- */

static const struct {
	enum paths_kind kind;
	const char *below_prefix;
	mode_t mode;
	const char *configured;
} kinds[] = {
	{ PATHS_BIN, "bin/no-such-name", 0755, PATHS_BINDIR },
	{ PATHS_LIBEXEC, "libexec/vdelab/no-such-name", 0755,
	  PATHS_LIBEXECDIR },
	{ PATHS_PLUGINS, "lib/vdelab/no-such-name.so", 0644, PATHS_PLUGINDIR },
	{ PATHS_DATA, "share/vdelab/no-such-name.lua", 0644, PATHS_DATADIR },
};

/* "@prefix/BELOW" of row @i */
static const char *
place(const char *prefix, int i)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", prefix, kinds[i].below_prefix);
	return path;
}

START_TEST(an_installed_program_finds_its_own_tree)
{
	install_us("prefix/bin/prog");
	make_file(place("prefix", _i), kinds[_i].mode);
	check_found("prefix/bin/prog", kinds[_i].kind, place("prefix", _i));
	/* and again when the tree has been moved */
	ck_assert_int_eq(rename("prefix", "moved"), 0);
	check_found("moved/bin/prog", kinds[_i].kind, place("moved", _i));
}
END_TEST

START_TEST(a_test_program_finds_the_build_tree)
{
	install_us("build/tests/unit/prog");
	make_file(place("build/out", _i), kinds[_i].mode);
	check_found("build/tests/unit/prog", kinds[_i].kind,
		    place("build/out", _i));
}
END_TEST

START_TEST(a_helper_in_the_build_tree_finds_everything)
{
	install_us("build/out/libexec/vdelab/prog");
	make_file(place("build/out", _i), kinds[_i].mode);
	check_found("build/out/libexec/vdelab/prog", kinds[_i].kind,
		    place("build/out", _i));
}
END_TEST

START_TEST(beside_the_program_comes_first_then_the_build_tree)
{
	install_us("build/tests/bin/prog");
	make_file(place("build/out", _i), kinds[_i].mode);
	check_found("build/tests/bin/prog", kinds[_i].kind,
		    place("build/out", _i));
	make_file(place("build/tests", _i), kinds[_i].mode);
	check_found("build/tests/bin/prog", kinds[_i].kind,
		    place("build/tests", _i));
}
END_TEST

START_TEST(three_levels_are_searched_and_no_more)
{
	make_file("out/lib/vdelab/no-such-name.so", 0644);
	install_us("a/b/c/prog");
	check_found("a/b/c/prog", PATHS_PLUGINS,
		    "out/lib/vdelab/no-such-name.so");
	install_us("a/b/c/d/prog");
	ck_assert_int_eq(find_from("a/b/c/d/prog", PATHS_PLUGINS,
				   "no-such-name.so", PATH_MAX),
			 -ENOENT);
}
END_TEST

START_TEST(only_a_directory_of_the_programs_owner_is_a_build_tree)
{
	install_us("build/tests/unit/prog");
	make_file("other/lib/vdelab/no-such-name.so", 0644);
	ck_assert_int_eq(symlink("../other", "build/out"), 0);
	ck_assert_int_eq(find_from("build/tests/unit/prog", PATHS_PLUGINS,
				   "no-such-name.so", PATH_MAX),
			 -ENOENT);
	ck_assert_int_eq(unlink("build/out"), 0);
	ck_assert_int_eq(rename("other", "build/out"), 0);
	check_found("build/tests/unit/prog", PATHS_PLUGINS,
		    "build/out/lib/vdelab/no-such-name.so");
	if (geteuid() != 0)
		return; /* only root can give a directory away */
	ck_assert_int_eq(chown("build/out", 65534, 65534), 0);
	ck_assert_int_eq(find_from("build/tests/unit/prog", PATHS_PLUGINS,
				   "no-such-name.so", PATH_MAX),
			 -ENOENT);
}
END_TEST

START_TEST(what_is_missing_is_told_with_every_directory_searched)
{
	char want[ERR_TEXT_SIZE];
	const char *name = strrchr(kinds[_i].below_prefix, '/') + 1;
	int below_len = (int)(name - 1 - kinds[_i].below_prefix);
	const char *last;

	install_us("build/bin/prog");
	ck_assert_int_eq(mkdir("build/out", 0755), 0);
	ck_assert_int_eq(
	    find_from("build/bin/prog", kinds[_i].kind, name, PATH_MAX),
	    -ENOENT);
	snprintf(want, sizeof(want),
		 "%s is not in any of %s/build/%.*s, %s/build/out/%.*s, ", name,
		 dir, below_len, kinds[_i].below_prefix, dir, below_len,
		 kinds[_i].below_prefix);
	ck_assert_ptr_nonnull(strstr(answer, want));
	last = strrchr(answer, ' ');
	ck_assert_str_eq(last + 1, kinds[_i].configured);
}
END_TEST

START_TEST(what_cannot_be_used_is_not_found)
{
	install_us("prefix/bin/prog");
	make_file("prefix/bin/no-such-name", 0644); /* not executable */
	make_parents("prefix/libexec/vdelab/no-such-name/x"); /* a directory */
	ck_assert_int_eq(
	    find_from("prefix/bin/prog", PATHS_BIN, "no-such-name", PATH_MAX),
	    -ENOENT);
	ck_assert_int_eq(find_from("prefix/bin/prog", PATHS_LIBEXEC,
				   "no-such-name", PATH_MAX),
			 -ENOENT);
}
END_TEST

static const char *const no_names[] = { "", "../bin/prog", "/bin/sh", "a/b" };

START_TEST(a_name_is_not_a_path)
{
	install_us("prefix/bin/prog");
	ck_assert_int_eq(
	    find_from("prefix/bin/prog", PATHS_BIN, no_names[_i], PATH_MAX),
	    -ENOENT);
	ck_assert_ptr_nonnull(strstr(answer, "is no name of a program"));
}
END_TEST

START_TEST(a_path_that_does_not_fit_is_not_cut)
{
	size_t len;

	install_us("prefix/bin/prog");
	len = strlen(dir) + strlen("/prefix/bin/prog");
	ck_assert_int_eq(
	    find_from("prefix/bin/prog", PATHS_BIN, "prog", len + 1), 0);
	ck_assert_uint_eq(strlen(answer), len);
	ck_assert_int_eq(find_from("prefix/bin/prog", PATHS_BIN, "prog", len),
			 -ENAMETOOLONG);
}
END_TEST

/* ---- directories of the user ---- */

static const struct {
	const char *cache; /* XDG_CACHE_HOME; NULL = unset */
	const char *home;
	int ret;
	const char *path;
} xdg[] = {
	{ "/c", "/home/u", 0, "/c/vdelab" },
	{ NULL, "/home/u", 0, "/home/u/.cache/vdelab" },
	{ "", "/home/u", 0, "/home/u/.cache/vdelab" },
	{ "relative", "/home/u", 0, "/home/u/.cache/vdelab" },
	{ "/c", NULL, 0, "/c/vdelab" },
	{ NULL, NULL, -ENOENT, "" },
	{ NULL, "", -ENOENT, "" },
	{ NULL, "relative", -ENOENT, "" },
};

static void
set(const char *name, const char *value)
{
	if (value != NULL)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

START_TEST(a_users_directory_comes_from_xdg_or_home)
{
	struct err err = ERR_INIT;
	char path[64] = "";

	set("XDG_CACHE_HOME", xdg[_i].cache);
	set("HOME", xdg[_i].home);
	ck_assert_int_eq(
	    paths_xdg("XDG_CACHE_HOME", ".cache", path, sizeof(path), &err),
	    xdg[_i].ret);
	ck_assert_str_eq(path, xdg[_i].path);
	if (xdg[_i].ret < 0)
		ck_assert_str_eq(err.text,
				 "neither XDG_CACHE_HOME nor HOME is set to an "
				 "absolute path");
}
END_TEST

START_TEST(a_users_directory_must_fit)
{
	char path[10];

	setenv("XDG_CACHE_HOME", "/c", 1);
	ck_assert_int_eq(paths_xdg("XDG_CACHE_HOME", ".cache", path, 9, NULL),
			 -ENAMETOOLONG);
	ck_assert_int_eq(paths_xdg("XDG_CACHE_HOME", ".cache", path, 10, NULL),
			 0);
	ck_assert_str_eq(path, "/c/vdelab");
}
END_TEST

int
main(int argc, char **argv)
{
	const struct unit_test tests[] = {
		{ an_installed_program_finds_its_own_tree, UNIT_ROWS(kinds) },
		{ a_test_program_finds_the_build_tree, UNIT_ROWS(kinds) },
		{ a_helper_in_the_build_tree_finds_everything,
		  UNIT_ROWS(kinds) },
		{ beside_the_program_comes_first_then_the_build_tree,
		  UNIT_ROWS(kinds) },
		{ three_levels_are_searched_and_no_more, 0 },
		{ only_a_directory_of_the_programs_owner_is_a_build_tree, 0 },
		{ what_is_missing_is_told_with_every_directory_searched,
		  UNIT_ROWS(kinds) },
		{ what_cannot_be_used_is_not_found, 0 },
		{ a_name_is_not_a_path, UNIT_ROWS(no_names) },
		{ a_path_that_does_not_fit_is_not_cut, 0 },
		{ a_users_directory_comes_from_xdg_or_home, UNIT_ROWS(xdg) },
		{ a_users_directory_must_fit, 0 },
		{ NULL, 0 },
	};

	if (argc == 5 && strcmp(argv[1], "find") == 0)
		return find_and_tell(argv);
	return unit_run("paths", tests, setup, teardown);
}
