/* libSystem on glibc: what differs between them in numbers, structures or names. */
#define _GNU_SOURCE
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "darwin.h"

/* --- what the compiler asks for ---------------------------------------------------------------- */

uintptr_t darwin___stack_chk_guard = 0x595e9fbd94fda766;
void darwin___chkstk_darwin(void) {}
void darwin___bzero(void *p, size_t n) { memset(p, 0, n); }
int *darwin___error(void) { return &errno; }

void darwin___assert_rtn(const char *function, const char *file, int line, const char *what)
{
    fprintf(stderr, "Assertion failed: (%s), function %s, file %s, line %d.\n", what,
            function ? function : "?", file, line);
    abort();
}

static void pattern(char *to, const char *from, size_t size, size_t n)
{
    for (size_t i = 0; i < n; i++) to[i] = from[i % size];
}
void darwin_memset_pattern4(void *to, const void *from, size_t n) { pattern(to, from, 4, n); }
void darwin_memset_pattern8(void *to, const void *from, size_t n) { pattern(to, from, 8, n); }
void darwin_memset_pattern16(void *to, const void *from, size_t n) { pattern(to, from, 16, n); }

/* --- characters: <ctype.h> and <runetype.h> of macOS ------------------------------------------- */

enum {
    A = 0x100, C = 0x200, D = 0x400, G = 0x800, L = 0x1000, P = 0x2000, S = 0x4000, U = 0x8000,
    X = 0x10000, B = 0x20000, R = 0x40000
};

/* struct _RuneLocale, as far as inline functions read it. */
struct {
    char magic[8], encoding[32];
    void *get, *put;
    int32_t invalid;
    uint32_t types[256];
    int32_t lower[256], upper[256];
    char rest[64];
} darwin__DefaultRuneLocale = {"RuneMagA", "NONE"};

static uint32_t type_of(wint_t c)
{
    uint32_t type = (iswalpha(c) ? A : 0) | (iswcntrl(c) ? C : 0) | (iswdigit(c) ? D : 0) |
                    (iswgraph(c) ? G : 0) | (iswlower(c) ? L : 0) | (iswpunct(c) ? P : 0) |
                    (iswspace(c) ? S : 0) | (iswupper(c) ? U : 0) | (iswxdigit(c) ? X : 0) |
                    (iswblank(c) ? B : 0) | (iswprint(c) ? R : 0);
    if (type & X) type |= iswdigit(c) ? c - '0' : (c | 32) - 'a' + 10;
    return type;
}

__attribute__((constructor)) static void fill_runes(void)
{
    for (int c = 0; c < 128; c++) {
        darwin__DefaultRuneLocale.types[c] = type_of(c);
        darwin__DefaultRuneLocale.lower[c] = tolower(c);
        darwin__DefaultRuneLocale.upper[c] = toupper(c);
    }
    for (int c = 128; c < 256; c++)
        darwin__DefaultRuneLocale.lower[c] = darwin__DefaultRuneLocale.upper[c] = c;
}

int darwin___maskrune(int c, unsigned long mask) { return c < 0 ? 0 : type_of(c) & mask; }
int darwin___istype(int c, unsigned long mask) { return c < 0 ? 0 : (type_of(c) & mask) != 0; }
int darwin___isctype(int c, unsigned long mask)
{
    return c < 0 || c > 255 ? 0 : (darwin__DefaultRuneLocale.types[c] & mask) != 0;
}
int darwin___tolower(int c) { return towlower(c); }
int darwin___toupper(int c) { return towupper(c); }
int darwin____mb_cur_max(void) { return MB_CUR_MAX; }

/* --- stdio ------------------------------------------------------------------------------------- */

FILE *darwin___stdinp, *darwin___stdoutp, *darwin___stderrp;
__attribute__((constructor)) static void fill_files(void)
{
    darwin___stdinp = stdin, darwin___stdoutp = stdout, darwin___stderrp = stderr;
}

/* %Lf means a double there: the L goes. */
static char *for_double(const char *format)
{
    char *copy = strdup(format), *to = copy;
    for (const char *from = format; *from; from++) {
        if (*from != '%') { *to++ = *from; continue; }
        *to++ = *from++;
        while (*from && strchr("-+ #'0123456789.*$[]^", *from)) *to++ = *from++;
        if (*from == 'L' && from[1] && strchr("aAeEfFgG", from[1])) from++;
        if (!*from) break;
        *to++ = *from;
    }
    *to = 0;
    return copy;
}

