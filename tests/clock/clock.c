/*
 * A real-time clock that a test sets, for every process that loads this library (LD_PRELOAD or /etc/ld.so.preload).
 *
 * CLOCK_FILE names a file of two 64-bit numbers, mapped before main(): what is added to the kernel's time, and, if it is
 * not zero, the time at which the clock stands still; both in nanoseconds. A test may change them at any time. Without
 * CLOCK_FILE, /run/otp-test/clock is looked for; without that, CLOCK_OFFSET or CLOCK_SECONDS say the same in seconds.
 * Only real time is touched: monotonic clocks and timers go on as they are. CLOCK_SYNCHRONISED=yes or =no is what
 * adjtimex() says of the kernel's clock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

struct setting {
	_Atomic int64_t offset;
	_Atomic int64_t frozen;
};

static struct setting own;
static const struct setting *setting = &own;

static void from_environment(void)
{
	const char *offset = secure_getenv("CLOCK_OFFSET");
	const char *seconds = secure_getenv("CLOCK_SECONDS");
	if (offset)
		own.offset = strtoll(offset, NULL, 10) * SECOND;
	if (seconds)
		own.frozen = strtoll(seconds, NULL, 10) * SECOND;
}

__attribute__((constructor)) static void begin(void)
{
	int saved = errno;
	const char *path = secure_getenv("CLOCK_FILE");
	int fd = open(path ? path : "/run/otp-test/clock", O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		from_environment();
	} else {
		void *map = mmap(NULL, sizeof(struct setting), PROT_READ, MAP_SHARED, fd, 0);
		if (map != MAP_FAILED)
			setting = map;
		close(fd);
	}
	errno = saved;
}

static int64_t adjusted(int64_t now)
{
	int64_t frozen = setting->frozen;
	return frozen ? frozen : now + setting->offset;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int result = (int)syscall(SYS_clock_gettime, clock, ts);
	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI)) {
		int64_t now = adjusted((int64_t)ts->tv_sec * SECOND + ts->tv_nsec);
		ts->tv_sec = now / SECOND;
		ts->tv_nsec = now % SECOND;
		if (ts->tv_nsec < 0) {
			ts->tv_nsec += SECOND;
			ts->tv_sec -= 1;
		}
	}
	return result;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;
	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
		return -1;
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

int adjtimex(struct timex *timex)
{
	int state = (int)syscall(SYS_adjtimex, timex);
	const char *said = secure_getenv("CLOCK_SYNCHRONISED");
	if (said && state >= 0) {
		int kept = said[0] == 'y';
		timex->status = kept ? STA_PLL : STA_UNSYNC;
		state = kept ? TIME_OK : TIME_ERROR;
	}
	return state;
}

time_t time(time_t *out)
{
	struct timespec ts;
	if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
		return -1;
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}
