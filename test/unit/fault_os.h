/*
 * fault_os.h: a world in which the n-th change to the disk fails, or the machine dies there.
 *
 *     FaultOs fault;
 *     fault_os_begin(&fault, n, FAULT_CRASH, seed);    the n-th change, and all after it, fail
 *     …                                                the program under test gives up
 *     fault_os_end(&fault);                            what was not synced is lost, in part
 *
 * With n = 0 nothing fails, and nothing is really synced either.
 *
 * Changes are: opening for writing, write, sync, truncate, rename, unlink, folder sync. A failing
 * write leaves a part of its bytes. With FAULT_CRASH, fault_os_end does to the files what a power
 * cut may do: of bytes written since the last sync an arbitrary part is missing or zero, files made
 * since the last sync of their folder may be gone, files removed since then may be back.
 */
#ifndef WEIR_TEST_FAULT_OS_H
#define WEIR_TEST_FAULT_OS_H

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/vec.h"
#include "os/os.h"

typedef enum FaultMode {
    FAULT_ONCE,  /* That one call fails; the disk was full, and is no more. */
    FAULT_CRASH, /* It and all after it fail. */
} FaultMode;

typedef struct FaultFile {
    char *path;
    int64_t synced_bytes;
    bool entry_synced; /* It will still be there after a crash. */
    bool removed;      /* It stands as PATH.dead until its folder is synced. */
} FaultFile;

typedef struct FaultOs {
    OsMethods methods;
    FaultMode mode;
    int fail_at;
    int change_count;
    bool struck;
    Random random;
    VEC(FaultFile) files;
} FaultOs;

static inline bool fault_strikes(FaultOs *fault)
{
    fault->change_count++;
    if (fault->change_count == fault->fail_at ||
        (fault->mode == FAULT_CRASH && fault->fail_at && fault->change_count > fault->fail_at)) {
        fault->struck = true;
        return true;
    }
    return false;
}

static inline bool fault_error(Error *err, const char *what, const char *path)
{
    return error_set_errno(err, ENOSPC, "%s '%s'", what, path);
}

static inline int64_t fault_bytes_of(const char *path)
{
    Error ignored;
    int64_t bytes = 0;
    int64_t modified_us;

    return os_exists(path) && os_stat(path, &bytes, &modified_us, &ignored) ? bytes : 0;
}

/* The living file of that path, or NULL. */
static inline FaultFile *fault_find(FaultOs *fault, const char *path)
{
    for (size_t i = 0; i < fault->files.count; i++) {
        if (!fault->files.items[i].removed && strcmp(fault->files.items[i].path, path) == 0)
            return &fault->files.items[i];
    }
    return NULL;
}

static inline FaultFile *fault_track(FaultOs *fault, const char *path, bool existed)
{
    FaultFile *file = fault_find(fault, path);

    if (!file) {
        FaultFile added = {
            .path = mem_strdup(path),
            .synced_bytes = existed ? fault_bytes_of(path) : 0,
            .entry_synced = existed,
        };

        VEC_ADD(&fault->files, added);
        file = &fault->files.items[fault->files.count - 1];
    }
    return file;
}

static inline char *fault_dead_path(const char *path)
{
    size_t bytes = strlen(path);
    char *dead = mem_alloc(bytes + 6);

    memcpy(dead, path, bytes);
    memcpy(dead + bytes, ".dead", 6);
    return dead;
}

static inline bool fault_open(void *self, const char *path, OsOpenMode mode, int *fd, Error *err)
{
    FaultOs *fault = self;
    FaultFile *file;
    bool existed = os_exists(path);

    if (mode == OS_OPEN_READ)
        return os_real()->open(NULL, path, mode, fd, err);
    if (fault_strikes(fault))
        return fault_error(err, "open", path);
    file = fault_track(fault, path, existed);
    if (mode == OS_OPEN_TRUNCATE)
        file->synced_bytes = 0;
    return os_real()->open(NULL, path, mode, fd, err);
}

static inline bool fault_write_at(void *self, int fd, const char *path, const void *data,
                                  size_t bytes, int64_t offset, Error *err)
{
    FaultOs *fault = self;
    FaultFile *file = fault_find(fault, path);

    /* Bytes written over are no longer sure either. */
    if (file && offset < file->synced_bytes)
        file->synced_bytes = offset;
    if (!fault_strikes(fault))
        return os_real()->write_at(NULL, fd, path, data, bytes, offset, err);
    bytes = random_below(&fault->random, bytes + 1);
    (void)os_real()->write_at(NULL, fd, path, data, bytes, offset, err);
    return fault_error(err, "write", path);
}

