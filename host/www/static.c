/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files: those of public_html, then our own. Everything that touches the disk happens on a thread.
 * A path is opened one segment at a time, from its folder down, never through a link, so that
 * nothing outside can be meant; dot files are not there.
 *
 * A name of ours with the beginning of its content's digest in it (`default.0123456789abcdef.css`)
 * may be kept for ever.
 */
#include "www/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES ((gsize)256 * 1024)
#define WHOLE_BYTES ((gsize)1024 * 1024)
#define HASH_CHARS  16

typedef struct {
  BelfryExchange *exchange;
  /* what to look for */
  char **segments;
  GPtrArray *folders; /* (element-type utf8) */
  gboolean ends_in_slash;
  gboolean may_compress;
  gboolean is_plain; /* no type, no twin, no index: bytes */
  /* what was found */
  int descriptor;
  gsize bytes;
  gint64 changed_ns;
  char *name;
  gboolean is_folder; /* without its slash */
  gboolean is_gzip;   /* a twin that was compressed before */
  gboolean is_hashed;
  GBytes *whole; /* (nullable) where it is small */
  gboolean is_compressed;
  /* while it is sent */
  goffset position;
  gsize left;
  GTask *task;
} FileAnswer;

static void
answer_free (FileAnswer *self)
{
  if (self == NULL)
    return;
  if (self->descriptor >= 0)
    close (self->descriptor);
  g_strfreev (self->segments);
  g_clear_pointer (&self->folders, g_ptr_array_unref);
  g_clear_pointer (&self->whole, g_bytes_unref);
  g_free (self->name);
  belfry_exchange_unref (self->exchange);
  g_free (self);
}

static const struct {
  const char *suffix;
  const char *type;
} types[] = {
  { ".css", "text/css; charset=utf-8" },
  { ".js", "text/javascript; charset=utf-8" },
  { ".html", "text/html; charset=utf-8" },
  { ".htm", "text/html; charset=utf-8" },
  { ".txt", "text/plain; charset=utf-8" },
  { ".json", "application/json" },
  { ".svg", "image/svg+xml" },
  { ".png", "image/png" },
  { ".jpg", "image/jpeg" },
  { ".jpeg", "image/jpeg" },
  { ".gif", "image/gif" },
  { ".webp", "image/webp" },
  { ".ico", "image/vnd.microsoft.icon" },
  { ".xml", "application/xml; charset=utf-8" },
  { ".pdf", "application/pdf" },
  { ".gz", "application/gzip" },
  { ".woff2", "font/woff2" },
  { ".md", "text/plain; charset=utf-8" },
  { ".log", "text/plain; charset=utf-8" },
  { ".zip", "application/zip" },
};

static const char *
get_type (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
    if (g_str_has_suffix (name, types[i].suffix))
      return types[i].type;
  }
  return "application/octet-stream";
}

/* thread */

