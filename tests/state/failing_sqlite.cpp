// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/failing_sqlite.h"

#include <sqlite3.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace mtasts::state {
namespace {

struct Plan {
  std::atomic<bool> active{false};
  std::atomic<Fault> fault{};
  std::atomic<int> number{0};
  std::atomic<bool> lasting{false};
  std::atomic<int> calls{0};
  std::atomic<int> failures{0};
};
Plan plan;

bool fails(Fault fault) {
  if (!plan.active || plan.fault != fault) return false;
  const int call = ++plan.calls;
  if (call != plan.number && !(plan.lasting && call > plan.number)) return false;
  ++plan.failures;
  return true;
}

// Allocations

sqlite3_mem_methods real_memory;

void* allocate(int size_bytes) {
  return fails(Fault::memory) ? nullptr : real_memory.xMalloc(size_bytes);
}

void* resize(void* block, int size_bytes) {
  return fails(Fault::memory) ? nullptr : real_memory.xRealloc(block, size_bytes);
}

// Files: the real one follows its wrapper in memory.

sqlite3_vfs* real_vfs = nullptr;

struct alignas(16) Wrapper {
  sqlite3_file base;
};

sqlite3_file* real_of(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<Wrapper*>(file) + 1);
}
const sqlite3_io_methods& of(sqlite3_file* file) { return *real_of(file)->pMethods; }

int close_file(sqlite3_file* file) { return of(file).xClose(real_of(file)); }

int read_file(sqlite3_file* file, void* to, int size_bytes, sqlite3_int64 at) {
  if (fails(Fault::read)) return SQLITE_IOERR_READ;
  return of(file).xRead(real_of(file), to, size_bytes, at);
}

int write_file(sqlite3_file* file, const void* from, int size_bytes, sqlite3_int64 at) {
  if (fails(Fault::write)) return SQLITE_IOERR_WRITE;
  if (fails(Fault::disk_full)) return SQLITE_FULL;
  if (fails(Fault::short_write)) {
    of(file).xWrite(real_of(file), from, size_bytes / 2, at);
    return SQLITE_FULL;
  }
  return of(file).xWrite(real_of(file), from, size_bytes, at);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size_bytes) {
  if (fails(Fault::truncate)) return SQLITE_IOERR_TRUNCATE;
  return of(file).xTruncate(real_of(file), size_bytes);
}

// Only a power failure could tell the difference, and thousands of syncs take minutes.
int sync_file(sqlite3_file*, int) { return fails(Fault::sync) ? SQLITE_IOERR_FSYNC : SQLITE_OK; }

int size_of_file(sqlite3_file* file, sqlite3_int64* size_bytes) {
  if (fails(Fault::size)) return SQLITE_IOERR_FSTAT;
  return of(file).xFileSize(real_of(file), size_bytes);
}

int lock_file(sqlite3_file* file, int level) {
  if (fails(Fault::lock)) return SQLITE_IOERR_LOCK;
  return of(file).xLock(real_of(file), level);
}

int unlock_file(sqlite3_file* file, int level) { return of(file).xUnlock(real_of(file), level); }

int is_reserved(sqlite3_file* file, int* result) {
  return of(file).xCheckReservedLock(real_of(file), result);
}

int control_file(sqlite3_file* file, int operation, void* argument) {
  return of(file).xFileControl(real_of(file), operation, argument);
}

int sector_of_file(sqlite3_file* file) { return of(file).xSectorSize(real_of(file)); }

int traits_of_file(sqlite3_file* file) { return of(file).xDeviceCharacteristics(real_of(file)); }

int map_shared(sqlite3_file* file, int page, int size_bytes, int extend, void volatile** address) {
  if (fails(Fault::shared_memory)) return SQLITE_IOERR_SHMMAP;
  return of(file).xShmMap(real_of(file), page, size_bytes, extend, address);
}

