/* plug-socket: what is between a guest's interface and the switch. */
#ifndef DRIVER_WIRE_PLUG_SOCKET_H
#define DRIVER_WIRE_PLUG_SOCKET_H

struct err;

/** plug_socket_pair() - two connected datagram sockets, the guest's end first;
 * both are the caller's.  Return: 0; -errno with @err set. */
int plug_socket_pair(int fds[static 2], struct err *err);
/** plug_socket_listen() - a unix stream socket that listens at @path, which is
 * not there yet; for who made the directory alone
 * Return: returned owned; -errno with @err set. */
int plug_socket_listen(const char *path, struct err *err);

#endif /* DRIVER_WIRE_PLUG_SOCKET_H */
