/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tests' host: the calls of BelfryHostOps, the configuration, and the life of one engine. */
#include "test-host.h"
#include "test-store.h"
#include <dlfcn.h>
#include <string.h>

#define WAIT_SECONDS 60

static FakeHost *
get_host (BelfryInstance *instance)
{
  return belfry_instance_get_host_data (instance);
}

static gboolean
return_later (gpointer task)
{
  GError *error = g_object_steal_data (task, "fault");

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
  g_object_unref (task);
  return G_SOURCE_REMOVE;
}

static void
answer_later (GTask *task, GError *error)
{
  if (error != NULL)
    g_object_set_data (G_OBJECT (task), "fault", error);
  g_idle_add (return_later, task);
}

gboolean
fake_host_is_frozen (const FakeHost *self)
{
  return self->frozen_after > 0 && self->n_transactions > self->frozen_after;
}

static void
ops_submit (BelfryInstance *instance, BelfryTransaction *transaction, GTask *task)
{
  FakeHost *self = get_host (instance);
  GError *error = NULL;

  self->n_transactions++;
  if (fake_host_is_frozen (self)) {
    belfry_transaction_free (transaction);
    if (task != NULL)
      answer_later (task, g_error_new_literal (BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "killed"));
    return;
  }
  for (guint i = 0; i < belfry_transaction_get_length (transaction); i++)
    self->n_finished +=
        belfry_transaction_get (transaction, i)->verb == BELFRY_VERB_FINISH_BUILD ? 1 : 0;
  fake_store_apply (self->store, transaction, &error);
  belfry_transaction_free (transaction);
  if (task != NULL)
    answer_later (task, error);
  else
    g_assert_no_error (error);
}

static void
ops_read (BelfryInstance *instance, BelfryReadFunc func, gpointer data, GTask *task)
{
  FakeReader reader = { { &fake_reader_ops }, get_host (instance)->store };
  GError *error = NULL;

  func (&reader.reader, data, &error);
  answer_later (task, error);
}

static gint64
ops_next_id (BelfryInstance *instance, BelfryIdKind kind)
{
  (void)kind;
  return get_host (instance)->store->next_id++;
}

static gint64
ops_name_id (BelfryInstance *instance, const char *name)
{
  FakeStore *store = get_host (instance)->store;
  gpointer id = g_hash_table_lookup (store->names, name);

  if (id == NULL) {
    id = GINT_TO_POINTER ((int)store->next_id++);
    g_hash_table_insert (store->names, g_strdup (name), id);
  }
  return GPOINTER_TO_INT (id);
}

static gint64
ops_next_build_number (BelfryInstance *instance, gint64 builderid)
{
  FakeStore *store = get_host (instance)->store;
  g_autofree char *key = g_strdup_printf ("%" G_GINT64_FORMAT, builderid);
  int number = GPOINTER_TO_INT (g_hash_table_lookup (store->numbers, key));

  g_hash_table_replace (store->numbers, g_strdup (key), GINT_TO_POINTER (number + 1));
  return number;
}

static gsize
ops_log_append (BelfryInstance *instance, gint64 logid, GBytes *lines, guint n_lines)
{
  FakeHost *self = get_host (instance);
  gsize length = 0;
  const char *bytes = g_bytes_get_data (lines, &length);
  guint counted = 0;

  for (gsize i = 0; i < length; i++)
    counted += bytes[i] == '\n' ? 1 : 0;
  g_assert_cmpuint (counted, ==, n_lines);
  g_assert_cmpint (bytes[length - 1], ==, '\n');
  g_assert_true (g_utf8_validate (bytes, (gssize)length, NULL));
  if (fake_host_is_frozen (self))
    return 0;
  fake_grammar_check_log (self->store, logid);
  fake_store_append_log (self->store, logid, lines);
  return self->log_waiting;
}

static void
ops_register_secret (BelfryInstance *instance, gint64 buildid, const char *name, const char *value)
{
  (void)buildid;
  g_hash_table_replace (get_host (instance)->secrets, g_strdup (name), g_strdup (value));
}

static void
ops_forget_secrets (BelfryInstance *instance, gint64 buildid)
{
  (void)instance;
  (void)buildid;
}

/* `plain:` is known, and `secret:known-…`, whose value is `value-of-known-…`, and `env:`;
 * everything else cannot be read. */