int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  const bool frees = (flags & SQLITE_SHM_UNLOCK) != 0;
  if (!frees && fails(Fault::lock)) return SQLITE_IOERR_SHMLOCK;
  return of(file).xShmLock(real_of(file), offset, count, flags);
}

void barrier_shared(sqlite3_file* file) { of(file).xShmBarrier(real_of(file)); }

int unmap_shared(sqlite3_file* file, int remove) {
  return of(file).xShmUnmap(real_of(file), remove);
}

const sqlite3_io_methods kMethods = {2,
                                     close_file,
                                     read_file,
                                     write_file,
                                     truncate_file,
                                     sync_file,
                                     size_of_file,
                                     lock_file,
                                     unlock_file,
                                     is_reserved,
                                     control_file,
                                     sector_of_file,
                                     traits_of_file,
                                     map_shared,
                                     lock_shared,
                                     barrier_shared,
                                     unmap_shared,
                                     nullptr,
                                     nullptr};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* got) {
  file->pMethods = nullptr;
  if (fails(Fault::open)) {
    errno = EMFILE;
    return SQLITE_CANTOPEN;
  }
  real_of(file)->pMethods = nullptr;
  const int code = real_vfs->xOpen(real_vfs, name, real_of(file), flags, got);
  if (real_of(file)->pMethods != nullptr) file->pMethods = &kMethods;
  return code;
}

int remove_file(sqlite3_vfs*, const char* name, int sync) {
  if (fails(Fault::remove)) return SQLITE_IOERR_DELETE;
  return real_vfs->xDelete(real_vfs, name, sync);
}

int access_file(sqlite3_vfs*, const char* name, int flags, int* result) {
  return real_vfs->xAccess(real_vfs, name, flags, result);
}

int full_name(sqlite3_vfs*, const char* name, int size_bytes, char* to) {
  return real_vfs->xFullPathname(real_vfs, name, size_bytes, to);
}

int last_error(sqlite3_vfs*, int size_bytes, char* text) {
  return real_vfs->xGetLastError(real_vfs, size_bytes, text);
}

sqlite3_vfs failing_vfs;

// Before anything uses SQLite, which takes no other allocator afterwards.
bool install() {
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory) != SQLITE_OK) std::abort();
  static sqlite3_mem_methods memory = real_memory;
  memory.xMalloc = allocate;
  memory.xRealloc = resize;
  if (sqlite3_config(SQLITE_CONFIG_MALLOC, &memory) != SQLITE_OK) std::abort();
  if (sqlite3_initialize() != SQLITE_OK) std::abort();
  real_vfs = sqlite3_vfs_find(nullptr);
  failing_vfs = *real_vfs;  // time, randomness and names of the real one
  failing_vfs.zName = "failing";
  failing_vfs.pNext = nullptr;
  failing_vfs.szOsFile = real_vfs->szOsFile + static_cast<int>(sizeof(Wrapper));
  failing_vfs.xOpen = open_file;
  failing_vfs.xDelete = remove_file;
  failing_vfs.xAccess = access_file;
  failing_vfs.xFullPathname = full_name;
  failing_vfs.xGetLastError = last_error;
  return sqlite3_vfs_register(&failing_vfs, 1) == SQLITE_OK;
}
const bool installed = install();

}  // namespace

std::string_view name_of(Fault fault) {
  constexpr std::string_view kNames[] = {"memory",      "open", "read",          "write",
                                         "short write", "full", "sync",          "truncate",
                                         "size",        "lock", "shared memory", "remove"};
  return kNames[static_cast<size_t>(fault)];
}

FailingSqlite::FailingSqlite(Fault fault, int number, Lasting lasting) {
  if (!installed || plan.active) std::abort();
  plan.fault = fault;
  plan.number = number;
  plan.lasting = lasting == Lasting::until_mended;
  plan.calls = 0;
  plan.failures = 0;
  plan.active = true;
}

FailingSqlite::~FailingSqlite() { mend(); }

void FailingSqlite::mend() { plan.active = false; }

int FailingSqlite::failures() const { return plan.failures; }

}  // namespace mtasts::state
