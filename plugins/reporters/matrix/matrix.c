/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Posts reports to Matrix rooms. Before the first message to a room three things may have to be
 * asked: where the domain's server is, which room an alias means, whether the room is encrypted.
 * Their answers are kept for a day. A delivery goes through these steps until it has sent.
 */
#include "matrix.h"

#define KEEP_US G_TIME_SPAN_DAY

static const BelfryOption matrix_options[] = {
  BELFRY_STRING (BelfryMatrix,
                 homeserver,
                 "homeserver",
                 .required = TRUE,
                 .sample = "https://matrix.example.org",
                 .help =
                     N_ ("address of the client-server API, or a domain that says where it is")),
  BELFRY_SECRET (BelfryMatrix,
                 access_token,
                 "access-token",
                 .required = TRUE,
                 .help = N_ ("access token of the user who posts")),
  BELFRY_LIST (BelfryMatrix,
               rooms,
               "rooms",
               .required = TRUE,
               .sample = "#ci:example.org",
               .help = N_ ("rooms: !ID:server or #alias:server")),
  BELFRY_BOOLEAN (BelfryMatrix,
                  notice,
                  "notice",
                  .default_text = "true",
                  .help = N_ ("messages that other bots ignore; else ordinary text")),
  BELFRY_REPORTS_SERIES_OPTIONS (BelfryMatrix, series),
  BELFRY_REPORTS_WIRE_OPTIONS (BelfryMatrix, wire),
  { NULL },
};

static guint
matrix_choose_phases (gconstpointer self)
{
  const BelfryMatrix *matrix = self;

  return belfry_reports_series_choose_phases (&matrix->series);
}

static void
matrix_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  BelfryMatrix *matrix = self;

  matrix->instance = instance;
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

/* delivering */

typedef enum {
  STEP_DISCOVER,
  STEP_RESOLVE,
  STEP_ENCRYPTION,
  STEP_SEND,
  STEP_JOIN,
} Step;

typedef struct {
  BelfryMatrix *matrix;
  JsonNode *event;
  char *transaction;
  char *target;    /* as configured */
  char *remote_id; /* (nullable) */
  char *base;      /* (nullable): not discovered yet */
  char *room;      /* (nullable): not resolved yet */
  gboolean is_open;
  gboolean joined;
  Step step;
} Delivery;

static void
delivery_free (gpointer data)
{
  Delivery *self = data;

  json_node_unref (self->event);
  g_free (self->transaction);
  g_free (self->target);
  g_free (self->remote_id);
  g_free (self->base);
  g_free (self->room);
  g_free (self);
}

static char *
dup_known (Delivery *self, const char *kind, const char *name)
{
  g_autofree char *key = g_strconcat (kind, "/", name, NULL);
  g_autoptr (JsonNode) node = belfry_reporter_cache_get (self->matrix->instance, key);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_dup_string (node) : NULL;
}

static void
remember (Delivery *self, const char *kind, const char *name, const char *value)
{
  g_autofree char *key = g_strconcat (kind, "/", name, NULL);
  g_autoptr (JsonNode) node = belfry_json_new_text (value);

  belfry_reporter_cache_put (self->matrix->instance, key, node, belfry_clock_now_us () + KEEP_US);
}

/* each step: what is asked, and what its answer changes; an outcome ends the delivery */

static BelfryHttpRequest *
ask_discover (Delivery *self)
{
  return belfry_matrix_request_new (self->matrix, self->matrix->homeserver, "GET",
                                    ".well-known/matrix/client", NULL);
}

