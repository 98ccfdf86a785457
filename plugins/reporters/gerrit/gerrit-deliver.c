/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A review on its way: what a program says, the server's version, which is asked once in ten
 * minutes, for a summary whether its patch set is still the current one, then the review. Each is
 * one run of ssh, by an argument vector; no shell is there on this side.
 */
#include "gerrit.h"

#include <string.h>

#define KEEP_VERSION_US  (10 * G_TIME_SPAN_MINUTE)
#define TIMEOUT_US       (25 * G_USEC_PER_SEC)
#define MAX_OUTPUT_BYTES (256 * 1024)
#define SSH_ITSELF       255

typedef void (*Next) (GTask *task, BelfryProcessResult *result);

typedef struct {
  Gerrit *gerrit;
  JsonObject *review; /* the payload, and what a program added */
  char *version;
  const char *command; /* under way */
  Next next;           /* goes on after it */
} Delivery;

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;

  json_object_unref (delivery->review);
  g_free (delivery->version);
  g_free (delivery);
}

static void
wait_for_better (GTask *task, gboolean answered, const char *reason)
{
  belfry_forge_deliver_end (task, belfry_outcome_new_wait (0, answered, reason));
}

/* ssh */

static char *
dup_shown (GBytes *bytes)
{
  gsize length = 0;
  const char *text = bytes != NULL ? g_bytes_get_data (bytes, &length) : NULL;

  return belfry_text_make_printable (text != NULL ? text : "", (gssize)length, 1024);
}

static char *
dup_output (BelfryProcessResult *result)
{
  gsize length = 0;
  const char *text = g_bytes_get_data (result->output, &length);

  return g_utf8_make_valid (text != NULL ? text : "", (gssize)length);
}

static void
log_result (const Gerrit *gerrit, const char *command, BelfryProcessResult *result)
{
  g_autofree char *output = dup_shown (result->output);
  g_autofree char *errors = dup_shown (result->errors);

  if (result->exit_status != 0 || *output != '\0' || *errors != '\0')
    gerrit_log (gerrit, G_LOG_LEVEL_MESSAGE, "gerrit %s ended with %d: '%s' '%s'", command,
                result->exit_status, output, errors);
}

/* the server may be away, or want none of us; all else is Gerrit's own word */
static void
end_by_failure (GTask *task, BelfryProcessResult *result)
{
  g_autofree char *errors = dup_shown (result->errors);
  g_autofree char *reason = g_strdup_printf ("ssh ended with %d: %s", result->exit_status, errors);

  if (result->exit_status == SSH_ITSELF && (strstr (errors, "Permission denied") != NULL ||
                                            strstr (errors, "Host key verification") != NULL))
    belfry_forge_deliver_end (task, belfry_outcome_new (BELFRY_OUTCOME_DENIED, reason));
  else
    wait_for_better (task, result->exit_status != SSH_ITSELF, reason);
}

static void
on_ended (GObject *source, GAsyncResult *async, gpointer user_data)
{
  GTask *task = user_data;
  Delivery *delivery = g_task_get_task_data (task);
  GError *local = NULL;
  g_autoptr (BelfryProcessResult) result =
      belfry_process_run_finish (delivery->gerrit->instance, async, &local);

  if (result == NULL) {
    g_task_return_error (task, local);
    g_object_unref (task);
    return;
  }
  log_result (delivery->gerrit, delivery->command, result);
  delivery->next (task, result);
}

/* @command: static; @words: what follows `gerrit`, from gerrit_start_words () */
static void
run_ssh (GTask *task, const char *command, GPtrArray *words, Next next)
{
  Delivery *delivery = g_task_get_task_data (task);
  g_autofree char *home = g_strconcat ("HOME=", g_get_home_dir (), NULL);
  g_autofree char *agent = g_strconcat ("SSH_AUTH_SOCK=", g_getenv ("SSH_AUTH_SOCK"), NULL);
  const char *const environment[] = {
    "PATH=/usr/local/bin:/usr/bin:/bin",
    "LC_ALL=C.UTF-8",
    home,
    g_getenv ("SSH_AUTH_SOCK") != NULL ? agent : NULL,
    NULL,
  };
  BelfryProcess process = {
    .size = sizeof process,
    .environment = environment,
    .timeout_us = TIMEOUT_US,
    .max_output_bytes = MAX_OUTPUT_BYTES,
  };

  g_ptr_array_add (words, NULL);
  process.argv = (const char *const *)words->pdata;
  delivery->command = command;
  delivery->next = next;
  belfry_process_run_async (delivery->gerrit->instance, &process, g_task_get_cancellable (task),
                            on_ended, task);
}

/* the review */

static void
on_reviewed (GTask *task, BelfryProcessResult *result)
{
  if (result->exit_status == 0)
    belfry_forge_deliver_end (task, belfry_outcome_new (BELFRY_OUTCOME_DELIVERED, NULL));
  else
    end_by_failure (task, result);
}

static void
send_review (GTask *task)
{
  Delivery *delivery = g_task_get_task_data (task);
  g_autoptr (GPtrArray) words = gerrit_start_words (delivery->gerrit);

  gerrit_add_review (delivery->gerrit, words, delivery->review, delivery->version);
  run_ssh (task, "review", words, on_reviewed);
}

/* whether a summary still speaks of what is there */

static void
on_queried (GTask *task, BelfryProcessResult *result)
{
  Delivery *delivery = g_task_get_task_data (task);
  const char *revision = belfry_json_get_text (delivery->review, "revision");
  g_autofree char *output = dup_output (result);

  if (result->exit_status == SSH_ITSELF)
    end_by_failure (task, result);
  else if (result->exit_status == 0 && gerrit_is_outdated (output, revision))
    belfry_forge_deliver_end (
        task, belfry_outcome_new (BELFRY_OUTCOME_SUPERSEDED, "a newer patch set is there"));
  else
    send_review (task);
}

