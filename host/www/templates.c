/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A parsed template is kept with the stamps of all files that it was made of; before each use every
 * one of them is looked up again, so that a changed, new or removed override counts at once. An
 * override that cannot be parsed or rendered is logged once for each version of it, and the
 * built-in template is used.
 *
 * Entries are reference-counted: a rendering goes on with the one that it began with.
 */
#include "www/templates.h"

#include <string.h>
#include <sys/stat.h>

#define LOOK_INTERVAL_US G_USEC_PER_SEC
#define MAX_BYTES        (4 * 1024 * 1024)

typedef struct {
  char *path; /* NULL: there is none of that name */
  gint64 changed_ns;
  gint64 bytes;
  gboolean is_override;
} Stamp;

typedef struct {
  gatomicrefcount refs;
  BelfryTemplates *templates;
  BelfryTemplate *template;
  gboolean only_built_in;
  gboolean is_bad; /* was logged; not tried again before a file changes */
  GMutex lock;
  GHashTable *stamps; /* name → Stamp; guarded by the lock */
} Entry;

struct _BelfryTemplates {
  gatomicrefcount refs;
  GPtrArray *folders;
  GPtrArray *built_in;
  GMutex lock;
  GHashTable *entries; /* name → Entry; guarded by the lock */
  int generation;      /* atomic */
  gint64 looked_us;    /* main loop */
};

static void
stamp_free (Stamp *self)
{
  g_free (self->path);
  g_free (self);
}

static void
entry_unref (Entry *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_clear_pointer (&self->template, belfry_template_unref);
  g_hash_table_unref (self->stamps);
  g_mutex_clear (&self->lock);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Entry, entry_unref)

static Entry *
entry_ref (Entry *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

BelfryTemplates *
belfry_templates_new (GPtrArray *folders, GPtrArray *built_in)
{
  BelfryTemplates *self = g_new0 (BelfryTemplates, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->folders = g_ptr_array_ref (folders);
  self->built_in = g_ptr_array_ref (built_in);
  self->entries =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)entry_unref);
  return self;
}

void
belfry_templates_free (BelfryTemplates *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_hash_table_unref (self->entries);
  g_ptr_array_unref (self->folders);
  g_ptr_array_unref (self->built_in);
  g_mutex_clear (&self->lock);
  g_free (self);
}

guint
belfry_templates_get_generation (BelfryTemplates *self)
{
  return (guint)g_atomic_int_get (&self->generation);
}

/* Names are file names: nothing climbs out of a folder. */
static gboolean
is_name (const char *name)
{
  return *name != '\0' && *name != '.' && strlen (name) <= 100 && strchr (name, '/') == NULL;
}

static gboolean
look_in (GPtrArray *folders, const char *name, Stamp *stamp)
{
  for (guint i = 0; i < folders->len; i++) {
    g_autofree char *path = g_build_filename (folders->pdata[i], name, NULL);
    struct stat info;

    if (stat (path, &info) != 0 || !S_ISREG (info.st_mode))
      continue;
    stamp->path = g_steal_pointer (&path);
    stamp->changed_ns = info.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + info.st_mtim.tv_nsec;
    stamp->bytes = info.st_size;
    return TRUE;
  }
  return FALSE;
}

static Stamp *
look_up (BelfryTemplates *self, const char *name, gboolean only_built_in)
{
  Stamp *stamp = g_new0 (Stamp, 1);

  if (!is_name (name))
    return stamp;
  stamp->is_override = !only_built_in && look_in (self->folders, name, stamp);
  if (!stamp->is_override)
    look_in (self->built_in, name, stamp);
  return stamp;
}

static gboolean
is_same (const Stamp *a, const Stamp *b)
{
  return g_strcmp0 (a->path, b->path) == 0 && a->changed_ns == b->changed_ns &&
         a->bytes == b->bytes;
}

/* As BelfryTemplateLoader: also what a template extends or includes leaves its stamp here. */
static char *
load (const char *name, gpointer user_data, GError **error)
{
  Entry *entry = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&entry->lock);
  Stamp *stamp = look_up (entry->templates, name, entry->only_built_in);
  g_autoptr (GError) reason = NULL;
  char *text = NULL;

  g_hash_table_replace (entry->stamps, g_strdup (name), stamp);
  if (stamp->path == NULL || stamp->bytes > MAX_BYTES) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "there is no template '%s'", name);
    return NULL;
  }
  if (!g_file_get_contents (stamp->path, &text, NULL, &reason)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "reading the template '%s': %s",
                 stamp->path, reason->message);
    return NULL;
  }
  return text;
}

static gboolean
has_override (Entry *entry)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&entry->lock);
  GHashTableIter iter;
  Stamp *stamp = NULL;

  g_hash_table_iter_init (&iter, entry->stamps);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&stamp)) {
    if (stamp->is_override)
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_fresh (Entry *entry)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&entry->lock);
  GHashTableIter iter;
  const char *name = NULL;
  Stamp *stamp = NULL;

  g_hash_table_iter_init (&iter, entry->stamps);
  while (g_hash_table_iter_next (&iter, (gpointer *)&name, (gpointer *)&stamp)) {
    Stamp *now = look_up (entry->templates, name, entry->only_built_in);
    gboolean same = is_same (stamp, now);

    stamp_free (now);
    if (!same)
      return FALSE;
  }
  return TRUE;
}