#define FORMATTED(type, name, parameters, call)         \
    type name parameters                                \
    {                                                   \
        UNPACKED(list, rest);                           \
        if (!strchr(format, 'L')) return call;          \
        char *changed = for_double(format);             \
        format = changed;                               \
        type done = call;                               \
        free(changed);                                  \
        return done;                                    \
    }
FORMATTED(int, darwin_vprintf, (const char *format, void *rest), vprintf(format, list))
FORMATTED(int, darwin_vfprintf, (FILE *f, const char *format, void *rest), vfprintf(f, format, list))
FORMATTED(int, darwin_vdprintf, (int f, const char *format, void *rest), vdprintf(f, format, list))
FORMATTED(int, darwin_vsprintf, (char *to, const char *format, void *rest), vsprintf(to, format, list))
FORMATTED(int, darwin_vsnprintf, (char *to, size_t n, const char *format, void *rest),
          vsnprintf(to, n, format, list))
FORMATTED(int, darwin_vasprintf, (char **to, const char *format, void *rest),
          vasprintf(to, format, list))
FORMATTED(int, darwin_vsprintf_chk, (char *to, int flag, size_t n, const char *format, void *rest),
          ((void)flag, (void)n, vsprintf(to, format, list)))
FORMATTED(int, darwin_vsnprintf_chk,
          (char *to, size_t n, int flag, size_t room, const char *format, void *rest),
          ((void)flag, (void)room, vsnprintf(to, n, format, list)))
FORMATTED(int, darwin_vsscanf, (const char *from, const char *format, void *rest),
          vsscanf(from, format, list))
FORMATTED(int, darwin_vfscanf, (FILE *f, const char *format, void *rest), vfscanf(f, format, list))
FORMATTED(int, darwin_vscanf, (const char *format, void *rest), vscanf(format, list))

/* --- files ------------------------------------------------------------------------------------- */

/* Flags of open(2): <fcntl.h> there, and here. */
static const int open_flags[][2] = {
    {0x4, O_NONBLOCK}, {0x8, O_APPEND}, {0x80, O_SYNC}, {0x100, O_NOFOLLOW}, {0x200, O_CREAT},
    {0x400, O_TRUNC}, {0x800, O_EXCL}, {0x20000, O_NOCTTY}, {0x100000, O_DIRECTORY},
    {0x400000, O_DSYNC}, {0x1000000, O_CLOEXEC},
};

static int flags_here(int flags)
{
    int here = flags & 3;
    for (size_t i = 0; i < sizeof open_flags / sizeof *open_flags; i++)
        if (flags & open_flags[i][0]) here |= open_flags[i][1];
    return here;
}

static int flags_there(int flags)
{
    int there = flags & 3;
    for (size_t i = 0; i < sizeof open_flags / sizeof *open_flags; i++)
        if ((flags & open_flags[i][1]) == open_flags[i][1]) there |= open_flags[i][0];
    return there;
}

int darwin_open_list(const char *path, int flags, void *rest)
{
    return open(path, flags_here(flags), flags & 0x200 ? NEXT(rest, int) : 0);
}

int darwin_openat_list(int folder, const char *path, int flags, void *rest)
{
    return openat(folder == -2 ? AT_FDCWD : folder, path, flags_here(flags),
                  flags & 0x200 ? NEXT(rest, int) : 0);
}

struct darwin_flock { int64_t start, length; int32_t pid; int16_t type, whence; };

