/*
 * weir.h: where the public interface will stand. There is none yet.
 *
 * Design: an opaque handle, usable from another program as SQLite is (open, run SQL, push rows or bytes,
 * read results, stop), with the command line as its first user. Today the commands call plan/ and
 * pipeline/ themselves, and nothing is exported: all symbols are built hidden. Who needs weir from
 * another program now starts `weir sql --persistent` (one JSON request a line) or writes records
 * through a run's socket (`weir topic produce`).
 */
#ifndef WEIR_H
#define WEIR_H

#endif