/* a domain that says nothing is its own server */
static BelfryOutcome *
take_discover (Delivery *self, BelfryHttpAnswer *answer)
{
  g_autofree char *url = belfry_matrix_dup_member (answer, "m.homeserver", "base_url");
  g_autofree char *itself = g_strconcat ("https://", self->matrix->homeserver, NULL);

  if (belfry_http_answer_get_status (answer) == 404)
    self->base = g_steal_pointer (&itself);
  else if (url == NULL || !g_str_has_prefix (url, "https://"))
    return belfry_reports_outcome_new_garbage (answer);
  else
    self->base = g_steal_pointer (&url);
  remember (self, "server", self->matrix->homeserver, self->base);
  return NULL;
}

static BelfryHttpRequest *
ask_resolve (Delivery *self)
{
  g_autofree char *alias = belfry_text_percent_encode (self->target);
  g_autofree char *path = g_strconcat ("directory/room/", alias, NULL);

  return belfry_matrix_request_new (self->matrix, self->base, "GET", path, NULL);
}

static BelfryOutcome *
take_resolve (Delivery *self, BelfryHttpAnswer *answer)
{
  self->room = belfry_matrix_dup_member (answer, "room_id", NULL);
  if (self->room == NULL)
    return belfry_matrix_judge (answer);
  remember (self, "room", self->target, self->room);
  return NULL;
}

static char *
dup_room_path (Delivery *self, const char *before, const char *after)
{
  g_autofree char *room = belfry_text_percent_encode (self->room);

  return g_strconcat (before, room, after, NULL);
}

static BelfryHttpRequest *
ask_encryption (Delivery *self)
{
  g_autofree char *path = dup_room_path (self, "rooms/", "/state/m.room.encryption");

  return belfry_matrix_request_new (self->matrix, self->base, "GET", path, NULL);
}

/* who is not in the room may not ask; then sending says so */
static BelfryOutcome *
take_encryption (Delivery *self, BelfryHttpAnswer *answer)
{
  g_autofree char *algorithm = belfry_matrix_dup_member (answer, "algorithm", NULL);

  if (algorithm != NULL)
    return belfry_outcome_new (BELFRY_OUTCOME_REFUSED,
                               "the room is encrypted, and messages of Belfry are not; name "
                               "another room");
  self->is_open = TRUE;
  if (belfry_matrix_is_error (answer, "M_NOT_FOUND"))
    remember (self, "open", self->room, "yes");
  else if (!belfry_matrix_is_error (answer, "M_FORBIDDEN"))
    return belfry_matrix_judge (answer);
  return NULL;
}

static BelfryHttpRequest *
ask_send (Delivery *self)
{
  g_autofree char *end = g_strconcat ("/send/m.room.message/", self->transaction, NULL);
  g_autofree char *path = dup_room_path (self, "rooms/", end);

  return belfry_matrix_request_new (self->matrix, self->base, "PUT", path, self->event);
}

static BelfryOutcome *
take_send (Delivery *self, BelfryHttpAnswer *answer)
{
  BelfryOutcome *outcome = NULL;

  if (!self->joined && belfry_matrix_is_error (answer, "M_FORBIDDEN")) {
    self->step = STEP_JOIN;
    return NULL;
  }
  outcome = belfry_matrix_judge (answer);
  belfry_reports_series_keep_first (outcome, self->remote_id);
  return outcome;
}

static BelfryHttpRequest *
ask_join (Delivery *self)
{
  g_autoptr (JsonNode) body = belfry_reports_wrap (json_object_new ());
  g_autofree char *path = dup_room_path (self, "join/", NULL);

  return belfry_matrix_request_new (self->matrix, self->base, "POST", path, body);
}

/* it may be encrypted after all */
static BelfryOutcome *
take_join (Delivery *self, BelfryHttpAnswer *answer)
{
  if (belfry_http_answer_get_status (answer) != 200)
    return belfry_matrix_judge (answer);
  self->joined = TRUE;
  self->is_open = FALSE;
  return NULL;
}

