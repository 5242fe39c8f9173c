/*
 * script-child: a script that another program runs, as a function of the test:
 * the program is a client of the run's control socket, and its end is the
 * function's.
 *
 * What it prints is in the log.  When it fails, so does the function, with what
 * it says.  When the run ends before it, its calls fail first, so that it can
 * say where it was; then it is told by SIGTERM, and killed if it does not go.
 */
#ifndef DRIVER_SCRIPT_SCRIPT_CHILD_H
#define DRIVER_SCRIPT_SCRIPT_CHILD_H

struct lua_State;

/** script_child_run() - a lua_CFunction, whose upvalue is a light userdata of
 * the struct python_script that it runs */
int script_child_run(struct lua_State *L);

#endif /* DRIVER_SCRIPT_SCRIPT_CHILD_H */