static void
ask_current (GTask *task)
{
  Delivery *delivery = g_task_get_task_data (task);
  const char *phase = belfry_json_get_text (delivery->review, "phase");
  g_autoptr (GPtrArray) words = NULL;

  if (!delivery->gerrit->check_patch_set || g_strcmp0 (phase, "buildset") != 0) {
    send_review (task);
    return;
  }
  words = gerrit_start_words (delivery->gerrit);
  g_ptr_array_add (words, g_strdup ("query"));
  g_ptr_array_add (words, g_strdup ("--format=JSON"));
  g_ptr_array_add (words, g_strdup ("--current-patch-set"));
  g_ptr_array_add (
      words, g_strconcat ("commit:", belfry_json_get_text (delivery->review, "revision"), NULL));
  run_ssh (task, "query", words, on_queried);
}

/* the version */

static char *
dup_cache_key (const Gerrit *gerrit)
{
  g_autofree char *place =
      g_strdup_printf ("%s@%s:%" G_GINT64_FORMAT, gerrit->username, gerrit->server, gerrit->port);
  g_autofree char *digest = belfry_digest_hex (G_CHECKSUM_SHA256, place, strlen (place));

  return g_strconcat ("version/", digest, NULL);
}

static void
on_version (GTask *task, BelfryProcessResult *result)
{
  Delivery *delivery = g_task_get_task_data (task);
  g_autofree char *output = dup_output (result);
  g_autofree char *key = dup_cache_key (delivery->gerrit);
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (result->exit_status != 0) {
    end_by_failure (task, result);
    return;
  }
  delivery->version = gerrit_read_version (output, &local);
  if (delivery->version == NULL) {
    wait_for_better (task, TRUE, local->message);
    return;
  }
  node = belfry_json_new_text (delivery->version);
  belfry_reporter_cache_put (delivery->gerrit->instance, key, node,
                             belfry_clock_now_us () + KEEP_VERSION_US);
  ask_current (task);
}

static void
ask_version (GTask *task)
{
  Delivery *delivery = g_task_get_task_data (task);
  g_autofree char *key = dup_cache_key (delivery->gerrit);
  g_autoptr (JsonNode) known = belfry_reporter_cache_get (delivery->gerrit->instance, key);
  g_autoptr (GPtrArray) words = NULL;

  if (known != NULL) {
    delivery->version = json_node_dup_string (known);
    ask_current (task);
    return;
  }
  words = gerrit_start_words (delivery->gerrit);
  g_ptr_array_add (words, g_strdup ("version"));
  run_ssh (task, "version", words, on_version);
}

/* what a program says */

static GPtrArray *
get_program (const Gerrit *gerrit, const char *phase)
{
  if (g_strcmp0 (phase, "started") == 0)
    return gerrit->start.program;
  return g_strcmp0 (phase, "buildset") == 0 ? gerrit->summary.program : gerrit->review.program;
}

static gboolean
take_output (Delivery *delivery, JsonNode *output, GError **error)
{
  JsonObject *labels = json_object_new ();
  g_autofree char *message = NULL;
  gboolean is_old = FALSE;

  json_object_set_object_member (delivery->review, "labels", labels);
  if (!gerrit_read_output (output, &message, labels, &is_old, error))
    return FALSE;
  if (is_old)
    gerrit_log (delivery->gerrit, G_LOG_LEVEL_WARNING,
                "a program printed a list as for Buildbot 0.8; an object with message and labels "
                "says which label is meant");
  if (message != NULL)
    json_object_set_string_member (delivery->review, "message", message);
  return TRUE;
}

static void
on_printed (GObject *source, GAsyncResult *async, gpointer user_data)
{
  GTask *task = user_data;
  Delivery *delivery = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) output = belfry_reports_run_program_finish (async, &local);

  if (output == NULL || !take_output (delivery, output, &local)) {
    g_prefix_error (&local, "a review's program: ");
    wait_for_better (task, TRUE, local->message);
  } else if (belfry_forge_get_text (delivery->review, "message") == NULL)
    belfry_forge_deliver_end (
        task, belfry_outcome_new (BELFRY_OUTCOME_SUPERSEDED, "there was nothing to say"));
  else
    ask_version (task);
}

/* the payload is the outbox's; a program adds to a copy */
static JsonObject *
copy_review (JsonObject *payload)
{
  static const char *const names[] = { "phase", "project", "revision", "message", "labels" };
  JsonObject *copy = json_object_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (json_object_has_member (payload, names[i]))
      json_object_set_member (copy, names[i], json_object_dup_member (payload, names[i]));
  return copy;
}

void
gerrit_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  JsonObject *payload = json_node_get_object (item->payload);
  Delivery *delivery = g_new0 (Delivery, 1);
  GPtrArray *program = NULL;

  delivery->gerrit = self;
  delivery->review = copy_review (payload);
  g_task_set_task_data (task, delivery, delivery_free);
  if (!json_object_has_member (payload, "input")) {
    ask_version (task);
    return;
  }
  program = get_program (delivery->gerrit, belfry_json_get_text (payload, "phase"));
  if (program != NULL)
    belfry_reports_run_program_async (delivery->gerrit->instance, program,
                                      json_object_get_member (payload, "input"),
                                      g_task_get_cancellable (task), on_printed, task);
  else
    belfry_forge_deliver_end (task, belfry_outcome_new (BELFRY_OUTCOME_REFUSED,
                                                        "the program for it is not set any more"));
}