static inline bool fault_sync(void *self, int fd UNUSED, const char *path, Error *err)
{
    FaultOs *fault = self;
    FaultFile *file = fault_find(fault, path);

    if (fault_strikes(fault))
        return fault_error(err, "sync", path);
    if (file)
        file->synced_bytes = fault_bytes_of(path);
    return true; /* The test does not wait for a real disk. */
}

static inline bool fault_truncate(void *self, int fd, const char *path, int64_t bytes, Error *err)
{
    FaultOs *fault = self;
    FaultFile *file = fault_find(fault, path);

    if (fault_strikes(fault))
        return fault_error(err, "truncate", path);
    if (file && bytes < file->synced_bytes)
        file->synced_bytes = bytes;
    return os_real()->truncate(NULL, fd, path, bytes, err);
}

static inline bool fault_rename(void *self, const char *from, const char *to, Error *err)
{
    FaultOs *fault = self;
    FaultFile *old = fault_find(fault, to);
    FaultFile *file;

    if (fault_strikes(fault))
        return fault_error(err, "rename", from);
    if (old)
        old->removed = true; /* Replaced in one step: never back beside the new one. */
    file = fault_track(fault, from, true);
    free(file->path);
    file->path = mem_strdup(to);
    file->entry_synced = false;
    return os_real()->rename(NULL, from, to, err);
}

static inline bool fault_unlink(void *self, const char *path, Error *err)
{
    FaultOs *fault = self;
    FaultFile *file;
    char *dead;
    bool ok;

    if (fault_strikes(fault))
        return fault_error(err, "remove", path);
    if (!os_exists(path))
        return true;
    file = fault_track(fault, path, true);
    file->removed = true;
    dead = fault_dead_path(path);
    ok = os_real()->rename(NULL, path, dead, err);
    free(dead);
    return ok;
}

static inline void fault_forget_dead(const FaultFile *file, bool bring_back)
{
    char *dead = fault_dead_path(file->path);
    Error ignored;

    if (bring_back && os_exists(dead) && !os_exists(file->path))
        (void)os_real()->rename(NULL, dead, file->path, &ignored);
    else
        (void)os_real()->unlink(NULL, dead, &ignored);
    free(dead);
}

static inline bool fault_sync_dir(void *self, const char *path, Error *err)
{
    FaultOs *fault = self;

    if (fault_strikes(fault))
        return fault_error(err, "sync folder", path);
    for (size_t i = 0; i < fault->files.count; i++) {
        FaultFile *file = &fault->files.items[i];

        file->entry_synced = true;
        if (file->removed)
            fault_forget_dead(file, false);
    }
    return true;
}

static inline void fault_os_begin(FaultOs *fault, int fail_at, FaultMode mode, uint64_t seed)
{
    *fault = (FaultOs){.methods = *os_real(), .mode = mode, .fail_at = fail_at, .random = {seed}};
    fault->methods.open = fault_open;
    fault->methods.write_at = fault_write_at;
    fault->methods.sync = fault_sync;
    fault->methods.truncate = fault_truncate;
    fault->methods.rename = fault_rename;
    fault->methods.unlink = fault_unlink;
    fault->methods.sync_dir = fault_sync_dir;
    os_use(&fault->methods, fault);
}

/* What a power cut leaves of a file's unsynced bytes. */
static inline void fault_lose_bytes(FaultOs *fault, const FaultFile *file)
{
    int64_t bytes = fault_bytes_of(file->path);
    int64_t kept = file->synced_bytes;
    OsFile *open_file = NULL;

    if (bytes <= file->synced_bytes)
        return;
    kept += (int64_t)random_below(&fault->random, (uint64_t)(bytes - kept) + 1);
    assert_ok(os_file_open(file->path, OS_OPEN_READ_WRITE, &open_file, &err));
    assert_ok(os_file_truncate(open_file, kept, &err));
    for (int64_t at = file->synced_bytes; at < kept; at += 64) {
        static const char zeros[64];

        if (random_below(&fault->random, 4) == 0)
            assert_ok(os_file_write_at(open_file, zeros, (size_t)MIN(64, kept - at), at, &err));
    }
    os_file_close(open_file);
}

static inline void fault_os_end(FaultOs *fault)
{
    bool crashed = fault->mode == FAULT_CRASH && fault->struck;

    os_use(NULL, NULL);
    for (size_t i = 0; i < fault->files.count; i++) {
        FaultFile *file = &fault->files.items[i];
        bool coin = random_below(&fault->random, 2) == 0;

        if (file->removed)
            fault_forget_dead(file, crashed && coin);
        else if (crashed && !file->entry_synced && coin)
            assert_ok(os_unlink(file->path, &err));
        else if (crashed && os_exists(file->path))
            fault_lose_bytes(fault, file);
    }
    for (size_t i = 0; i < fault->files.count; i++)
        free(fault->files.items[i].path);
    VEC_DONE(&fault->files);
}

#endif
