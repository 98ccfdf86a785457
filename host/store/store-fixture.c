/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests: a real store, driven by the default main context. */
#include "store/store-fixture.h"

#include <glib/gstdio.h>

typedef struct {
  GAsyncResult *result;
} Answer;

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->result = g_object_ref (result);
}

static gboolean
is_answered (gpointer data)
{
  return ((Answer *)data)->result != NULL;
}

static gboolean
on_too_long (gpointer data)
{
  g_error ("waited too long");
  return G_SOURCE_REMOVE;
}

void
store_fixture_wait (gboolean (*done) (gpointer data), gpointer data)
{
  guint timeout = g_timeout_add_seconds (60, on_too_long, NULL);

  while (!done (data))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timeout);
}

static void
on_event (BelfryEvent *event, gpointer data)
{
  StoreFixture *self = data;

  g_ptr_array_add (self->events, belfry_record_ref (event));
}

void
store_fixture_open (StoreFixture *self)
{
  BelfryStoreSettings settings = { .directory = self->directory };
  g_autoptr (GError) error = NULL;

  self->store = belfry_store_open (&settings, &error);
  g_assert_no_error (error);
  belfry_store_set_event_func (self->store, on_event, self);
}

void
store_fixture_close (StoreFixture *self)
{
  g_clear_pointer (&self->store, belfry_store_close);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

void
store_fixture_set_up (StoreFixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->directory = g_dir_make_tmp ("belfry-store-XXXXXX", &error);
  g_assert_no_error (error);
  self->events = g_ptr_array_new_with_free_func (belfry_record_unref);
  store_fixture_open (self);
}

void
store_fixture_remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name = NULL;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *file = g_build_filename (path, name, NULL);

    g_remove (file);
  }
  g_rmdir (path);
}

void
store_fixture_tear_down (StoreFixture *self, gconstpointer data)
{
  store_fixture_close (self);
  store_fixture_remove_folder (self->directory);
  g_ptr_array_unref (self->events);
  g_free (self->directory);
}

gboolean
store_fixture_write (StoreFixture *self, BelfryWriteFunc func, gpointer data, GError **error)
{
  Answer answer = { NULL };
  g_autoptr (GAsyncResult) result = NULL;

  belfry_store_write_async (self->store, func, data, NULL, NULL, on_answered, &answer);
  store_fixture_wait (is_answered, &answer);
  result = answer.result;
  return belfry_store_write_finish (self->store, result, error);
}

gboolean
store_fixture_read (StoreFixture *self,
                    const BelfryReaderView *view,
                    BelfryReadFunc func,
                    gpointer data,
                    GError **error)
{
  Answer answer = { NULL };
  g_autoptr (GAsyncResult) result = NULL;

  belfry_store_read_async (self->store, view, func, data, NULL, on_answered, &answer);
  store_fixture_wait (is_answered, &answer);
  result = answer.result;
  return belfry_store_read_finish (self->store, result, error);
}

void
store_fixture_flush (StoreFixture *self)
{
  Answer answer = { NULL };
  g_autoptr (GAsyncResult) result = NULL;

  belfry_store_flush_async (self->store, on_answered, &answer);
  store_fixture_wait (is_answered, &answer);
  result = answer.result;
  g_assert_true (belfry_store_write_finish (self->store, result, NULL));
}