/* Opens beneath @folder; no segment is a link. The caller checked the names. */
static int
open_beneath (const char *folder, char **segments, guint n_segments)
{
  int current = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  for (guint i = 0; current >= 0 && i < n_segments; i++) {
    int next = openat (current, segments[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    close (current);
    current = next;
  }
  return current;
}

static gboolean
take_file (FileAnswer *self, int descriptor, const char *name)
{
  struct stat info;

  if (descriptor < 0)
    return FALSE;
  if (fstat (descriptor, &info) != 0 || !S_ISREG (info.st_mode)) {
    close (descriptor);
    return FALSE;
  }
  self->descriptor = descriptor;
  self->bytes = (gsize)info.st_size;
  self->changed_ns = info.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + info.st_mtim.tv_nsec;
  self->name = g_strdup (name);
  return TRUE;
}

static gboolean
is_folder (int descriptor)
{
  struct stat info;

  return descriptor >= 0 && fstat (descriptor, &info) == 0 && S_ISDIR (info.st_mode);
}

/* A folder is its index.html, under the address with a slash. */
static gboolean
look_in_folder (FileAnswer *self, int folder)
{
  if (!self->ends_in_slash && g_strv_length (self->segments) > 0) {
    self->is_folder = faccessat (folder, "index.html", R_OK, 0) == 0;
    return self->is_folder;
  }
  return take_file (self,
                    openat (folder, "index.html", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC),
                    "index.html");
}

/* `FILE.gz` beside FILE, no older than it. */
static void
look_for_twin (FileAnswer *self, const char *folder)
{
  guint n_segments = g_strv_length (self->segments);
  g_auto (GStrv) twin = g_strdupv (self->segments);
  FileAnswer other = { .descriptor = -1 };
  char *name = NULL;

  if (!self->may_compress || n_segments == 0 ||
      !belfry_headers_is_text_type (get_type (self->name)))
    return;
  name = g_strconcat (twin[n_segments - 1], ".gz", NULL);
  g_free (twin[n_segments - 1]);
  twin[n_segments - 1] = name;
  if (!take_file (&other, open_beneath (folder, twin, n_segments), name))
    return;
  g_free (other.name);
  if (other.changed_ns < self->changed_ns) {
    close (other.descriptor);
    return;
  }
  close (self->descriptor);
  self->descriptor = other.descriptor;
  self->bytes = other.bytes;
  self->changed_ns = other.changed_ns;
  self->is_gzip = TRUE;
}

static gboolean
look_beneath (FileAnswer *self, const char *folder)
{
  guint n_segments = g_strv_length (self->segments);
  int descriptor = open_beneath (folder, self->segments, n_segments);
  gboolean is_found = FALSE;

  if (is_folder (descriptor)) {
    is_found = !self->is_plain && look_in_folder (self, descriptor);
    close (descriptor);
    return is_found;
  }
  if (n_segments == 0 || !take_file (self, descriptor, self->segments[n_segments - 1]))
    return FALSE;
  look_for_twin (self, folder);
  return TRUE;
}

static GBytes *
read_at (int descriptor, goffset position, gsize bytes, GError **error)
{
  g_autofree guint8 *data = g_malloc (bytes);
  gsize done = 0;

  while (done < bytes) {
    gssize got = pread (descriptor, data + done, bytes - done, position + (goffset)done);

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "reading a file: %s",
                   got < 0 ? g_strerror (errno) : "it became shorter");
      return NULL;
    }
    done += (gsize)got;
  }
  return g_bytes_new_take (g_steal_pointer (&data), bytes);
}

/* Takes the digest out of the last segment; (nullable): there is none. */
static char *
take_hash (FileAnswer *self)
{
  guint n_segments = g_strv_length (self->segments);
  g_auto (GStrv) parts = n_segments == 1 ? g_strsplit (self->segments[0], ".", -1) : NULL;
  guint count = parts != NULL ? g_strv_length (parts) : 0;
  char *hash = NULL;

  if (count != 3 || strlen (parts[1]) != HASH_CHARS ||
      strspn (parts[1], "0123456789abcdef") != HASH_CHARS)
    return NULL;
  hash = g_strdup (parts[1]);
  g_free (self->segments[0]);
  self->segments[0] = g_strconcat (parts[0], ".", parts[2], NULL);
  return hash;
}

static gboolean
has_hash (FileAnswer *self, const char *hash)
{
  g_autofree char *digest =
      self->whole != NULL ? g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, self->whole) : NULL;

  return digest != NULL && strncmp (digest, hash, HASH_CHARS) == 0;
}

static gboolean
look_everywhere (FileAnswer *self)
{
  for (guint i = 0; i < self->folders->len; i++) {
    if (look_beneath (self, self->folders->pdata[i]))
      return TRUE;
  }
  return FALSE;
}

static gboolean
find_file (FileAnswer *self)
{
  g_autofree char *hash = NULL;

  if (look_everywhere (self))
    return TRUE;
  if (self->is_plain)
    return FALSE;
  if (g_strv_length (self->segments) == 1 && g_str_equal (self->segments[0], "buildbot.css")) {
    g_free (self->segments[0]);
    self->segments[0] = g_strdup ("default.css");
    return look_everywhere (self);
  }
  hash = take_hash (self);
  if (hash == NULL)
    return FALSE;
  self->may_compress = FALSE;
  if (!look_everywhere (self) || self->bytes > WHOLE_BYTES)
    return FALSE;
  self->whole = read_at (self->descriptor, 0, self->bytes, NULL);
  self->is_hashed = has_hash (self, hash);
  return self->is_hashed;
}

static void
find_on_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  FileAnswer *self = data;
  g_autoptr (GError) error = NULL;

  (void)source;
  (void)cancellable;
  if (!find_file (self)) {
    g_task_return_boolean (task, FALSE);
    return;
  }
  if (!self->is_folder && self->whole == NULL && self->bytes <= WHOLE_BYTES)
    self->whole = read_at (self->descriptor, 0, self->bytes, &error);
  if (error != NULL) {
    g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  if (self->whole != NULL && self->may_compress && !self->is_gzip && self->bytes > 1024 &&
      belfry_headers_is_text_type (get_type (self->name))) {
    GBytes *compressed = belfry_compress (self->whole);

    g_bytes_unref (self->whole);
    self->whole = compressed;
    self->is_compressed = TRUE;
  }
  g_task_return_boolean (task, TRUE);
}

