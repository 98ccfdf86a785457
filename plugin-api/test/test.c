/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A test: one instance from its section to its end, and how it is waited for. */
#include "test-private.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#define PATIENCE_S 60

static void
set_default_values (BelfryTest *self)
{
  static const struct {
    const char *key;
    const char *value;
  } rows[] = {
    { "encoding", "utf-8" },
    { "max-changes", "100" },
    { "repository", "https://git.example.org/acme/anvil.git" },
    { "title", "Acme CI" },
    { "url", "https://ci.example.org/" },
  };

  self->host_values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    belfry_test_set_host_value (self, rows[i].key, rows[i].value);
}

/* an error anywhere in the section ends the test with all that was found */
static void
refuse_problems (BelfryTest *self)
{
  g_autofree char *text = NULL;

  if (belfry_problems_get_count (self->sections.problems, BELFRY_SEVERITY_ERROR) == 0)
    return;
  text = belfry_test_sections_dup_problems (&self->sections);
  g_error ("the section of '%s' is refused: %s", self->plugin->name, text);
}

static void
resolve (gpointer secret, gpointer user_data)
{
  g_autoptr (GError) local = NULL;

  if (!belfry_test_resolve_secret (secret, &local))
    g_error ("a secret of the section: %s", local->message);
}

static void
give_sections (BelfryTest *self)
{
  GHashTableIter iter;
  gpointer kind = NULL;
  gpointer list = NULL;

  g_hash_table_iter_init (&iter, self->sections.owned);
  while (g_hash_table_iter_next (&iter, &kind, &list))
    belfry_instance_set_sections (self->instance, kind, list);
}

/**
 * belfry_test_new_idle:
 * @plugin: `KIND/NAME`, looked for in the folders of `BELFRY_PLUGIN_PATH`, or the path of a .so
 * @keys: (nullable): lines of KEY=VALUE of its section, in which $URL is the service's address;
 * further sections begin with a line [KIND NAME]. Keys that are none of its options are the host's.
 * `secret:NAME` has the value `value-of-NAME`
 *
 * Makes an instance and checks its section, without starting it. An error in the section ends the
 * program.
 *
 * Returns: (transfer full): a test
 * Since: 0.1
 */
BelfryTest *
belfry_test_new_idle (const char *plugin, const char *keys)
{
  BelfryTest *self = g_new0 (BelfryTest, 1);
  gboolean names_service = keys != NULL && g_strstr_len (keys, -1, "$URL") != NULL;

  self->plugin = belfry_test_load (plugin);
  self->name = g_strdup (plugin);
  self->keys = g_strdup (keys);
  self->log = g_string_new (NULL);
  self->cache =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_node_unref);
  self->cancellable = g_cancellable_new ();
  self->changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  self->programs = g_ptr_array_new_with_free_func (g_free);
  self->said = g_ptr_array_new_with_free_func (g_free);
  self->heard = g_ptr_array_new_with_free_func ((GDestroyNotify)json_object_unref);
  set_default_values (self);
  belfry_test_sections_read (&self->sections, self->plugin, keys,
                             names_service ? belfry_test_get_url (self) : NULL);
  refuse_problems (self);
  belfry_test_sections_visit_secrets (&self->sections, resolve, NULL);
  self->instance =
      belfry_instance_new (belfry_kind_get_name (self->plugin->kind), self->plugin->name,
                           self->sections.state, &belfry_test_ops, self);
  give_sections (self);
  if (self->plugin->kind == BELFRY_KIND_HOOK) {
    self->hook = *(const BelfryHook *)self->plugin;
    if (self->hook.describe != NULL)
      self->hook.describe (self->sections.state, &self->hook);
  }
  return self;
}

/**
 * belfry_test_new:
 * @plugin: as of belfry_test_new_idle ()
 * @keys: (nullable): so too
 *
 * Makes an instance and starts it. A start that fails ends the program.
 *
 * Returns: (transfer full): a test
 * Since: 0.1
 */
