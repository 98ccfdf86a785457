/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Actions: what a visitor may have done, one row each. A form is read, its token checked, what it
 * is about is found on the pool, rights are asked for each of those, and then the engines are told,
 * one after the other. The answer is a redirect to a page with a sentence, or JSON where that was
 * asked for. Everything that was tried is in the audit trail.
 */
#include "www/action-plan.h"
#include "www/frame.h"
#include "www/www-private.h"

#include "store/audit.h"

#include <string.h>

typedef struct {
  const char *pattern;
  const char *action;  /* whose right it is */
  const char *control; /* what engines are told */
  BelfryPlanKind plan;
  const char *where;  /* to go afterwards: a page, or "builder", "worker" */
  const char *button; /* (nullable): "stop build": reasons tell of it */
} Row;

static const Row rows[] = {
  { "/builders/{builder}/force", "forceBuild", "force", BELFRY_PLAN_BUILDER, "builder", NULL },
  { "/builders/_all/forceall", "forceAllBuilds", "force", BELFRY_PLAN_ALL_BUILDERS, "builders",
    NULL },
  { "/builders/_all/force", "forceAllBuilds", "force", BELFRY_PLAN_ALL_BUILDERS, "builders", NULL },
  { "/builders/_selected/forceselected", "forceAllBuilds", "force", BELFRY_PLAN_SOME_BUILDERS,
    "builders", NULL },
  { "/builders/{builder}/builds/{number}/rebuild", "forceBuild", "rebuild", BELFRY_PLAN_BUILD,
    "builder", "rebuild" },
  { "/builders/{builder}/builds/{number}/stop", "stopBuild", "stop", BELFRY_PLAN_BUILD, "builder",
    "stop build" },
  { "/builders/_all/stopall", "stopAllBuilds", "stop", BELFRY_PLAN_ALL_RUNNING, "", "stop all" },
  { "/builders/_all/stop", "stopAllBuilds", "stop", BELFRY_PLAN_ALL_RUNNING, "", "stop all" },
  { "/builders/_selected/stopselected", "stopAllBuilds", "stop", BELFRY_PLAN_SOME_RUNNING, "",
    "stop selected" },
  { "/builders/{builder}/cancelbuild", "cancelPendingBuild", "cancel", BELFRY_PLAN_REQUEST,
    "builder", "cancel build" },
  { "/builders/_all/cancelpendingall", "cancelAllPendingBuilds", "cancel", BELFRY_PLAN_ALL_WAITING,
    "", "cancel all" },
  { "/builders/_selected/cancelpendingselected", "cancelAllPendingBuilds", "cancel",
    BELFRY_PLAN_SOME_WAITING, "", "cancel selected" },
  { "/builders/{builder}/stopchange", "stopChange", "stop-change", BELFRY_PLAN_CHANGE, "builder",
    "stop change" },
  { "/builders/_all/stopchangeall", "stopChange", "stop-change", BELFRY_PLAN_CHANGE, "",
    "stop change" },
  { "/builders/{builder}/ping", "pingBuilder", "ping", BELFRY_PLAN_BUILDER, "builder", NULL },
  { "/workers/{worker}/shutdown", "gracefulShutdown", "graceful", BELFRY_PLAN_WORKER, "worker",
    NULL },
  { "/workers/{worker}/graceful", "gracefulShutdown", "graceful", BELFRY_PLAN_WORKER, "worker",
    NULL },
  { "/workers/{worker}/pause", "pauseSlave", "pause", BELFRY_PLAN_WORKER, "worker", NULL },
  { "/workers/{worker}/unpause", "pauseSlave", "unpause", BELFRY_PLAN_WORKER, "worker", NULL },
  { "/deliveries/{delivery}/replay", "replayDelivery", "replay", BELFRY_PLAN_DELIVERY, "deliveries",
    NULL },
  { "/shutdown", "cleanShutdown", "shutdown", BELFRY_PLAN_HOST, "", NULL },
  { "/cancel_shutdown", "cleanShutdown", "cancel-shutdown", BELFRY_PLAN_HOST, "", NULL },
};

/* Fields that are ours, and no engine's. */
static const char *const own_fields[] = {
  "csrf",     "forcescheduler", "selected", "id",       "change", "next",
  "checkbox", "comments",       "username", "fragment", NULL,
};