int darwin_fcntl_list(int file, int command, void *rest)
{
    switch (command) {
    case 0: return fcntl(file, F_DUPFD, NEXT(rest, int));
    case 67: return fcntl(file, F_DUPFD_CLOEXEC, NEXT(rest, int));
    case 1: return fcntl(file, F_GETFD);
    case 2: return fcntl(file, F_SETFD, NEXT(rest, int));
    case 3: {
        int flags = fcntl(file, F_GETFL);
        return flags < 0 ? flags : flags_there(flags);
    }
    case 4: return fcntl(file, F_SETFL, flags_here(NEXT(rest, int)));
    case 7: case 8: case 9: {
        static const short types_here[] = {0, F_RDLCK, F_UNLCK, F_WRLCK};
        struct darwin_flock *there = NEXT(rest, struct darwin_flock *);
        struct flock here = {.l_type = types_here[there->type & 3], .l_whence = there->whence,
                             .l_start = there->start, .l_len = there->length, .l_pid = 0};
        int done = fcntl(file, command == 7 ? F_GETLK : command == 8 ? F_SETLK : F_SETLKW, &here);
        if (command == 7 && done == 0) {
            there->type = here.l_type == F_RDLCK ? 1 : here.l_type == F_WRLCK ? 3 : 2;
            there->whence = here.l_whence, there->start = here.l_start;
            there->length = here.l_len, there->pid = here.l_pid;
        }
        return done;
    }
    case 48: case 45: return 0;           /* F_NOCACHE, F_RDAHEAD: advice */
    case 51: case 85: return fsync(file); /* F_FULLFSYNC, F_BARRIERFSYNC */
    }
    errno = EINVAL;
    return -1;
}

int darwin_ioctl_list(int file, unsigned long request, void *rest)
{
    (void)file, (void)request, (void)rest;
    errno = ENOTTY; /* no request has the same number */
    return -1;
}

/* struct stat with 64-bit inodes. */
struct darwin_stat {
    int32_t dev; uint16_t mode, nlink; uint64_t ino; uint32_t uid, gid; int32_t rdev;
    struct timespec atime, mtime, ctime, birthtime;
    int64_t size, blocks; int32_t blksize; uint32_t flags, gen; int32_t spare; int64_t more[2];
};

static int stat_there(int done, const struct stat *here, struct darwin_stat *there)
{
    if (done) return done;
    *there = (struct darwin_stat){
        .dev = here->st_dev, .mode = here->st_mode, .nlink = here->st_nlink, .ino = here->st_ino,
        .uid = here->st_uid, .gid = here->st_gid, .rdev = here->st_rdev, .atime = here->st_atim,
        .mtime = here->st_mtim, .ctime = here->st_ctim, .birthtime = here->st_ctim,
        .size = here->st_size, .blocks = here->st_blocks, .blksize = here->st_blksize};
    return 0;
}

int darwin_stat(const char *path, struct darwin_stat *there)
{
    struct stat here;
    return stat_there(stat(path, &here), &here, there);
}
int darwin_lstat(const char *path, struct darwin_stat *there)
{
    struct stat here;
    return stat_there(lstat(path, &here), &here, there);
}
int darwin_fstat(int file, struct darwin_stat *there)
{
    struct stat here;
    return stat_there(fstat(file, &here), &here, there);
}

void *darwin_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset)
{
    int here = flags & (MAP_SHARED | MAP_PRIVATE | MAP_FIXED);
    if (flags & 0x1000) here |= MAP_ANONYMOUS;
    if (flags & 0x40) here |= MAP_NORESERVE;
    return mmap(at, size, protection, here, file, offset);
}

int darwin_msync(void *at, size_t size, int flags)
{
    int here = (flags & 1 ? MS_ASYNC : 0) | (flags & 2 ? MS_INVALIDATE : 0);
    return msync(at, size, here | (flags & 0x10 || !(flags & 1) ? MS_SYNC : 0));
}

int darwin_madvise(void *at, size_t size, int advice)
{
    static const int here[] = {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_NORMAL};
    return advice < 0 || advice > 4 ? 0 : madvise(at, size, here[advice]);
}

long darwin_sysconf(int name)
{
    switch (name) {
    case 1: return sysconf(_SC_ARG_MAX);
    case 2: return sysconf(_SC_CHILD_MAX);
    case 3: return sysconf(_SC_CLK_TCK);
    case 5: return sysconf(_SC_OPEN_MAX);
    case 29: return 16384; /* the page of an Apple Silicon Mac; ours divides it */
    case 57: return sysconf(_SC_NPROCESSORS_CONF);
    case 58: return sysconf(_SC_NPROCESSORS_ONLN);
    case 70: return sysconf(_SC_GETGR_R_SIZE_MAX);
    case 71: return sysconf(_SC_GETPW_R_SIZE_MAX);
    case 200: return sysconf(_SC_PHYS_PAGES);
    }
    errno = EINVAL;
    return -1;
}
int darwin_getpagesize(void) { return 16384; }

int darwin_getrusage(int who, struct rusage *to)
{
    int done = getrusage(who, to); /* the same structure, but for one unit */
    if (!done) to->ru_maxrss *= 1024;
    return done;
}

