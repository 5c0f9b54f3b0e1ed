/* Clients of an event stream: many connections, everything read, and how long each marked message took.

   stream_clients HOST PORT PATH CONNECTIONS MARKS new|all [HEADER]...

   A mark is '@', 19 digits, '@': when it was published, in ns of CLOCK_MONOTONIC, which all processes of a machine share.
   "new": those that are older than the connection count for nothing, as who joins may be given some; "all": they count.
   Once all connections have their answer's headers, a line of JSON says so; another one, with the times, is the last,
   when every connection has read MARKS marks or standard input has ended. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IN_PROGRESS = 256, EVENTS = 1024, BUFFER = 1 << 18, DIGITS = 19 };

struct client {
    int fd;
    int state; /* 0: connecting, 1: reads headers, 2: reads the stream */
    int status_ok;
    int newlines; /* of the blank line behind the headers */
    int digits;   /* read of a mark, -1: none begun */
    int64_t mark, opened;
    long marks;
};

static struct client *clients;
static float *samples;
static long taken, room;
static int begun, in_progress, connected, lost, refused, complete, also_old;
static char request[65536], buffer[BUFFER];
static struct sockaddr_in address;
static int poller;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double cpu_s(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void leave(struct client *c) {
    if (c->fd < 0) return;
    close(c->fd);
    c->fd = -1;
    if (c->state < 2) {
        in_progress--;
        refused++;
    } else
        lost++;
}

static void begin(struct client *c) {
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) die("socket");
    c->digits = -1;
    c->opened = now_ns();
    in_progress++;
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) die("connect");
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e) < 0) die("epoll_ctl");
}

static void ask(struct client *c) {
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    size_t length = strlen(request);
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error || write(c->fd, request, length) != (ssize_t)length) {
        leave(c);
        return;
    }
    c->state = 1;
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e);
}

/* Skips what is left of the headers; returns where the body begins, or the end. */
static char *headers(struct client *c, char *at, char *end) {
    if (!c->status_ok) {
        c->status_ok = 1;
        if (end - at < 12 || memcmp(at + 9, "200", 3) != 0) {
            leave(c);
            return end;
        }
    }
    for (; at < end; at++) {
        if (*at == '\n') {
            if (++c->newlines == 2) {
                c->state = 2;
                in_progress--;
                connected++;
                return at + 1;
            }
        } else if (*at != '\r')
            c->newlines = 0;
    }
    return at;
}

static void marks(struct client *c, char *at, char *end, int64_t now, long wanted) {
    while (at < end) {
        if (c->digits < 0) {
            at = memchr(at, '@', end - at);
            if (at == NULL) return;
            at++;
            c->digits = 0;
            c->mark = 0;
            continue;
        }
        if (*at >= '0' && *at <= '9' && c->digits < DIGITS) {
            c->mark = c->mark * 10 + (*at++ - '0');
            c->digits++;
        } else if (*at == '@' && c->digits == DIGITS) {
            at++;
            c->digits = -1;
            if (c->mark < c->opened && !also_old) continue;
            if (taken < room) samples[taken++] = (now - c->mark) / 1e6f;
            if (++c->marks == wanted) complete++;
        } else
            c->digits = -1; /* it was no mark */
    }
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static float percentile(double p) {
    return taken ? samples[(long)(p * (taken - 1) + 0.5)] : 0;
}

int main(int argc, char **argv) {
    struct rlimit files;
    struct epoll_event events[EVENTS];
    if (argc < 7) return 2;
    also_old = strcmp(argv[6], "all") == 0;
    int count = atoi(argv[4]), told = 0, over = 0;
    long wanted = atol(argv[5]);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(argv[2]));
    if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) return 2;
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s:%s\r\nAccept: text/event-stream\r\n",
                          argv[3], argv[1], argv[2]);
    for (int i = 7; i < argc; i++)
        length += snprintf(request + length, sizeof request - length, "%s\r\n", argv[i]);
    snprintf(request + length, sizeof request - length, "\r\n");
    clients = calloc(count, sizeof *clients);
    room = (long)count * (wanted + 8);
    samples = malloc(room * sizeof *samples);
    poller = epoll_create1(0);
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, 0, &input) < 0) die("standard input");
    int64_t start = now_ns();
    double cpu_connected = 0;
    while (!over && complete < count - lost - refused) {
        while (begun < count && in_progress < IN_PROGRESS) begin(&clients[begun++]);
        int ready = epoll_wait(poller, events, EVENTS, 1000);
        for (int i = 0; i < ready; i++) {
            struct client *c = events[i].data.ptr;
            if (c == NULL) {
                if (read(0, buffer, sizeof buffer) <= 0) over = 1;
                continue;
            }
            if (c->fd < 0) continue;
            if (c->state == 0) {
                ask(c);
                continue;
            }
            ssize_t got = read(c->fd, buffer, sizeof buffer);
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (got <= 0) {
                leave(c);
                continue;
            }
            int64_t now = now_ns();
            char *at = buffer, *end = buffer + got;
            if (c->state == 1) at = headers(c, at, end);
            if (c->fd >= 0 && c->state == 2) marks(c, at, end, now, wanted);
        }
        if (!told && connected + refused + lost >= count) {
            told = 1;
            cpu_connected = cpu_s();
            printf("{\"connected\": %d, \"refused\": %d, \"seconds\": %.3f, \"cpu\": %.3f}\n", connected, refused,
                   (now_ns() - start) / 1e9, cpu_connected);
            fflush(stdout);
        }
    }
    double seconds = (now_ns() - start) / 1e9, cpu = cpu_s() - cpu_connected;
    qsort(samples, taken, sizeof *samples, by_size);
    printf("{\"marks\": %ld, \"complete\": %d, \"lost\": %d, \"refused\": %d, \"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f, "
           "\"cpu\": %.3f, \"seconds\": %.3f}\n",
           taken, complete, lost, refused, percentile(0.5), percentile(0.99), percentile(1), cpu, seconds);
    return 0;
}