typedef struct {
  BelfryExchange *exchange;
  const Row *row;
  BelfryPlan *plan;
  char *who;
  JsonObject *arguments;
  char *scheduler; /* (nullable) */
  guint at;        /* target that is under way */
  guint n_done;
  guint n_refused;
  char *first_words; /* (nullable): of the first that was done */
  char *refusal;     /* (nullable): of the first that was not */
  JsonObject *data;  /* (nullable): of the last answer */
  BelfryControlOutcome outcome;
} Run;

static void ask_next (Run *self);

void
belfry_actions_add_routes (BelfryRoutes *routes)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    BelfryMatch match = { .door = BELFRY_DOOR_ACTION, .row = i, .pattern = rows[i].pattern };

    belfry_routes_add (routes, rows[i].pattern, TRUE, &match);
  }
}

static void
run_free (Run *self)
{
  belfry_exchange_unref (self->exchange);
  g_clear_pointer (&self->plan, belfry_plan_free);
  g_clear_pointer (&self->arguments, json_object_unref);
  g_clear_pointer (&self->data, json_object_unref);
  g_free (self->scheduler);
  g_free (self->who);
  g_free (self->first_words);
  g_free (self->refusal);
  g_free (self);
}

/* audit */

static char *
dup_target_words (const BelfryPlanTarget *target)
{
  const char *name = target == NULL            ? NULL
                     : target->builder != NULL ? target->builder
                                               : target->worker;
  g_autofree char *id = target != NULL && target->id != BELFRY_NONE
                            ? g_strdup_printf (" %" G_GINT64_FORMAT, target->id)
                            : g_strdup ("");

  return g_strconcat (name != NULL ? name : "host", id, NULL);
}

static void
trace (Run *self, const BelfryPlanTarget *target, const char *outcome)
{
  const char *client = self->exchange->client;
  g_autofree char *by = g_strdup_printf ("web:%s", client != NULL ? client : "-");
  g_autofree char *words = dup_target_words (target);
  BelfryAudit audit = { self->who, by, self->row->action, words, outcome };

  belfry_audit_write (self->exchange->www->store, &audit);
}

/* answering */

static const struct {
  BelfryControlOutcome outcome;
  guint status;
} outcome_statuses[] = {
  { BELFRY_CONTROL_DONE, 200 },
  { BELFRY_CONTROL_REFUSED, 409 },
  { BELFRY_CONTROL_UNSUPPORTED, 501 },
};

static void
answer_json (Run *self, guint status, const char *message)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  g_autofree char *text = NULL;
  g_autoptr (GBytes) body = NULL;

  json_object_set_string_member (object, status < 400 ? "message" : "error", message);
  json_object_set_int_member (object, "done", self->n_done);
  json_object_set_int_member (object, "refused", self->n_refused);
  if (self->data != NULL)
    json_object_set_object_member (object, "data", json_object_ref (self->data));
  json_node_take_object (node, object);
  text = belfry_json_to_text (node);
  body = g_bytes_new (text, strlen (text));
  belfry_exchange_set_header (self->exchange, "Cache-Control", "no-store");
  belfry_exchange_send (self->exchange, status, "application/json", body);
}

/* (transfer full): the page to go to, below our root */
static char *
dup_where (Run *self)
{
  gboolean is_builder = g_str_equal (self->row->where, "builder");
  gboolean is_worker = g_str_equal (self->row->where, "worker");
  const char *name = belfry_request_get_parameter (self->exchange->request, self->row->where);
  const char *from =
      is_worker ? belfry_request_get_argument (self->exchange->request, "builder") : NULL;
  g_autofree char *encoded = NULL;

  /* the page of a builder has forms about its workers */
  is_builder = is_builder || from != NULL;
  name = from != NULL ? from : name;
  encoded = name != NULL ? belfry_text_percent_encode (name) : NULL;
  if ((is_builder || is_worker) && encoded != NULL)
    return g_strconcat (is_builder ? "builders/" : "workers/", encoded, NULL);
  return g_strdup (is_builder || is_worker ? "" : self->row->where);
}

static void
answer_page (Run *self, const char *where, const char *message)
{
  belfry_message_set (self->exchange, message);
  belfry_exchange_redirect (self->exchange, where);
}