static void
ops_resolve_secret (BelfryInstance *instance, BelfrySecret *secret, GTask *task)
{
  (void)instance;
  if (belfry_secret_is_resolved (secret)) {
    answer_later (task, NULL);
    return;
  }
  if (belfry_secret_get_source (secret, 0) == BELFRY_SECRET_NAMED &&
      g_str_has_prefix (belfry_secret_get_name (secret, 0), "known-")) {
    g_autofree char *value = g_strconcat ("value-of-", belfry_secret_get_name (secret, 0), NULL);

    belfry_secret_resolve (secret, 0, value);
    answer_later (task, NULL);
    return;
  }
  if (belfry_secret_get_source (secret, 0) == BELFRY_SECRET_ENVIRONMENT) {
    belfry_secret_resolve (secret, 0, g_getenv (belfry_secret_get_name (secret, 0)));
    answer_later (task, NULL);
    return;
  }
  if (belfry_secret_get_source (secret, 0) == BELFRY_SECRET_PLAIN) {
    belfry_secret_resolve (secret, 0, belfry_secret_get_name (secret, 0));
    answer_later (task, NULL);
    return;
  }
  answer_later (task, g_error_new_literal (BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "cannot be read"));
}

static void
ops_log (BelfryInstance *instance, GLogLevelFlags level, const char *message)
{
  (void)instance;
  (void)level;
  g_test_message ("engine: %s", message);
}

static const char *
ops_host_value (BelfryInstance *instance, const char *key)
{
  if (g_str_equal (key, "state-directory"))
    return get_host (instance)->folder;
  return g_str_equal (key, "url") ? "https://ci.example.org/" : NULL;
}

static const BelfryHostOps ops = {
  .size = sizeof (BelfryHostOps),
  .submit = ops_submit,
  .read = ops_read,
  .next_id = ops_next_id,
  .builder_id = ops_name_id,
  .worker_id = ops_name_id,
  .next_build_number = ops_next_build_number,
  .log_append = ops_log_append,
  .register_secret = ops_register_secret,
  .forget_secrets = ops_forget_secrets,
  .resolve_secret = ops_resolve_secret,
  .log = ops_log,
  .host_value = ops_host_value,
};

/* configuration */

static void
free_section (gpointer section)
{
  belfry_section_free (section);
}

/* Lines of `[kind name]` and `key=value`; no comments, no drop-ins. */
static GPtrArray *
read_sections (const char *configuration)
{
  GPtrArray *sections = g_ptr_array_new_with_free_func (free_section);
  g_auto (GStrv) lines = g_strsplit (configuration, "\n", -1);
  BelfrySection *section = NULL;

  for (guint i = 0; lines[i] != NULL; i++) {
    char *equals = strchr (lines[i], '=');

    if (*lines[i] == '[') {
      g_auto (GStrv) words = NULL;

      *strchr (lines[i], ']') = '\0';
      words = g_strsplit (lines[i] + 1, " ", 2);
      section =
          belfry_section_new (words[0], words[1] != NULL ? words[1] : "", "/test.conf", i + 1);
      g_ptr_array_add (sections, section);
    } else if (equals != NULL) {
      *equals = '\0';
      belfry_section_set (section, lines[i], equals + 1, "/test.conf", i + 1);
    }
  }
  return sections;
}

static GPtrArray *
pick_sections (GPtrArray *all, const char *kind)
{
  GPtrArray *picked = g_ptr_array_new ();

  for (guint i = 0; i < all->len; i++) {
    BelfrySection *section = g_ptr_array_index (all, i);

    if (g_str_equal (section->kind, kind))
      g_ptr_array_add (picked, section);
  }
  return picked;
}

static void
own_section (FakeHost *self,
             const BelfrySectionKind *kind,
             GPtrArray *list,
             const BelfrySection *section)
{
  BelfryOwnedSection *owned = g_new0 (BelfryOwnedSection, 1);
  g_autoptr (GHashTable) consumed = g_hash_table_new (g_str_hash, g_str_equal);
  const BelfryOptionTable *tables[] = { &kind->options };

  owned->source = section;
  owned->name = section->name;
  owned->state = g_malloc0 (kind->state_size);
  belfry_option_table_read (&kind->options, section, owned->state, consumed, self->problems);
  belfry_option_table_report_unknown (tables, 1, section, consumed, self->problems);
  belfry_option_table_clear (&kind->options, owned->state);
  g_clear_pointer (&owned->state, g_free);
  g_ptr_array_add (list, owned);
}