BelfryTest *
belfry_test_new (const char *plugin, const char *keys)
{
  BelfryTest *self = belfry_test_new_idle (plugin, keys);
  g_autoptr (GError) local = NULL;

  if (!belfry_test_start (self, &local))
    g_error ("starting '%s': %s", self->plugin->name, local->message);
  return self;
}

/**
 * belfry_test_new_like:
 * @other: a test
 * @keys: further lines of its own section
 *
 * Makes and starts another instance of the same plugin, with the same keys and these, the same
 * origin and pace, and what is remembered so far.
 *
 * Returns: (transfer full): a test
 * Since: 0.1
 */
BelfryTest *
belfry_test_new_like (BelfryTest *other, const char *keys)
{
  g_autofree char *all = g_strjoin ("\n", keys, other->keys, NULL);
  BelfryTest *self = belfry_test_new (other->name, all);

  belfry_test_set_origin (self, other->origin);
  self->pace_us = other->pace_us;
  g_hash_table_unref (self->cache);
  self->cache = g_hash_table_ref (other->cache);
  return self;
}

/**
 * belfry_test_start:
 * @self: a test whose instance is not started
 * @error: what the plugin says
 *
 * Starts the instance and waits until it has.
 *
 * Returns: whether it started
 * Since: 0.1
 */
gboolean
belfry_test_start (BelfryTest *self, GError **error)
{
  g_autoptr (GTask) task = NULL;

  if (self->plugin->start != NULL) {
    task = belfry_test_task_new (self);
    self->plugin->start (self->sections.state, self->instance, g_object_ref (task));
    belfry_test_wait (self, task);
  }
  self->started = task == NULL || g_task_propagate_boolean (task, error);
  return self->started;
}

/**
 * belfry_test_stop:
 * @self: a test whose instance is started
 * @error: what the plugin says
 *
 * Stops the instance and waits until it has. As a host does, a test starts an instance once.
 *
 * Returns: whether it stopped well
 * Since: 0.1
 */
gboolean
belfry_test_stop (BelfryTest *self, GError **error)
{
  g_autoptr (GTask) task = NULL;

  self->started = FALSE;
  if (self->plugin->stop == NULL)
    return TRUE;
  task = belfry_test_task_new (self);
  self->plugin->stop (self->sections.state, g_object_ref (task));
  return g_task_propagate_boolean (belfry_test_wait (self, task), error);
}

static int
remove_entry (const char *path, const struct stat *status, int type, struct FTW *walk)
{
  return remove (path);
}