static void
refuse (Run *self, const BelfryPlanTarget *target)
{
  const BelfryAction *action = belfry_action_find (self->row->action);
  const char *language = belfry_frame_get_language (self->exchange);
  g_autofree char *message =
      g_strdup_printf (belfry_tr (language, "you may not %s"), belfry_tr (language, action->words));

  trace (self, target, "refused");
  if (belfry_exchange_wants_json (self->exchange))
    answer_json (self, 403, message);
  else
    answer_page (self, "authzfail", message);
}

/* Errors per field, in one sentence; (nullable): there are none */
static char *
dup_field_errors (JsonObject *data)
{
  JsonObject *errors = data != NULL ? belfry_json_get_object (data, "errors") : NULL;
  g_autoptr (GList) names = errors != NULL ? json_object_get_members (errors) : NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  for (GList *name = names; name != NULL; name = name->next) {
    const char *words = belfry_json_get_text (errors, name->data);

    g_string_append_printf (text, "%s%s: %s", text->len > 0 ? "; " : "", (const char *)name->data,
                            words != NULL ? words : "");
  }
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

static char *
dup_summary (Run *self)
{
  guint total = self->plan->targets->len;

  if (total == 0)
    return g_strdup (N_ ("there was nothing to do"));
  if (total == 1 || self->n_refused == total)
    return g_strdup (self->refusal != NULL ? self->refusal : self->first_words);
  if (self->n_refused == 0)
    return g_strdup_printf ("%u of %u done", self->n_done, total);
  return g_strdup_printf ("%u of %u done; %s", self->n_done, total, self->refusal);
}

static void
finish (Run *self)
{
  g_autofree char *message = dup_summary (self);
  guint status = 200;

  for (gsize i = 0; self->n_done == 0 && self->n_refused > 0 && i < G_N_ELEMENTS (outcome_statuses);
       i++) {
    if (outcome_statuses[i].outcome == self->outcome)
      status = outcome_statuses[i].status;
  }
  if (belfry_exchange_wants_json (self->exchange)) {
    answer_json (self, status, message != NULL ? message : "");
  } else {
    g_autofree char *where = dup_where (self);

    answer_page (self, where, message != NULL ? message : "");
  }
  run_free (self);
}

/* asking */

static void
note_answer (Run *self, const BelfryPlanTarget *target, BelfryControlAnswer *answer)
{
  g_autofree char *errors = dup_field_errors (answer->data);

  self->outcome = answer->outcome;
  g_clear_pointer (&self->data, json_object_unref);
  self->data = answer->data != NULL ? json_object_ref (answer->data) : NULL;
  if (answer->outcome == BELFRY_CONTROL_DONE) {
    self->n_done++;
    if (self->first_words == NULL)
      self->first_words = g_strdup (answer->message);
  } else {
    self->n_refused++;
    if (self->refusal == NULL)
      self->refusal = g_strdup (errors != NULL ? errors : answer->message);
  }
  trace (self, target, answer->outcome == BELFRY_CONTROL_DONE ? "done" : "not done");
}

static void
on_controlled (GObject *source, GAsyncResult *result, gpointer data)
{
  Run *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryControlAnswer) answer = g_task_propagate_pointer (G_TASK (result), &error);

  (void)source;
  if (self->exchange->www == NULL) {
    run_free (self);
    return;
  }
  if (answer == NULL) {
    if (error != NULL)
      belfry_exchange_fail_with (self->exchange, error);
    else
      belfry_exchange_fail (self->exchange, 500, "nobody answered");
    run_free (self);
    return;
  }
  note_answer (self, self->plan->targets->pdata[self->at], answer);
  self->at++;
  ask_next (self);
}

static void
ask_next (Run *self)
{
  BelfryWww *www = self->exchange->www;
  BelfryControl control = { .size = sizeof control };
  const BelfryPlanTarget *target = NULL;

  if (self->at >= self->plan->targets->len) {
    finish (self);
    return;
  }
  target = self->plan->targets->pdata[self->at];
  control.action = self->row->control;
  control.builder = target->builder;
  control.worker = target->worker;
  control.scheduler = self->scheduler;
  control.id = target->id;
  control.who = self->who;
  control.arguments = self->arguments;
  www->ops.control (&control, g_task_new (NULL, NULL, on_controlled, self), www->ops.data);
}