static void
read_owned (FakeHost *self, const BelfrySectionKind *kind)
{
  g_autoptr (GPtrArray) written = pick_sections (self->sections, kind->kind);
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);
  GPtrArray *made = kind->expand != NULL ? kind->expand (written, self->problems) : NULL;
  GPtrArray *sections = made != NULL ? made : written;

  for (guint i = 0; i < sections->len; i++)
    own_section (self, kind, list, g_ptr_array_index (sections, i));
  if (made != NULL)
    g_ptr_array_add (self->owned_states, made);
  g_hash_table_insert (self->owned, (gpointer)kind->kind, list);
}

static void
read_codebases (FakeHost *self)
{
  g_autoptr (GPtrArray) written = pick_sections (self->sections, "codebase");
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < written->len; i++) {
    BelfryOwnedSection *owned = g_new0 (BelfryOwnedSection, 1);

    owned->source = g_ptr_array_index (written, i);
    owned->name = owned->source->name;
    g_ptr_array_add (list, owned);
  }
  g_hash_table_insert (self->owned, (gpointer) "codebase", list);
}

static void
load (FakeHost *self)
{
  const char *folder = g_getenv ("BELFRY_PLUGIN_PATH");
  g_autofree char *path = g_build_filename (folder != NULL ? folder : ".", "engine-local.so", NULL);
  gpointer handle = dlopen (path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

  if (handle == NULL)
    g_test_message ("%s", dlerror ());
  g_assert_nonnull (handle);
  self->plugin = dlsym (handle, BELFRY_PLUGIN_SYMBOL);
  g_assert_nonnull (self->plugin);
  dlclose (handle);
}

static void
give_sections (FakeHost *self)
{
  GHashTableIter iter;
  gpointer kind = NULL;
  gpointer list = NULL;

  for (const BelfrySectionKind *row = self->plugin->sections; row->kind != NULL; row++)
    read_owned (self, row);
  read_codebases (self);
  g_hash_table_iter_init (&iter, self->owned);
  while (g_hash_table_iter_next (&iter, &kind, &list))
    belfry_instance_set_sections (self->instance, kind, list);
}

FakeHost *
fake_host_new (FakeStore *store, const char *folder, const char *configuration)
{
  FakeHost *self = g_new0 (FakeHost, 1);
  g_autoptr (GPtrArray) engines = NULL;
  const BelfryOptionTable table = { NULL, 0 };
  BelfryOptionTable own = table;

  load (self);
  self->store = store;
  self->folder = g_strdup (folder);
  self->secrets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->problems = belfry_problems_new ();
  self->sections = read_sections (configuration);
  self->owned =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
  self->owned_states = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);
  self->later_states = g_ptr_array_new_with_free_func (g_free);
  self->state = g_malloc0 (self->plugin->instance_size);
  engines = pick_sections (self->sections, "engine");
  own.rows = self->plugin->options;
  own.row_size = self->plugin->option_size;
  belfry_option_table_read (&own, g_ptr_array_index (engines, 0), self->state, NULL,
                            self->problems);
  self->instance = belfry_instance_new ("engine", "local", self->state, &ops, self);
  give_sections (self);
  self->plugin->check (self->state, &(BelfryCheck){ .size = sizeof (BelfryCheck),
                                                    .section = g_ptr_array_index (engines, 0),
                                                    .owned = self->owned,
                                                    .problems = self->problems });
  return self;
}

void
fake_host_free (FakeHost *self)
{
  BelfryOptionTable own = { self->plugin->options, self->plugin->option_size };

  self->plugin->clear (self->state);
  belfry_option_table_clear (&own, self->state);
  g_free (self->state);
  belfry_instance_unref (self->instance);
  g_hash_table_unref (self->owned);
  g_ptr_array_unref (self->owned_states);
  for (guint i = 0; i < self->later_states->len; i++)
    belfry_option_table_clear (&own, g_ptr_array_index (self->later_states, i));
  g_ptr_array_unref (self->later_states);
  g_ptr_array_unref (self->sections);
  g_hash_table_unref (self->secrets);
  belfry_problems_free (self->problems);
  g_free (self->folder);
  g_free (self);
}

