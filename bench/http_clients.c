/* Clients of an HTTP server that keep their connections: as many requests as they can, or so many a second.

   http_clients HOST PORT CONNECTIONS SECONDS RATE FILE

   FILE has requests as they are sent, each behind a line with its length in bytes; they are sent in turn. With a RATE
   each is sent at its moment, and its time counts from then, however long it had to wait for a connection; without (0) a
   connection sends its next one as soon as it has its answer. The last line of output is JSON. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, BUFFER = 1 << 18, HEAD = 8192 };

struct client {
    int fd;
    int busy;
    int64_t due;
    const char *out;
    size_t left;
    char head[HEAD + 1];
    size_t head_length;
    int in_body, status, close;
    long body_left; /* -1: chunked */
    char tail[5];   /* the end of a chunked body */
};

struct request {
    const char *data;
    size_t length;
};

static struct sockaddr_in address;
static int poller;
static struct request *requests;
static long count, next_request, sent, answered, failed, bytes, statuses[600];
static float *samples;
static long taken, room;
static char buffer[BUFFER];

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void watch(struct client *c, int out) {
    struct epoll_event e = {.events = EPOLLIN | (out ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e);
}

static void open_it(struct client *c) {
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) die("socket");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) die("connect");
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e) < 0) die("epoll_ctl");
}

static void done(struct client *c, int good) {
    if (good) {
        answered++;
        if (c->status < 600) statuses[c->status]++;
        if (taken < room) samples[taken++] = (now_ns() - c->due) / 1e6f;
    } else
        failed++;
    c->busy = 0;
    if (!good || c->close) {
        close(c->fd);
        c->fd = -1;
    }
}

static void push(struct client *c) {
    while (c->left) {
        ssize_t wrote = write(c->fd, c->out, c->left);
        if (wrote < 0 && (errno == EAGAIN || errno == ENOTCONN || errno == EINPROGRESS)) {
            watch(c, 1);
            return;
        }
        if (wrote < 0) {
            done(c, 0);
            return;
        }
        c->out += wrote;
        c->left -= wrote;
    }
    watch(c, 0);
}

static void send_next(struct client *c, int64_t due) {
    struct request *r = &requests[next_request++ % count];
    if (c->fd < 0) open_it(c);
    c->busy = 1;
    c->due = due;
    c->out = r->data;
    c->left = r->length;
    c->head_length = c->in_body = c->status = c->close = 0;
    memset(c->tail, 0, sizeof c->tail);
    sent++;
    push(c);
}

static void read_head(struct client *c) {
    char *length = strcasestr(c->head, "\r\ncontent-length:");
    c->status = atoi(c->head + 9);
    c->close = strcasestr(c->head, "\r\nconnection: close") != NULL;
    c->in_body = 1;
    if (c->status == 304 || c->status == 204)
        c->body_left = 0;
    else
        c->body_left = length ? atol(length + 17) : -1;
}

static void take(struct client *c, char *at, size_t got) {
    bytes += got;
    if (!c->in_body) {
        size_t fits = got < HEAD - c->head_length ? got : HEAD - c->head_length;
        memcpy(c->head + c->head_length, at, fits);
        c->head[c->head_length + fits] = 0;
        char *end = strstr(c->head, "\r\n\r\n");
        if (end == NULL) {
            c->head_length += fits;
            return;
        }
        size_t used = end + 4 - (c->head + c->head_length);
        end[2] = 0;
        read_head(c);
        at += used;
        got -= used;
    }
    if (c->body_left >= 0) {
        c->body_left -= got;
        if (c->body_left <= 0) done(c, 1);
        return;
    }
    size_t keep = got < 5 ? got : 5;
    memmove(c->tail, c->tail + keep, 5 - keep);
    memcpy(c->tail + 5 - keep, at + got - keep, keep);
    if (memcmp(c->tail, "0\r\n\r\n", 5) == 0) done(c, 1);
}

static void load(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) die(path);
    long size = 0;
    while (fscanf(file, "%ld", &size) == 1) {
        fgetc(file);
        char *data = malloc(size);
        if (fread(data, 1, size, file) != (size_t)size) die("the file of requests ends too early");
        requests = realloc(requests, (count + 1) * sizeof *requests);
        requests[count].data = data;
        requests[count++].length = size;
    }
    fclose(file);
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static float percentile(double p) {
    return taken ? samples[(long)(p * (taken - 1) + 0.5)] : 0;
}

int main(int argc, char **argv) {
    struct epoll_event events[EVENTS];
    struct rusage used;
    if (argc != 7) return 2;
    int connections = atoi(argv[3]);
    double seconds = atof(argv[4]), rate = atof(argv[5]);
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(argv[2]));
    if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) return 2;
    load(argv[6]);
    struct client *clients = calloc(connections, sizeof *clients);
    for (int i = 0; i < connections; i++) clients[i].fd = -1;
    room = rate > 0 ? (long)(rate * seconds) + 1 : 20000000;
    samples = malloc(room * sizeof *samples);
    poller = epoll_create1(0);
    int64_t start = now_ns(), end = start + (int64_t)(seconds * 1e9);
    long planned = (long)(rate * seconds + 0.5);
    for (;;) {
        int64_t now = now_ns(), due = start + (rate > 0 ? (int64_t)(sent * 1e9 / rate) : 0);
        int busy = 0;
        for (int i = 0; i < connections; i++) {
            if (!clients[i].busy && (rate > 0 ? sent < planned && due <= now : now < end)) {
                send_next(&clients[i], rate > 0 ? due : now);
                due = start + (rate > 0 ? (int64_t)(sent * 1e9 / rate) : 0);
            }
            busy += clients[i].busy;
        }
        if (!busy && (rate > 0 ? sent >= planned : now >= end)) break;
        if (now > end + 60000000000LL) break; /* who has no answer by then gets none */
        int idle = rate > 0 && sent < planned && busy < connections;
        int wait = !idle ? 100 : due > now ? (int)((due - now) / 1000000) : 0;
        int ready = epoll_wait(poller, events, EVENTS, wait);
        for (int i = 0; i < ready; i++) {
            struct client *c = events[i].data.ptr;
            if (c->fd < 0) continue;
            if (events[i].events & EPOLLOUT) push(c);
            if (c->fd < 0 || !(events[i].events & ~EPOLLOUT)) continue;
            ssize_t got = read(c->fd, buffer, sizeof buffer);
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (got > 0 && c->busy)
                take(c, buffer, got);
            else if (c->busy)
                done(c, 0);
            else {
                close(c->fd);
                c->fd = -1;
            }
        }
    }
    getrusage(RUSAGE_SELF, &used);
    qsort(samples, taken, sizeof *samples, by_size);
    printf("{\"sent\": %ld, \"answered\": %ld, \"failed\": %ld, \"bytes\": %ld, \"seconds\": %.3f, \"p50\": %.3f, "
           "\"p99\": %.3f, \"max\": %.3f, \"cpu\": %.3f, \"statuses\": {",
           sent, answered, failed, bytes, (now_ns() - start) / 1e9, percentile(0.5), percentile(0.99), percentile(1),
           used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    const char *comma = "";
    for (int i = 0; i < 600; i++)
        if (statuses[i]) {
            printf("%s\"%d\": %ld", comma, i, statuses[i]);
            comma = ", ";
        }
    printf("}}\n");
    return 0;
}