static gboolean
feeds (JsonArray *forms, const char *scheduler)
{
  for (guint i = 0; forms != NULL && i < json_array_get_length (forms); i++) {
    JsonNode *node = json_array_get_element (forms, i);
    const char *name = JSON_NODE_HOLDS_OBJECT (node)
                           ? belfry_json_get_text (json_node_get_object (node), "name")
                           : NULL;

    if (g_strcmp0 (name, scheduler) == 0)
      return TRUE;
  }
  return FALSE;
}

/* Of all builders only those that the form feeds. */
static void
keep_fed (Run *self)
{
  BelfryWww *www = self->exchange->www;

  for (guint i = self->plan->targets->len; i > 0 && www->ops.list_forms != NULL; i--) {
    const BelfryPlanTarget *target = self->plan->targets->pdata[i - 1];
    g_autoptr (JsonArray) forms = www->ops.list_forms (target->builder, www->ops.data);

    if (!feeds (forms, self->scheduler))
      g_ptr_array_remove_index (self->plan->targets, i - 1);
  }
}

/* FALSE: was answered */
static gboolean
check_rights (Run *self)
{
  const BelfryAction *action = belfry_action_find (self->row->action);

  for (guint i = 0; i < self->plan->targets->len; i++) {
    const BelfryPlanTarget *target = self->plan->targets->pdata[i];
    const char *name = action->target == BELFRY_TARGET_WORKER    ? target->worker
                       : action->target == BELFRY_TARGET_BUILDER ? target->builder
                                                                 : NULL;

    if (!belfry_authz_allows (self->exchange->site->authz, action, name)) {
      refuse (self, target);
      return FALSE;
    }
  }
  return TRUE;
}

static void
on_planned (GObject *source, GAsyncResult *result, gpointer data)
{
  Run *self = data;
  BelfryExchange *exchange = self->exchange;
  g_autoptr (GError) error = NULL;
  gboolean is_over = TRUE;

  (void)source;
  if (exchange->www == NULL) {
    run_free (self);
    return;
  }
  if (!belfry_store_read_finish (exchange->www->store, result, &error)) {
    belfry_exchange_fail_with (exchange, error);
  } else if (self->plan->missing != NULL) {
    g_autofree char *what = g_strdup_printf ("there is no %s", self->plan->missing);

    belfry_exchange_fail (exchange, 404, what);
  } else if (check_rights (self)) {
    is_over = FALSE;
  }
  if (is_over) {
    run_free (self);
    return;
  }
  if (self->row->plan == BELFRY_PLAN_ALL_BUILDERS || self->row->plan == BELFRY_PLAN_SOME_BUILDERS)
    keep_fed (self);
  ask_next (self);
}

/* reading the form */

static char *
dup_who (BelfryForm *form)
{
  const char *name = belfry_form_get (form, "username");
  g_autofree char *printable = name != NULL ? belfry_text_make_printable (name, -1, 200) : NULL;

  if (printable == NULL || *printable == '\0')
    return g_strdup ("<unknown>");
  return g_strconcat (printable, " (unverified)", NULL);
}

static void
add_argument (JsonObject *arguments, BelfryForm *form, const char *name)
{
  g_auto (GStrv) values = belfry_form_dup_all (form, name);
  JsonArray *array = NULL;

  if (json_object_has_member (arguments, name))
    return;
  if (g_strv_length (values) == 1) {
    json_object_set_string_member (arguments, name, values[0]);
    return;
  }
  array = json_array_new ();
  for (char **value = values; *value != NULL; value++)
    json_array_add_string_element (array, *value);
  json_object_set_array_member (arguments, name, array);
}

/* `property1name`, `property1value`, `property2name`… until a name is missing */
static void
add_properties (JsonObject *arguments, BelfryForm *form)
{
  JsonObject *properties = json_object_new ();

  for (guint i = 1; i <= 100; i++) {
    g_autofree char *name_key = g_strdup_printf ("property%uname", i);
    g_autofree char *value_key = g_strdup_printf ("property%uvalue", i);
    const char *name = belfry_form_get (form, name_key);
    const char *value = belfry_form_get (form, value_key);

    if (name == NULL || *name == '\0')
      break;
    json_object_set_string_member (properties, name, value != NULL ? value : "");
    json_object_remove_member (arguments, name_key);
    json_object_remove_member (arguments, value_key);
  }
  json_object_set_object_member (arguments, "properties", properties);
}

