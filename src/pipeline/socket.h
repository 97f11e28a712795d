/*
 * socket.h: the door of a run for other processes: DIR/socket, where commands that write hand in
 * their requests (message.h) while the run holds the data directory.
 *
 *     client ──request──> socket's thread ──give──> inbox ──> committer, with the next epoch
 *            <──answer──                  <──────── answered ──
 *
 * A client has one request under way at a time; more that it sends wait in the socket. While
 * requests of SOCKET_WAITING_BYTES_MAX wait for their commit, no more are read.
 *
 * Thread: start and stop from one.
 */
#ifndef WEIR_PIPELINE_SOCKET_H
#define WEIR_PIPELINE_SOCKET_H

#include "pipeline/inbox.h"

enum { SOCKET_CLIENTS_MAX = 32, SOCKET_WAITING_BYTES_MAX = 64 << 20 };

typedef struct SocketServer SocketServer;

/* The path of a data directory's socket. */
char *socket_path(Arena *arena, const char *data_dir);
/* The caller holds the data directory's lock, so that a socket which is there is a dead one's. */
bool socket_server_start(const char *path, Inbox *inbox, SocketServer **out, Error *err);
/* After inbox_close. Answers are still sent, for a second. NULL is fine. */
void socket_server_stop(SocketServer *server);

#endif