/* Parses; (transfer full) also where that failed, so that the files are watched. */
static Entry *
entry_new (BelfryTemplates *self, const char *name, gboolean only_built_in, GError **error)
{
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;
  Entry *entry = g_new0 (Entry, 1);
  g_autofree char *text = NULL;
  gboolean is_page = g_str_has_suffix (name, ".html");

  g_atomic_ref_count_init (&entry->refs);
  g_mutex_init (&entry->lock);
  entry->templates = self;
  entry->only_built_in = only_built_in;
  entry->stamps =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)stamp_free);
  settings.flags = is_page || g_str_has_suffix (name, ".xml") ? BELFRY_TEMPLATE_ESCAPE_HTML
                                                              : BELFRY_TEMPLATE_NONE;
  settings.loader = load;
  settings.loader_data = entry;
  text = load (name, entry, error);
  if (text != NULL)
    entry->template = belfry_template_new (name, text, &settings, error);
  return entry;
}

static char *
dup_key (const char *name, gboolean only_built_in)
{
  return g_strconcat (only_built_in ? "!" : "", name, NULL);
}

/* (transfer full): parsed now or before; its template is NULL where it cannot be parsed */
static Entry *
find_entry (BelfryTemplates *self, const char *name, gboolean only_built_in, GError **error)
{
  g_autofree char *key = dup_key (name, only_built_in);
  g_autoptr (Entry) entry = NULL;
  Entry *known = NULL;

  g_mutex_lock (&self->lock);
  known = g_hash_table_lookup (self->entries, key);
  entry = known != NULL ? entry_ref (known) : NULL;
  g_mutex_unlock (&self->lock);
  if (entry != NULL && entry->template != NULL && is_fresh (entry))
    return g_steal_pointer (&entry);
  if (entry != NULL && entry->is_bad && is_fresh (entry)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "the template '%s' is still broken",
                 name);
    return g_steal_pointer (&entry);
  }
  if (entry != NULL)
    g_atomic_int_inc (&self->generation);
  g_clear_pointer (&entry, entry_unref);
  entry = entry_new (self, name, only_built_in, error);
  g_mutex_lock (&self->lock);
  g_hash_table_replace (self->entries, g_steal_pointer (&key), entry_ref (entry));
  g_mutex_unlock (&self->lock);
  return g_steal_pointer (&entry);
}

typedef struct {
  JsonObject *variables;
  const BelfryTemplateRecords *records;
  const char *language;
  gint64 utc_offset_us;
} Rendering;

static char *
render (Entry *entry, const Rendering *rendering, GError **error)
{
  if (entry->template == NULL)
    return NULL;
  return belfry_template_render_records (entry->template, rendering->variables, rendering->records,
                                         rendering->language, rendering->utc_offset_us, error);
}

static gboolean
is_missing (Entry *entry, const char *name)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&entry->lock);
  const Stamp *stamp = g_hash_table_lookup (entry->stamps, name);

  return stamp == NULL || stamp->path == NULL;
}

char *
belfry_templates_render (BelfryTemplates *self,
                         const char *name,
                         JsonObject *variables,
                         const BelfryTemplateRecords *records,
                         const char *language,
                         gint64 utc_offset_us,
                         GError **error)
{
  Rendering rendering = { variables, records, language, utc_offset_us };
  g_autoptr (GError) reason = NULL;
  g_autoptr (Entry) entry = find_entry (self, name, FALSE, &reason);
  g_autoptr (Entry) built_in = NULL;
  char *text = entry->is_bad ? NULL : render (entry, &rendering, reason != NULL ? NULL : &reason);

  if (text != NULL)
    return text;
  if (is_missing (entry, name) || !has_override (entry)) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return NULL;
  }
  if (!entry->is_bad) {
    g_warning ("template override: %s, using the built-in page", reason->message);
    entry->is_bad = TRUE;
  }
  built_in = find_entry (self, name, TRUE, error);
  return built_in->template != NULL ? render (built_in, &rendering, error) : NULL;
}

static void
look_on_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  BelfryTemplates *self = data;
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify)entry_unref);
  GHashTableIter iter;
  Entry *entry = NULL;

  (void)source;
  (void)cancellable;
  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&entry))
    g_ptr_array_add (entries, entry_ref (entry));
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < entries->len; i++) {
    if (!is_fresh (entries->pdata[i])) {
      g_atomic_int_inc (&self->generation);
      break;
    }
  }
  g_task_return_boolean (task, TRUE);
}

void
belfry_templates_look (BelfryTemplates *self)
{
  gint64 now_us = g_get_monotonic_time ();
  g_autoptr (GTask) task = NULL;

  if (now_us - self->looked_us < LOOK_INTERVAL_US)
    return;
  self->looked_us = now_us;
  task = g_task_new (NULL, NULL, NULL, NULL);
  g_atomic_ref_count_inc (&self->refs);
  g_task_set_task_data (task, self, (GDestroyNotify)belfry_templates_free);
  g_task_run_in_thread (task, look_on_thread);
}