static void
read_on_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  FileAnswer *self = data;
  gsize bytes = MIN (self->left, PIECE_BYTES);
  GError *error = NULL;
  GBytes *piece = NULL;

  (void)source;
  (void)cancellable;
  if (bytes == 0) {
    g_task_return_pointer (task, NULL, NULL);
    return;
  }
  piece = read_at (self->descriptor, self->position, bytes, &error);
  if (piece == NULL) {
    g_task_return_error (task, error);
    return;
  }
  self->position += (goffset)bytes;
  self->left -= bytes;
  g_task_return_pointer (task, piece, (GDestroyNotify)g_bytes_unref);
}

/* main loop */

static void
next_piece (gpointer data, GTask *task)
{
  g_task_set_task_data (task, data, NULL);
  g_task_run_in_thread (task, read_on_thread);
  g_object_unref (task);
}

static void
on_ended (gpointer data)
{
  answer_free (data);
}

static const BelfryPumpOps pump_ops = { next_piece, on_ended };

/* The part that was asked for: status, and position and left set; 416 has nothing. */
static guint
choose_range (FileAnswer *self, const char *etag)
{
  BelfryExchange *exchange = self->exchange;
  const char *condition = belfry_exchange_get_header (exchange, "If-Range");
  goffset first = 0;
  goffset last = 0;
  guint status = 200;
  g_autofree char *header = NULL;

  self->left = self->bytes;
  if (self->is_gzip || (condition != NULL && !g_str_equal (condition, etag)) ||
      !belfry_headers_parse_range (exchange->range, (goffset)self->bytes, &first, &last, &status))
    return 200;
  if (status == 416) {
    header = g_strdup_printf ("bytes */%zu", self->bytes);
  } else {
    header = g_strdup_printf ("bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "/%zu", (gint64)first,
                              (gint64)last, self->bytes);
    self->position = first;
    self->left = (gsize)(last - first + 1);
  }
  belfry_exchange_set_header (exchange, "Content-Range", header);
  return status;
}

static void
set_headers (FileAnswer *self, const char *etag)
{
  BelfryExchange *exchange = self->exchange;
  g_autoptr (GDateTime) changed =
      g_date_time_new_from_unix_utc (self->changed_ns / G_GINT64_CONSTANT (1000000000));
  g_autofree char *date = soup_date_time_to_string (changed, SOUP_DATE_HTTP);

  belfry_exchange_set_header (exchange, "ETag", etag);
  belfry_exchange_set_header (exchange, "Last-Modified", date);
  belfry_exchange_set_header (exchange, "Vary", "Accept-Encoding");
  belfry_exchange_set_header (exchange, "Accept-Ranges", "bytes");
  belfry_exchange_set_header (exchange, "Cache-Control",
                              self->is_hashed ? "public, max-age=31536000, immutable" : "no-cache");
  if (self->is_gzip || self->is_compressed)
    belfry_exchange_set_header (exchange, "Content-Encoding", "gzip");
}

static gboolean
is_known_already (FileAnswer *self, const char *etag)
{
  const char *tags = belfry_exchange_get_header (self->exchange, "If-None-Match");
  const char *since = belfry_exchange_get_header (self->exchange, "If-Modified-Since");
  g_autoptr (GDateTime) date = NULL;

  if (tags != NULL)
    return belfry_headers_match_etag (tags, etag);
  date = since != NULL ? soup_date_time_new_from_http_string (since) : NULL;
  return date != NULL &&
         g_date_time_to_unix (date) >= self->changed_ns / G_GINT64_CONSTANT (1000000000);
}

/* (transfer full): ends it */
static void
send_file (FileAnswer *self)
{
  BelfryExchange *exchange = self->exchange;
  g_autofree char *etag =
      g_strdup_printf ("\"%" G_GINT64_MODIFIER "x-%zx%s\"", self->changed_ns, self->bytes,
                       self->is_gzip || self->is_compressed ? "-gz" : "");
  const char *type = self->is_plain ? "application/octet-stream" : get_type (self->name);
  guint status = 200;

  set_headers (self, etag);
  if (is_known_already (self, etag)) {
    belfry_exchange_send_not_modified (exchange, etag);
    answer_free (self);
    return;
  }
  if (!self->is_compressed)
    status = choose_range (self, etag);
  if (status == 416) {
    belfry_exchange_send_text (exchange, 416, "the file is shorter\n");
    answer_free (self);
  } else if (self->whole != NULL) {
    g_autoptr (GBytes) part =
        self->is_compressed
            ? g_bytes_ref (self->whole)
            : g_bytes_new_from_bytes (self->whole, (gsize)self->position, self->left);

    belfry_exchange_send (exchange, status, type, part);
    answer_free (self);
  } else {
    soup_message_headers_set_content_length (
        soup_server_message_get_response_headers (exchange->msg), (goffset)self->left);
    belfry_exchange_begin (exchange, status, type);
    if (belfry_exchange_is_head (exchange)) {
      belfry_exchange_end (exchange);
      answer_free (self);
    } else {
      belfry_pump_start (exchange, &pump_ops, self);
    }
  }
}