static void
remove_folder (const char *folder)
{
  if (folder != NULL)
    nftw (folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/**
 * belfry_test_free:
 * @self: (nullable): a test
 *
 * Stops the instance where it is started, and ends the program where that fails or an expected
 * request never came.
 *
 * Since: 0.1
 */
void
belfry_test_free (BelfryTest *self)
{
  g_autoptr (GError) local = NULL;

  if (self == NULL)
    return;
  if (self->started && !belfry_test_stop (self, &local))
    g_error ("stopping '%s': %s", self->plugin->name, local->message);
  if (self->clock_is_set)
    belfry_clock_set_us (0);
  belfry_targets_free (self->targets);
  belfry_test_sections_clear (&self->sections);
  belfry_instance_unref (self->instance);
  g_clear_pointer (&self->transport, belfry_transport_free);
  g_clear_pointer (&self->service, belfry_test_service_free);
  g_clear_pointer (&self->store, belfry_test_store_free);
  g_clear_pointer (&self->poll_state, json_node_unref);
  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->changes);
  g_ptr_array_unref (self->programs);
  g_ptr_array_unref (self->said);
  g_ptr_array_unref (self->heard);
  g_hash_table_unref (self->cache);
  g_hash_table_unref (self->host_values);
  g_string_free (self->log, TRUE);
  remove_folder (self->folder);
  g_free (self->folder);
  g_free (self->origin);
  g_free (self->name);
  g_free (self->keys);
  g_free (self);
}

/**
 * belfry_test_dup_problems:
 * @plugin: as of belfry_test_new_idle ()
 * @keys: (nullable): so too; $URL stands for an address where nobody is
 *
 * Reads and checks a section.
 *
 * Returns: (transfer full): what it found, a line each: `error KEY: MESSAGE`; empty: nothing
 * Since: 0.1
 */
char *
belfry_test_dup_problems (const char *plugin, const char *keys)
{
  BelfryTestSections sections = { NULL };
  char *text = NULL;

  belfry_test_sections_read (&sections, belfry_test_load (plugin), keys, "http://127.0.0.1:9");
  text = belfry_test_sections_dup_problems (&sections);
  belfry_test_sections_clear (&sections);
  return text;
}

/**
 * belfry_test_get_plugin:
 * @self: a test
 *
 * Returns: (transfer none): its plugin's descriptor; of a hook, as the section's options decide it
 * Since: 0.1
 */
gconstpointer
belfry_test_get_plugin (BelfryTest *self)
{
  return self->plugin->kind == BELFRY_KIND_HOOK ? (gconstpointer)&self->hook : self->plugin;
}

gconstpointer
belfry_test_get_plugin_of (BelfryTest *self, BelfryKind kind)
{
  if (self->plugin->kind != kind)
    g_error ("'%s' is of kind %s and not %s", self->plugin->name,
             belfry_kind_get_name (self->plugin->kind), belfry_kind_get_name (kind));
  return belfry_test_get_plugin (self);
}

/**
 * belfry_test_get_state:
 * @self: a test
 *
 * Returns: (transfer none): the plugin's own state
 * Since: 0.1
 */
gpointer
belfry_test_get_state (BelfryTest *self)
{
  return self->sections.state;
}

/**
 * belfry_test_get_instance:
 * @self: a test
 *
 * Returns: (transfer none): what the plugin was started with
 * Since: 0.1
 */
BelfryInstance *
belfry_test_get_instance (BelfryTest *self)
{
  return self->instance;
}

/**
 * belfry_test_get_log:
 * @self: a test
 *
 * Returns: (transfer none): all that the plugin logged, a line each; nothing in it is masked
 * Since: 0.1
 */
const char *
belfry_test_get_log (BelfryTest *self)
{
  return self->log->str;
}

/**
 * belfry_test_forget:
 * @self: a test
 *
 * Forgets what was logged, asked, run, found, said and heard so far.
 *
 * Since: 0.1
 */
void
belfry_test_forget (BelfryTest *self)
{
  GPtrArray *const lists[] = { self->changes, self->programs, self->said, self->heard };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    g_ptr_array_set_size (lists[i], 0);
  if (self->service != NULL)
    g_ptr_array_set_size (belfry_test_service_get_asked (self->service), 0);
  g_string_free (self->log, TRUE);
  self->log = g_string_new (NULL);
}

/**
 * belfry_test_set_clock:
 * @self: a test
 * @now_us: µs since 1970 in UTC; 0: the system's time again
 *
 * Sets the time of day that belfry_clock_now_us () gives, until the test is freed. Deadlines and
 * timers are not touched.
 *
 * Since: 0.1
 */
void
belfry_test_set_clock (BelfryTest *self, gint64 now_us)
{
  self->clock_is_set = TRUE;
  belfry_clock_set_us (now_us);
}

/**
 * belfry_test_set_host_value:
 * @self: a test
 * @key: as of belfry_instance_get_host_value ()
 * @value: (nullable): what the host says; %NULL: nothing
 *
 * What the section says comes first. At first `title`, `url`, and what every poller has are set;
 * folders are made when they are asked for and removed with the test.
 *
 * Since: 0.1
 */
void
belfry_test_set_host_value (BelfryTest *self, const char *key, const char *value)
{
  if (value != NULL)
    g_hash_table_insert (self->host_values, g_strdup (key), g_strdup (value));
  else
    g_hash_table_remove (self->host_values, key);
}

/**
 * belfry_test_set_pace:
 * @self: a test
 * @wait_us: how long the host says to wait where the plugin asks whether its pace is kept; 0 at
 * first
 *
 * Since: 0.1
 */
void
belfry_test_set_pace (BelfryTest *self, gint64 wait_us)
{
  self->pace_us = wait_us;
}

/**
 * belfry_test_get_cancellable:
 * @self: a test
 *
 * Returns: (transfer none): what the tasks of belfry_test_task_new () can be cancelled by
 * Since: 0.1
 */
GCancellable *
belfry_test_get_cancellable (BelfryTest *self)
{
  return self->cancellable;
}

static void
on_returned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  /* the task says itself that it has completed */
}

