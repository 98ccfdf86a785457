/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder, a store and an engine for each test. */
#include "test-fixture.h"
#include "test-store.h"
#include <string.h>

void
fixture_set_up (Fixture *self, gconstpointer data)
{
  (void)data;
  self->folder = g_dir_make_tmp ("belfry-local-XXXXXX", NULL);
  self->store = fake_store_new ();
}

static void
remove_folder (const char *path)
{
  const char *argv[] = { "rm", "-rf", "--", path, NULL };

  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

void
fixture_end (Fixture *self)
{
  if (self->host == NULL)
    return;
  fake_host_stop (self->host);
  g_clear_pointer (&self->host, fake_host_free);
  fake_grammar_check_rest (self->store);
}

void
fixture_tear_down (Fixture *self, gconstpointer data)
{
  (void)data;
  fixture_end (self);
  fake_store_free (self->store);
  remove_folder (self->folder);
  g_free (self->folder);
}

void
fixture_begin (Fixture *self, const char *configuration)
{
  g_autoptr (GError) error = NULL;

  self->host = fake_host_new (self->store, self->folder, configuration);
  g_assert_false (fake_host_has_error (self->host, ""));
  g_assert_true (fake_host_start (self->host, &error));
  g_assert_no_error (error);
}

gint64
fixture_force_with (Fixture *self, const char *builder, JsonObject *arguments)
{
  BelfryControl control = { .action = "force",
                            .builder = builder,
                            .id = BELFRY_NONE,
                            .who = "Tester",
                            .arguments = arguments };
  g_autoptr (BelfryControlAnswer) answer = fake_host_control (self->host, &control);

  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_DONE);
  return json_array_get_int_element (json_object_get_array_member (answer->data, "buildrequestids"),
                                     0);
}

gint64
fixture_force (Fixture *self, const char *builder)
{
  return fixture_force_with (self, builder, NULL);
}

BelfryBuild *
fixture_build (Fixture *self, const char *configuration)
{
  fixture_begin (self, configuration);
  fixture_force (self, "b");
  return fake_host_wait_build (self->host, 0);
}

char *
fixture_log (Fixture *self, const char *step)
{
  return fake_store_step_log (self->store, step);
}

char *
fixture_shell (Fixture *self, const char *script, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *errors = NULL;
  g_autofree char *home = g_strconcat ("HOME=", self->folder, NULL);
  g_autofree char *path = g_strconcat ("PATH=", g_getenv ("PATH"), NULL);
  const char *environment[] = { home,
                                path,
                                "LC_ALL=C.UTF-8",
                                "HGPLAIN=1",
                                "HGUSER=T <t@example.org>",
                                "GIT_AUTHOR_NAME=T",
                                "GIT_AUTHOR_EMAIL=t@example.org",
                                "GIT_COMMITTER_NAME=T",
                                "GIT_COMMITTER_EMAIL=t@example.org",
                                NULL };
  char *output = NULL;
  int status = 0;
  va_list arguments;

  va_start (arguments, script);
  text = g_strdup_vprintf (script, arguments);
  va_end (arguments);
  g_assert_true (g_spawn_sync (
      self->folder, (char *[]){ (char *)"/bin/sh", (char *)"-ec", text, NULL },
      (char **)environment, G_SPAWN_DEFAULT, NULL, NULL, &output, &errors, &status, NULL));
  if (status != 0)
    g_test_message ("%s\n%s", text, errors);
  g_assert_cmpint (status, ==, 0);
  return g_strchomp (output);
}

void
fixture_assert_has (const char *text, const char *words)
{
  if (strstr (text, words) == NULL)
    g_test_message ("'%s' is not in:\n%s", words, text);
  g_assert_nonnull (strstr (text, words));
}