static void
redirect_to_slash (FileAnswer *self)
{
  BelfryExchange *exchange = self->exchange;
  guint n_segments = g_strv_length (self->segments);
  g_autofree char *encoded = belfry_text_percent_encode (self->segments[n_segments - 1]);
  g_autofree char *location = g_strconcat (encoded, "/", NULL);

  belfry_exchange_set_header (exchange, "Location", location);
  belfry_exchange_send (exchange, 302, NULL, NULL);
}

static void
on_found (GObject *source, GAsyncResult *result, gpointer data)
{
  FileAnswer *self = data;
  BelfryExchange *exchange = self->exchange;
  g_autoptr (GError) error = NULL;
  gboolean is_found = g_task_propagate_boolean (G_TASK (result), &error);

  (void)source;
  if (!belfry_exchange_is_live (exchange)) {
    answer_free (self);
  } else if (error != NULL) {
    belfry_exchange_fail_with (exchange, error);
    answer_free (self);
  } else if (!is_found) {
    belfry_exchange_fail (exchange, self->is_plain ? 410 : 404, "there is nothing at this address");
    answer_free (self);
  } else if (self->is_folder) {
    redirect_to_slash (self);
    answer_free (self);
  } else {
    send_file (self);
  }
}

/* What a visitor who may see nothing may have all the same. */
static const char *const open_names[] = { "default.css", "buildbot.css", "favicon.ico",
                                          "robots.txt", NULL };

static gboolean
may_be_read (BelfryExchange *exchange, GPtrArray *segments)
{
  gboolean is_open = segments->len == 1 && g_strv_contains (open_names, segments->pdata[0]);

  return is_open || belfry_authz_may_allow (exchange->site->authz, belfry_actions);
}

static gboolean
are_names (GPtrArray *segments)
{
  for (guint i = 0; i < segments->len; i++) {
    const char *name = segments->pdata[i];

    if (*name == '.' || strchr (name, '/') != NULL || strlen (name) > 255)
      return FALSE;
  }
  return TRUE;
}

void
belfry_static_serve (BelfryExchange *exchange)
{
  BelfrySite *site = exchange->site;
  guint status = 0;
  g_autoptr (GPtrArray) segments =
      belfry_path_split (belfry_request_get_path (exchange->request), &status);
  g_autoptr (GTask) task = NULL;
  FileAnswer *self = NULL;

  if (segments == NULL || !are_names (segments) || !may_be_read (exchange, segments)) {
    belfry_exchange_fail (exchange, 404, "there is nothing at this address");
    return;
  }
  self = g_new0 (FileAnswer, 1);
  self->descriptor = -1;
  self->exchange = belfry_exchange_ref (exchange);
  self->ends_in_slash = g_str_has_suffix (belfry_request_get_path (exchange->request), "/");
  self->may_compress =
      exchange->range == NULL &&
      belfry_headers_accept_gzip (belfry_exchange_get_header (exchange, "Accept-Encoding"));
  g_ptr_array_add (segments, NULL);
  self->segments = g_strdupv ((char **)segments->pdata);
  self->folders = g_ptr_array_new_with_free_func (g_free);
  if (site->public_html != NULL)
    g_ptr_array_add (self->folders, g_strdup (site->public_html));
  for (guint i = 0; i < site->data_dirs->len; i++)
    g_ptr_array_add (self->folders, g_strdup (site->data_dirs->pdata[i]));
  task = g_task_new (NULL, NULL, on_found, self);
  g_task_set_task_data (task, self, NULL);
  g_task_run_in_thread (task, find_on_thread);
}

void
belfry_static_send_plain (BelfryExchange *exchange, const char *root, const char *path)
{
  FileAnswer *self = g_new0 (FileAnswer, 1);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_found, self);

  self->descriptor = -1;
  self->is_plain = TRUE;
  self->exchange = belfry_exchange_ref (exchange);
  self->segments = g_strsplit (path, "/", -1);
  self->folders = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->folders, g_strdup (root));
  g_task_set_task_data (task, self, NULL);
  g_task_run_in_thread (task, find_on_thread);
}
