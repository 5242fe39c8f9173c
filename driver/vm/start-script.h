/*
 * start-script: what stands between a machine and a script that starts QEMU in
 * the way of NixOS: its directory, its sockets, its arguments and environment.
 *
 * The script gets, behind its own arguments, `-qmp unix:DIR/qmp,...`, `-monitor
 * unix:DIR/monitor`, a chardev `shell` at DIR/shell with a virtconsole in front
 * of it, a source of entropy and `-serial stdio`; what it does with "$@" is its
 * business.  We listen at monitor and shell, QEMU at qmp.  DIR is its working
 * directory and TMPDIR, and stays for the whole run.
 */
#ifndef DRIVER_VM_START_SCRIPT_H
#define DRIVER_VM_START_SCRIPT_H

#include <stdbool.h>

struct clock;
struct err;
struct event_base;
struct plan_node;
struct process_spec;
struct start_script;

struct start_script_spec {
	struct event_base *base; /* borrowed, as all */
	struct clock *clock;
	const char *run_dir; /* private and absolute; the run's switch is
			      * beneath */
	const struct plan_node *node;
	bool allow_reboot;
	/* QEMU's end of the shell; taken. */
	void (*on_shell)(int fd, void *arg);
	/* Something that a person should know. */
	void (*on_line)(const char *line, void *arg);
	void *arg;
};

enum { START_SCRIPT_PATIENCE_MS = 20000 };

/** start_script_new() - make the directory, listen; nothing runs yet
 * Return: owned by the caller; NULL with @err set. */
struct start_script *start_script_new(const struct start_script_spec *spec,
				      struct err *err);
/** start_script_qmp() - our end of QMP, to talk at once: what is said waits
 * until QEMU is there; returned owned, once */
int start_script_qmp(struct start_script *script);
/** start_script_fill() - argv, env, cwd and what belongs to them; borrowed */
void start_script_fill(const struct start_script *script,
		       struct process_spec *spec);
/** start_script_free() - closes what QEMU has not; NULL is a no-op */
void start_script_free(struct start_script *script);

#endif /* DRIVER_VM_START_SCRIPT_H */