static void
add_reason (Run *self, BelfryForm *form)
{
  const char *comments = belfry_form_get (form, "comments");
  gboolean has_comments = comments != NULL && *comments != '\0';
  g_autofree char *reason =
      g_strdup_printf ("The web-page '%s' button was pressed by '%s': %s", self->row->button,
                       self->who, has_comments ? comments : "<no reason specified>");

  json_object_set_string_member (self->arguments, "reason", reason);
}

static void
read_form (Run *self, BelfryForm *form)
{
  g_auto (GStrv) boxes = belfry_form_dup_all (form, "checkbox");
  const char *username = belfry_form_get (form, "username");
  JsonArray *checked = NULL;

  self->arguments = json_object_new ();
  for (guint i = 0; i < belfry_form_get_count (form); i++) {
    const char *name = belfry_form_get_name (form, i);

    if (!g_strv_contains (own_fields, name))
      add_argument (self->arguments, form, name);
  }
  /* a box that is not checked is not sent: that the form was a page's says this list, even empty */
  checked = json_array_new ();
  for (char **box = boxes; box != NULL && *box != NULL; box++)
    json_array_add_string_element (checked, *box);
  json_object_set_array_member (self->arguments, "checkbox", checked);
  if (g_str_equal (self->row->control, "force") && username != NULL)
    json_object_set_string_member (self->arguments, "username", username);
  if (g_str_equal (self->row->control, "rebuild"))
    add_properties (self->arguments, form);
  if (self->row->button != NULL)
    add_reason (self, form);
  self->scheduler = g_strdup (belfry_form_get (form, "forcescheduler"));
}

/* FALSE: was answered */
static gboolean
is_ours (BelfryExchange *exchange, BelfryForm *form)
{
  g_autofree char *session = belfry_csrf_dup_session (exchange, FALSE);
  const char *token = belfry_form_get (form, "csrf");

  if (token == NULL)
    token = belfry_exchange_get_header (exchange, "X-CSRF-Token");
  if (belfry_headers_is_same_origin (exchange) && belfry_csrf_check (exchange->www, session, token))
    return TRUE;
  belfry_exchange_fail (exchange, 403,
                        N_ ("this form did not come from a page of this site, or is too old; "
                            "nothing was done; go back, load the page again and send it once "
                            "more"));
  return FALSE;
}

/* A right that nobody without a name has on anything is refused before anything is looked up. */
static gboolean
is_thinkable (Run *self)
{
  return belfry_authz_may_allow (self->exchange->site->authz,
                                 belfry_action_find (self->row->action));
}

void
belfry_actions_run (BelfryExchange *exchange, guint row)
{
  g_autoptr (GError) error = NULL;
  BelfryForm *form = belfry_request_get_arguments (exchange->request, &error);
  BelfryReaderView view = { .interactive = TRUE };
  g_autoptr (GHashTable) visible = NULL;
  Run *self = NULL;

  if (form == NULL) {
    belfry_exchange_fail (exchange, 400, error->message);
    return;
  }
  self = g_new0 (Run, 1);
  self->exchange = belfry_exchange_ref (exchange);
  self->row = &rows[row];
  self->who = dup_who (form);
  if (!is_thinkable (self)) {
    refuse (self, NULL);
    run_free (self);
    return;
  }
  if (!is_ours (exchange, form)) {
    run_free (self);
    return;
  }
  if (belfry_store_is_pressed (exchange->www->store)) {
    belfry_exchange_fail (exchange, 503, "cannot be stored now");
    run_free (self);
    return;
  }
  read_form (self, form);
  self->plan = belfry_plan_new (self->row->plan, exchange->request);
  visible = belfry_fleet_dup_visible (exchange->www->fleet, exchange->site->authz, NULL);
  view.visible_builders = visible;
  belfry_store_read_async (exchange->www->store, &view, belfry_plan_find, self->plan, NULL,
                           on_planned, self);
}
