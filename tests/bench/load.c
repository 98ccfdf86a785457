/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Load for the benchmark: sends signed pushes over several kept connections, one at a time on each,
 * and prints as JSON how many answers of which status came, how fast, and after how long.
 *
 * usage: load PORT CONNECTIONS COUNT SECRET BODY-FILE
 *
 * Each push is the file with its own commit id in place of @COMMIT@, and has its own delivery id.
 * All are signed before the clock starts: what is measured is the server. One thread, one epoll.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PLACE         "@COMMIT@"
#define EVENTS_A_LOOK 64
#define READ_BYTES    4096

typedef struct {
  char *commit;    /* 40 hex digits */
  char *signature; /* 64 hex digits */
} Push;

typedef struct {
  int fd;
  GString *out;
  gsize written;
  GString *in;
  gint64 begun_us;
} Connection;

typedef struct {
  guint16 port;
  char **parts; /* of the body, around each @COMMIT@ */
  Push *pushes;
  guint count;
  guint next;
  guint answered;
  GArray *latencies_us; /* (element-type gint64) */
  GHashTable *statuses; /* status → how many */
  int epoll;
} Load;

static char *
dup_body (const Load *self, const Push *push)
{
  return g_strjoinv (push->commit, self->parts);
}

static void
sign_all (Load *self, const char *secret)
{
  self->pushes = g_new0 (Push, self->count);
  for (guint i = 0; i < self->count; i++) {
    Push *push = &self->pushes[i];
    g_autofree char *name = g_strdup_printf ("%u %" G_GINT64_FORMAT, i, g_get_real_time ());
    g_autofree char *body = NULL;

    push->commit = g_compute_checksum_for_string (G_CHECKSUM_SHA1, name, -1);
    body = dup_body (self, push);
    push->signature = g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guint8 *)secret,
                                                 strlen (secret), body, (gssize)strlen (body));
  }
}

static void
write_more (Connection *connection)
{
  while (connection->written < connection->out->len) {
    ssize_t put = send (connection->fd, connection->out->str + connection->written,
                        connection->out->len - connection->written, MSG_NOSIGNAL);

    if (put < 0 && errno == EAGAIN)
      return;
    if (put <= 0)
      g_error ("the server closed a connection: %s", g_strerror (errno));
    connection->written += (gsize)put;
  }
}

static gboolean
begin (Load *self, Connection *connection)
{
  const Push *push = NULL;
  g_autofree char *body = NULL;

  if (self->next >= self->count)
    return FALSE;
  push = &self->pushes[self->next++];
  body = dup_body (self, push);
  g_string_printf (connection->out,
                   "POST /change_hook/github HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                   "User-Agent: GitHub-Hookshot/bench\r\nAccept: */*\r\n"
                   "Content-Type: application/json\r\nX-GitHub-Event: push\r\n"
                   "X-GitHub-Delivery: %s\r\nX-Hub-Signature-256: sha256=%s\r\n"
                   "Content-Length: %zu\r\n\r\n%s",
                   self->port, push->commit, push->signature, strlen (body), body);
  connection->written = 0;
  g_string_truncate (connection->in, 0);
  connection->begun_us = g_get_monotonic_time ();
  write_more (connection);
  return TRUE;
}

/* the length that the head of an answer names; 0 without one */
static guint64
read_length (const char *head, const char *end)
{
  static const char name[] = "\r\nContent-Length: ";
  g_autofree char *digits = NULL;
  guint64 bytes = 0;

  for (const char *line = head; line != NULL && line < end; line = strstr (line + 1, "\r\n")) {
    if (g_ascii_strncasecmp (line, name, strlen (name)) != 0)
      continue;
    digits = g_strndup (line + strlen (name), strspn (line + strlen (name), "0123456789"));
    g_ascii_string_to_unsigned (digits, 10, 0, G_MAXINT32, &bytes, NULL);
    break;
  }
  return bytes;
}

static gboolean
has_whole_answer (const GString *in)
{
  const char *end = strstr (in->str, "\r\n\r\n");

  return end != NULL &&
         (guint64)(in->str + in->len - end) >= strlen ("\r\n\r\n") + read_length (in->str, end);
}

static void
count_answer (Load *self, Connection *connection)
{
  gint64 took_us = g_get_monotonic_time () - connection->begun_us;
  char *status = g_strndup (connection->in->str + strlen ("HTTP/1.1 "), 3);
  guint before = GPOINTER_TO_UINT (g_hash_table_lookup (self->statuses, status));

  g_hash_table_replace (self->statuses, status, GUINT_TO_POINTER (before + 1));
  g_array_append_val (self->latencies_us, took_us);
  self->answered++;
}

static void
read_more (Load *self, Connection *connection)
{
  for (;;) {
    gsize had = connection->in->len;
    ssize_t got = 0;

    g_string_set_size (connection->in, had + READ_BYTES);
    got = recv (connection->fd, connection->in->str + had, READ_BYTES, 0);
    g_string_set_size (connection->in, had + (got > 0 ? (gsize)got : 0));
    if (got < 0 && errno == EAGAIN)
      return;
    if (got <= 0)
      g_error ("the server closed a connection after %u answers: %s", self->answered,
               connection->in->str);
    if (!has_whole_answer (connection->in))
      continue;
    count_answer (self, connection);
    if (!begin (self, connection))
      return;
  }
}

static Connection *
connect_one (Load *self)
{
  Connection *connection = g_new0 (Connection, 1);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (self->port) };
  struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection };
  int yes = 1;

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  connection->out = g_string_new (NULL);
  connection->in = g_string_new (NULL);
  connection->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect (connection->fd, (struct sockaddr *)&address, sizeof address) != 0)
    g_error ("connecting to port %u: %s", self->port, g_strerror (errno));
  setsockopt (connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  g_unix_set_fd_nonblocking (connection->fd, TRUE, NULL);
  epoll_ctl (self->epoll, EPOLL_CTL_ADD, connection->fd, &event);
  return connection;
}

