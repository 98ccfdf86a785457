/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configurations in data/examples, run: real repositories and processes in the place of those
 * that they name. Only addresses, folders and the secret's source are replaced.
 */
#include "test-fixture.h"
#include <string.h>

typedef struct {
  const char *from;
  const char *to; /* below the fixture's folder where it begins with a slash */
} Replacement;

static void
begin (Fixture *self, const char *name, const Replacement *replacements)
{
  g_autofree char *file = g_strconcat (name, ".conf", NULL);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "examples", file, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GString) configuration = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  configuration = g_string_new (text);
  for (guint i = 0; replacements[i].from != NULL; i++) {
    g_autofree char *to = *replacements[i].to == '/'
                              ? g_strconcat (self->folder, replacements[i].to, NULL)
                              : g_strdup (replacements[i].to);

    g_assert_cmpuint (g_string_replace (configuration, replacements[i].from, to, 0), >, 0);
  }
  fixture_begin (self, configuration->str);
}

static void
make_repository (Fixture *self, const char *script)
{
  g_free (fixture_shell (self,
                         "mkdir repository; cd repository; git init -q -b main; %s; git add -A; "
                         "git commit -qm 1",
                         script));
}

static BelfryBuild *
find_build (Fixture *self, const char *builder)
{
  g_autoptr (GPtrArray) builds = fake_store_list (self->store, belfry_build_get_type ());

  for (guint i = 0; i < builds->len; i++) {
    BelfryBuild *build = g_ptr_array_index (builds, i);

    if (build->complete &&
        g_strcmp0 (belfry_properties_get_text (build->properties, "buildername"), builder) == 0)
      return build;
  }
  return NULL;
}

static gboolean
is_built (FakeHost *host, gpointer data)
{
  Fixture fixture = { .host = host, .store = host->store };

  return find_build (&fixture, data) != NULL;
}

static BelfryBuild *
wait_for (Fixture *self, const char *builder)
{
  BelfryBuild *build = NULL;

  fake_host_wait (self->host, is_built, (gpointer)builder);
  build = find_build (self, builder);
  g_test_message ("%s: %s", builder, build->state_string);
  return build;
}

static void
test_tiny (Fixture *self, gconstpointer data)
{
  const Replacement replacements[] = { { "/srv/git/hello.git", "/repository" }, { NULL, NULL } };
  g_autofree char *repository = g_build_filename (self->folder, "repository", NULL);
  g_autofree char *revision = NULL;
  g_autoptr (BelfryChange) change = NULL;

  (void)data;
  make_repository (self, "printf 'all:\n\techo built > out\ncheck:\n\ttest -f out\n' > Makefile");
  revision = fixture_shell (self, "cd repository; git rev-parse HEAD");
  begin (self, "tiny", replacements);
  change = fake_store_add_change (self->store, repository, "main", revision);
  fake_host_give_change (self->host, change);
  g_assert_cmpint (wait_for (self, "hello")->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_small (Fixture *self, gconstpointer data)
{
  const Replacement replacements[] = { { "https://github.com/acme/anvil.git", "/repository" },
                                       { NULL, NULL } };
  BelfryBuild *build = NULL;

  (void)data;
  make_repository (self, "printf '#!/bin/sh\ntrue\n' > configure; chmod +x configure; mkdir tests; "
                         "printf 'all:\n\t@echo a.c:1: warning: unused\ncheck:\n\t@(echo 1..2; "
                         "echo ok 1; echo ok 2) > tests/a.log\n' > Makefile; touch tests/.keep");
  begin (self, "small", replacements);
  fixture_force (self, "anvil");
  build = wait_for (self, "anvil");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_WARNINGS);
  g_assert_cmpint (
      json_node_get_int (belfry_properties_get_value (build->properties, "tests-total")), ==, 2);
}

static void
test_matrix (Fixture *self, gconstpointer data)
{
  const Replacement replacements[] = { { "https://git.example.org/lib.git", "/repository" },
                                       { "branch=master", "branch=main" },
                                       { NULL, NULL } };
  BelfryBuild *build = NULL;

  (void)data;
  make_repository (self, "printf \"project('lib', 'c')\ntest('t', executable('t', 't.c'))\n\" > "
                         "meson.build; echo 'int main (void) { return 0; }' > t.c");
  begin (self, "matrix", replacements);
  fixture_force (self, "lib-gcc-debug");
  build = wait_for (self, "lib-gcc-debug");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpint (
      json_node_get_int (belfry_properties_get_value (build->properties, "tests-passed")), ==, 1);
}

static void
test_release (Fixture *self, gconstpointer data)
{
  const Replacement replacements[] = { { "https://github.com/acme/anvil.git", "/repository" },
                                       { "/var/lib/belfry/builds", "/work" },
                                       { "/srv/artifacts", "/artifacts" },
                                       { "secret:release-key", "secret:known-key" },
                                       { NULL, NULL } };
  g_autofree char *repository = g_build_filename (self->folder, "repository", NULL);
  g_autofree char *revision = NULL;
  g_autoptr (BelfryChange) change = NULL;
  g_autoptr (JsonObject) arguments = json_object_new ();
  g_autofree char *log = NULL;

  (void)data;
  make_repository (
      self, "printf 'dist:\n\tmkdir -p dist\n\techo x > dist/anvil.tar\n' > Makefile; printf "
            "'#!/bin/sh\necho integrated\n' > run-integration; printf '#!/bin/sh\necho \"$@\"\n"
            "cat \"$KEY_FILE\"\n' > publish; chmod +x run-integration publish");
  revision = fixture_shell (self, "cd repository; git rev-parse HEAD");
  begin (self, "release", replacements);
  change = fake_store_add_change (self->store, repository, "main", revision);
  fake_host_give_change (self->host, change);
  g_assert_cmpint (wait_for (self, "package")->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpint (wait_for (self, "integration")->results, ==, BELFRY_RESULT_SUCCESS);
  g_free (fixture_shell (self, "test -f artifacts/package/0/anvil.tar"));
  json_object_set_string_member (arguments, "version", "1.2");
  json_object_set_string_member (arguments, "channel", "stable");
  json_object_set_boolean_member (arguments, "dry_run", FALSE);
  fixture_force_with (self, "release", arguments);
  g_assert_cmpint (wait_for (self, "release")->results, ==, BELFRY_RESULT_SUCCESS);
  log = fixture_log (self, "publish");
  fixture_assert_has (log, "o--version 1.2 --channel stable\n");
  fixture_assert_has (log, "o<KEY_FILE>\n");
  g_free (fixture_shell (self, "test -f artifacts/package/1/anvil.tar"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_ADD ("examples/tiny", NULL, test_tiny);
  FIXTURE_ADD ("examples/small", NULL, test_small);
  FIXTURE_ADD ("examples/matrix", NULL, test_matrix);
  FIXTURE_ADD ("examples/release", NULL, test_release);
  return g_test_run ();
}