static const struct {
  BelfryHttpRequest *(*ask) (Delivery *self);
  BelfryOutcome *(*take) (Delivery *self, BelfryHttpAnswer *answer);
} steps[] = {
  [STEP_DISCOVER] = { ask_discover, take_discover },
  [STEP_RESOLVE] = { ask_resolve, take_resolve },
  [STEP_ENCRYPTION] = { ask_encryption, take_encryption },
  [STEP_SEND] = { ask_send, take_send },
  [STEP_JOIN] = { ask_join, take_join },
};

static Step
choose_step (const Delivery *self)
{
  if (self->base == NULL)
    return STEP_DISCOVER;
  if (self->room == NULL)
    return STEP_RESOLVE;
  return self->is_open ? STEP_SEND : STEP_ENCRYPTION;
}

static void take_step (GTask *task);

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Delivery *self = g_task_get_task_data (task);
  GError *local = NULL;
  g_autoptr (BelfryHttpAnswer) answer =
      belfry_http_send_finish (self->matrix->instance, result, &local);
  Step asked = self->step;
  BelfryOutcome *outcome = NULL;

  if (answer == NULL) {
    g_task_return_error (task, local);
    return;
  }
  outcome = steps[asked].take (self, answer);
  if (outcome != NULL) {
    g_task_return_pointer (task, outcome, (GDestroyNotify)belfry_outcome_free);
    return;
  }
  if (self->step == asked)
    self->step = choose_step (self);
  take_step (g_steal_pointer (&task));
}

static void
take_step (GTask *task)
{
  Delivery *self = g_task_get_task_data (task);
  g_autoptr (BelfryHttpRequest) request = steps[self->step].ask (self);

  belfry_http_send_async (self->matrix->instance, request, g_task_get_cancellable (task),
                          on_answered, task);
}

static void
matrix_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  BelfryMatrix *matrix = self;
  Delivery *delivery = g_new0 (Delivery, 1);
  g_autofree char *open = NULL;

  delivery->matrix = matrix;
  delivery->target = g_strdup (item->target);
  delivery->remote_id = belfry_reports_series_dup_remote_id (&matrix->series, item);
  delivery->event = belfry_matrix_make_event (matrix, item->payload, delivery->remote_id);
  delivery->transaction = belfry_matrix_dup_transaction (item->reportid, item->target);
  delivery->base = belfry_matrix_is_domain (matrix->homeserver)
                       ? dup_known (delivery, "server", matrix->homeserver)
                       : g_strdup (matrix->homeserver);
  delivery->room =
      item->target[0] == '!' ? g_strdup (item->target) : dup_known (delivery, "room", item->target);
  if (delivery->room != NULL)
    open = dup_known (delivery, "open", delivery->room);
  delivery->is_open = open != NULL;
  delivery->step = choose_step (delivery);
  g_task_set_task_data (task, delivery, delivery_free);
  take_step (task);
}

static const BelfryRehearsal matrix_rehearsals[] = {
  { "GET", "/.well-known/", 404, "{}" },
  { "GET", "/directory/room/", 200, "{\"room_id\":\"!room:example.org\"}" },
  { "GET", "/m.room.encryption", 404, "{\"errcode\":\"M_NOT_FOUND\"}" },
  { NULL },
};

BELFRY_DEFINE_REPORTER (
  .name          = "matrix",
  .summary       = N_("Posts messages to Matrix rooms"),
  .family        = BELFRY_FAMILY_MESSAGE,
  .phases        = BELFRY_PHASE_STARTED | BELFRY_PHASE_FINISHED | BELFRY_PHASE_BUILDSET |
                   BELFRY_PHASE_WORKER,
  .options       = matrix_options,
  .instance_size = sizeof (BelfryMatrix),
  .permission    = N_("leave to post in each room"),
  .is_html       = TRUE,
  .check         = belfry_matrix_check,
  .start         = matrix_start,
  .plan          = belfry_matrix_plan,
  .deliver       = matrix_deliver,
  .rehearsals    = matrix_rehearsals,
  .choose_phases = matrix_choose_phases,
);