static gint64
run (Load *self, guint connections)
{
  struct epoll_event events[EVENTS_A_LOOK];
  g_autofree Connection **all = g_new0 (Connection *, connections);
  gint64 begun_us = 0;

  for (guint i = 0; i < connections; i++)
    all[i] = connect_one (self);
  begun_us = g_get_monotonic_time ();
  for (guint i = 0; i < connections; i++)
    begin (self, all[i]);
  while (self->answered < self->count) {
    int found = epoll_wait (self->epoll, events, EVENTS_A_LOOK, 30000);

    if (found == 0)
      g_error ("no answer in 30 s, after %u of %u", self->answered, self->count);
    for (int i = 0; i < found; i++) {
      write_more (events[i].data.ptr);
      read_more (self, events[i].data.ptr);
    }
  }
  return g_get_monotonic_time () - begun_us;
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *)a;
  gint64 second = *(const gint64 *)b;

  return (first > second) - (first < second);
}

static double
get_percentile_ms (const Load *self, guint percent)
{
  guint index = (self->latencies_us->len - 1) * percent / 100;

  return (double)g_array_index (self->latencies_us, gint64, index) / 1000;
}

static void
print_result (Load *self, gint64 took_us)
{
  GHashTableIter iter;
  gpointer status = NULL;
  gpointer count = NULL;
  const char *comma = "";

  g_array_sort (self->latencies_us, compare_times);
  printf ("{\"seconds\": %.6f, \"rate\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"statuses\": {",
          (double)took_us / G_USEC_PER_SEC, (double)self->count * G_USEC_PER_SEC / (double)took_us,
          get_percentile_ms (self, 50), get_percentile_ms (self, 99));
  g_hash_table_iter_init (&iter, self->statuses);
  while (g_hash_table_iter_next (&iter, &status, &count)) {
    printf ("%s\"%s\": %u", comma, (const char *)status, GPOINTER_TO_UINT (count));
    comma = ", ";
  }
  printf ("}}\n");
}

static guint
parse_number (const char *text, guint most)
{
  g_autoptr (GError) error = NULL;
  guint64 number = 0;

  if (!g_ascii_string_to_unsigned (text, 10, 1, most, &number, &error))
    g_error ("%s", error->message);
  return (guint)number;
}

int
main (int argc, char **argv)
{
  Load self = { 0 };
  g_autofree char *body = NULL;
  g_autoptr (GError) error = NULL;

  if (argc != 6)
    g_error ("usage: load PORT CONNECTIONS COUNT SECRET BODY-FILE");
  self.port = (guint16)parse_number (argv[1], G_MAXUINT16);
  self.count = parse_number (argv[3], 10000000);
  if (!g_file_get_contents (argv[5], &body, NULL, &error))
    g_error ("%s", error->message);
  self.parts = g_strsplit (body, PLACE, -1);
  self.latencies_us = g_array_sized_new (FALSE, FALSE, sizeof (gint64), self.count);
  self.statuses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self.epoll = epoll_create1 (EPOLL_CLOEXEC);
  sign_all (&self, argv[4]);
  print_result (&self, run (&self, parse_number (argv[2], 1000)));
  return 0;
}