sem_t *darwin_sem_open_list(const char *name, int flags, void *rest)
{
    if (!(flags & 0x200)) return sem_open(name, flags_here(flags));
    mode_t mode = NEXT(rest, int);
    unsigned value = NEXT(rest, unsigned);
    return sem_open(name, flags_here(flags), mode, value);
}

/* --- time -------------------------------------------------------------------------------------- */

static clockid_t clock_here(int clock)
{
    switch (clock) {
    case 4: case 5: return CLOCK_MONOTONIC_RAW;
    case 6: case 8: case 9: return CLOCK_MONOTONIC;
    case 12: return CLOCK_PROCESS_CPUTIME_ID;
    case 16: return CLOCK_THREAD_CPUTIME_ID;
    }
    return CLOCK_REALTIME;
}
int darwin_clock_gettime(int clock, struct timespec *to) { return clock_gettime(clock_here(clock), to); }
int darwin_clock_getres(int clock, struct timespec *to) { return clock_getres(clock_here(clock), to); }
uint64_t darwin_clock_gettime_nsec_np(int clock)
{
    struct timespec now;
    return clock_gettime(clock_here(clock), &now) ? 0 : now.tv_sec * 1000000000ull + now.tv_nsec;
}
uint64_t darwin_mach_absolute_time(void) { return darwin_clock_gettime_nsec_np(6); }
uint64_t darwin_mach_continuous_time(void) { return darwin_clock_gettime_nsec_np(6); }
int darwin_mach_timebase_info(uint32_t parts[2])
{
    parts[0] = parts[1] = 1;
    return 0;
}

/* --- threads ----------------------------------------------------------------------------------- */

/* Objects are no larger here. Those with Apple's initialisers become ours when they are first used. */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
#define LONG(p) (*(volatile uint64_t *)(p))

static void make_mutex(pthread_mutex_t *m)
{
    uint64_t sign = LONG(m);
    if (sign < 0x32AAABA1 || sign > 0x32AAABA7) return;
    pthread_mutex_lock(&making);
    if (LONG(m) == sign) {
        pthread_mutexattr_t kind;
        pthread_mutexattr_init(&kind);
        pthread_mutexattr_settype(&kind, sign == 0x32AAABA2   ? PTHREAD_MUTEX_RECURSIVE
                                         : sign == 0x32AAABA1 ? PTHREAD_MUTEX_ERRORCHECK
                                                              : PTHREAD_MUTEX_NORMAL);
        pthread_mutex_t made;
        pthread_mutex_init(&made, &kind);
        memcpy((char *)m + 8, (char *)&made + 8, sizeof made - 8);
        LONG(m) = LONG(&made);
    }
    pthread_mutex_unlock(&making);
}

#define MADE(kind, type, sign)                          \
    static void make_##kind(type *object)               \
    {                                                   \
        if (LONG(object) != (sign)) return;             \
        pthread_mutex_lock(&making);                    \
        if (LONG(object) == (sign)) memset((void *)object, 0, sizeof *object); \
        pthread_mutex_unlock(&making);                  \
    }
MADE(cond, pthread_cond_t, 0x3CB0B1BB)
MADE(rwlock, pthread_rwlock_t, 0x2DA8B3B4)

int darwin_pthread_mutex_lock(pthread_mutex_t *m) { return make_mutex(m), pthread_mutex_lock(m); }
int darwin_pthread_mutex_trylock(pthread_mutex_t *m) { return make_mutex(m), pthread_mutex_trylock(m); }
int darwin_pthread_mutex_unlock(pthread_mutex_t *m) { return make_mutex(m), pthread_mutex_unlock(m); }
int darwin_pthread_mutex_destroy(pthread_mutex_t *m) { return make_mutex(m), pthread_mutex_destroy(m); }

int darwin_pthread_mutexattr_settype(pthread_mutexattr_t *kind, int type)
{
    static const int here[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_RECURSIVE};
    return type < 0 || type > 2 ? EINVAL : pthread_mutexattr_settype(kind, here[type]);
}
int darwin_pthread_mutexattr_setpshared(pthread_mutexattr_t *kind, int shared)
{
    return pthread_mutexattr_setpshared(kind, shared == 1);
}
int darwin_pthread_condattr_setpshared(pthread_condattr_t *kind, int shared)
{
    return pthread_condattr_setpshared(kind, shared == 1);
}