/**
 * belfry_test_task_new:
 * @self: a test
 *
 * Makes a task to hand to one of the plugin's functions, which takes a reference of its own:
 * g_object_ref () it.
 *
 * Returns: (transfer full): a task for belfry_test_wait ()
 * Since: 0.1
 */
GTask *
belfry_test_task_new (BelfryTest *self)
{
  return g_task_new (NULL, self->cancellable, on_returned, NULL);
}

static gboolean
is_completed (BelfryTest *self, gpointer task)
{
  return g_task_get_completed (task);
}

/**
 * belfry_test_wait:
 * @self: a test
 * @task: that the plugin was handed
 *
 * Turns the main loop until the task is returned, for a minute at most.
 *
 * Returns: (transfer none): @task, completed
 * Since: 0.1
 */
GTask *
belfry_test_wait (BelfryTest *self, GTask *task)
{
  belfry_test_wait_until (self, is_completed, task);
  return task;
}

static gboolean
on_late (gpointer late)
{
  *(gboolean *)late = TRUE;
  return G_SOURCE_CONTINUE;
}

/**
 * belfry_test_wait_until:
 * @self: a test
 * @condition: (scope call): looked at after each turn
 * @user_data: for @condition
 *
 * Turns the main loop until something holds. Ends the program where it does not within a minute.
 *
 * Since: 0.1
 */
void
belfry_test_wait_until (BelfryTest *self, BelfryTestCondition condition, gpointer user_data)
{
  gboolean late = FALSE;
  guint id = g_timeout_add_seconds (PATIENCE_S, on_late, &late);

  while (!condition (self, user_data)) {
    if (late)
      g_error ("'%s' did not complete what it was asked within %d seconds", self->plugin->name,
               PATIENCE_S);
    g_main_context_iteration (NULL, TRUE);
  }
  g_source_remove (id);
}

void
belfry_test_on_done (GObject *source, GAsyncResult *result, gpointer done)
{
  *(GAsyncResult **)done = g_object_ref (result);
}

static gboolean
is_done (BelfryTest *self, gpointer done)
{
  return *(GAsyncResult **)done != NULL;
}

GAsyncResult *
belfry_test_await (BelfryTest *self, GAsyncResult **done)
{
  belfry_test_wait_until (self, is_done, done);
  return *done;
}

/* what is made when it is first needed */

BelfryTestService *
belfry_test_get_service (BelfryTest *self)
{
  if (self->service == NULL)
    self->service = belfry_test_service_new ();
  return self->service;
}

BelfryTransport *
belfry_test_get_transport (BelfryTest *self)
{
  if (self->transport == NULL)
    self->transport = belfry_transport_new ("Belfry");
  return self->transport;
}

/**
 * belfry_test_get_store:
 * @self: a test
 *
 * Returns: (transfer none): the store that the plugin reads and writes; empty at first
 * Since: 0.1
 */
BelfryTestStore *
belfry_test_get_store (BelfryTest *self)
{
  if (self->store == NULL)
    self->store = belfry_test_store_new ();
  return self->store;
}

/**
 * belfry_test_get_url:
 * @self: a test
 *
 * Returns: (transfer none): address of the service, without a final slash; $URL in a section
 * Since: 0.1
 */