gboolean
fake_host_has_error (FakeHost *self, const char *words)
{
  for (guint i = 0; i < belfry_problems_get_length (self->problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (self->problems, i);
    g_autofree char *text = belfry_problem_to_text (problem);

    g_test_message ("%s", text);
    if (problem->severity == BELFRY_SEVERITY_ERROR && strstr (text, words) != NULL)
      return TRUE;
  }
  return FALSE;
}

static void
on_result (GObject *source, GAsyncResult *result, gpointer data)
{
  (void)source;
  *(GAsyncResult **)data = g_object_ref (result);
}

static GAsyncResult *
wait_result (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

gboolean
fake_host_start (FakeHost *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  self->plugin->start (self->state, self->instance, g_task_new (NULL, NULL, on_result, &result));
  return g_task_propagate_boolean (G_TASK (wait_result (&result)), error);
}

void
fake_host_stop (FakeHost *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  self->plugin->stop (self->state, g_task_new (NULL, NULL, on_result, &result));
  g_assert_true (g_task_propagate_boolean (G_TASK (wait_result (&result)), &error));
  g_assert_no_error (error);
}

/* As the host does: the state that the engine began with stays as it is. */
static void
give_keys (FakeHost *self)
{
  g_autoptr (GPtrArray) engines = pick_sections (self->sections, "engine");
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);
  BelfryOwnedSection *own = g_new0 (BelfryOwnedSection, 1);

  own->source = g_ptr_array_index (engines, 0);
  own->name = own->source->name;
  own->state = g_malloc0 (self->plugin->instance_size);
  g_ptr_array_add (self->later_states, own->state);
  belfry_option_table_read (
      &(BelfryOptionTable){ self->plugin->options, self->plugin->option_size }, own->source,
      own->state, NULL, self->problems);
  g_ptr_array_add (list, own);
  g_hash_table_insert (self->owned, (gpointer) "engine", list);
}

void
fake_host_reload (FakeHost *self, const char *configuration)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) old = g_steal_pointer (&self->sections);

  self->sections = read_sections (configuration);
  g_hash_table_remove_all (self->owned);
  give_keys (self);
  give_sections (self);
  self->plugin->reload (self->state, g_task_new (NULL, NULL, on_result, &result));
  g_assert_true (g_task_propagate_boolean (G_TASK (wait_result (&result)), &error));
  g_assert_no_error (error);
}

void
fake_host_give_change (FakeHost *self, BelfryChange *change)
{
  self->plugin->change_added (self->state, change);
}

BelfryControlAnswer *
fake_host_control (FakeHost *self, BelfryControl *control)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  BelfryControlAnswer *answer = NULL;

  control->size = sizeof *control;
  self->plugin->control (self->state, control, g_task_new (NULL, NULL, on_result, &result));
  answer = g_task_propagate_pointer (G_TASK (wait_result (&result)), &error);
  g_assert_no_error (error);
  return answer;
}

static gboolean
on_too_late (gpointer late)
{
  *(gboolean *)late = TRUE;
  return G_SOURCE_REMOVE;
}

void
fake_host_wait (FakeHost *self, FakeTest test, gpointer data)
{
  gboolean late = FALSE;
  guint id = g_timeout_add_seconds (WAIT_SECONDS, on_too_late, &late);

  while (!test (self, data) && !late)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (late);
  g_source_remove (id);
}

typedef struct {
  gint64 number;
  BelfryBuild *found;
} Sought;

static gboolean
is_built (FakeHost *self, gpointer data)
{
  Sought *sought = data;
  g_autoptr (GPtrArray) builds = fake_store_list (self->store, belfry_build_get_type ());

  for (guint i = 0; i < builds->len; i++) {
    BelfryBuild *build = g_ptr_array_index (builds, i);

    if (build->number == sought->number && build->complete)
      sought->found = build;
  }
  return sought->found != NULL;
}

/* (transfer none): a build of that number, complete */
BelfryBuild *
fake_host_wait_build (FakeHost *self, gint64 number)
{
  Sought sought = { number, NULL };

  fake_host_wait (self, is_built, &sought);
  return sought.found;
}

/* (transfer none) (nullable): the newest of that name */
BelfryStep *
fake_host_find_step (FakeHost *self, const char *name)
{
  g_autoptr (GPtrArray) steps = fake_store_list (self->store, belfry_step_get_type ());
  BelfryStep *found = NULL;

  for (guint i = 0; i < steps->len; i++) {
    BelfryStep *step = g_ptr_array_index (steps, i);

    if (g_strcmp0 (step->name, name) == 0)
      found = step;
  }
  return found;
}