int darwin_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
    return make_cond(c), make_mutex(m), pthread_cond_wait(c, m);
}
int darwin_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
    int done = (make_cond(c), make_mutex(m), pthread_cond_timedwait(c, m, until));
    return done == ETIMEDOUT ? 60 : done; /* its number there */
}
int darwin_pthread_cond_timedwait_relative_np(pthread_cond_t *c, pthread_mutex_t *m,
                                              const struct timespec *span)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += span->tv_sec, until.tv_nsec += span->tv_nsec;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    return darwin_pthread_cond_timedwait(c, m, &until);
}
int darwin_pthread_cond_signal(pthread_cond_t *c) { return make_cond(c), pthread_cond_signal(c); }
int darwin_pthread_cond_broadcast(pthread_cond_t *c) { return make_cond(c), pthread_cond_broadcast(c); }
int darwin_pthread_cond_destroy(pthread_cond_t *c) { return make_cond(c), pthread_cond_destroy(c); }
int darwin_pthread_rwlock_rdlock(pthread_rwlock_t *l) { return make_rwlock(l), pthread_rwlock_rdlock(l); }
int darwin_pthread_rwlock_wrlock(pthread_rwlock_t *l) { return make_rwlock(l), pthread_rwlock_wrlock(l); }
int darwin_pthread_rwlock_tryrdlock(pthread_rwlock_t *l)
{
    return make_rwlock(l), pthread_rwlock_tryrdlock(l);
}
int darwin_pthread_rwlock_trywrlock(pthread_rwlock_t *l)
{
    return make_rwlock(l), pthread_rwlock_trywrlock(l);
}
int darwin_pthread_rwlock_unlock(pthread_rwlock_t *l) { return make_rwlock(l), pthread_rwlock_unlock(l); }
int darwin_pthread_rwlock_destroy(pthread_rwlock_t *l) { return make_rwlock(l), pthread_rwlock_destroy(l); }

int darwin_pthread_once(uint64_t once[2], void (*begin)(void))
{
    static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    if (__atomic_load_n(&once[1], __ATOMIC_ACQUIRE) == 2) return 0;
    pthread_mutex_lock(&recursive);
    if (once[1] == 0) {
        once[1] = 1;
        begin();
        __atomic_store_n(&once[1], 2, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&recursive);
    return 0;
}

int darwin_pthread_key_create(uint64_t *key, void (*end)(void *))
{
    pthread_key_t here;
    int done = pthread_key_create(&here, end);
    *key = here;
    return done;
}
unsigned darwin_pthread_mach_thread_np(pthread_t t) { return (unsigned)(uintptr_t)t; }
int darwin_pthread_threadid_np(pthread_t t, uint64_t *id)
{
    *id = t ? (uintptr_t)t : (uintptr_t)pthread_self();
    return 0;
}
int darwin_pthread_main_np(void) { return getpid() == gettid(); }
int darwin_pthread_setname_np(const char *name) { return pthread_setname_np(pthread_self(), name); }

/* pthread_atfork is no function of glibc's shared library. */
extern int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);
int darwin_pthread_atfork(void (*before)(void), void (*parent)(void), void (*child)(void))
{
    return __register_atfork(before, parent, child, NULL);
}

void darwin_os_unfair_lock_lock(uint32_t *lock)
{
    while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE)) sched_yield();
}
int darwin_os_unfair_lock_trylock(uint32_t *lock)
{
    return !__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE);
}
void darwin_os_unfair_lock_unlock(uint32_t *lock) { __atomic_store_n(lock, 0, __ATOMIC_RELEASE); }