const char *
belfry_test_get_url (BelfryTest *self)
{
  return belfry_test_service_get_url (belfry_test_get_service (self));
}

/**
 * belfry_test_set_origin:
 * @self: a test
 * @origin: scheme and host, or %BELFRY_TEST_ANY_ORIGIN
 *
 * Requests to this origin go to the service, for services whose address is no option.
 *
 * Since: 0.1
 */
void
belfry_test_set_origin (BelfryTest *self, const char *origin)
{
  g_free (self->origin);
  self->origin = g_strdup (origin);
}

/**
 * belfry_test_go_outside:
 * @self: a test
 *
 * From now on requests go where they say, instead of to the service: for tools, not for tests.
 *
 * Since: 0.1
 */
void
belfry_test_go_outside (BelfryTest *self)
{
  self->goes_outside = TRUE;
}

/**
 * belfry_test_expect:
 * @self: a test
 * @exchange: what the service is asked next, after all that was expected before; not copied
 *
 * Since: 0.1
 */
void
belfry_test_expect (BelfryTest *self, const BelfryTestExchange *exchange)
{
  belfry_test_service_expect (belfry_test_get_service (self), exchange);
}

/**
 * belfry_test_answer:
 * @self: a test
 * @exchange: what the service answers to a target each time it is asked for it, by any method, with
 * anything in it; to whatever is not expected and has no answer of its own where it names no
 * target. Copied
 *
 * Without any such answer a request that was not expected ends the program. What was asked tells
 * belfry_test_get_asked ().
 *
 * Since: 0.1
 */
void
belfry_test_answer (BelfryTest *self, const BelfryTestExchange *exchange)
{
  belfry_test_service_answer (belfry_test_get_service (self), exchange);
}

/**
 * belfry_test_get_waiting:
 * @self: a test
 *
 * Returns: how many expected requests have not come yet
 * Since: 0.1
 */
guint
belfry_test_get_waiting (BelfryTest *self)
{
  return self->service != NULL ? belfry_test_service_get_waiting (self->service) : 0;
}

/**
 * belfry_test_is_verified:
 * @self: a test
 *
 * Returns: whether the last request wanted the service's certificate checked
 * Since: 0.1
 */
gboolean
belfry_test_is_verified (BelfryTest *self)
{
  return self->verified;
}

/**
 * belfry_test_get_asked:
 * @self: a test
 *
 * Returns: (transfer none) (element-type utf8): each request that came, `METHOD TARGET
 * AUTHORIZATION`
 * Since: 0.1
 */
GPtrArray *
belfry_test_get_asked (BelfryTest *self)
{
  return belfry_test_service_get_asked (belfry_test_get_service (self));
}

/**
 * belfry_test_set_patience:
 * @self: a test
 * @patience_us: how long a program may take where that is less than it is given, for services that
 * say nothing; 0: as long as it is given, as at first. Plugins that keep a helper of their own find
 * it as the host's value `patience`
 *
 * Since: 0.1
 */
void
belfry_test_set_patience (BelfryTest *self, gint64 patience_us)
{
  g_autofree char *text =
      patience_us > 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, patience_us) : NULL;

  self->patience_us = patience_us;
  belfry_test_set_host_value (self, "patience", text);
}

/**
 * belfry_test_set_program:
 * @self: a test
 * @program: (nullable): what becomes of every program from now on, instead of running it; not
 * copied. %NULL: they are really run, as at first
 *
 * Since: 0.1
 */
void
belfry_test_set_program (BelfryTest *self, const BelfryTestProgram *program)
{
  self->program = program;
}

/**
 * belfry_test_get_programs:
 * @self: a test
 *
 * Returns: (transfer none) (element-type utf8): the arguments of each program that was run, or
 * would have been, with spaces between them
 * Since: 0.1
 */
GPtrArray *
belfry_test_get_programs (BelfryTest *self)
{
  return self->programs;
}
