/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transport tells here what each answer says of limits, and asks before each request. A wait is
 * obeyed up to six hours, then the service is asked again; a limit without a number is a minute at
 * first, and twice as long each time that it comes again before a good answer. What is longer than
 * five seconds is stored, so that neither a restart nor a reload makes it shorter.
 *
 * A credential goes by an HMAC of its secrets under a key made once for this store, so that rows
 * say nothing of them, and two instances that hold the same ones meet in the same bucket.
 *
 * Sources: RFC 9110 §10.2.3 (Retry-After), §5.6.7 (three forms of dates); "Rate limits for the REST
 * API" of docs.github.com; draft-ietf-httpapi-ratelimit-headers.
 */
#include "buckets.h"

#include "outbox/paces.h"

#include <libsoup/soup.h>
#include <string.h>

#define KEY_SPACE       "host/outbox"
#define STORED_FROM_US  ((gint64)5 * G_USEC_PER_SEC)
#define LONGEST_WAIT_US ((gint64)6 * G_TIME_SPAN_HOUR)
#define FIRST_WAIT_US   ((gint64)G_TIME_SPAN_MINUTE)
#define MAX_STRIKES     9
#define MAX_BUCKETS     10000
#define SALT_BYTES      32
#define EPOCH_FROM_S    1000000000
#define LOOKED_AT_BYTES 4096

typedef struct {
  gint64 until_us;
  guint strikes; /* limits without a number since the last good answer */
  gboolean stored;
} Bucket;

struct _BelfryBuckets {
  guint refs;
  BelfryStore *store;  /* (nullable) once it is closed */
  GHashTable *buckets; /* "credential\nhost" → Bucket */
  BelfryPaces *paces;
  char *salt; /* (nullable) */
  BelfryWaitFunc long_wait;
  gpointer data;
  BelfryWaitFunc wait; /* (nullable) */
  gpointer wait_data;
};