void *darwin_dispatch_semaphore_create(long value)
{
    sem_t *made = malloc(sizeof *made);
    if (made) sem_init(made, 0, value);
    return made;
}
long darwin_dispatch_semaphore_signal(sem_t *semaphore) { return sem_post(semaphore), 0; }
long darwin_dispatch_semaphore_wait(sem_t *semaphore, uint64_t until)
{
    if (until == ~0ull) { /* DISPATCH_TIME_FOREVER */
        while (sem_wait(semaphore)) {}
        return 0;
    }
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    int64_t left = until ? (int64_t)(until - darwin_mach_absolute_time()) : 0;
    if (left > 0) {
        end.tv_sec += left / 1000000000, end.tv_nsec += left % 1000000000;
        if (end.tv_nsec >= 1000000000) end.tv_sec++, end.tv_nsec -= 1000000000;
    }
    return sem_timedwait(semaphore, &end) ? 1 : 0;
}
uint64_t darwin_dispatch_time(uint64_t from, int64_t span)
{
    return (from ? from : darwin_mach_absolute_time()) + span;
}
void darwin_dispatch_release(void *object) { free(object); }
void darwin_dispatch_once(int64_t *once, void **block)
{
    static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    if (__atomic_load_n(once, __ATOMIC_ACQUIRE) == ~0ll) return;
    pthread_mutex_lock(&recursive);
    if (*once != ~0ll) {
        ((void (*)(void *))block[2])(block);
        __atomic_store_n(once, ~0ll, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&recursive);
}
void darwin_dispatch_once_f(int64_t *once, void *with, void (*begin)(void *))
{
    static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    if (__atomic_load_n(once, __ATOMIC_ACQUIRE) == ~0ll) return;
    pthread_mutex_lock(&recursive);
    if (*once != ~0ll) {
        begin(with);
        __atomic_store_n(once, ~0ll, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&recursive);
}

/* --- libc++: objects that begin as Apple's headers make them -------------------------------------- */

struct unique_lock { pthread_mutex_t *mutex; char owns; };

void darwin__ZNSt3__15mutex4lockEv(pthread_mutex_t *m) { darwin_pthread_mutex_lock(m); }
char darwin__ZNSt3__15mutex8try_lockEv(pthread_mutex_t *m) { return !darwin_pthread_mutex_trylock(m); }
void darwin__ZNSt3__15mutex6unlockEv(pthread_mutex_t *m) { darwin_pthread_mutex_unlock(m); }
void darwin__ZNSt3__15mutexD1Ev(pthread_mutex_t *m) { darwin_pthread_mutex_destroy(m); }
void darwin__ZNSt3__118condition_variable10notify_oneEv(pthread_cond_t *c) { darwin_pthread_cond_signal(c); }
void darwin__ZNSt3__118condition_variable10notify_allEv(pthread_cond_t *c)
{
    darwin_pthread_cond_broadcast(c);
}
void darwin__ZNSt3__118condition_variable4waitERNS_11unique_lockINS_5mutexEEE(pthread_cond_t *c,
                                                                          struct unique_lock *lock)
{
    darwin_pthread_cond_wait(c, lock->mutex);
}
void darwin__ZNSt3__118condition_variable15__do_timed_waitERNS_11unique_lockINS_5mutexEEENS_6chrono10time_pointINS5_12system_clockENS5_8durationIxNS_5ratioILl1ELl1000000000EEEEEEE(
    pthread_cond_t *c, struct unique_lock *lock, int64_t until)
{
    struct timespec end = {until / 1000000000, until % 1000000000};
    darwin_pthread_cond_timedwait(c, lock->mutex, &end);
}
void darwin__ZNSt3__118condition_variableD1Ev(pthread_cond_t *c) { darwin_pthread_cond_destroy(c); }

/* --- thread-local variables --------------------------------------------------------------------- */

/* What elf_image.py writes once for each image; a descriptor's second word points to it. */
struct image_locals { pthread_key_t key; uint32_t made; char *begin; uint64_t size, alignment; };
struct descriptor { void *thunk; struct image_locals *image; uint64_t offset; };

void *darwin_find_thread_local(struct descriptor *variable)
{
    struct image_locals *image = variable->image;
    if (!__atomic_load_n(&image->made, __ATOMIC_ACQUIRE)) {
        pthread_mutex_lock(&making);
        if (!image->made) {
            pthread_key_create(&image->key, free);
            __atomic_store_n(&image->made, 1, __ATOMIC_RELEASE);
        }
        pthread_mutex_unlock(&making);
    }
    char *own = pthread_getspecific(image->key);
    if (!own) {
        if (posix_memalign((void **)&own, image->alignment, image->size + 1)) abort();
        memcpy(own, image->begin, image->size);
        pthread_setspecific(image->key, own);
    }
    return own + variable->offset;
}

extern int __cxa_thread_atexit_impl(void (*)(void *), void *, void *);
void darwin__tlv_atexit(void (*end)(void *), void *object)
{
    __cxa_thread_atexit_impl(end, object, &making);
}
