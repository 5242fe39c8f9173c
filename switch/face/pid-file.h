/* pid-file: a file with our number in it, locked as long as we are. */
#ifndef FACE_PID_FILE_H
#define FACE_PID_FILE_H

struct err;

/** pid_file_write() - one whose owner is gone is taken over
 * @path: NULL: there is to be none
 * @fd:   out, for pid_file_remove(); -1: none
 *
 * Return: 0; -errno with @err set. */
int pid_file_write(const char *path, int *fd, struct err *err);
/** pid_file_remove() - @fd: closed; -1 is a no-op */
void pid_file_remove(const char *path, int fd);

/** absolute_path() - @path as it is understood now; returned owned; NULL for
 * NULL */
char *absolute_path(const char *path);

#endif /* FACE_PID_FILE_H */