BelfryBuckets *
belfry_buckets_new (BelfryStore *store)
{
  BelfryBuckets *self = g_new0 (BelfryBuckets, 1);

  self->refs = 1;
  self->store = store;
  self->paces = belfry_paces_new ();
  self->buckets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

BelfryBuckets *
belfry_buckets_ref (BelfryBuckets *self)
{
  self->refs++;
  return self;
}

void
belfry_buckets_close (BelfryBuckets *self)
{
  self->store = NULL;
  self->long_wait = NULL;
  self->wait = NULL;
}

void
belfry_buckets_unref (BelfryBuckets *self)
{
  if (self == NULL || --self->refs > 0)
    return;
  g_hash_table_unref (self->buckets);
  belfry_paces_free (self->paces);
  g_free (self->salt);
  g_free (self);
}

void
belfry_buckets_set_long_wait_func (BelfryBuckets *self, BelfryWaitFunc func, gpointer data)
{
  self->long_wait = func;
  self->data = data;
}

void
belfry_buckets_set_wait_func (BelfryBuckets *self, BelfryWaitFunc func, gpointer data)
{
  self->wait = func;
  self->wait_data = data;
}

/* storing */

typedef struct {
  char *key;
  JsonNode *value; /* (nullable): delete */
} Put;

static void
put_free (gpointer data)
{
  Put *put = data;

  g_clear_pointer (&put->value, json_node_unref);
  g_free (put->key);
  g_free (put);
}

static gboolean
write_put (BelfryWriter *writer, gpointer data, GError **error)
{
  Put *put = data;

  return belfry_writer_state_put (writer, KEY_SPACE, put->key, put->value, error);
}

static void
store_value (BelfryBuckets *self, char *key, JsonNode *value)
{
  Put *put = g_new0 (Put, 1);

  put->key = key;
  put->value = value;
  if (self->store == NULL) {
    put_free (put);
    return;
  }
  belfry_store_write (self->store, write_put, put, put_free);
}

static void
store_bucket (BelfryBuckets *self, const char *name, Bucket *bucket)
{
  store_value (self, g_strconcat ("bucket/", name, NULL),
               bucket->until_us != 0 ? belfry_json_new_integer (bucket->until_us) : NULL);
  bucket->stored = bucket->until_us != 0;
}

static char *
make_salt (void)
{
  g_autoptr (GString) text = g_string_sized_new (2 * SALT_BYTES);

  for (guint i = 0; i < SALT_BYTES / sizeof (guint32); i++)
    g_string_append_printf (text, "%08x", g_random_int ());
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
restore_bucket (BelfryBuckets *self, const char *name, JsonNode *value)
{
  Bucket *bucket = g_new0 (Bucket, 1);

  bucket->until_us = JSON_NODE_HOLDS_VALUE (value) ? json_node_get_int (value) : 0;
  bucket->stored = TRUE;
  g_hash_table_replace (self->buckets, g_strdup (name), bucket);
  if (bucket->until_us > belfry_clock_now_us ())
    return;
  bucket->until_us = 0;
  store_bucket (self, name, bucket);
  g_hash_table_remove (self->buckets, name);
}

void
belfry_buckets_restore (BelfryBuckets *self, GHashTable *stored)
{
  JsonNode *salt = g_hash_table_lookup (stored, "salt");
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;

  if (salt != NULL && JSON_NODE_HOLDS_VALUE (salt) && json_node_get_string (salt) != NULL)
    self->salt = g_strdup (json_node_get_string (salt));
  else {
    self->salt = make_salt ();
    salt = json_node_alloc ();
    json_node_init_string (salt, self->salt);
    store_value (self, g_strdup ("salt"), salt);
  }
  g_hash_table_iter_init (&iter, stored);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (g_str_has_prefix (key, "bucket/"))
      restore_bucket (self, (const char *)key + strlen ("bucket/"), value);
}

/* credentials */

static void
collect_value (gpointer secret, gpointer values)
{
  const char *value = belfry_secret_is_resolved (secret) ? belfry_secret_get_value (secret) : NULL;

  if (value != NULL)
    g_ptr_array_add (values, (gpointer)value);
}

static int
compare_values (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

const char *
belfry_buckets_name_credential (BelfryBuckets *self, BelfryHosted *hosted)
{
  const BelfryBlueprint *blueprint = hosted->blueprint;
  g_autoptr (GPtrArray) values = g_ptr_array_new ();
  g_autoptr (GHmac) hmac = NULL;
  BelfryOptionTable table = { NULL, 0 };

  if (self->salt == NULL || hosted->credential != NULL)
    return hosted->credential;
  if (blueprint->plugin != NULL && blueprint->plugin->options != NULL) {
    table = (BelfryOptionTable){ blueprint->plugin->options, blueprint->plugin->option_size };
    belfry_option_table_visit_secrets (&table, blueprint->state, collect_value, values);
  }
  if (values->len == 0) {
    hosted->credential =
        g_strdup_printf ("%s/%s", belfry_kind_get_name (blueprint->kind), blueprint->name);
    return hosted->credential;
  }
  g_ptr_array_sort (values, compare_values);
  hmac = g_hmac_new (G_CHECKSUM_SHA256, (const guchar *)self->salt, strlen (self->salt));
  for (guint i = 0; i < values->len; i++) {
    const char *value = g_ptr_array_index (values, i);

    g_hmac_update (hmac, (const guchar *)value, (gssize)strlen (value) + 1);
  }
  hosted->credential = g_strndup (g_hmac_get_string (hmac), 32);
  return hosted->credential;
}

gint64
belfry_buckets_keep_pace (BelfryBuckets *self,
                          BelfryHosted *hosted,
                          const BelfryPace *paces,
                          guint count)
{
  const char *credential = belfry_buckets_name_credential (self, hosted);

  if (credential == NULL)
    return 0;
  return belfry_paces_take (self->paces, credential, paces, count, g_get_monotonic_time ());
}

/* waiting */

static char *
dup_name (const char *credential, const char *host)
{
  g_autofree char *lower = g_ascii_strdown (host != NULL ? host : "", -1);

  return g_strdup_printf ("%s\n%s", credential, lower);
}

static gint64
get_until (Bucket *bucket)
{
  return bucket != NULL && bucket->until_us > belfry_clock_now_us () ? bucket->until_us : 0;
}

gint64
belfry_buckets_get_until (BelfryBuckets *self, const char *credential, const char *host)
{
  g_autofree char *name = NULL;

  if (credential == NULL)
    return 0;
  name = dup_name (credential, host);
  return get_until (g_hash_table_lookup (self->buckets, name));
}

gint64
belfry_buckets_get_hold (BelfryBuckets *self, BelfryHosted *hosted)
{
  GHashTableIter iter;
  gpointer host = NULL;
  gint64 last_us = 0;

  if (hosted->credential == NULL || hosted->hosts == NULL || g_hash_table_size (self->buckets) == 0)
    return 0;
  g_hash_table_iter_init (&iter, hosted->hosts);
  while (g_hash_table_iter_next (&iter, &host, NULL))
    last_us = MAX (last_us, belfry_buckets_get_until (self, hosted->credential, host));
  return last_us;
}

static Bucket *
take_bucket (BelfryBuckets *self, const char *name)
{
  Bucket *bucket = g_hash_table_lookup (self->buckets, name);

  if (bucket != NULL)
    return bucket;
  if (g_hash_table_size (self->buckets) >= MAX_BUCKETS)
    g_hash_table_remove_all (self->buckets);
  bucket = g_new0 (Bucket, 1);
  g_hash_table_insert (self->buckets, g_strdup (name), bucket);
  return bucket;
}

void
belfry_buckets_hold (BelfryBuckets *self, const char *credential, const char *host, gint64 wait_us)
{
  g_autofree char *name = NULL;
  Bucket *bucket = NULL;
  gint64 until_us = 0;

  if (credential == NULL)
    return;
  name = dup_name (credential, host);
  bucket = take_bucket (self, name);
  if (wait_us <= 0) {
    /* several that were on their way together met the same limit */
    if (get_until (bucket) != 0)
      return;
    wait_us = FIRST_WAIT_US << bucket->strikes;
    bucket->strikes = MIN (bucket->strikes + 1, MAX_STRIKES);
  } else if (wait_us > LONGEST_WAIT_US && self->long_wait != NULL)
    self->long_wait (host, wait_us, self->data);
  until_us = belfry_clock_now_us () + MIN (wait_us, LONGEST_WAIT_US);
  if (until_us <= bucket->until_us)
    return;
  bucket->until_us = until_us;
  if (self->wait != NULL)
    self->wait (host, MIN (wait_us, LONGEST_WAIT_US), self->wait_data);
  if (wait_us > STORED_FROM_US)
    store_bucket (self, name, bucket);
}

static void
relax (BelfryBuckets *self, const char *credential, const char *host)
{
  g_autofree char *name = dup_name (credential, host);
  Bucket *bucket = g_hash_table_lookup (self->buckets, name);

  if (bucket == NULL || get_until (bucket) != 0)
    return;
  bucket->until_us = 0;
  if (bucket->stored)
    store_bucket (self, name, bucket);
  g_hash_table_remove (self->buckets, name);
}

/* answers */

static gboolean
get_number (BelfryHttpAnswer *answer, const char *const *names, double *number)
{
  for (; *names != NULL; names++) {
    const char *text = belfry_http_answer_get_header (answer, *names);
    char *end = NULL;

    if (text == NULL)
      continue;
    *number = g_ascii_strtod (text, &end);
    if (end != text && *number >= 0 && *number < (double)G_MAXINT64 / G_USEC_PER_SEC / 2)
      return TRUE;
  }
  return FALSE;
}

static gint64
to_wait (double seconds)
{
  gint64 us = (gint64)(seconds * G_USEC_PER_SEC);

  /* a moment rather than a span */
  return seconds >= EPOCH_FROM_S ? MAX (us - belfry_clock_now_us (), 0) : us;
}

static gboolean
is_used_up (BelfryHttpAnswer *answer, gint64 *wait_us)
{
  static const char *const remaining[] = { "x-ratelimit-remaining", "ratelimit-remaining", NULL };
  static const char *const reset[] = { "x-ratelimit-reset", "ratelimit-reset", NULL };
  double left = 1;
  double seconds = 0;

  *wait_us = 0;
  if (!get_number (answer, remaining, &left) || left > 0)
    return FALSE;
  if (get_number (answer, reset, &seconds))
    *wait_us = to_wait (seconds);
  return TRUE;
}

/* seconds, with a fraction where a service likes that, or one of three forms of a date */
static gint64
parse_retry_after (const char *text)
{
  g_autoptr (GDateTime) date = NULL;
  char *end = NULL;
  double seconds = g_ascii_strtod (text, &end);

  if (end != text && *end == '\0' && seconds >= 0 && seconds < (double)G_MAXINT32)
    return (gint64)(seconds * G_USEC_PER_SEC);
  date = soup_date_time_new_from_http_string (text);
  if (date == NULL)
    return 0;
  return MAX (g_date_time_to_unix (date) * G_USEC_PER_SEC - belfry_clock_now_us (), 0);
}

/* where services that answer in JSON say it */
static gint64
read_wait_in_body (BelfryHttpAnswer *answer)
{
  static const struct {
    const char *object; /* (nullable) */
    const char *member;
    double unit_us;
  } places[] = {
    { NULL, "retry_after", G_USEC_PER_SEC },
    { NULL, "retry_after_ms", 1000 },
    { "parameters", "retry_after", G_USEC_PER_SEC },
  };
  BelfryJsonLimits limits = { sizeof limits, LOOKED_AT_BYTES, 8 };
  gsize bytes = 0;
  const char *text = g_bytes_get_data (belfry_http_answer_get_body (answer), &bytes);
  g_autoptr (JsonNode) node =
      bytes > 0 ? belfry_json_parse (text, (gssize)bytes, &limits, NULL) : NULL;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return 0;
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    JsonObject *object = json_node_get_object (node);
    JsonNode *value = NULL;
    double number = 0;

    if (places[i].object != NULL)
      object = belfry_json_get_object (object, places[i].object);
    value = object != NULL ? json_object_get_member (object, places[i].member) : NULL;
    if (value == NULL || !JSON_NODE_HOLDS_VALUE (value))
      continue;
    number = json_node_get_double (value);
    if (number > 0 && number < G_MAXINT32)
      return (gint64)(number * places[i].unit_us);
  }
  return 0;
}

gint64
belfry_answer_get_wait (BelfryHttpAnswer *answer)
{
  const char *text = belfry_http_answer_get_header (answer, "retry-after");
  gint64 wait_us = text != NULL ? parse_retry_after (text) : 0;

  if (wait_us == 0)
    is_used_up (answer, &wait_us);
  if (wait_us == 0 && belfry_http_answer_get_status (answer) == 429)
    wait_us = read_wait_in_body (answer);
  return wait_us;
}

static gboolean
speaks_of_limit (BelfryHttpAnswer *answer)
{
  GBytes *body = belfry_http_answer_get_body (answer);
  gsize bytes = 0;
  const char *text = g_bytes_get_data (body, &bytes);
  g_autofree char *lower =
      g_ascii_strdown (text != NULL ? text : "", (gssize)MIN (bytes, LOOKED_AT_BYTES));

  return strstr (lower, "rate limit") != NULL || strstr (lower, "ratelimit") != NULL;
}

gboolean
belfry_answer_is_limited (BelfryHttpAnswer *answer)
{
  guint status = belfry_http_answer_get_status (answer);
  gint64 wait_us = 0;

  if (status == 429)
    return TRUE;
  return status == 403 && (belfry_http_answer_get_header (answer, "retry-after") != NULL ||
                           is_used_up (answer, &wait_us) || speaks_of_limit (answer));
}

/* whatever else a reporter takes that status for; where it knows of a wait that its service names
 * in its own way, that one counts */
BelfryOutcome *
belfry_answer_judge (BelfryHttpAnswer *answer, BelfryOutcome *said)
{
  BelfryOutcome *outcome = said != NULL ? said : belfry_outcome_new_from_answer (answer);

  if (belfry_answer_is_limited (answer)) {
    outcome->kind = BELFRY_OUTCOME_WAIT;
    outcome->wait_us = MAX (outcome->wait_us, belfry_answer_get_wait (answer));
  }
  if (outcome->http_status == 0)
    outcome->http_status = belfry_http_answer_get_status (answer);
  return outcome;
}

gboolean
belfry_buckets_saw (BelfryBuckets *self,
                    const char *credential,
                    const char *host,
                    BelfryHttpAnswer *answer)
{
  guint status = belfry_http_answer_get_status (answer);
  gint64 wait_us = 0;

  if (credential == NULL)
    return FALSE;
  if (belfry_answer_is_limited (answer)) {
    belfry_buckets_hold (self, credential, host, belfry_answer_get_wait (answer));
    return TRUE;
  }
  if (status == 503 && belfry_answer_get_wait (answer) > 0) {
    belfry_buckets_hold (self, credential, host, belfry_answer_get_wait (answer));
    return TRUE;
  }
  if (status >= 400)
    return FALSE;
  /* the last one of a window was still good; the next would not be */
  if (is_used_up (answer, &wait_us) && wait_us > 0)
    belfry_buckets_hold (self, credential, host, wait_us);
  else
    relax (self, credential, host);
  return FALSE;
}
